"""Models in the format of transformers, as arrays and plain values."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import nn

# Names of weights begin so in the pooler, a layer on top of the last hidden state.
POOLER = "pooler."


@dataclass(frozen=True, eq=False)
class TransformersModel:
    """Class, settings (`config`) and weights by name of a transformers model.

    Weights are None where others are loaded later, as by a fitted estimator.
    """

    model_class: type
    config: dict[str, Any]
    weights: dict[str, np.ndarray]

    def build(self) -> nn.Module:
        """The module, with its weights."""
        # The class draws initial weights; the caller's random state must not change.
        with torch.random.fork_rng(devices=[]):
            config = self.model_class.config_class.from_dict(self.config)
            module = self.model_class(config)
        # Files often lack the pooler, which hidden states do not need.
        pooler = [name for name in module.state_dict() if name.startswith(POOLER)]
        if not self.weights.keys() >= set(pooler):
            module.pooler = None
        load_arrays(module, self.weights)
        return module


def read_module(kind, name: str, **settings) -> tuple[nn.Module, list[str]]:
    """Read a module of the class `kind` from a folder or the hub; name missing weights.

    Raises
    ------
    OSError
        If there is no such model, or the hub is not reached.
    """
    with torch.random.fork_rng(devices=[]):
        module, found = kind.from_pretrained(name, output_loading_info=True, **settings)
    return module, sorted(found["missing_keys"])


def arrays_of(module: nn.Module) -> dict[str, np.ndarray]:
    """Weights of a module as float32 arrays by name.

    A tensor with two names is one array, so that a pickle holds it once.
    """
    arrays, known = {}, {}
    for name, tensor in module.state_dict().items():
        place = tensor.data_ptr(), tensor.shape, tensor.dtype
        if tensor.numel() == 0 or place not in known:
            single = tensor.float() if tensor.is_floating_point() else tensor
            known[place] = single.numpy()
        arrays[name] = known[place]
    return arrays


def load_arrays(module: nn.Module, arrays: dict) -> None:
    """Load weights by name; those that are None are left as they are."""
    if all(array is not None for array in arrays.values()):
        state = {name: torch.from_numpy(array) for name, array in arrays.items()}
        module.load_state_dict(state)


def last_state(output):
    """The last hidden state in the output of a model, or of a layer."""
    if hasattr(output, "last_hidden_state"):
        return output.last_hidden_state
    return output[0] if isinstance(output, tuple) else output


def refuse_missing(name: str, missing: list[str]) -> None:
    """Raise if weights are missing in the files, and would be random.

    Raises
    ------
    ValueError
        If any are missing.
    """
    if missing:
        raise ValueError(
            f"the files of {name!r} lack weights of its layers {', '.join(missing[:5])}"
            f"{' ...' if len(missing) > 5 else ''}"
        )
