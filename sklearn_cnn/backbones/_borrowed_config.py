"""The architecture of a network that others trained, under a new head."""

import copy
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import torch
from torch import nn

from sklearn_cnn.backbones._borrowed_network import BorrowedNetwork
from sklearn_cnn.backbones._families import FAMILIES, of_type
from sklearn_cnn.backbones._layer_features import LayerFeatures
from sklearn_cnn.backbones._structure import with_memory, without_weights
from sklearn_cnn.inputs._inputs import Inputs
from sklearn_cnn.preprocessing._alphabet import Alphabet


@dataclass(frozen=True, eq=False)
class BorrowedConfig:
    """Architecture of a network that others trained, under a new head.

    Parameters
    ----------
    source : object
        What the trunk is built of, without weights: settings of a model that is known
        by name; or a module itself.
    layer : str, tuple of str or None
        What is read, as `PretrainedFeatureExtractor` takes it.
    pooling : str
        How it becomes columns.
    bins : int or "all"
        Which of the bins of a wide window.
    blocks : tuple of str
        Parts of the trunk with weights, in the order in which they are run.
    n_features, n_outputs : int
        Number of columns, and of logits.
    dense_units : int or None
        Width of the head's hidden layer.
    n_channels : int
        Channels of the inputs.
    alphabet : Alphabet or None
        Of the inputs, where they are sequences of symbols.
    channel_means : tuple of float
        Mean of each channel in training, with which attributions compare; of letters
        none.
    length : int or None
        Length of all inputs; None where it may differ, so that there may be padding.
    """

    source: Any
    layer: str | tuple[str, ...] | None
    pooling: str
    bins: int | str
    blocks: tuple[str, ...]
    n_features: int
    n_outputs: int
    dense_units: int | None
    n_channels: int
    alphabet: Alphabet | None
    channel_means: tuple[float, ...]
    length: int | None
    profile = False

    @cached_property
    def reader(self) -> LayerFeatures:
        """What reads the trunk; its module is without weights."""
        # Not on the device "meta", on which our own networks are built: what is in no
        # `state_dict` must have its values.
        with torch.device("cpu"):
            reader = of_type(FAMILIES, self.source)(
                self.source, self.layer, self.pooling, "auto"
            )
        reader.choose_bins(self.bins)
        if not isinstance(self.source, nn.Module):
            reader.module = without_weights(reader.module)
        if self.alphabet is not None:
            reader.alphabet = self.alphabet
        return reader

    @property
    def n_filters(self) -> tuple[int, ...]:
        """Number of columns, in place of the filters of a first layer."""
        return (self.n_features,)

    @property
    def reads_tokens(self) -> bool:
        """Whether letters become tokens, so that there are no gradients."""
        return self.reader.reads_tokens

    def encode(self, images) -> Inputs:
        """Images (n, channels, height, width) as the network reads them."""
        return self.reader.network_inputs(images)

    def n_positions(self, length: int) -> int:
        """Positions or pixels that the trunk reads of an input of so many."""
        return self.reader.n_positions(length)

    def build(self, dropout: float = 0.0, masked: bool = True) -> BorrowedNetwork:
        """Build a network with a fresh head; the weights of its trunk must be loaded.

        A `masked` network looks for padding, where it can occur.
        """
        reader = copy.copy(self.reader)
        trunk, reader.module = with_memory(reader.module), None
        n_symbols = None
        if self.length is None and masked:
            n_symbols = 0 if self.alphabet is None else len(self.alphabet.symbols)
        return BorrowedNetwork(
            trunk,
            reader,
            self.blocks,
            self.n_features,
            self.n_outputs,
            dense_units=self.dense_units,
            dropout=dropout,
            n_symbols=n_symbols,
        )

    def __getstate__(self) -> dict:
        state = dict(vars(self))
        state.pop("reader", None)
        return state


def drop_weights(source):
    """What the trunk is built of, without weights."""
    if isinstance(source, nn.Module):
        return without_weights(source)
    return replace(source, weights=dict.fromkeys(source.weights))
