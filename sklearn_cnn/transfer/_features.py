"""Whether two modules compute the same features."""

import torch
from torch import nn


def same_features(module: nn.Module, other: nn.Module) -> bool:
    """Whether two modules compute the same features, column by column.

    Weights that a module has learned, the names of which it has as `learned`, do not
    count.
    """
    own, its = module.state_dict(), other.state_dict()
    fixed = own.keys() - set(getattr(module, "learned", ()))
    return (
        _settings(module) == _settings(other)
        and own.keys() == its.keys()
        and all(torch.equal(own[name], its[name]) for name in fixed)
    )


def _settings(module: nn.Module) -> tuple:
    """Class and public attributes of a module and its parts, without their modes."""
    values = {k: v for k, v in vars(module).items() if not k.startswith("_")}
    parts = [_settings(part) for part in module.children()]
    return type(module), values | {"training": None}, parts
