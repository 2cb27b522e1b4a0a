"""Convolution, batch normalisation, activation, pooling of images."""

import torch
from torch import nn

from sklearn_cnn.architectures._batch_norm import WeightedBatchNorm
from sklearn_cnn.architectures._conv_block import ACTIVATIONS


class ImageBlock(nn.Module):
    """One layer of a trunk: square filters slide over the image with shared weights.

    The convolution keeps the size ("same" padding with zeros). Then the maximum of each
    square window is kept. An axis of one pixel is not pooled.

    Parameters
    ----------
    in_channels, n_filters, kernel_size : int
        Shape of the convolution.
    activation : {"exponential", "relu"}
        The activation behind batch normalisation.
    size : tuple of int
        Height and width of the input.
    pool_size : int
        Height and width of the pooled windows; 1 for no pooling.
    """

    def __init__(
        self, in_channels, n_filters, kernel_size, activation, size, pool_size=2
    ):
        super().__init__()
        # In a small image, no filter need be larger than to reach from edge to edge.
        kernel = tuple(min(kernel_size, 2 * pixels - 1) for pixels in size)
        padding = tuple(width // 2 for width in kernel)
        # Batch normalisation brings a bias of its own.
        self.conv = nn.Conv2d(
            in_channels, n_filters, kernel, padding=padding, bias=False
        )
        self.norm = WeightedBatchNorm(n_filters)
        self.activation = ACTIVATIONS[activation]()
        window = tuple(min(pool_size, pixels) for pixels in size)
        # The windows at the last rows and columns may be smaller.
        self.pool = nn.MaxPool2d(window, ceil_mode=True)
        self.size = tuple(
            -(-pixels // width) for pixels, width in zip(size, window, strict=True)
        )

    def forward(
        self, x: torch.Tensor, weight: torch.Tensor | None = None
    ) -> torch.Tensor:
        """Map x (n, in_channels, height, width) to (n, n_filters, *self.size)."""
        height, width = x.shape[2:]
        # An even filter with half its width of zeros around gives one too many.
        x = self.conv(x)[..., :height, :width]
        # Activations are increasing functions: after pooling, the same on fewer values.
        return self.activation(self.pool(self.norm(x, weight)))
