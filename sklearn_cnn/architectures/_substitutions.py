"""What changes along a sequence where one of its letters is replaced.

A filter's scores are sums over the letters of a window. So a substitution changes the
scores of those windows only that cover it, each by one entry of the filter for another.
"""

from collections.abc import Callable, Iterator

import torch
import torch.nn.functional as F


def covering_windows(
    scores: torch.Tensor, filters: torch.Tensor, x: torch.Tensor
) -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
    """Scores of the windows over each position, without what its letter adds to them.

    Parameters
    ----------
    scores : torch.Tensor of shape (n, n_filters, length + width - 1)
        Of the window whose last letter is the first of the sequence, of the next one,
        ..., with -inf where there is no such window.
    filters : torch.Tensor of shape (n_filters, n_symbols, width)
        What the scores were computed with.
    x : torch.Tensor of shape (n, n_symbols, length)
        The sequences, one-hot or soft.

    Yields
    ------
    rest : torch.Tensor of shape (n, n_filters, length)
        For each position, the rest of the score of the window in which it is the last
        letter, then the one before, ..., in the end the first.
    entries : torch.Tensor of shape (n_filters, n_symbols)
        What each letter there adds.
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
    """Best of the windows that do not cover a position, (n, n_filters, length).

    `scores` are those of `covering_windows`.
    """
    length = scores.shape[2] - width + 1
    before = scores.cummax(dim=2).values[..., : length - 1]
    after = scores.flip(2).cummax(dim=2).values.flip(2)[..., width : width + length - 1]
    return torch.maximum(
        F.pad(before, (1, 0), value=-torch.inf), F.pad(after, (0, 1), value=-torch.inf)
    )


def slopes(linear: Callable, x: torch.Tensor) -> torch.Tensor:
    """Weights of a function of x that is linear, up to a constant.

    Of one that takes (n, ...) to (n, n_outputs), they are (n_outputs, ...).
    """
    with torch.enable_grad():
        zero = torch.zeros_like(x[:1], requires_grad=True)
        outputs = linear(zero)[0]
        return torch.stack(
            [torch.autograd.grad(o, zero, retain_graph=True)[0][0] for o in outputs]
        )
