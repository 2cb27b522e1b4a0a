"""Standardisation of input channels."""

import torch
from torch import nn


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

    def adapt(self, x: torch.Tensor, weight: torch.Tensor) -> None:
        """Learn from data (n, channels, ...), NaN for padding, with weights (n,)."""
        x = x.flatten(2).to(weight.dtype)
        n_positions = (~x[:, 0].isnan()).sum(dim=1)
        n_values = n_positions.to(weight.dtype) @ weight
        mean = torch.einsum("ncl,n->c", x.nan_to_num(), weight) / n_values
        centered = (x - mean[:, None]).square().nan_to_num()
        scale = (torch.einsum("ncl,n->c", centered, weight) / n_values).sqrt()
        # A constant channel stays finite, also where rounding leaves a tiny spread.
        scale[scale <= 1e-12 * mean.abs().clamp(min=1)] = 1.0
        self.mean[self.n_kept :, 0] = mean[self.n_kept :]
        self.scale[self.n_kept :, 0] = scale[self.n_kept :]

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Standardise x of shape (n, channels, length)."""
        return (x - self.mean) / self.scale
