"""The head that gives a value for every position."""

import torch
from torch import nn


class ProfileHead(nn.Module):
    """One linear map from the channels to an output, the same at all positions.

    Behind convolutions with "same" padding this keeps the network translation
    equivariant: a shifted input has a shifted output, of any length.

    Parameters
    ----------
    n_filters : int
        Channels in.
    dropout : float
        Share of the channels' values dropped in training.
    """

    def __init__(self, n_filters, *, dropout):
        super().__init__()
        self.dropout = nn.Dropout(dropout)
        self.linear = nn.Linear(n_filters, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(n, n_filters, length) to outputs (n, length)."""
        return self.linear(self.dropout(x.transpose(1, 2)))[..., 0]
