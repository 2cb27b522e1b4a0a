"""Standardisation of input channels."""

from collections.abc import Iterable

import torch
from torch import nn

# A channel is constant where its standard deviation is below this share of its mean:
# rounding in double precision leaves such a spread.
_CONSTANT = 1e-12
# A channel is blurred where neighbouring floating-point numbers are further apart than
# this share of its standard deviation.
_BLURRED = 0.01


class Standardize(nn.Module):
    """Subtract each channel's mean and divide by its standard deviation.

    Both are fixed before training, by `adapt`.

    Parameters
    ----------
    n_channels : int
        Channels of the input.
    n_kept : int
        The first `n_kept` channels (one-hot symbols) stay as they are.
    """

    def __init__(self, n_channels, n_kept=0):
        super().__init__()
        self.n_kept = n_kept
        self.register_buffer("mean", torch.zeros(n_channels, 1))
        self.register_buffer("scale", torch.ones(n_channels, 1))

    def adapt(self, chunks: Iterable[tuple[torch.Tensor, torch.Tensor]]) -> list[int]:
        """Learn means and standard deviations, in double precision, chunk by chunk.

        Each chunk is a pair of values (n, channels, ...), NaN at padding, and weights
        (n,). Means and squared deviations of chunks are merged as by Chan, Golub and
        LeVeque (1983), "Algorithms for computing the sample variance".

        Returns
        -------
        list of int
            Channels whose values the precision of this module loses; see `are_lost`.
        """
        total, mean, squares = 0.0, 0.0, 0.0
        for x, weight in chunks:
            x, weight = x.flatten(2).double(), weight.double()
            n_positions = (~x[:, 0].isnan()).sum(dim=1)
            own_total = n_positions.double() @ weight
            if own_total == 0:
                continue
            own_mean = torch.einsum("ncl,n->c", x.nan_to_num(), weight) / own_total
            x = (x - own_mean[:, None]).square_().nan_to_num_()
            total = total + own_total
            shift, share = own_mean - mean, own_total / total
            mean = mean + shift * share
            squares = squares + torch.einsum("ncl,n->c", x, weight)
            squares = squares + shift.square() * (total - own_total) * share
        scale = (squares / total).sqrt()
        lost = are_lost(mean, scale, self.mean.dtype)
        # A constant channel stays finite, also where rounding leaves a tiny spread.
        constant = scale <= _CONSTANT * mean.abs()
        scale[constant] = 1.0
        self.mean[self.n_kept :, 0] = mean[self.n_kept :]
        self.scale[self.n_kept :, 0] = scale[self.n_kept :]
        lost = (lost & ~constant).nonzero().flatten().tolist()
        return [channel for channel in lost if channel >= self.n_kept]

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Standardise x (n, channels, length)."""
        return (x - self.mean) / self.scale


def are_lost(
    mean: torch.Tensor, scale: torch.Tensor, dtype: torch.dtype
) -> torch.Tensor:
    """Whether a precision loses the values of channels with this mean and deviation.

    Floating-point numbers around the mean are then nearly as far apart as the values,
    or the standard deviation is out of their range.
    """
    number = torch.finfo(dtype)
    blurred = scale * _BLURRED < number.eps * mean.abs()
    return blurred | (scale < number.tiny) | (scale > number.max)
