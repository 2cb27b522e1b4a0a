"""The parts of a fine-tuning, and which layers learn in each."""

from dataclasses import dataclass

from torch import nn

# Once a new head has learned, everything is tuned at this share of the learning rate.
_GENTLE = 0.1


@dataclass(frozen=True)
class Phase:
    """A part of a training in which the first layers of the trunk stay as they are."""

    n_frozen: int = 0
    lr_factor: float = 1.0


def freeze_layers(network: nn.Module, n_layers: int) -> None:
    """Let the first layers of the trunk stay as they are, and all else learn."""
    network.requires_grad_(True)
    for block in network.trunk[:n_layers]:
        block.requires_grad_(False)


def phases(freeze, n_layers: int) -> list[Phase]:
    """The parts of a fine-tuning, in order.

    Raises
    ------
    ValueError
        If more layers are to be frozen than there are.
    """
    if freeze is None:
        return [Phase()]
    if freeze == "trunk":
        return [Phase(n_frozen=n_layers)]
    if freeze == "gradual":
        return [Phase(n_frozen=n_layers), Phase(lr_factor=_GENTLE)]
    if freeze > n_layers:
        raise ValueError(
            f"freeze={freeze}, but the pretrained network has {n_layers} convolutional "
            f"layer{'s' if n_layers > 1 else ''}"
        )
    return [Phase(n_frozen=freeze)]
