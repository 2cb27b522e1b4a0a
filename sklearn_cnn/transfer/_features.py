"""Whether two modules compute the same features."""

import torch
from torch import nn


def same_features(module: nn.Module, other: nn.Module) -> bool:
    """Whether two modules compute the same features, column by column."""
    own, its = module.state_dict(), other.state_dict()
    return (
        _settings(module) == _settings(other)
        and own.keys() == its.keys()
        and all(torch.equal(own[name], its[name]) for name in own)
    )


def _settings(module: nn.Module) -> tuple:
    """Class and public attributes of a module and its parts, without their modes."""
    values = {k: v for k, v in vars(module).items() if not k.startswith("_")}
    parts = [_settings(part) for part in module.children()]
    return type(module), values | {"training": None}, parts
