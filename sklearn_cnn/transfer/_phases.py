"""The phases of fine-tuning, and which layers are trained in each."""

from dataclasses import dataclass

from torch import nn

from sklearn_cnn.backbones._borrowed_config import BorrowedConfig
from sklearn_cnn.backbones._borrowed_network import BorrowedNetwork

# Share of the learning rate once the new head is trained and all layers follow.
_GENTLE = 0.1


@dataclass(frozen=True)
class Phase:
    """A phase of training, in which the first layers of the trunk are frozen."""

    n_frozen: int = 0
    lr_factor: float = 1.0


def freeze_layers(network: nn.Module, n_layers: int) -> None:
    """Freeze the first layers of the trunk, and train all others."""
    if isinstance(network, BorrowedNetwork):
        network.freeze(n_layers)
        return
    network.requires_grad_(True)
    for block in network.trunk[:n_layers]:
        block.requires_grad_(False)


def phases(freeze, config) -> list[Phase]:
    """The phases of fine-tuning a network of this architecture, in order.

    Raises
    ------
    ValueError
        If more layers are to be frozen than there are.
    """
    is_borrowed = isinstance(config, BorrowedConfig)
    n_layers = len(config.blocks if is_borrowed else config.n_filters)
    if freeze is None:
        return [Phase()]
    if freeze == "trunk":
        return [Phase(n_frozen=n_layers)]
    if freeze == "gradual":
        return [Phase(n_frozen=n_layers), Phase(lr_factor=_GENTLE)]
    if freeze > n_layers:
        what = "part" if is_borrowed else "convolutional layer"
        named = f": {', '.join(map(repr, config.blocks))}" if is_borrowed else ""
        raise ValueError(
            f"freeze={freeze}, but the pretrained network has {n_layers} {what}"
            f"{'s' if n_layers > 1 else ''}{named}"
        )
    return [Phase(n_frozen=freeze)]
