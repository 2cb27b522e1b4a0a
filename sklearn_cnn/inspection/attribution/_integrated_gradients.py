"""Integrated gradients."""

from collections.abc import Callable

import torch

from sklearn_cnn.architectures._known_letters import known_features
from sklearn_cnn.inspection.attribution._path_gradients import (
    feature_path_gradient,
    gradient,
)
from sklearn_cnn.inspection.attribution._score import Score

# Share of the score's unit that may be left unexplained.
TOLERANCE = 1e-3
# Steps along the path are doubled until that is reached, ...
_MIN_STEPS = 16
# ... but not beyond so many.
_MAX_STEPS = 4096


def integrated_gradients(
    score: Score, x: torch.Tensor, baselines: torch.Tensor
) -> torch.Tensor:
    """Contributions to the difference of the score between x and its baselines.

    Branches of k-mers and motifs are integrated each in its own way (so a sum may be),
    the networks by the trapezoidal rule with as many steps as completeness needs.

    Parameters
    ----------
    score : Score
        What is attributed.
    x : torch.Tensor of shape (n, channels, ...)
        Inputs.
    baselines : torch.Tensor of shape (n, n_baselines, channels, ...)
        For each input.

    Returns
    -------
    torch.Tensor of shape (n, channels, ...)
        Mean over the baselines.
    """
    n_baselines = baselines.shape[1]
    start, end = baselines.flatten(0, 1), x.repeat_interleave(n_baselines, dim=0)
    networks, branches = score.parts()
    # Half of the tolerance is for rounding, and for the branches.
    tolerance = TOLERANCE / 2 * score.unit
    mean = _along_path(networks, start, end, n_baselines, tolerance)
    for features, weight in branches:
        weight = weight * known_features(features, end)
        mean += feature_path_gradient(features, start, end, weight)
    contributions = (end - start).nan_to_num() * mean
    return contributions.unflatten(0, (-1, n_baselines)).mean(dim=1)


def _along_path(
    function: Callable,
    start: torch.Tensor,
    end: torch.Tensor,
    n_baselines: int,
    tolerance: float,
) -> torch.Tensor:
    """Gradient averaged along straight paths, `n_baselines` of which are of one input.

    Completeness, of the mean over the baselines of an input, tells when there are
    enough steps: the trapezoidal rule is refined by the points in the middle.
    """
    change = (end - start).nan_to_num().flatten(1)
    with torch.no_grad():
        difference = function(end) - function(start)

    def gradients(positions: torch.Tensor, rows: torch.Tensor) -> torch.Tensor:
        """Mean of the gradients at positions from 0 to 1."""
        total = torch.zeros_like(end[rows])
        for position in positions.tolist():
            between = torch.lerp(start[rows], end[rows], position)
            total += gradient(lambda x: function(x).sum(), between)
        return total / len(positions)

    rows = torch.arange(len(end), device=end.device)
    mean = gradients(torch.tensor([0.0, 1.0]), rows)
    n_steps = 1
    while len(rows) and n_steps < _MAX_STEPS:
        middle = (torch.arange(n_steps) + 0.5) / n_steps
        mean[rows] = (mean[rows] + gradients(middle, rows)) / 2
        n_steps *= 2
        if n_steps >= _MIN_STEPS:
            explained = (change[rows] * mean[rows].flatten(1)).sum(dim=1)
            gap = (difference[rows] - explained).unflatten(0, (-1, n_baselines))
            unfinished = gap.mean(dim=1).abs() > tolerance
            rows = rows.unflatten(0, (-1, n_baselines))[unfinished].flatten()
    return mean
