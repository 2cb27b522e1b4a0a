"""Weights of fitted networks as arrays: their names, their precision, loading them.

The keys of ``weights_`` begin with the number of the network ("0.trunk.0.conv.weight"),
or with "stack" for what stands beside the networks.
"""

import numpy as np
import torch
from torch import nn

STACK = "stack"


def to_arrays(module: nn.Module, owner: int | str) -> dict[str, np.ndarray]:
    """Copies of a module's weights, named after their owner."""
    return {
        f"{owner}.{name}": tensor.cpu().numpy().copy()
        for name, tensor in module.state_dict().items()
    }


def weights_of(arrays: dict[str, np.ndarray], owner: int | str) -> dict:
    """Arrays of one network, or of the stack, by name without their owner."""
    prefix = f"{owner}."
    return {
        key.removeprefix(prefix): array
        for key, array in arrays.items()
        if key.startswith(prefix)
    }


def n_networks(arrays: dict[str, np.ndarray]) -> int:
    """Number of networks whose weights these are."""
    return len({key.split(".")[0] for key in arrays} - {STACK})


def float_dtype(arrays: dict[str, np.ndarray]) -> torch.dtype:
    """Floating-point type of weights (which hold counters of batches, too)."""
    dtypes = {array.dtype for array in arrays.values() if array.dtype.kind == "f"}
    return getattr(torch, str(dtypes.pop()))


def load_weights(module: nn.Module, arrays: dict[str, np.ndarray]) -> None:
    """Give a module copies of weights: it may be trained on, the arrays stay."""
    state = {name: torch.tensor(array) for name, array in arrays.items()}
    module.load_state_dict(state, assign=True)
