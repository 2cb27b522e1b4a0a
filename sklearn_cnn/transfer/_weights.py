"""Take trained weights into a fresh network."""

import numpy as np
import torch
from torch import nn

# Trained layers and what they read: these can always be taken.
_TRUNK = "trunk.", "standardize."


def take_weights(
    network: nn.Module, weights: dict[str, np.ndarray], *, with_head: bool
) -> None:
    """Copy trained weights into a fresh network: the trunk, and the head on demand.

    A part of the head that has another shape stays fresh.
    """
    own = network.state_dict()
    taken = {
        name: torch.tensor(array)
        for name, array in weights.items()
        if name.startswith(_TRUNK)
        or (with_head and name in own and own[name].shape == array.shape)
    }
    if with_head:
        # All of a part or nothing of it.
        partial = {_part(name) for name in own if name not in taken}
        taken = {
            name: tensor
            for name, tensor in taken.items()
            if name.startswith(_TRUNK) or _part(name) not in partial
        }
    network.load_state_dict(taken, strict=False)


def _part(name: str) -> str:
    return name.split(".")[0]
