"""Modules without memory for their weights, and with it again."""

import copy
from collections.abc import Callable

import torch
from torch import nn

from sklearn_cnn.backbones._layer_features import private_copy


def without_weights(module: nn.Module) -> nn.Module:
    """Copy of a module whose weights have names, shapes and types, but no memory.

    It is on the CPU, in evaluation mode. What no ``state_dict`` holds is copied.
    """
    dtype = trained_dtype(module)
    # Weights are shared until they are replaced; the module stays as it is.
    copied = private_copy(module, torch.device("cpu"), dtype)
    for part in copied.modules():
        for name in part._non_persistent_buffers_set:
            if part._buffers.get(name) is not None:
                part._buffers[name] = part._buffers[name].clone()
    return _replace_weights(copied, "meta")


def with_memory(structure: nn.Module) -> nn.Module:
    """Copy of what `without_weights` gave, with memory for weights to be loaded."""
    return _replace_weights(copy.deepcopy(structure), "cpu")


def trained_dtype(module: nn.Module) -> torch.dtype:
    """Type in which a module is trained: that of its weights, but no half precision."""
    is_double = any(p.dtype == torch.float64 for p in module.parameters())
    return torch.float64 if is_double else torch.float32


def _replace_weights(module: nn.Module, device: str) -> nn.Module:
    """Put tensors without values, on a device, in place of a module's weights."""
    # A tensor with two names stays one.
    replaced = {}

    def new(tensor):
        if id(tensor) not in replaced:
            empty = torch.empty_like(tensor, device=device)
            if isinstance(tensor, nn.Parameter):
                empty = nn.Parameter(empty, requires_grad=tensor.requires_grad)
            # The old one is kept, so that its id is not given to another.
            replaced[id(tensor)] = tensor, empty
        return replaced[id(tensor)][1]

    for part in module.modules():
        _fill(part._parameters, new)
        _fill(part._buffers, new, part._non_persistent_buffers_set)
    return module


def _fill(tensors: dict, new: Callable, left_out: set | tuple = ()) -> None:
    for name, tensor in tensors.items():
        if tensor is not None and name not in left_out:
            tensors[name] = new(tensor)
