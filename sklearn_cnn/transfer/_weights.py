"""Copy trained weights into a fresh network."""

import numpy as np
import torch
from torch import nn

# The trunk and the standardisation of its inputs are always taken.
_TRUNK = "trunk.", "standardize."


def take_weights(
    network: nn.Module, weights: dict[str, np.ndarray], *, with_head: bool
) -> None:
    """Copy trained weights into a fresh network: the trunk, and with_head the head.

    A part of the head whose shapes differ stays fresh.
    """
    own = network.state_dict()
    taken = {
        name: torch.tensor(array)
        for name, array in weights.items()
        if name.startswith(_TRUNK)
        or (with_head and name in own and own[name].shape == array.shape)
    }
    if with_head:
        # A part of the head is taken whole or not at all.
        partial = {_part(name) for name in own if name not in taken}
        taken = {
            name: tensor
            for name, tensor in taken.items()
            if name.startswith(_TRUNK) or _part(name) not in partial
        }
    network.load_state_dict(taken, strict=False)


def _part(name: str) -> str:
    """The part of the network that a weight belongs to."""
    return name.split(".")[0]
