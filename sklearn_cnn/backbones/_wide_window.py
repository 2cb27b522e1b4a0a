"""The base class of Enformer and Borzoi: a wide window of DNA, read in bins."""

import torch
import torch.nn.functional as F
from torch import nn

from sklearn_cnn.backbones._backbone import choose_pooling
from sklearn_cnn.backbones._layer_features import LayerFeatures
from sklearn_cnn.inputs._inputs import Inputs
from sklearn_cnn.preprocessing._alphabet import DNA
from sklearn_cnn.preprocessing._codes import encode


class WideWindow(LayerFeatures):
    """Embeddings of the bins over a sequence, or predicted tracks there, pooled.

    The sequence stands in the centre of the window, with N on both sides. The model
    returns the bins in the centre of the window; those over the sequence are pooled, or
    as many in the centre as `bins` says.

    Parameters
    ----------
    module : nn.Module
        The model.
    embeddings : str
        Name of the layer whose output (n, n_units, n_bins) is pooled.
    layer : str, tuple of str or None
        Tracks, such as "human:5110"; None is the embeddings.
    pooling : {"auto", "mean", "max"}
        Over bins; "auto" is the mean.
    precision
        See `LayerFeatures`.
    window, bin_width : int
        Widths in letters.
    n_tracks : dict of str to int
        Number of tracks of each head.
    heads : dict of str to str
        Name of the layer that gives the tracks of each head, (n, n_tracks, n_bins).
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
        n_tracks: dict[str, int] | None = None,
        heads: dict[str, str] | None = None,
    ):
        pooling = choose_pooling(pooling, "Enformer and Borzoi", ("mean", "max"))
        # Numbers of the tracks of each head, by the name of its layer.
        self.tracks, self._names, layers = {}, [], (embeddings,)
        if layer is not None:
            for head, numbers in _tracks_by_head(layer, n_tracks or {}).items():
                self.tracks[heads[head]] = numbers
                self._names += [f"{head}:{number}" for number in numbers]
            layers = tuple(self.tracks)
        super().__init__(module, layers, pooling, precision)
        self.bins: int | str = "all"
        self.window = window
        self.bin_width = bin_width
        # Length of the sequences in the present batch.
        self._length = 0

    @property
    def settings(self) -> tuple:
        """Bins and tracks that were chosen, if any were."""
        if self.bins == "all" and not self.tracks:
            return ()
        return self.bins, *self._names

    def choose_bins(self, bins: int | str) -> None:
        """Pool so many bins in the centre; "all" are those over the sequence."""
        self.bins = bins

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

    def _tensor(self, output, layer: str) -> torch.Tensor:
        """Embeddings, or the tracks that were chosen: (n, n_units, n_bins)."""
        output = self._units_first(output, layer)
        return output[:, self.tracks[layer]] if layer in self.tracks else output

    def _units_first(self, output, layer: str) -> torch.Tensor:
        """Output of a layer (n, n_units, n_bins)."""
        return super()._tensor(output, layer)

    def _feature_names(self) -> list[str]:
        """Names such as "f3_mean" or "human:5110_mean"."""
        if not self.tracks:
            return super()._feature_names()
        return [f"{name}_{self.pooling}" for name in self._names]

    def _pool(self, output: torch.Tensor, x: torch.Tensor) -> torch.Tensor:
        n_bins = output.shape[2]
        if self.bins != "all":
            if self.bins > n_bins:
                raise ValueError(
                    f"bins={self.bins}, but the model gives {n_bins} bins of a window"
                )
            first = (n_bins - self.bins) // 2
            return super()._pool(output[:, :, first : first + self.bins], x)
        first_bin = (self.window - n_bins * self.bin_width) // 2
        start = (self.window - self._length) // 2 - first_bin
        end = start + self._length
        first = max(start // self.bin_width, 0)
        last = min(-(-end // self.bin_width), n_bins)
        return super()._pool(output[:, :, first:last], x)


def _tracks_by_head(
    layer: str | tuple[str, ...], n_tracks: dict[str, int]
) -> dict[str, list[int]]:
    """Numbers of tracks named "head:number", by their heads.

    Raises
    ------
    ValueError
        If there is no such track; it says which there are.
    """
    there_are = " and ".join(
        f"'{head}:0' to '{head}:{n - 1}'" for head, n in n_tracks.items()
    )
    there_are = f"the tracks {there_are}" if n_tracks else "nothing to choose"
    found = {}
    for name in (layer,) if isinstance(layer, str) else layer:
        head, _, number = name.partition(":")
        if not number.isdecimal() or int(number) >= n_tracks.get(head, 0):
            raise ValueError(
                f"layer={name!r} is no track of the model, which has {there_are}; "
                "leave layer=None for its embeddings"
            )
        found.setdefault(head, []).append(int(number))
    if not found or any(len(set(n)) < len(n) for n in found.values()):
        raise ValueError(f"layer={layer!r} must name one or more different tracks")
    return found
