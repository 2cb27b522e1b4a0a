"""How each substitution changes a weighted sum of the words at their places."""

import torch

from sklearn_cnn.architectures._placed_words import PlacedWords


def placed_word_effects(
    features: PlacedWords, x: torch.Tensor, weight: torch.Tensor
) -> torch.Tensor:
    """Effects (n, n_symbols, length, n_outputs); see `feature_effects`.

    A word holds each position once, so the sum is linear in the column of one position:
    its gradient says what another letter there would give.
    """
    with torch.enable_grad():
        x = x.detach().requires_grad_()
        outputs = (features(x) @ weight.T).sum(dim=0)
        slope = torch.stack(
            [torch.autograd.grad(o, x, retain_graph=True)[0] for o in outputs], dim=3
        )
    present = (slope * x.detach()[..., None]).sum(dim=1, keepdim=True)
    return slope - present
