"""Losses with sample weights.

Each takes outputs (n, n_outputs) and a pair of targets and weights (n,). Weights have
mean one over the training set; the loss of a full batch is then the weighted mean, so
that a weight of 2 is the row twice.

A target that is NaN is unknown: the loss is the mean over known targets.
"""

import torch
import torch.nn.functional as F
from torch import nn


class _WeightedLoss(nn.Module):
    def forward(
        self, output: torch.Tensor, target: tuple[torch.Tensor, torch.Tensor]
    ) -> torch.Tensor:
        """Mean over rows of loss times weight."""
        target, weight = target
        return (self.rows(output, target) * weight).mean()


class BinaryCrossEntropy(_WeightedLoss):
    """Cross-entropy of logits (n, k) against targets 0 and 1 (n, k).

    Label smoothing moves targets towards 1/2.
    """

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
    """Cross-entropy of logits (n, n_classes) against class indices (n,)."""

    def __init__(self, label_smoothing: float = 0.0):
        super().__init__()
        self.label_smoothing = label_smoothing

    def rows(self, output, target):
        """Losses (n,)."""
        return F.cross_entropy(
            output, target, reduction="none", label_smoothing=self.label_smoothing
        )


# Outputs (n, k) against targets (n, k), both standardised; for "poisson", logarithms of
# rates against numbers that are not negative.
ELEMENTWISE = {
    "squared_error": F.mse_loss,
    "absolute_error": F.l1_loss,
    "huber": F.huber_loss,
    "poisson": F.poisson_nll_loss,
}


class RegressionLoss(_WeightedLoss):
    """Loss of outputs (n, k) against numbers (n, k); `name` is in `ELEMENTWISE`."""

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
    """Losses (n,) whose mean is the mean over the known entries of losses (n, k)."""
    known_per_row = known.sum(dim=1).to(losses.dtype).mean()
    return losses.where(known, 0).sum(dim=1) / known_per_row.clamp(min=1 / len(losses))
