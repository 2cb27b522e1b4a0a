"""Outputs of layers of a network, which several families share."""

import copy
import math
from collections.abc import Callable

import torch
from torch import nn

from sklearn_cnn.backbones._backbone import Backbone, batches, resolve_precision
from sklearn_cnn.training._inputs import DeviceInputs, Inputs

# The pooled values of each channel, side by side; "flatten" keeps all positions.
_POOLED = {"auto": ("max", "mean"), "max": ("max",), "mean": ("mean",)}


class Network(Backbone):
    """A module of which one layer, or several side by side, are the features.

    The module itself is left as it is, with its mode, its device and its precision.

    Parameters
    ----------
    module, layers, pooling
        See `Backbone`.
    precision : {"auto", "float32", "float64"}
        "auto" is that of the weights.
    labels : tuple of str or None
        What the names of each layer's features begin with; None is the layer's name
        where there are several.
    """

    def __init__(
        self,
        module: nn.Module,
        layers: tuple[str, ...],
        pooling: str,
        precision: str,
        labels: tuple[str, ...] | None = None,
    ):
        if pooling == "occupancy":
            raise ValueError(
                "pooling='occupancy' is for motifs; layers of networks take 'auto', "
                "'max', 'mean' or 'flatten'"
            )
        if labels is None:
            labels = tuple(f"{name}_" if len(layers) > 1 else "" for name in layers)
        dtype = resolve_precision(precision, module)
        super().__init__(module, layers, labels, pooling, dtype)
        # Of each layer's output for one input; known once they have been run.
        self._shapes = [()] * len(layers)

    def features(self, inputs, batch_size, device):
        """Rows and features (n_rows, n_features).

        Rounding depends on the shape of a batch. So each has `batch_size` rows; the
        last one of a length is filled up, and the filling dropped.
        """
        module = private_copy(self.module, device, self.dtype)
        outputs = [[] for _ in self.layers]
        for layer, found in zip(self.layers, outputs, strict=True):
            module.get_submodule(layer).register_forward_hook(
                lambda module, args, output, found=found: found.append(output)
            )
        run = _naming_layers(module)
        with torch.inference_mode():
            for rows, part in batches(inputs, batch_size):
                x = self._batch(part, device)
                n_filled = batch_size - len(x)
                x = torch.cat([x, x[-1:].expand(n_filled, *x.shape[1:])])
                run(x)
                columns = [
                    self._mean_of_calls(i, found, x) for i, found in enumerate(outputs)
                ]
                for found in outputs:
                    found.clear()
                features = torch.cat(columns, dim=1)[: len(rows)]
                yield rows, features.cpu().float().numpy()

    def _batch(self, part: Inputs, device: torch.device) -> torch.Tensor:
        """What the module reads of inputs."""
        return DeviceInputs(part, device, self.dtype).batch(slice(None))

    def _tensor(self, output, layer: str) -> torch.Tensor:
        """The tensor in a layer's output."""
        if not torch.is_tensor(output):
            raise ValueError(
                f"layer {layer!r} returns a {type(output).__name__}; layers whose "
                "output is one tensor can be features"
            )
        return output

    def _mean_of_calls(self, i: int, outputs: list, x: torch.Tensor) -> torch.Tensor:
        """Features (n_rows, n_features) of layer i, averaged over its calls.

        An estimator calls its layers once for each strand.
        """
        layer = self.layers[i]
        if not outputs:
            raise ValueError(f"the model never calls its layer {layer!r}")
        outputs = [self._tensor(output, layer) for output in outputs]
        for output in outputs:
            if output.ndim == 0 or len(output) != len(x):
                raise ValueError(
                    f"layer {layer!r} returns a tensor of shape {tuple(output.shape)} "
                    f"for {len(x)} inputs; its first dimension must be the inputs"
                )
        self._shapes[i] = tuple(outputs[0].shape[1:])
        return torch.stack([self._pool(output, x) for output in outputs]).mean(dim=0)

    def _pool(self, output: torch.Tensor, x: torch.Tensor) -> torch.Tensor:
        """(n,), (n, channels) or (n, channels, positions ...) to (n, n_features)."""
        if output.ndim <= 2 or self.pooling == "flatten":
            return output.reshape(len(output), -1)
        values = output.flatten(2)
        pooled = {"max": values.amax, "mean": values.mean}
        return torch.cat([pooled[p](dim=2) for p in _POOLED[self.pooling]], dim=1)

    def _feature_names(self) -> list[str]:
        """Number of each unit, behind what tells layers apart, before the pooling."""
        return [
            f"{label}{name}"
            for label, shape in zip(self.labels, self._shapes, strict=True)
            for name in self._names_of_units(shape)
        ]

    def _names_of_units(self, shape: tuple[int, ...]) -> list[str]:
        """Names of the features of one layer's output."""
        n_units = shape[0] if shape else 1
        if len(shape) <= 1:
            return [f"f{unit}" for unit in range(n_units)]
        if self.pooling == "flatten":
            places = range(math.prod(shape[1:]))
            return [f"f{unit}_{place}" for unit in range(n_units) for place in places]
        return [f"f{i}_{p}" for p in _POOLED[self.pooling] for i in range(n_units)]


def find_layers(module: nn.Module, layers: str | tuple | list) -> tuple[str, ...]:
    """Names of one layer or several, all of which the module has.

    Raises
    ------
    ValueError
        If it has no such layer, with a list of those it has, or one is named twice.
    """
    layers = (layers,) if isinstance(layers, str) else tuple(layers)
    names = [name for name, _ in module.named_modules()]
    for layer in layers:
        if layer not in names:
            raise ValueError(
                f"layer={layer!r} is not a layer of the model, which has "
                + (", ".join(map(repr, names[1:])) or "none")
            )
    if not layers or len(set(layers)) < len(layers):
        raise ValueError(f"layer={layers!r} must name one or more different layers")
    return layers


def units_first(output: torch.Tensor) -> torch.Tensor:
    """States (n, n_tokens, n_units) as (n, n_units, n_tokens); others as they are."""
    return output.transpose(1, 2) if output.ndim == 3 else output


def private_copy(
    module: nn.Module, device: torch.device, dtype: torch.dtype
) -> nn.Module:
    """Copy in evaluation mode on a device, to which hooks can be added.

    Weights that lie there already, in this precision, are shared, not copied.
    """
    tensors = (*module.parameters(), *module.buffers())
    shared = {
        id(t): t
        for t in tensors
        if t.device == device and (t.dtype == dtype or not t.is_floating_point())
    }
    return copy.deepcopy(module, shared).to(device, dtype).eval()


def _naming_layers(module: nn.Module) -> Callable[[torch.Tensor], None]:
    """The module as a function whose errors name the layer that was reached."""
    reached = {"layer": "", "shapes": []}

    def note(args, name):
        reached["layer"] = name
        reached["shapes"] = [tuple(arg.shape) for arg in args if torch.is_tensor(arg)]

    for name, part in module.named_modules():
        part.register_forward_pre_hook(lambda part, args, name=name: note(args, name))

    def run(x):
        try:
            module(x)
        except torch.OutOfMemoryError:
            raise
        except (RuntimeError, ValueError, TypeError, IndexError) as error:
            shapes = ", ".join(map(str, reached["shapes"]))
            raise ValueError(
                f"the model cannot read a batch of shape {tuple(x.shape)}; the last "
                f"layer that it reached, {reached['layer']!r}, was given {shapes}: "
                f"{error}"
            ) from error

    return run
