"""The architecture of a network for sequences, as plain values."""

from dataclasses import dataclass

from sklearn_cnn.architectures._motif_cnn import MotifCNN
from sklearn_cnn.architectures._standardize import Standardize


@dataclass(frozen=True)
class SequenceCNNConfig:
    """Architecture of a network for sequences or signals.

    Parameters
    ----------
    n_channels : int
        Input channels, of which the first `n_symbols` hold letters.
    n_symbols : int
        Letters of the alphabet; 0 for signals.
    n_outputs : int
        Number of logits; for profiles, at each position.
    n_filters, kernel_sizes, pool_sizes : tuple of int
        One entry a layer.
    activation, pooling, dense_units
        See `MotifCNN`.
    length : int or None
        Length of all inputs where the network reads positions, else None.
    profile : bool
        Whether there is an output for every position.
    """

    n_channels: int
    n_symbols: int
    n_outputs: int
    n_filters: tuple[int, ...]
    kernel_sizes: tuple[int, ...]
    pool_sizes: tuple[int, ...]
    activation: str
    pooling: str
    dense_units: int | None
    length: int | None
    profile: bool
    reads_tokens = False

    def build(self, dropout: float = 0.0, masked: bool = True) -> MotifCNN:
        """Build a network with fresh weights.

        A `masked` network looks for padding and unknown letters, where they can occur.
        """
        standardize = None
        if self.n_channels > self.n_symbols:
            standardize = Standardize(self.n_channels, self.n_symbols)
        return MotifCNN(
            self.n_channels,
            self.n_outputs,
            n_filters=self.n_filters,
            kernel_sizes=self.kernel_sizes,
            activation=self.activation,
            pool_sizes=self.pool_sizes,
            pooling=self.pooling,
            dense_units=self.dense_units,
            dropout=dropout,
            length=self.length,
            n_symbols=self.n_symbols if masked and self.length is None else None,
            n_letters=self.n_symbols if masked else 0,
            standardize=standardize,
            profile=self.profile,
        )
