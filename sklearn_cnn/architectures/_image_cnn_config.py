"""The architecture of a network for images, as plain values."""

from dataclasses import dataclass

from sklearn_cnn.architectures._image_cnn import ImageCNN
from sklearn_cnn.architectures._standardize import Standardize


@dataclass(frozen=True)
class ImageCNNConfig:
    """Architecture of a network for images.

    Parameters
    ----------
    n_channels, n_outputs : int
        Number of channels of the images, and of logits.
    size : tuple of int
        Height and width of all images.
    n_filters, kernel_sizes, pool_sizes : tuple of int
        One entry a layer.
    activation, pooling, dense_units
        See `ImageCNN`.
    """

    n_channels: int
    n_outputs: int
    size: tuple[int, int]
    n_filters: tuple[int, ...]
    kernel_sizes: tuple[int, ...]
    pool_sizes: tuple[int, ...]
    activation: str
    pooling: str
    dense_units: int | None
    profile = reads_tokens = False

    def build(self, dropout: float = 0.0, masked: bool = True) -> ImageCNN:
        """Build a network with fresh weights.

        Images have no padding, so that `masked` changes nothing.
        """
        return ImageCNN(
            self.n_channels,
            self.n_outputs,
            size=self.size,
            n_filters=self.n_filters,
            kernel_sizes=self.kernel_sizes,
            activation=self.activation,
            pool_sizes=self.pool_sizes,
            pooling=self.pooling,
            dense_units=self.dense_units,
            dropout=dropout,
            standardize=Standardize(self.n_channels),
        )
