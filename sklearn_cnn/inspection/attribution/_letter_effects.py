"""How each substitution changes a weighted sum of the letters at their places."""

import torch

from sklearn_cnn.architectures._placed_letters import PlacedLetters
from sklearn_cnn.inspection.attribution._slopes import slopes


def letter_effects(
    features: PlacedLetters, x: torch.Tensor, weight: torch.Tensor
) -> torch.Tensor:
    """Effects (n, n_symbols, length, n_outputs); see `feature_effects`."""
    slope = slopes(lambda x: features(x) @ weight.T, x)
    present = torch.einsum("ocl,ncl->nlo", slope, x)
    return slope.permute(1, 2, 0) - present[:, None]
