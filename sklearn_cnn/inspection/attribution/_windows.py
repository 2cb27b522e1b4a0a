"""Windows over each position of a sequence, without its letter, and all the others.

A filter's score is a sum over the letters of a window. So a substitution changes the
scores of those windows only that cover it, each by one entry of the filter.
"""

from collections.abc import Iterator

import torch
import torch.nn.functional as F


def windows_without_letter(
    scores: torch.Tensor, filters: torch.Tensor, x: torch.Tensor
) -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
    """Scores of the windows over each position, without what its letter adds to them.

    Parameters
    ----------
    scores : torch.Tensor of shape (n, n_filters, length + width - 1)
        Score of each window, the first of which ends at the first letter; -inf where
        there is no such window.
    filters : torch.Tensor of shape (n_filters, n_symbols, width)
        The filters of these scores.
    x : torch.Tensor of shape (n, n_symbols, length)
        The sequences, one-hot or soft.

    Yields
    ------
    rest : torch.Tensor of shape (n, n_filters, length)
        For each position, the score without its letter of the window in which it comes
        last, then of the window in which it is the last but one, and so on.
    entries : torch.Tensor of shape (n_filters, n_symbols)
        What each letter there adds to the score.
    """
    n, _, length = x.shape
    for start, entries in enumerate(filters.flip(2).unbind(2)):
        rest = torch.baddbmm(
            scores[..., start : start + length],
            entries.expand(n, -1, -1),
            x,
            alpha=-1,
        )
        yield rest, entries


def best_elsewhere(scores: torch.Tensor, width: int) -> torch.Tensor:
    """Best score (n, n_filters, length) of the windows that do not cover a position.

    `scores` are those of `windows_without_letter`.
    """
    length = scores.shape[2] - width + 1
    before = scores.cummax(dim=2).values[..., : length - 1]
    after = scores.flip(2).cummax(dim=2).values.flip(2)[..., width : width + length - 1]
    return torch.maximum(
        F.pad(before, (1, 0), value=-torch.inf), F.pad(after, (0, 1), value=-torch.inf)
    )
