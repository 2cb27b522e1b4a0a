"""Losses in which each row counts with its weight.

Each takes outputs (n, n_outputs) and the pair of targets and weights (n,). With weights
of mean one over the training set, the loss of a full batch is the loss summed with
weights over the sum of weights: a weight of 2 is the row twice.

A number that is NaN is unknown and counts for nothing: the loss is the mean over the
known ones.
"""

import torch
import torch.nn.functional as F
from torch import nn


class _WeightedLoss(nn.Module):
    def forward(
        self, output: torch.Tensor, target: tuple[torch.Tensor, torch.Tensor]
    ) -> torch.Tensor:
        """Mean of the rows' losses times their weights."""
        target, weight = target
        return (self.rows(output, target) * weight).mean()


class BinaryCrossEntropy(_WeightedLoss):
    """Of logits against 0 or 1, targets (n, k), labels smoothed towards 1/2."""

    def __init__(self, label_smoothing: float = 0.0):
        super().__init__()
        self.label_smoothing = label_smoothing

    def rows(self, output, target):
        """Losses (n,), the mean over known outputs."""
        known = ~target.isnan()
        target = target.nan_to_num().to(output.dtype)
        smoothed = target + self.label_smoothing * (0.5 - target)
        losses = F.binary_cross_entropy_with_logits(output, smoothed, reduction="none")
        return _mean_of_known(losses, known)


class CrossEntropy(_WeightedLoss):
    """Of one logit a class against class indices (n,)."""

    def __init__(self, label_smoothing: float = 0.0):
        super().__init__()
        self.label_smoothing = label_smoothing

    def rows(self, output, target):
        """Losses (n,)."""
        return F.cross_entropy(
            output, target, reduction="none", label_smoothing=self.label_smoothing
        )


# Of outputs against numbers (n, k), both standardised; for "poisson", of the logarithms
# of rates against numbers from 0 on.
ELEMENTWISE = {
    "squared_error": F.mse_loss,
    "absolute_error": F.l1_loss,
    "huber": F.huber_loss,
    "poisson": F.poisson_nll_loss,
}


class RegressionLoss(_WeightedLoss):
    """Of outputs against targets (n, k); `name` is a key of `ELEMENTWISE`."""

    def __init__(self, name: str):
        super().__init__()
        self.name = name

    def rows(self, output, target):
        """Losses (n,), the mean over known targets."""
        known = ~target.isnan()
        elementwise = ELEMENTWISE[self.name]
        losses = elementwise(output, target.nan_to_num(), reduction="none")
        return _mean_of_known(losses, known)


def _mean_of_known(losses: torch.Tensor, known: torch.Tensor) -> torch.Tensor:
    """Losses (n,) whose mean is that of the known entries of losses (n, k)."""
    known_per_row = known.sum(dim=1).to(losses.dtype).mean()
    return losses.where(known, 0).sum(dim=1) / known_per_row.clamp(min=1 / len(losses))
