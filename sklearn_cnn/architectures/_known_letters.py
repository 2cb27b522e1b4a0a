"""Which letters of a sequence are known."""

import torch
import torch.nn.functional as F
from torch import nn


def known_letters(columns: torch.Tensor) -> torch.Tensor:
    """Whether the letters in columns (..., n_symbols) are known: 1 or 0, (...).

    A column with the same value for all symbols (N, padding) holds no known letter.
    (With an alphabet of one symbol, only padding is unknown.)
    """
    columns = columns.detach()
    if columns.shape[-1] == 1:
        return (columns[..., 0] > 0).to(columns.dtype)
    return (columns.amax(dim=-1) > columns.amin(dim=-1)).to(columns.dtype)


def letters_inside(columns: torch.Tensor) -> torch.Tensor:
    """1 where columns (..., n_symbols) hold a letter, 0 where padding."""
    return (columns.detach().sum(dim=-1) > 0).to(columns.dtype)


def known_features(features: nn.Module, x: torch.Tensor) -> torch.Tensor:
    """Known share of each feature of x (n, channels, length); see `features.known`."""
    columns = x[:, : features.n_symbols].transpose(1, 2)
    return features.known(known_letters(columns), letters_inside(columns))


def known_share(
    known: torch.Tensor, inside: torch.Tensor | None, width: int = 1
) -> torch.Tensor:
    """Share (n, 1) of the windows in each sequence of which all letters are known.

    It is 1 where a sequence has no window of that width, but 0 where it has no letter.
    `known` and `inside` are (n, length); `inside` is None where all positions belong to
    the sequence.
    """
    if inside is None:
        inside = torch.ones_like(known)
    anything = inside.amax(dim=1, keepdim=True)
    if known.shape[1] < width:
        return anything
    ones = known.new_ones(1, 1, width)
    n_known, n_inside = (
        (F.conv1d(each[:, None], ones) > width - 0.5).sum(dim=2).to(known.dtype)
        for each in (known * inside, inside)
    )
    return torch.where(n_inside > 0, n_known / n_inside.clamp(min=1), anything)
