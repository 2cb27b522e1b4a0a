"""The head that gives an output at each position."""

import torch
from torch import nn


class ProfileHead(nn.Module):
    """One linear map from the channels to an output, the same at all positions.

    Behind convolutions with "same" padding this keeps the network translation
    equivariant: a shifted input has a shifted output, of any length. There is no
    dropout: where outputs are logarithms of rates, its noise would raise the mean rate
    in training, and predictions without it would be too low.

    Parameters
    ----------
    n_filters : int
        Number of channels of the input.
    """

    def __init__(self, n_filters):
        super().__init__()
        self.linear = nn.Linear(n_filters, 1)

    def start_at(self, value: float) -> None:
        """Set the bias, so that outputs are around a value before any training."""
        nn.init.constant_(self.linear.bias, value)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Map x (n, n_filters, length) to outputs (n, length)."""
        return self.linear(x.transpose(1, 2))[..., 0]
