"""What all families of backbones share."""

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
        What is run.
    layers : tuple of str
        Dotted names of the submodules whose outputs are the features; "" is the module
        itself.
    labels : tuple of str
        What names of features are made of.
    pooling : str
        How positions become one value.
    dtype : torch.dtype
        Floating-point type in which it is run.
    """

    # Inputs that are computed together by default, if they are not very long.
    auto_batch_size = 64
    # What features depend on beside the module, as plain values.
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

    @abstractmethod
    def encode(self, X) -> Inputs:
        """Validated and encoded inputs."""

    @abstractmethod
    def features(
        self, inputs: Inputs, batch_size: int | None, device: torch.device
    ) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """Rows and their features (n_rows, n_features), batch by batch.

        The features of a row never depend on the other rows, to the last bit, unless
        there are fewer of them than in a large batch. None is the default size.
        """

    @abstractmethod
    def _feature_names(self) -> list[str]:
        """Names of the features, after a run."""

    def run_first(
        self, inputs: Inputs, batch_size: int | None, device: torch.device
    ) -> tuple[list[str], np.ndarray]:
        """Names of the features, and those of the first input, which is run for it."""
        _, features = next(self.features(inputs[:1], batch_size, device))
        return self._feature_names(), features[0]

    def feature_names(
        self, inputs: Inputs, batch_size: int | None, device: torch.device
    ) -> list[str]:
        """Names of the features that inputs like these have."""
        return self.run_first(inputs, batch_size, device)[0]

    def _batches(
        self, inputs: Inputs, batch_size: int | None, *, length_step: int = 1
    ) -> Iterator[tuple[np.ndarray, Inputs, int]]:
        """Rows and inputs of one length each, and the size of a full batch of these.

        A size above the default is at most the number of inputs. Where lengths may
        differ, inputs are padded to a multiple of `length_step`; so the shape of a
        batch follows from the lengths of its own rows alone.
        """
        if batch_size is not None:
            most = max(len(inputs), self.auto_batch_size)
            batch_size = min(batch_size, most)
        for rows, part in _group_by_length(inputs, length_step):
            n_rows = batch_size
            if n_rows is None:
                n_rows = part.rows_at_once(self.auto_batch_size, gradients=False)
            for start in range(0, len(part), n_rows):
                chosen = slice(start, start + n_rows)
                yield rows[chosen], part[chosen], n_rows


def _group_by_length(
    inputs: Inputs, length_step: int
) -> Iterator[tuple[np.ndarray, Inputs]]:
    """Rows and inputs, group by group, each padded to a length of its own."""
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
    """Refuse a layer of what has none to choose from.

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
    """The pooling; the first one allowed for "auto".

    Raises
    ------
    ValueError
        If it is not allowed here.
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
    """Floating-point type of a module's weights; single precision without any."""
    tensors = (*module.parameters(), *module.buffers())
    return next((t.dtype for t in tensors if t.is_floating_point()), torch.float32)
