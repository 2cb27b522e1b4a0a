"""The network of the image estimators."""

import math

import torch
from torch import nn

from sklearn_cnn.architectures._global_head import GlobalHead
from sklearn_cnn.architectures._image_block import ImageBlock


class ImageCNN(nn.Module):
    """Layers of convolution and pooling, then a dense head.

    The first layer's filters learn edges and spots. The receptive field grows with each
    layer, and detail is lost.

    Parameters
    ----------
    n_channels, n_outputs : int
        Number of channels of the images, and of logits: 1 for two classes, else one a
        class.
    size : tuple of int
        Height and width of all images.
    n_filters, kernel_sizes, pool_sizes : tuple of int
        One entry a layer; see `ImageBlock`.
    activation : {"exponential", "relu"}
        Of the first layer; deeper ones use ReLU.
    pooling, dense_units, dropout
        See `GlobalHead`.
    standardize : nn.Module
        Applied to each channel first.
    """

    def __init__(
        self,
        n_channels,
        n_outputs,
        *,
        size,
        n_filters,
        kernel_sizes,
        activation,
        pool_sizes,
        pooling,
        dense_units,
        dropout,
        standardize,
    ):
        super().__init__()
        self.standardize = standardize
        self.trunk = nn.ModuleList()
        for width, kernel_size, pool_size in zip(
            n_filters, kernel_sizes, pool_sizes, strict=True
        ):
            block = ImageBlock(
                n_channels, width, kernel_size, activation, size, pool_size
            )
            self.trunk.append(block)
            n_channels, size, activation = width, block.size, "relu"
        self.head = GlobalHead(
            n_channels,
            n_outputs,
            pooling=pooling,
            dense_units=dense_units,
            dropout=dropout,
            length=math.prod(size),
        )

    def forward(
        self, x: torch.Tensor, weight: torch.Tensor | None = None
    ) -> torch.Tensor:
        """Map x (n, n_channels, height, width) to logits (n, n_outputs).

        `weight` (n,) is that of each image in the statistics of batch normalisation, in
        training.
        """
        x = self.standardize(x.flatten(2)).view(x.shape)
        pixel_weight = None if weight is None else weight[:, None, None, None]
        for block in self.trunk:
            x = block(x, pixel_weight)
        row_weight = None if weight is None else weight[:, None]
        return self.head(x.flatten(2), None, row_weight)
