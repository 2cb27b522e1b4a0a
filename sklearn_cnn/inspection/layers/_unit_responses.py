"""Where the units of a trunk respond most, and how much they count for the output."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch

from sklearn_cnn.architectures._local_pool import pool_blocks
from sklearn_cnn.architectures._motif_cnn import MotifCNN
from sklearn_cnn.inspection.layers._feature_maps import Field, map_fields
from sklearn_cnn.inspection.layers._spread import Spread
from sklearn_cnn.preprocessing._alphabet import Alphabet

_ROWS_AT_ONCE = 64


@dataclass(frozen=True)
class Responses:
    """The strongest response of each unit of a layer in each sequence.

    Arrays are (n_sequences, n_units): the activation, where its window begins in the
    sequence as it was given, and whether it is read on the opposite strand; -inf where
    no whole window fits into the sequence. `importance` (n_units,) is described at
    `layer_motifs`.
    """

    activation: np.ndarray
    start: np.ndarray
    opposite: np.ndarray
    importance: np.ndarray


def receptive_fields(network: MotifCNN) -> list[Field]:
    """Field of each layer, from the first, ahead of its own local pooling."""
    return [field for (field,) in map_fields(network)]


def run_trunk(network: MotifCNN, x: torch.Tensor) -> list[torch.Tensor]:
    """Activations (n, n_units, length) of each layer, for symbols without padding."""
    activations = []
    for block in network.trunk:
        x = block(x)
        activations.append(x)
        if block.pool is not None:
            x, _, _ = pool_blocks(block.pool, x, None, None)
    return activations


def find_responses(
    network: MotifCNN,
    codes: np.ndarray,
    lengths: np.ndarray,
    alphabet: Alphabet,
    *,
    both_strands: bool,
) -> list[Responses]:
    """Responses of each layer to sequences of codes (n, longest)."""
    fields = receptive_fields(network)
    best = [_Best(len(codes), block.norm.num_features) for block in network.trunk]
    sums = [Spread() for _ in fields]
    strands = [codes]
    if both_strands:
        # Padding stays at the end: blocks that are pooled begin at the first letter.
        places = lengths[:, None] - 1 - np.arange(codes.shape[1])
        strands.append(alphabet.complement[np.take_along_axis(codes, places, axis=1)])
    for opposite, strand in enumerate(strands):
        for rows, activations, gradients in _batches(network, strand, alphabet):
            ends = lengths[rows, None]
            for layer, field in enumerate(fields):
                values = activations[layer].detach()
                contributions = [(values * g).sum(dim=2) for g in gradients[layer]]
                sums[layer].add(torch.stack(contributions))
                starts = np.arange(values.shape[2]) * field.step - field.left
                whole = (starts >= 0) & (starts + field.width <= ends)
                outside = torch.from_numpy(~whole)[:, None]
                top, places = values.masked_fill(outside, -torch.inf).max(dim=2)
                starts = starts[places.numpy()]
                if opposite:
                    starts = ends - starts - field.width
                best[layer].add(rows, top.numpy(), starts, bool(opposite))
    return [
        Responses(found.activation, found.start, found.opposite, spread.total())
        for found, spread in zip(best, sums, strict=True)
    ]


def _batches(
    network: MotifCNN, codes: np.ndarray, alphabet: Alphabet
) -> Iterator[tuple[np.ndarray, list, list]]:
    """Rows, activations of each layer, and for each layer gradients, one an output."""
    columns = torch.tensor(alphabet.columns)
    columns = columns.to(next(network.parameters()).dtype)
    for start in range(0, len(codes), _ROWS_AT_ONCE):
        rows = np.arange(start, min(start + _ROWS_AT_ONCE, len(codes)))
        x = columns[torch.from_numpy(codes[rows]).int()].transpose(1, 2)
        activations = []
        hooks = [
            block.register_forward_hook(
                lambda block, args, output, found=activations: found.append(output)
            )
            for block in network.trunk
        ]
        outputs = network(x.requires_grad_())
        for hook in hooks:
            hook.remove()
        if network.profile_head is not None:
            outputs = outputs.mean(dim=1, keepdim=True)
        by_output = [
            torch.autograd.grad(output.sum(), activations, retain_graph=True)
            for output in outputs.unbind(dim=1)
        ]
        yield rows, activations, list(zip(*by_output, strict=True))


class _Best:
    """The strongest response of each unit in each sequence, of those seen so far."""

    def __init__(self, n: int, n_units: int):
        self.activation = np.full((n, n_units), -np.inf, dtype=np.float32)
        self.start = np.zeros((n, n_units), dtype=np.int32)
        self.opposite = np.zeros((n, n_units), dtype=bool)

    def add(self, rows, activation, start, opposite: bool) -> None:
        """Take what is stronger in some rows."""
        stronger = activation > self.activation[rows]
        for own, new in (
            (self.activation, activation),
            (self.start, start),
            (self.opposite, opposite),
        ):
            own[rows] = np.where(stronger, new, own[rows])
