"""Receptive fields of the layers of any network, by the operations between them."""

from dataclasses import dataclass

import torch
from torch import nn

_CONVOLUTIONS = nn.Conv1d, nn.Conv2d, nn.Conv3d
_POOLING = (
    *(nn.MaxPool1d, nn.MaxPool2d, nn.MaxPool3d),
    *(nn.AvgPool1d, nn.AvgPool2d, nn.AvgPool3d),
)


@dataclass(frozen=True)
class Field:
    """What one position of a layer depends on, along each axis.

    `width` are positions of the input, `step` is how far neighbours lie apart there.
    """

    width: tuple[int, ...]
    step: tuple[int, ...]


class FieldTracker:
    """Fields of the outputs of modules, as they are run.

    Where paths of unequal fields meet, as in a residual network, the widest counts.

    Parameters
    ----------
    x : torch.Tensor of shape (1, n_channels, ...)
        What the network is run on, with a history of its own.
    """

    def __init__(self, x: torch.Tensor):
        n_axes = x.ndim - 2
        self._fields = {x.grad_fn: Field((1,) * n_axes, (1,) * n_axes)}

    def follow(
        self, module: nn.Module, inputs: list[torch.Tensor], output: torch.Tensor
    ) -> Field | None:
        """Field of a module's output; None where it has none, or it is not known."""
        before = self._before([tensor.grad_fn for tensor in inputs])
        field = None
        if before is not None and output.ndim == 2 + len(before.width):
            field = _after(module, before, inputs[0].shape == output.shape)
        self._fields[output.grad_fn] = field
        return field

    def _before(self, nodes: list) -> Field | None:
        """The widest of the fields that autograd finds on the way back."""
        found, seen = [], set()
        while nodes:
            node = nodes.pop()
            if node is None or node in seen:
                continue
            seen.add(node)
            if node in self._fields:
                found.append(self._fields[node])
            else:
                nodes += [previous for previous, _ in node.next_functions]
        if not found or None in found:
            return None
        return Field(
            tuple(map(max, zip(*(field.width for field in found), strict=True))),
            tuple(map(max, zip(*(field.step for field in found), strict=True))),
        )


def _after(module: nn.Module, field: Field, same_shape: bool) -> Field | None:
    """Field behind a module that sees a field; None unless that is known."""
    if isinstance(module, (*_CONVOLUTIONS, *_POOLING)):
        axes = len(field.width)
        kernel, stride, dilation = (
            _per_axis(getattr(module, name, 1), axes)
            for name in ("kernel_size", "stride", "dilation")
        )
        return Field(
            tuple(
                w + (k - 1) * d * s
                for w, k, d, s in zip(
                    field.width, kernel, dilation, field.step, strict=True
                )
            ),
            tuple(s * by for s, by in zip(field.step, stride, strict=True)),
        )
    # An activation, say, which has no parameters, looks at each value by itself.
    is_norm = isinstance(module, nn.modules.batchnorm._BatchNorm)
    by_itself = is_norm or not any(True for _ in module.parameters())
    return field if by_itself and same_shape else None


def _per_axis(value: int | tuple[int, ...], axes: int) -> tuple[int, ...]:
    return value if isinstance(value, tuple) else (value,) * axes
