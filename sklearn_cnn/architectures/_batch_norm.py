"""Batch normalisation in which values count with weights."""

import torch
import torch.nn.functional as F
from torch import nn


class WeightedBatchNorm(nn.BatchNorm1d):
    """Batch normalisation of (n, channels, ...) with weighted batch statistics.

    With weights, a value of weight 2 counts as the value twice and one of weight 0 not
    at all: sample weights keep their meaning, and padding stays out of the statistics.
    The running variance is the population variance, so that it does not depend on how
    many rows carry a weight. With frozen weights the statistics are frozen, too.
    """

    # Lent in training where several processes share a batch.
    processes = None

    def _check_input_dim(self, x: torch.Tensor) -> None:
        """Accept any number of axes behind the channels."""

    def forward(
        self, x: torch.Tensor, weight: torch.Tensor | None = None
    ) -> torch.Tensor:
        """Normalise x; `weight` broadcasts against one channel of x."""
        if x.ndim == 3:
            # PyTorch is slow where channels come last, but for two axes.
            weight = None if weight is None else weight[:, :, None]
            return self.forward(x[:, :, None], weight).squeeze(2)
        if not self.takes_batch:
            return F.batch_norm(
                x,
                self.running_mean,
                self.running_var,
                self.weight,
                self.bias,
                eps=self.eps,
            )
        n_values = x.numel() // x.shape[1]
        if self.processes is not None:
            normalized, mean, variance = self._by_sums(x, weight)
        elif weight is not None and x.ndim > 2 and weight.numel() == len(x):
            normalized, mean, variance = self._with_weights_of_rows(x, weight)
        elif weight is None and n_values > 1:
            # With momentum 1 the fused kernel hands out the batch's own statistics.
            mean = torch.zeros_like(self.running_mean)
            variance = torch.ones_like(self.running_var)
            normalized = F.batch_norm(
                x, mean, variance, self.weight, self.bias, True, 1.0, self.eps
            )
            variance = variance * ((n_values - 1) / n_values)
        else:
            normalized, mean, variance = self._by_sums(x, weight)
        self._track(mean, variance)
        return normalized

    def _by_sums(self, x, weight):
        """Normalised x, mean and variance for any weights, over all processes."""
        weight = torch.ones_like(x[:, :1]) if weight is None else weight
        weight = weight.expand_as(x[:, :1])
        axes = [axis for axis in range(x.ndim) if axis != 1]
        shape = [1, -1] + [1] * (x.ndim - 2)
        total = self.sum_over_processes(weight.sum())
        mean = self.sum_over_processes((weight * x).sum(axes)) / total
        centered = x - mean.view(shape)
        squares = self.sum_over_processes((weight * centered.square()).sum(axes))
        variance = squares / total
        scale = self.weight / torch.sqrt(variance + self.eps)
        normalized = centered * scale.view(shape) + self.bias.view(shape)
        return normalized, mean, variance

    def sum_over_processes(self, x: torch.Tensor) -> torch.Tensor:
        """Sum over the processes that share a batch; x itself where one has it all."""
        return x if self.processes is None else self.processes.sum(x)

    def _with_weights_of_rows(self, x, weight):
        """Normalised x, mean and variance where all values of a row weigh the same.

        The mean square around the mean is that around the row's own mean, and the
        square of the distance between the two.
        """
        rows = x.flatten(2)
        share = weight.view(-1, 1) / weight.sum()
        variances, means = torch.var_mean(rows, dim=2, correction=0)
        mean = (share * means).sum(dim=0)
        variance = (share * (variances + (means - mean).square())).sum(dim=0)
        scale = self.weight / torch.sqrt(variance + self.eps)
        shift = self.bias - scale * mean
        rows = torch.addcmul(shift[:, None], rows, scale[:, None])
        return rows.view_as(x), mean, variance

    @property
    def takes_batch(self) -> bool:
        """Whether statistics are those of the batch: in training, if not frozen."""
        return self.training and self.weight.requires_grad

    def scale_and_shift(
        self, batch: tuple[torch.Tensor, torch.Tensor] | None
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Numbers (channels,) that normalise: x * scale + shift.

        `batch` is the mean and the population variance of each channel in the batch,
        or None where the running ones are taken.
        """
        mean, variance = batch or (self.running_mean, self.running_var)
        if batch is not None:
            self._track(mean, variance)
        scale = self.weight / torch.sqrt(variance + self.eps)
        return scale, self.bias - scale * mean

    @torch.no_grad()
    def _track(self, mean: torch.Tensor, variance: torch.Tensor) -> None:
        self.running_mean.lerp_(mean, self.momentum)
        self.running_var.lerp_(variance, self.momentum)
        self.num_batches_tracked += 1
