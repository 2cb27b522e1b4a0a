"""How each substitution changes a weighted sum of scores of gapped words."""

import torch

from sklearn_cnn.architectures._gapped_words import GappedWords


def gapped_effects(
    features: GappedWords, x: torch.Tensor, weight: torch.Tensor
) -> torch.Tensor:
    """Effects (n, n_symbols, length, n_outputs); see `feature_effects`.

    A substitution changes one letter of the words that show it. Each word adds its own
    weight to the sums, so that their differences add up.
    """
    n, n_symbols, length = x.shape
    certain = x.amax(dim=1) == 1
    codes = x.argmax(dim=1)
    symbols = torch.arange(n_symbols, device=x.device)
    effects = x.new_zeros(n, length, n_symbols, len(weight))
    tables = features.weights_of_masks().to(x.dtype) @ weight.T
    for mask, table in zip(features.masks, tables, strict=True):
        n_windows = length - mask[-1]
        if n_windows < 1:
            continue
        windows = [slice(place, place + n_windows) for place in mask]
        steps = [n_symbols**i for i in reversed(range(len(mask)))]
        word = sum(
            codes[:, rows] * step for rows, step in zip(windows, steps, strict=True)
        )
        n_certain = sum(certain[:, rows].int() for rows in windows)
        present = table[word] * (n_certain == len(mask))[..., None]
        for rows, step in zip(windows, steps, strict=True):
            others = word - codes[:, rows] * step
            counts = n_certain - certain[:, rows].int() == len(mask) - 1
            new = table[others[..., None] + symbols * step] * counts[..., None, None]
            effects[:, rows] += new - present[:, :, None]
    return effects.transpose(1, 2)
