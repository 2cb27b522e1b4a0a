"""Which letters of a sequence are known."""

import torch
import torch.nn.functional as F
from torch import nn


def known_letters(columns: torch.Tensor) -> torch.Tensor:
    """Whether columns (..., n_symbols) tell anything: 1 or 0, of shape (...).

    A column in which all symbols are alike (N, padding) tells nothing. (An alphabet of
    one symbol has padding only.)
    """
    columns = columns.detach()
    if columns.shape[-1] == 1:
        return (columns[..., 0] > 0).to(columns.dtype)
    return (columns.amax(dim=-1) > columns.amin(dim=-1)).to(columns.dtype)


def letters_inside(columns: torch.Tensor) -> torch.Tensor:
    """1 where columns (..., n_symbols) hold a letter, 0 where padding."""
    return (columns.detach().sum(dim=-1) > 0).to(columns.dtype)


def known_features(features: nn.Module, x: torch.Tensor) -> torch.Tensor:
    """Share of each feature of x (n, channels, length) that is known."""
    columns = x[:, : features.n_symbols].transpose(1, 2)
    return features.known(known_letters(columns), letters_inside(columns))


def known_share(
    known: torch.Tensor, inside: torch.Tensor | None, width: int = 1
) -> torch.Tensor:
    """Share (n, 1) of the windows of a width, inside a sequence, that are known whole.

    1 where there is no window, but 0 where there is no letter. `known` and `inside` are
    (n, length); the latter is None where all places belong to the sequence.
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
