"""Convolution, batch normalisation, activation."""

import torch
from torch import nn

from sklearn_cnn.architectures._batch_norm import WeightedBatchNorm
from sklearn_cnn.architectures._exponential import Exponential

ACTIVATIONS = {"exponential": Exponential, "relu": nn.ReLU}


class ConvBlock(nn.Module):
    """One layer of a trunk: filters slide along the input with shared weights.

    The output is as long as the input ("same" padding with zeros), so that motifs cut
    by an end are seen and sequences shorter than the filters need no special care.

    Parameters
    ----------
    in_channels, n_filters, kernel_size : int
        Shape of the convolution.
    activation : {"exponential", "relu"}
        What follows batch normalisation.
    """

    def __init__(self, in_channels, n_filters, kernel_size, activation):
        super().__init__()
        # Batch normalisation brings a bias of its own.
        self.conv = nn.Conv1d(
            in_channels, n_filters, kernel_size, padding=kernel_size // 2, bias=False
        )
        self.norm = WeightedBatchNorm(n_filters)
        self.activation = ACTIVATIONS[activation]()

    def forward(
        self,
        x: torch.Tensor,
        mask: torch.Tensor | None = None,
        weight: torch.Tensor | None = None,
    ) -> torch.Tensor:
        """(n, in_channels, length) to (n, n_filters, length); zero outside the mask."""
        length = x.shape[2]
        # An even filter with kernel_size // 2 zeros at both ends gives one too many.
        x = self.conv(x)[..., :length]
        x = self.activation(self.norm(x, weight))
        return x if mask is None else x * mask
