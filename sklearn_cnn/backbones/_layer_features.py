"""Layers of a network as features, shared by most families."""

import copy
import math
import threading
from collections.abc import Callable, Iterator

import torch
from torch import nn

from sklearn_cnn.architectures._motif_cnn import padding_mask
from sklearn_cnn.backbones._backbone import Backbone, resolve_precision
from sklearn_cnn.inputs._device_inputs import DeviceInputs
from sklearn_cnn.inputs._inputs import Inputs
from sklearn_cnn.training._micro_batches import (
    is_out_of_memory,
    micro_batches_of_predictions,
)

# The pooled values of each channel, side by side; "flatten" keeps all positions.
_POOLED = {"auto": ("max", "mean"), "max": ("max",), "mean": ("mean",)}


class LayerError(ValueError):
    """The output of a layer cannot be features."""


class LayerFeatures(Backbone):
    """Pooled outputs of one or more layers of a module, side by side.

    The module itself stays as it is: mode, device, precision.

    Parameters
    ----------
    module, layers, pooling
        See `Backbone`.
    precision : {"auto", "float32", "float64"}
        "auto" is that of the weights.
    labels : tuple of str or None
        Begins the names of each layer's features; None is the name of the layer, where
        there are several.
    """

    # Whether to average over the calls of a layer that is called several times.
    averages_calls = False
    # What it reads, where it is made for that alone: "sequences" or "images".
    made_for = None
    # Alphabet of its sequences, where it reads one alone.
    alphabet = None
    # Whether it makes tokens of the letters, so that there are no gradients.
    reads_tokens = False

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
        # Shape of each layer's output for one input, known after a run.
        self._shapes = [()] * len(layers)

    def features(self, inputs, batch_size, device):
        """Rows and features (n_rows, n_features).

        Rounding depends on the shape of a batch. So all batches of one length have the
        same number of rows; the last one is filled up, and the filling dropped.
        """
        module = private_copy(self.module, device, self.dtype)
        run = name_layer_in_errors(module)

        def compute(x):
            return self.read(module, x, run)

        micro_batches = micro_batches_of_predictions()
        with torch.inference_mode():
            for rows, part, n_rows in self._batches(inputs, batch_size):
                x = self._batch(part, device)
                n_filled = n_rows - len(x)
                x = torch.cat([x, x[-1:].expand(n_filled, *x.shape[1:])])
                features = micro_batches.map(compute, x)[: len(rows)]
                yield rows, features.cpu().float().numpy()

    def read(
        self, module: nn.Module, x: torch.Tensor, run: Callable | None = None
    ) -> torch.Tensor:
        """Features (n_rows, n_features) of x, as the module reads it.

        `run` calls the module in place of itself.
        """
        outputs, thread = [[] for _ in self.layers], threading.get_ident()

        def keep(output, layer, found):
            # Threads may share the module.
            if threading.get_ident() == thread:
                # A copy, since the next layer may change the output in place.
                found.append(self._tensor(output, layer).clone())

        hooks = [
            module.get_submodule(layer).register_forward_hook(
                lambda _, args, output, layer=layer, found=found: keep(
                    output, layer, found
                )
            )
            for layer, found in zip(self.layers, outputs, strict=True)
        ]
        try:
            (run or module)(x)
        finally:
            for hook in hooks:
                hook.remove()
        columns = [self._average_calls(i, found, x) for i, found in enumerate(outputs)]
        return torch.cat(columns, dim=1)

    def groups(
        self, x: torch.Tensor, n_symbols: int | None
    ) -> Iterator[tuple[torch.Tensor | slice, torch.Tensor]]:
        """Rows of floats x (n, channels, ...), and what the module reads of them.

        Gradients flow from what is read to x. Sequences that may be padded at the right
        go in without padding, those of one length together; their first `n_symbols`
        channels hold letters, see `padding_mask`. None is for inputs without padding.
        """
        if n_symbols is None:
            yield slice(None), self.prepare(x)
            return
        inside = padding_mask(x, n_symbols)[:, 0]
        places = torch.arange(1, x.shape[2] + 1, device=x.device)
        lengths = (inside * places).amax(dim=1).long().clamp(min=1)
        for length in lengths.unique().tolist():
            rows = (lengths == length).nonzero().flatten()
            yield rows, self.prepare(x[rows, :, :length])

    def prepare(self, x: torch.Tensor) -> torch.Tensor:
        """What the module reads of floats x (n, channels, ...) of one size."""
        return x

    def n_positions(self, length: int) -> int:
        """Positions or pixels that the module reads of an input of so many."""
        return length

    def network_inputs(self, images) -> Inputs:
        """Images (n, channels, height, width) as `groups` takes them."""
        return self.encode(images)

    def _batch(self, part: Inputs, device: torch.device) -> torch.Tensor:
        """Inputs as the module reads them."""
        return self.prepare(DeviceInputs(part, device, self.dtype).batch(slice(None)))

    def _tensor(self, output, layer: str) -> torch.Tensor:
        """The tensor in a layer's output."""
        if not torch.is_tensor(output):
            raise LayerError(
                f"layer {layer!r} returns a {type(output).__name__}; layers whose "
                "output is one tensor can be features: name one inside of it, or wrap "
                "the model in a module whose forward returns the tensor that you want"
            )
        return output

    def _average_calls(self, i: int, outputs: list, x: torch.Tensor) -> torch.Tensor:
        """Features (n_rows, n_features) of layer i: pooled outputs, mean over calls."""
        layer = self.layers[i]
        if not outputs:
            raise ValueError(
                f"the model never calls its layer {layer!r} as a module; name another, "
                "whose forward is run"
            )
        if len(outputs) > 1 and not self.averages_calls:
            raise ValueError(
                f"the model calls its layer {layer!r} {len(outputs)} times for an "
                "input, so that it has no one output; name a layer that is called once "
                "(the one that it stands in, or the next), or give each place a module "
                "of its own"
            )
        for output in outputs:
            if output.ndim == 0 or len(output) != len(x):
                raise ValueError(
                    f"layer {layer!r} returns a tensor of shape {tuple(output.shape)} "
                    f"for {len(x)} inputs; its first dimension must be the inputs"
                )
        self._shapes[i] = tuple(outputs[0].shape[1:])
        return torch.stack([self._pool(output, x) for output in outputs]).mean(dim=0)

    def _pool(self, output: torch.Tensor, x: torch.Tensor) -> torch.Tensor:
        """Pool (n,), (n, channels) or (n, channels, positions ...) over positions."""
        if output.ndim <= 2 or self.pooling == "flatten":
            return output.reshape(len(output), -1)
        values = output.flatten(2)
        pooled = {"max": values.amax, "mean": values.mean}
        return torch.cat([pooled[p](dim=2) for p in _POOLED[self.pooling]], dim=1)

    def _feature_names(self) -> list[str]:
        """Names such as "f3", "f3_max" or "f3_7", behind the label of the layer."""
        return [
            f"{label}{name}"
            for label, shape in zip(self.labels, self._shapes, strict=True)
            for name in self._names_of_units(shape)
        ]

    def _names_of_units(self, shape: tuple[int, ...]) -> list[str]:
        """Names of one layer's features, without its label."""
        n_units = shape[0] if shape else 1
        if len(shape) <= 1:
            return [f"f{unit}" for unit in range(n_units)]
        if self.pooling == "flatten":
            places = range(math.prod(shape[1:]))
            return [f"f{unit}_{place}" for unit in range(n_units) for place in places]
        return [f"f{i}_{p}" for p in _POOLED[self.pooling] for i in range(n_units)]


def resolve_layers(module: nn.Module, layers: str | tuple | list) -> tuple[str, ...]:
    """Names of one or more layers, as a tuple.

    Raises
    ------
    ValueError
        If the module has no such layer, with a list of its layers; if one is named
        twice, or none is.
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
    """Transpose states (n, n_tokens, n_units); other outputs stay as they are."""
    return output.transpose(1, 2) if output.ndim == 3 else output


def private_copy(
    module: nn.Module, device: torch.device, dtype: torch.dtype
) -> nn.Module:
    """Copy of a module in evaluation mode on the device, to which hooks can be added.

    Weights that are on the device in this precision already are shared, not copied.
    """
    shared = {
        id(t): t
        for t in (*module.parameters(), *module.buffers())
        if t.device == device and (t.dtype == dtype or not t.is_floating_point())
    }
    # Tensors computed from weights (as by weight_norm) cannot be copied.
    computed = {
        id(value): value.detach()
        for part in module.modules()
        for value in vars(part).values()
        if torch.is_tensor(value) and not value.is_leaf
    }
    return copy.deepcopy(module, shared | computed).to(device, dtype).eval()


def name_layer_in_errors(module: nn.Module) -> Callable[[torch.Tensor], None]:
    """Function that runs the module; its errors name the layer that was reached."""
    reached = {"layer": "", "shapes": []}

    def note(args, name):
        reached["layer"] = name
        reached["shapes"] = [tuple(arg.shape) for arg in args if torch.is_tensor(arg)]

    for name, part in module.named_modules():
        part.register_forward_pre_hook(lambda part, args, name=name: note(args, name))

    def run(x):
        try:
            module(x)
        except LayerError:
            raise
        except (RuntimeError, ValueError, TypeError, IndexError) as error:
            if is_out_of_memory(error):
                raise
            shapes = ", ".join(map(str, reached["shapes"]))
            raise ValueError(
                f"the model cannot read a batch of shape {tuple(x.shape)}; the last "
                f"layer that it reached, {reached['layer']!r}, was given {shapes}: "
                f"{error}"
            ) from error

    return run
