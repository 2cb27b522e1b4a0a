"""Features of a frozen trunk, computed once for all epochs of a phase."""

import copy
from collections.abc import Sequence

import torch
from torch import nn

from sklearn_cnn.architectures._reverse_complement import opposite_strand
from sklearn_cnn.backbones._borrowed_network import BorrowedNetwork
from sklearn_cnn.training._batches import Batches
from sklearn_cnn.training._micro_batches import MicroBatches

# More features than so many bytes are computed anew in each epoch.
_MOST_BYTES = 2**30


class FrozenFeatures:
    """Features in place of `DeviceInputs`, from which batches are made.

    Parameters
    ----------
    values : torch.Tensor of shape (n, n_strands, n_features)
        The features of the opposite strand, where both are read, stand in reverse
        order: turning a row round, as `Batches` does with sequences, then puts them
        first, as they are.
    """

    def __init__(self, values: torch.Tensor):
        self.values = values

    def __len__(self) -> int:
        return len(self.values)

    def longest(self, batches: Sequence[torch.Tensor | slice]) -> list[None]:
        """None for each batch: all rows are of one length."""
        return [None] * len(batches)

    def batch(
        self, rows: torch.Tensor | slice, length: int | None = None
    ) -> torch.Tensor:
        """Rows (n, n_strands, n_features), of which the network reads the first."""
        return self.values[rows]


def with_frozen_features(
    batches: Batches, network: nn.Module, micro_batches: MicroBatches, *, mixed: bool
) -> Batches:
    """The same batches, of features if the trunk of the network is frozen as a whole.

    The network is told what it reads in training. Batches that are changed at random,
    and very many features, stay as they are; so do those of our own networks.
    """
    if not isinstance(network, BorrowedNetwork):
        return batches
    order = batches.complement_order
    n_strands = 1 if order is None else 2
    n_bytes = 4 * len(batches.inputs) * n_strands * network.n_features
    network.reads_features = (
        network.has_frozen_trunk and batches.augment is None and n_bytes <= _MOST_BYTES
    )
    if not network.reads_features:
        return batches
    values = []
    rows = torch.arange(len(batches.inputs), device=batches.targets.device)
    products = torch.autocast(rows.device.type, torch.bfloat16, enabled=mixed)
    with torch.no_grad(), products:
        for part in rows.tensor_split(len(batches)):
            x = batches.inputs.batch(part)
            strands = [micro_batches.map(network.eval().features, x)]
            if order is not None:
                turned = micro_batches.map(network.features, opposite_strand(x, order))
                strands.append(turned.flip(1))
            values.append(torch.stack(strands, dim=1))
    batches = copy.copy(batches)
    batches.inputs = FrozenFeatures(torch.cat(values))
    if order is not None:
        batches.complement_order = torch.tensor([1, 0], device=rows.device)
    return batches
