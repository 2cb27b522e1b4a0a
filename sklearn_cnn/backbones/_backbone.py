"""The base class of backbones, one family a subclass."""

from abc import ABC, abstractmethod
from collections.abc import Iterator

import numpy as np
import torch
from torch import nn

from sklearn_cnn.inputs._inputs import Inputs


class Backbone(ABC):
    """A frozen network that turns inputs into features.

    Parameters
    ----------
    module : nn.Module
        The network.
    layers : tuple of str
        Dotted names of the submodules whose outputs are the features; "" is the module
        itself.
    labels : tuple of str
        Names, or parts of names, of the features.
    pooling : str
        How the values at all positions become one.
    dtype : torch.dtype
        Floating-point type in which the module is run.
    """

    # Rows of a batch by default; fewer where inputs are very long.
    auto_batch_size = 64
    # Plain values that features depend on, beside the module.
    settings = ()

    def __init__(
        self,
        module: nn.Module,
        layers: tuple[str, ...],
        labels: tuple[str, ...],
        pooling: str,
        dtype: torch.dtype,
    ):
        self.module = module
        self.layers = layers
        self.labels = labels
        self.pooling = pooling
        self.dtype = dtype

    def choose_bins(self, bins: int | str) -> None:
        """Pool so many bins in the centre of a window, where there are bins.

        Raises
        ------
        ValueError
            If there are none, unless `bins` is "all".
        """
        if bins != "all":
            raise ValueError(
                f"bins={bins!r}, but only Enformer and Borzoi have bins; leave "
                "bins='all'"
            )

    @abstractmethod
    def encode(self, X) -> Inputs:
        """Validated and encoded inputs."""

    @abstractmethod
    def features(
        self, inputs: Inputs, batch_size: int | None, device: torch.device
    ) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """Rows and their features (n_rows, n_features), batch by batch.

        The features of a row do not depend on the other rows, to the last bit, except
        where a `batch_size` above the default meets fewer rows. None is the default.
        """

    @abstractmethod
    def _feature_names(self) -> list[str]:
        """Names of the features, known after a run."""

    def run_first(
        self, inputs: Inputs, batch_size: int | None, device: torch.device
    ) -> tuple[list[str], np.ndarray]:
        """Run the first input; return the names of the features, and its features."""
        _, features = next(self.features(inputs[:1], batch_size, device))
        return self._feature_names(), features[0]

    def feature_names(
        self, inputs: Inputs, batch_size: int | None, device: torch.device
    ) -> list[str]:
        """Names of the features of inputs like these."""
        return self.run_first(inputs, batch_size, device)[0]

    def _batches(
        self, inputs: Inputs, batch_size: int | None, *, length_step: int = 1
    ) -> Iterator[tuple[np.ndarray, Inputs, int]]:
        """Rows, inputs of one length, and rows of a full batch, batch by batch.

        A `batch_size` above the default is at most the number of inputs. Where lengths
        differ, inputs are padded to a multiple of `length_step`, so that the shape of a
        batch depends on the lengths of its own rows alone.
        """
        if batch_size is not None:
            most = max(len(inputs), self.auto_batch_size)
            batch_size = min(batch_size, most)
        for rows, part in group_by_length(inputs, length_step):
            n_rows = batch_size
            if n_rows is None:
                n_rows = part.rows_at_once(self.auto_batch_size, gradients=False)
            for start in range(0, len(part), n_rows):
                chosen = slice(start, start + n_rows)
                yield rows[chosen], part[chosen], n_rows


def group_by_length(
    inputs: Inputs, length_step: int = 1
) -> Iterator[tuple[np.ndarray, Inputs]]:
    """Rows and inputs of one length each, padded to a multiple of `length_step`."""
    if inputs.lengths is None:
        yield np.arange(len(inputs)), inputs
        return
    padded = -(-inputs.lengths // length_step) * length_step
    for length in np.unique(padded):
        rows = np.flatnonzero(padded == length)
        values = inputs.values[rows][..., :length]
        missing = length - values.shape[-1]
        if missing > 0:
            pad = [(0, 0)] * (values.ndim - 1) + [(0, missing)]
            values = np.pad(values, pad, constant_values=inputs.padding)
        yield rows, Inputs(values, inputs.alphabet)


def refuse_layer(layer, what: str) -> None:
    """Raise if a layer is named where there is none to choose.

    Raises
    ------
    ValueError
        Unless `layer` is None.
    """
    if layer is not None:
        raise ValueError(
            f"layer={layer!r}, but {what} have no layers to choose; leave layer=None"
        )


def choose_pooling(pooling: str, what: str, allowed: tuple[str, ...]) -> str:
    """The pooling; "auto" is the first that is allowed.

    Raises
    ------
    ValueError
        If it is not among those allowed.
    """
    if pooling == "auto":
        return allowed[0]
    if pooling not in allowed:
        words = ", ".join(map(repr, ("auto", *allowed)))
        raise ValueError(f"pooling={pooling!r}, but {what} take {words}")
    return pooling


def resolve_precision(precision: str, module: nn.Module) -> torch.dtype:
    """Floating-point type of a name; "auto" is that of the module's weights."""
    return float_dtype(module) if precision == "auto" else getattr(torch, precision)


def float_dtype(module: nn.Module) -> torch.dtype:
    """Floating-point type of a module's weights; float32 if it has none."""
    tensors = (*module.parameters(), *module.buffers())
    return next((t.dtype for t in tensors if t.is_floating_point()), torch.float32)
