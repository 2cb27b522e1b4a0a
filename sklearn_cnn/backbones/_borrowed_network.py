"""A network that others trained, under a new head."""

import copy
from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm

from sklearn_cnn.architectures._global_head import GlobalHead
from sklearn_cnn.backbones._layer_features import LayerFeatures


class BorrowedNetwork(nn.Module):
    """Trunk of a network that others trained, pooled, then a small dense network.

    Parameters
    ----------
    trunk : nn.Module
        The network, which is trained in place.
    reader : LayerFeatures
        Which of its layers are read, and how inputs are prepared and outputs pooled.
    blocks : tuple of str
        Its parts with weights, in the order in which they are run.
    n_features, n_outputs : int
        Number of pooled outputs, and of logits.
    dense_units, dropout
        See `GlobalHead`.
    n_symbols : int or None
        Channels that hold letters, of inputs that may be padded; else None.
    """

    # The trunk reads inputs as it did in its training.
    standardize = None

    def __init__(
        self,
        trunk: nn.Module,
        reader: LayerFeatures,
        blocks: tuple[str, ...],
        n_features: int,
        n_outputs: int,
        *,
        dense_units: int | None,
        dropout: float,
        n_symbols: int | None,
    ):
        super().__init__()
        self.trunk = trunk
        self.reader = reader
        self.blocks = blocks
        self.n_features = n_features
        self.n_symbols = n_symbols
        # What its authors hold fixed, such as sines of positions.
        self.fixed = {n for n, p in trunk.named_parameters() if not p.requires_grad}
        self.settled = []
        # Whether batches of the training hold features (n, n_strands, n_features).
        self.reads_features = False
        # Draws what is random in the trunk; None draws from PyTorch's global state.
        self.generator: torch.Generator | None = None
        self.head = GlobalHead(
            n_features,
            n_outputs,
            pooling="mean",
            dense_units=dense_units,
            dropout=dropout,
        )

    def forward(
        self, x: torch.Tensor, weight: torch.Tensor | None = None
    ) -> torch.Tensor:
        """Map x (n, n_channels, ...) to logits (n, n_outputs).

        In training with a frozen trunk, x may be its features, see `FrozenFeatures`.
        `weight` (n,) is that of each row in the statistics of the head's batch
        normalisation, in training.
        """
        if self.training and self.reads_features:
            features = x[:, 0]
        else:
            with self._own_random_state(x.device):
                features = self.features(x)
        row_weight = None if weight is None else weight[:, None]
        return self.head.logits_from_pooled(None, features, row_weight)

    def features(self, x: torch.Tensor) -> torch.Tensor:
        """Pooled outputs (n, n_features) of the trunk."""
        # Its own, since readers remember what they read, and threads share networks.
        reader = copy.copy(self.reader)
        features = x.new_empty(len(x), self.n_features)
        for rows, part in reader.groups(x, self.n_symbols):
            of_rows = reader.read(self.trunk, part)
            if of_rows.shape[1] != self.n_features:
                raise ValueError(
                    f"the pretrained network gives {of_rows.shape[1]} features for an "
                    f"input of shape {tuple(x.shape[1:])}, but gave {self.n_features} "
                    "in fit; inputs of unequal size need a layer with positions, whose "
                    "outputs are pooled"
                )
            if isinstance(rows, slice):
                return of_rows.to(x.dtype)
            features[rows] = of_rows.to(x.dtype)
        return features

    @property
    def has_frozen_trunk(self) -> bool:
        """Whether nothing in the trunk learns."""
        return _is_frozen(self.trunk)

    def freeze(self, n_blocks: int) -> None:
        """Freeze the first blocks, and what stands in none; train all else.

        All blocks are the whole trunk. What the network's authors hold fixed stays so.
        """
        self.head.requires_grad_(True)
        learning = tuple(f"{block}." for block in self.blocks[n_blocks:])
        for name, parameter in self.trunk.named_parameters():
            learns = not n_blocks or name.startswith(learning)
            parameter.requires_grad_(learns and name not in self.fixed)
        self.settled = [
            part
            for part in self.trunk.modules()
            if isinstance(part, _BatchNorm) or _is_frozen(part)
        ]

    def train(self, mode: bool = True):
        """Set the mode; in the trunk, some parts stay in that of prediction.

        Frozen parts drop nothing, and batch normalisation keeps the statistics that the
        trunk was trained with: those of few inputs of another kind would change all
        that it has learned.
        """
        super().train(mode)
        for part in self.settled:
            part.eval()
        return self

    @contextmanager
    def _own_random_state(self, device: torch.device) -> Iterator[None]:
        """Let the trunk draw from the generator, and leave the global state alone."""
        is_random = any(part.training for part in self.trunk.modules())
        if self.generator is None or not is_random:
            yield
            return
        drawn = {"generator": self.generator, "device": self.generator.device}
        with _seeded(device, int(torch.randint(2**31, (), **drawn))):
            yield


@contextmanager
def _seeded(device: torch.device, seed: int) -> Iterator[None]:
    """PyTorch's global generators of the CPU and a device, seeded within the block."""
    on_mps, on_cuda = device.type == "mps", device.type == "cuda"
    before = torch.mps.get_rng_state() if on_mps else None
    try:
        with torch.random.fork_rng([device] if on_cuda else []):
            torch.default_generator.manual_seed(seed)
            if on_cuda:
                torch.cuda.default_generators[device.index].manual_seed(seed)
            if on_mps:
                torch.mps.manual_seed(seed)
            yield
    finally:
        if on_mps:
            torch.mps.set_rng_state(before)


def _is_frozen(part: nn.Module) -> bool:
    """Whether a part has weights, none of which learns."""
    learning = [parameter.requires_grad for parameter in part.parameters()]
    return bool(learning) and not any(learning)
