"""Weights of fitted networks as arrays: their names, their precision, loading them.

The keys of ``weights_`` begin with the number of the network ("0.trunk.0.conv.weight"),
or with "stack" for linear models and stacking weights.
"""

import numpy as np
import torch
from torch import nn

STACK = "stack"


def to_arrays(module: nn.Module, owner: int | str) -> dict[str, np.ndarray]:
    """Copies of a module's weights; their names begin with the owner.

    A tensor with two names is one array, so that a pickle holds it once.
    """
    arrays, copies = {}, {}
    for name, tensor in module.state_dict().items():
        place = tensor.data_ptr(), tensor.shape, tensor.dtype
        if place not in copies or not tensor.numel():
            copies[place] = tensor.cpu().numpy().copy()
        arrays[f"{owner}.{name}"] = copies[place]
    return arrays


def weights_of(arrays: dict[str, np.ndarray], owner: int | str) -> dict:
    """Arrays of one network, or of the stack; names without the owner."""
    prefix = f"{owner}."
    return {
        key.removeprefix(prefix): array
        for key, array in arrays.items()
        if key.startswith(prefix)
    }


def n_networks(arrays: dict[str, np.ndarray]) -> int:
    """Number of networks among the weights."""
    return len({key.split(".")[0] for key in arrays} - {STACK})


def float_dtype(arrays: dict[str, np.ndarray]) -> torch.dtype:
    """Floating-point type of weights; integers among them count batches."""
    dtypes = {array.dtype for array in arrays.values() if array.dtype.kind == "f"}
    return getattr(torch, str(dtypes.pop()))


def load_weights(module: nn.Module, arrays: dict[str, np.ndarray]) -> None:
    """Load copies of weights into a module; training it leaves the arrays alone."""
    state = {name: torch.tensor(array) for name, array in arrays.items()}
    module.load_state_dict(state, assign=True)
