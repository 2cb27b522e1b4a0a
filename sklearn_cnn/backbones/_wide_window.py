"""The base class of Enformer and Borzoi: a wide window of DNA, read in bins."""

import torch
import torch.nn.functional as F
from torch import nn

from sklearn_cnn.backbones._backbone import choose_pooling, refuse_layer
from sklearn_cnn.backbones._layer_features import LayerFeatures
from sklearn_cnn.inputs._inputs import Inputs
from sklearn_cnn.preprocessing._alphabet import DNA
from sklearn_cnn.preprocessing._codes import encode


class WideWindow(LayerFeatures):
    """Embeddings of the bins over a sequence, pooled.

    The sequence stands in the centre of the window, with N on both sides. The model
    returns the bins in the centre of the window; those over the sequence are pooled.

    Parameters
    ----------
    module : nn.Module
        The model.
    embeddings : str
        Name of the layer whose output (n, n_units, n_bins) is pooled.
    layer : None
        There is no other layer to choose.
    pooling : {"auto", "mean", "max"}
        Over bins; "auto" is the mean.
    precision
        See `LayerFeatures`.
    window, bin_width : int
        Widths in letters.
    """

    auto_batch_size = 1
    made_for, alphabet = "sequences", DNA

    def __init__(
        self,
        module: nn.Module,
        embeddings: str,
        layer,
        pooling: str,
        precision: str,
        window: int,
        bin_width: int,
    ):
        what = "Enformer and Borzoi"
        refuse_layer(layer, what)
        pooling = choose_pooling(pooling, what, ("mean", "max"))
        super().__init__(module, (embeddings,), pooling, precision)
        self.window = window
        self.bin_width = bin_width
        # Length of the sequences in the present batch.
        self._length = 0

    def encode(self, X) -> Inputs:
        """Codes of DNA given as strings."""
        codes, lengths, alphabet = encode(X, DNA)
        if lengths.max() > self.window:
            raise ValueError(
                f"X[{lengths.argmax()}] has {lengths.max()} letters, but the model's "
                f"window has {self.window}"
            )
        return Inputs(codes, alphabet, lengths)

    def prepare(self, x: torch.Tensor) -> torch.Tensor:
        """Windows (n, 4, window) around columns x (n, 4, length).

        Unknown letters, of which none is ahead, are zero, as in training.
        """
        self._length = x.shape[2]
        if self._length > self.window:
            raise ValueError(
                f"an input has {self._length} letters, but the model's window has "
                f"{self.window}"
            )
        best, second = x.topk(2, dim=1).values.split(1, dim=1)
        x = x.masked_fill(best == second, 0)
        start = (self.window - self._length) // 2
        return F.pad(x, (start, self.window - self._length - start))

    def n_positions(self, length: int) -> int:
        """Letters of the window."""
        return self.window

    def _pool(self, output: torch.Tensor, x: torch.Tensor) -> torch.Tensor:
        n_bins = output.shape[2]
        first_bin = (self.window - n_bins * self.bin_width) // 2
        start = (self.window - self._length) // 2 - first_bin
        end = start + self._length
        first = max(start // self.bin_width, 0)
        last = min(-(-end // self.bin_width), n_bins)
        return super()._pool(output[:, :, first:last], x)
