"""Outputs of layers of a network, which several families share."""

import copy

import torch
from torch import nn

from sklearn_cnn.backbones._backbone import Backbone, batches
from sklearn_cnn.training._inputs import DeviceInputs

POOLINGS = {"auto": ("max", "mean"), "max": ("max",), "mean": ("mean",)}


class Network(Backbone):
    """A module of which one layer, or several side by side, are the features.

    The module itself is left as it is, with its mode and its device.
    """

    def __init__(self, module: nn.Module, layers: tuple[str, ...], pooling: str):
        super().__init__(module, layers, pooling)
        # Whether the layers' outputs have positions; known once they have been run.
        self._is_pooled = False

    def features(self, inputs, batch_size, device):
        """Rows and features (n_rows, n_features).

        Rounding depends on the shape of a batch. So each has `batch_size` rows; the
        last one of a length is filled up, and the filling dropped.
        """
        module = private_copy(self.module, device)
        dtype = float_dtype(module)
        outputs = [[] for _ in self.layers]
        for layer, found in zip(self.layers, outputs, strict=True):
            module.get_submodule(layer).register_forward_hook(
                lambda module, args, output, found=found: found.append(output)
            )
        with torch.inference_mode():
            for rows, part in batches(inputs, batch_size):
                x = DeviceInputs(part, device, dtype).batch(slice(None))
                n_filled = batch_size - len(x)
                x = torch.cat([x, x[-1:].expand(n_filled, *x.shape[1:])])
                module(x)
                columns = [
                    self._mean_of_calls(layer, found, batch_size)
                    for layer, found in zip(self.layers, outputs, strict=True)
                ]
                for found in outputs:
                    found.clear()
                features = torch.cat(columns, dim=1)[: len(rows)]
                yield rows, features.cpu().float().numpy()

    def _mean_of_calls(self, layer: str, outputs: list, n_rows: int) -> torch.Tensor:
        """Features (n_rows, n_features) of a layer, averaged over its calls.

        An estimator calls its layers once for each strand.
        """
        if not outputs:
            raise ValueError(f"the model never calls its layer {layer!r}")
        for output in outputs:
            if not torch.is_tensor(output):
                raise ValueError(
                    f"layer {layer!r} returns a {type(output).__name__}; layers whose "
                    "output is one tensor can be features"
                )
            if output.ndim == 0 or len(output) != n_rows:
                raise ValueError(
                    f"layer {layer!r} returns a tensor of shape {tuple(output.shape)} "
                    f"for {n_rows} inputs; its first dimension must be the inputs"
                )
        self._is_pooled = outputs[0].ndim > 2
        return torch.stack([self._pooled(output) for output in outputs]).mean(dim=0)

    def _pooled(self, output: torch.Tensor) -> torch.Tensor:
        """(n,), (n, channels) or (n, channels, positions ...) to (n, n_features)."""
        if output.ndim <= 2:
            return output.reshape(len(output), -1)
        values = output.flatten(2)
        pooled = {"max": values.amax, "mean": values.mean}
        return torch.cat([pooled[p](dim=2) for p in POOLINGS[self.pooling]], dim=1)

    def _feature_names(self, n_features: int) -> list[str]:
        """Number of each unit, with the member of an ensemble and the pooling."""
        endings = [""]
        if self._is_pooled:
            endings = [f"_{pooling}" for pooling in POOLINGS[self.pooling]]
        n_units = n_features // len(endings) // len(self.layers)
        several = len(self.layers) > 1
        return [
            f"{f'm{member}_' if several else ''}f{unit}{ending}"
            for member in range(len(self.layers))
            for ending in endings
            for unit in range(n_units)
        ]


def find_layer(module: nn.Module, layer: str) -> str:
    """The name of a layer; an error where there is none of that name."""
    names = [name for name, _ in module.named_modules()]
    if layer not in names:
        raise ValueError(
            f"layer={layer!r} is not a layer of the model, which has "
            + (", ".join(map(repr, names[1:])) or "none")
        )
    return layer


def float_dtype(module: nn.Module) -> torch.dtype:
    """Floating-point type of a module's weights; single precision without any."""
    tensors = (*module.parameters(), *module.buffers())
    return next((t.dtype for t in tensors if t.is_floating_point()), torch.float32)


def private_copy(module: nn.Module, device: torch.device) -> nn.Module:
    """Copy in evaluation mode on a device, to which hooks can be added.

    Weights that lie there already are shared, not copied.
    """
    tensors = (*module.parameters(), *module.buffers())
    shared = {id(t): t for t in tensors if t.device == device}
    return copy.deepcopy(module, shared).to(device).eval()
