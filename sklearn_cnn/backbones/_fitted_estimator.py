"""The family of this package's own fitted estimators."""

import re

from torch import nn

from sklearn_cnn._fitted_model import FittedModel
from sklearn_cnn.architectures._global_head import GlobalHead
from sklearn_cnn.architectures._motif_cnn import MotifCNN
from sklearn_cnn.architectures._rescale import Rescale
from sklearn_cnn.architectures._stacked_model import StackedModel
from sklearn_cnn.backbones._backbone import float_dtype
from sklearn_cnn.backbones._layer_features import LayerFeatures, resolve_layers
from sklearn_cnn.inputs._inputs import Inputs

# What stands in front of a layer's name within its network, with the network's number.
_NETWORK = re.compile(r"(?:networks?\.)*(?:members\.(\d+)\.)?")


class FittedEstimator(LayerFeatures):
    """Layers of the networks of a fitted estimator, side by side.

    Parameters
    ----------
    estimator : BaseCNN
        A fitted estimator.
    layer : str, tuple of str or None
        Dotted names of submodules of ``estimator.to_module()``, or their ends, such as
        "trunk.0" for that layer of each network; None is what the last linear layer of
        each network's head reads.
    pooling, precision
        See `LayerFeatures`.
    """

    # An estimator calls its layers once for each strand.
    averages_calls = True

    def __init__(self, estimator, layer, pooling: str, precision: str):
        module = estimator.to_module()
        if layer is None:
            layers = _penultimate_layers(module)
            labels = _short_labels(layers)
        else:
            asked = (layer,) if isinstance(layer, str) else tuple(layer)
            layers = _find_by_ends(module, asked)
            is_exact = any(name in layers for name in asked)
            labels = [f"{name}_" for name in layers]
            labels = labels if is_exact else _short_labels(layers)
        labels = tuple(labels) if len(layers) > 1 else ("",)
        module, layers = _part_to_run(module, layers)
        # Stacked parts may differ in precision.
        module = module.to(float_dtype(module))
        super().__init__(module, layers, pooling, precision, labels)
        self.estimator = estimator

    def encode(self, X) -> Inputs:
        """What the estimator makes of inputs."""
        return FittedModel(self.estimator).read(X)


def _penultimate_layers(module: nn.Module) -> tuple[str, ...]:
    """Layers whose outputs the last linear layers read, one a member."""
    parts = list(module.named_modules())
    heads = [(name, part) for name, part in parts if isinstance(part, GlobalHead)]
    if heads:
        return tuple(f"{name}.dense.{len(head.dense) - 2}" for name, head in heads)
    # Networks for profiles have a linear map behind the trunk.
    networks = [(name, part) for name, part in parts if isinstance(part, MotifCNN)]
    return tuple(f"{name}.trunk.{len(net.trunk) - 1}" for name, net in networks)


def _find_by_ends(module: nn.Module, asked: tuple[str, ...]) -> tuple[str, ...]:
    """Full names of layers, given these or their ends.

    A name that is no layer's stands for all layers whose names end in it, behind a dot.
    """
    names = [name for name, _ in module.named_modules()]
    layers = []
    for end in asked:
        found = [end] if end in names else [n for n in names if n.endswith(f".{end}")]
        if not found:
            short = dict.fromkeys(_NETWORK.sub("", name, count=1) for name in names[1:])
            raise ValueError(
                f"layer={end!r} is not a layer of the estimator, which has "
                f"{', '.join(map(repr, short))}"
            )
        layers += found
    return resolve_layers(module, layers)


def _short_labels(layers: tuple[str, ...]) -> list[str]:
    """What tells layers apart: the number of the network, the name within it, or both.

    "m0_" and "m1_" for one layer of two networks, "trunk.0_" and "trunk.1_" for two
    layers of one network, "m0_trunk.0_", ... for two layers of two networks.
    """
    networks = [_NETWORK.match(name)[1] for name in layers]
    names = [_NETWORK.sub("", name, count=1) for name in layers]
    several_networks, several_names = len(set(networks)) > 1, len(set(names)) > 1
    return [
        (f"m{network}_" if several_networks and network is not None else "")
        + (f"{name}_" if several_names else "")
        for network, name in zip(networks, names, strict=True)
    ]


def _part_to_run(
    module: nn.Module, layers: tuple[str, ...]
) -> tuple[nn.Module, tuple[str, ...]]:
    """The networks alone, or one linear branch, where the layers lie in there.

    Names of the layers are then those inside. (Running all would scan every motif of a
    stack's bank for nothing.)
    """
    prefixes = ["network."] if isinstance(module, Rescale) else []
    if isinstance(module, StackedModel):
        prefixes = ["networks.", *(f"branches.{name}." for name in module.branches)]
    for prefix in prefixes:
        if all(layer.startswith(prefix) for layer in layers):
            part = module.get_submodule(prefix.removesuffix("."))
            return _part_to_run(
                part, tuple(layer.removeprefix(prefix) for layer in layers)
            )
    return module, layers
