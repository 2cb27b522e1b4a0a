"""Gradients averaged along straight paths, from a baseline to an input.

The sum of such a gradient times the difference of the ends is the difference of the
function, whatever it looks like in between: attributions made of them are complete.
"""

import torch
import torch.nn.functional as F
from torch import nn

from sklearn_cnn.architectures._gapped_words import GappedWords
from sklearn_cnn.architectures._kmer_counts import KmerCounts
from sklearn_cnn.architectures._motif_bank import MotifBank
from sklearn_cnn.architectures._placed_words import PlacedWords
from sklearn_cnn.architectures._side_by_side import SideBySide

# Nodes of Gauss-Legendre quadrature. Logarithms of counts are smooth: 8 are exact to
# the last digits of single precision, and so are products of up to 16 letters.
_N_NODES = 8


def feature_path_gradient(
    features: nn.Module, start: torch.Tensor, end: torch.Tensor, weight: torch.Tensor
) -> torch.Tensor:
    """Mean gradient of a weighted sum of the features of a linear branch.

    Parameters
    ----------
    features : nn.Module
        Of a `LinearBranch`.
    start, end : torch.Tensor of shape (n, channels, length)
        Ends of the path.
    weight : torch.Tensor of shape (n, n_features)
        Of each feature in the sum.

    Returns
    -------
    torch.Tensor of shape (n, channels, length)
    """
    if isinstance(features, SideBySide):
        weights = zip(features.parts, features.split(weight, end), strict=True)
        return sum(feature_path_gradient(f, start, end, w) for f, w in weights)
    if isinstance(features, (KmerCounts, GappedWords)):
        mean = _of_words(features, start, end, weight)
    elif isinstance(features, MotifBank):
        mean = _of_motifs(features, start[:, :4], end[:, :4], weight)
    elif isinstance(features, PlacedWords):
        mean = _of_placed_words(features, start, end, weight)
    else:
        # The letters at their places are linear: the gradient is the same everywhere.
        mean = gradient(lambda x: (features(x) * weight).sum(), end)
    return F.pad(mean, (0, 0, 0, end.shape[1] - mean.shape[1]))


def _of_words(features, start, end, weight):
    """By quadrature, between counts of letters that are certain."""
    first, last = features.certain_symbols(start), features.certain_symbols(end)
    mean = torch.zeros_like(first)
    for node, share in zip(*_gauss_legendre(_N_NODES), strict=True):
        x = first + node.to(first) * (last - first)
        mean += share.to(first) * gradient(
            lambda x: (features.features_from_certain(x) * weight).sum(), x
        )
    # Where a letter is not certain, what counts changes otherwise than x does. The
    # gradient is along the change of x, and as large as to give the same difference.
    change = (end - start)[:, : features.n_symbols]
    gained = (mean * (last - first)).sum(dim=1, keepdim=True)
    squares = change.square().sum(dim=1, keepdim=True)
    along = change * gained / squares.clamp(min=torch.finfo(x.dtype).tiny)
    return torch.where((change == last - first).all(dim=1, keepdim=True), mean, along)


def _of_placed_words(features, start, end, weight):
    """Exact: products of max_k letters are polynomials of that degree in the path."""
    mean = torch.zeros_like(end)
    for node, share in zip(*_gauss_legendre(-(-features.max_k // 2)), strict=True):
        x = start + node.to(start) * (end - start)
        # `forward` itself: the hooks of DeepLIFT are for the call under way.
        mean += share.to(start) * gradient(
            lambda x: (features.forward(x) * weight).sum(), x
        )
    return mean


def _of_motifs(features, start, end, weight):
    """Exact: along the path, scores of windows are straight lines.

    Which of them is the best one, and for how long, is the upper envelope of the lines.
    """
    mean = torch.zeros_like(end)
    lowest = features.lowest().to(end.dtype)
    scans = zip(features.scan(start), features.scan(end), strict=True)
    for (members, filters, first), (_, _, last) in scans:
        # The windows of both strands of a motif compete, and none scores below a floor.
        floor = lowest[members].expand(len(end), -1)[..., None]
        n_strands = first.shape[1] // len(members)
        first, last = (
            torch.cat([*scores.chunk(n_strands, dim=1), floor], dim=2)
            for scores in (first, last)
        )
        share = _share_as_best(first.flatten(0, 1), last.flatten(0, 1))
        share = share.view_as(first)[..., :-1] * weight[:, members, None]
        share = torch.cat(share.chunk(n_strands, dim=2), dim=1)
        mean += F.conv_transpose1d(share, filters)
    return mean


def _share_as_best(first: torch.Tensor, last: torch.Tensor) -> torch.Tensor:
    """Share of the path along which each of straight lines is the highest.

    From (n, n_lines), the heights at both ends. Walks along the upper envelope: from
    the line that is highest, to the steeper one that it meets first.
    """
    shares = torch.zeros_like(first)
    rows = torch.arange(len(first), device=first.device)
    slope = last - first
    is_top = first == first.amax(dim=1, keepdim=True)
    current = slope.masked_fill(~is_top, -torch.inf).argmax(dim=1, keepdim=True)
    here = torch.zeros_like(first[:, :1])
    while len(rows):
        rise = slope - slope.gather(1, current)
        meeting = (first.gather(1, current) - first) / rise
        meeting, steeper = meeting.masked_fill(rise <= 0, 1).min(dim=1, keepdim=True)
        meeting = meeting.clamp(max=1).maximum(here)
        shares[rows[:, None], current] += meeting - here
        going_on = (meeting < 1)[:, 0]
        rows, first, slope = rows[going_on], first[going_on], slope[going_on]
        here, current = meeting[going_on], steeper[going_on]
    return shares


def gradient(function, x: torch.Tensor) -> torch.Tensor:
    """Gradient of a scalar function at x."""
    with torch.enable_grad():
        x = x.detach().requires_grad_()
        return torch.autograd.grad(function(x), x)[0]


def _gauss_legendre(n: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Nodes and weights on [0, 1], by the method of Golub and Welsch."""
    i = torch.arange(1, n, dtype=torch.float64)
    off_diagonal = torch.diag(i / (4 * i.square() - 1).sqrt(), 1)
    nodes, vectors = torch.linalg.eigh(off_diagonal + off_diagonal.T)
    return (nodes + 1) / 2, vectors[0].square()
