"""What the filters of a layer give at each place of their input."""

from dataclasses import dataclass
from functools import partial

import torch
from torch import nn

from sklearn_cnn.architectures._image_cnn import ImageCNN
from sklearn_cnn.architectures._motif_cnn import MotifCNN

_POOLING = nn.MaxPool1d, nn.MaxPool2d


@dataclass(frozen=True)
class Layers:
    """What a network gives for a batch of n inputs.

    Parameters
    ----------
    maps : list of Tensor of shape (n, n_filters, ...)
        Of each layer, after the activation and before local pooling; 0 where padding
        stands. Without gradients.
    pooled : list of Tensor of shape (n, n_filters, ...)
        Of each layer, after local pooling: what the next one reads.
    outputs : Tensor of shape (n, n_outputs)
        Of the network.
    """

    maps: list[torch.Tensor]
    pooled: list[torch.Tensor]
    outputs: torch.Tensor


def run_layers(network: MotifCNN | ImageCNN, x: torch.Tensor) -> Layers:
    """Run a network in evaluation mode, and keep what its layers give."""
    maps, pooled, hooks = {}, {}, []

    def keep_map(i, block, norm, args, output):
        maps[i] = block.activation(output.detach())

    def mask_map(i, block, args, output):
        _, mask, _ = args
        if mask is not None:
            maps[i] = maps[i] * mask

    def keep_pooled(i, module, args, output):
        # Of a block and its pooling, whichever comes last.
        pooled[i] = output

    for i, block in enumerate(network.trunk):
        hooks.append(block.norm.register_forward_hook(partial(keep_map, i, block)))
        if isinstance(network, MotifCNN):
            hooks.append(block.register_forward_hook(partial(mask_map, i)))
        for module in (block, *_pooling(block)):
            hooks.append(module.register_forward_hook(partial(keep_pooled, i)))
    outputs = network(x)
    for hook in hooks:
        hook.remove()
    layers = range(len(network.trunk))
    return Layers([maps[i] for i in layers], [pooled[i] for i in layers], outputs)


@dataclass(frozen=True)
class Field:
    """What the places of a map depend on, along one axis.

    Place i depends on the `width` places of the input from ``i * step - left`` on.
    """

    left: int
    width: int
    step: int


def map_fields(
    network: MotifCNN | ImageCNN, *, pooled: bool = False
) -> list[tuple[Field, ...]]:
    """Receptive fields of each layer's map: one `Field` for each axis.

    With `pooled`, those of what local pooling leaves.
    """
    n_axes = network.trunk[0].conv.weight.ndim - 2
    axes = [Field(left=0, width=1, step=1)] * n_axes
    fields = []
    for block in network.trunk:
        axes = list(map(_behind_filters, axes, block.conv.kernel_size))
        behind = list(map(_behind_pooling, axes, _pooling_window(block, n_axes)))
        fields.append(tuple(behind if pooled else axes))
        axes = behind
    return fields


def _behind_filters(field: Field, kernel_size: int) -> Field:
    # A filter of even width is centred at the first place of its right half.
    left = field.left + kernel_size // 2 * field.step
    return Field(left, field.width + (kernel_size - 1) * field.step, field.step)


def _behind_pooling(field: Field, window: int) -> Field:
    width = field.width + (window - 1) * field.step
    return Field(field.left, width, field.step * window)


def _pooling_window(block: nn.Module, n_axes: int) -> tuple[int, ...]:
    """Places along each axis of which the block's local pooling keeps one."""
    for pool in _pooling(block):
        size = pool.kernel_size
        return size if isinstance(size, tuple) else (size,) * n_axes
    return (1,) * n_axes


def _pooling(block: nn.Module) -> list[nn.Module]:
    """The local pooling of a layer, if it has one."""
    return [module for module in block.children() if isinstance(module, _POOLING)]
