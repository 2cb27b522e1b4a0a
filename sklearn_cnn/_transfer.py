"""Fine-tuning: where the trained layers come from, and which of them learn on."""

import os
from dataclasses import dataclass

import numpy as np
import torch
from sklearn.exceptions import NotFittedError
from sklearn.frozen import FrozenEstimator
from torch import nn

from sklearn_cnn._persistence import load_model, public_estimators

# Trained layers and what they read: these can always be taken.
_TRUNK = "trunk.", "standardize."
# Once a new head has learned, everything is tuned at this share of the learning rate.
_GENTLE = 0.1


@dataclass(frozen=True)
class Phase:
    """A part of a training in which the first layers of the trunk stay as they are."""

    n_frozen: int = 0
    lr_factor: float = 1.0


def resolve_source(pretrained, kin: type, name: str = "pretrained"):
    """The fitted estimator that `pretrained` stands for; one of the class `kin`.

    Error messages call the argument `name`.

    Raises
    ------
    TypeError
        If it is anything else than a fitted estimator, a frozen one, or a path.
    sklearn.exceptions.NotFittedError
        If the estimator is not fitted.
    """
    if isinstance(pretrained, (str, os.PathLike)):
        pretrained = load_model(pretrained)
    if isinstance(pretrained, FrozenEstimator):
        pretrained = pretrained.estimator
    if not isinstance(pretrained, kin):
        public = public_estimators().items()
        names = " or ".join(name for name, cls in public if issubclass(cls, kin))
        raise TypeError(
            f"{name} must be a fitted {names}, a FrozenEstimator of one, or the "
            f"path of a file that save_model wrote; got {type(pretrained).__name__}"
        )
    if not hasattr(pretrained, "weights_"):
        raise NotFittedError(
            f"the {type(pretrained).__name__} passed as {name} is not fitted. "
            "(In the grid of a search it is cloned, which undoes a fit: pass "
            "FrozenEstimator(estimator) or the path of a saved model there)"
        )
    return pretrained


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


def same_features(module: nn.Module, other: nn.Module) -> bool:
    """Whether two modules make the same columns of their inputs."""
    own, its = module.state_dict(), other.state_dict()
    return (
        _settings(module) == _settings(other)
        and own.keys() == its.keys()
        and all(torch.equal(own[name], its[name]) for name in own)
    )


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


def _settings(module: nn.Module) -> tuple:
    """Class and plain public attributes of a module, but for its mode."""
    values = {k: v for k, v in vars(module).items() if not k.startswith("_")}
    return type(module), values | {"training": None}


def _part(name: str) -> str:
    return name.split(".")[0]
