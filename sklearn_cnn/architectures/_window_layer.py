"""A convolutional layer as products of windows and filters, a few sequences at a time.

Activations of a layer are many numbers, and to walk over them takes longer than to
compute them. So each part of them is made by one matrix product, activated and, if the
network reads no more than that, pooled, while it lies in the processor's cache; the
same backwards. Filters come with normalisation and bias in them, as extra row (see
`ConvBlock.folded_filters`).
"""

from collections.abc import Iterator

import torch
from torch import nn
from torch.autograd.function import once_differentiable

from sklearn_cnn.architectures._exponential import Exponential
from sklearn_cnn.architectures._workspace import Workspace

# So many activations at a time. Products need many rows, caches few.
_VALUES_AT_ONCE = 2**20


class WindowActivations(torch.autograd.Function):
    """Activations (n, n_blocks, n_filters) of windows, the largest of each block.

    Parameters
    ----------
    windows : torch.Tensor of shape (n, length, n_columns)
        No gradient is computed for them.
    filters : torch.Tensor of shape (n_columns, n_filters)
        What they are multiplied by.
    activation : Exponential or nn.ReLU
        The activation.
    mask : torch.Tensor of shape (n, length, 1) or None
        1 inside the sequences, 0 at padding, where activations become zero.
    pool_size : int
        Length of a block, a divisor of the number of windows. With 1, blocks are
        windows.
    workspace : Workspace
        Where activations and gradients are kept.
    """

    @staticmethod
    def forward(ctx, windows, filters, activation, mask, pool_size, workspace):
        """Compute activations."""
        filters = filters.to(windows.dtype)
        kept = _room("activations", windows, filters, workspace)
        pooled = kept
        if pool_size > 1:
            n, length, n_filters = kept.shape
            pooled = kept.new_empty(n, length // pool_size, n_filters)
        for rows in _parts(kept):
            _activate(windows[rows], filters, activation, mask, rows, kept[rows])
            if pool_size > 1:
                blocks = kept[rows].unflatten(1, (-1, pool_size))
                torch.amax(blocks, dim=2, out=pooled[rows])
        ctx.activation, ctx.pool_size, ctx.workspace = activation, pool_size, workspace
        ctx.save_for_backward(windows, kept, pooled)
        return pooled

    @staticmethod
    @once_differentiable
    def backward(ctx, of_pooled):
        """Compute the gradient of the filters."""
        windows, kept, pooled = ctx.saved_tensors
        into_filters = 0
        for rows in _parts(kept):
            part = kept[rows]
            gradient = ctx.workspace.take("gradient", part.shape, part)
            if ctx.pool_size == 1:
                gradient.copy_(of_pooled[rows])
            else:
                # Equal maxima share what flows into them.
                is_best = gradient.unflatten(1, (-1, ctx.pool_size))
                blocks = part.unflatten(1, (-1, ctx.pool_size))
                torch.eq(blocks, pooled[rows, :, None], out=is_best)
                is_best *= (of_pooled[rows] / is_best.sum(dim=2))[:, :, None]
            _before_activation(ctx.activation, gradient, part)
            into_filters = into_filters + _product(windows[rows], gradient)
        return None, into_filters, None, None, None, None


class PooledWindows(torch.autograd.Function):
    """Maxima, sums and channels of the activations of all windows.

    Parameters
    ----------
    windows, filters, activation, mask, workspace
        See `WindowActivations`.
    counted : torch.Tensor of shape (n, 1, length) or None
        1 at positions that count for the sum, else 0; None to take all.
    reduce : torch.Tensor of shape (n_channels, n_filters) or None
        Maps the activations at each position to channels.

    Returns
    -------
    best, total : torch.Tensor of shape (n, n_filters)
        Maxima and sums over positions.
    channels : torch.Tensor of shape (n, n_channels, length) or None
        None without `reduce`.
    """

    @staticmethod
    def forward(ctx, windows, filters, activation, mask, counted, reduce, workspace):
        """Compute and pool activations."""
        n, length, _ = windows.shape
        filters, counted, reduce = (
            None if each is None else each.to(windows.dtype)
            for each in (filters, counted, reduce)
        )
        kept = _room("activations", windows, filters, workspace)
        best, total = windows.new_empty(2, n, filters.shape[1])
        channels = None
        if reduce is not None:
            channels = windows.new_empty(n, len(reduce), length)
        for rows in _parts(kept):
            part = kept[rows]
            _activate(windows[rows], filters, activation, mask, rows, part)
            torch.amax(part, dim=1, out=best[rows])
            if counted is None:
                torch.sum(part, dim=1, out=total[rows])
            else:
                torch.bmm(counted[rows], part, out=total[rows, None])
            if reduce is not None:
                mapped = reduce.expand(len(part), *reduce.shape)
                torch.bmm(mapped, part.transpose(1, 2), out=channels[rows])
        ctx.activation, ctx.workspace = activation, workspace
        ctx.save_for_backward(windows, counted, reduce, kept, best)
        return best, total, channels

    @staticmethod
    @once_differentiable
    def backward(ctx, of_best, of_total, of_channels):
        """Compute the gradients of filters and of `reduce`."""
        windows, counted, reduce, kept, best = ctx.saved_tensors
        n, length, _ = kept.shape
        # What flows into an activation, but for maxima, is a product of what belongs to
        # its position and what belongs to its filter.
        if counted is None:
            counted = kept.new_ones(1, 1, 1).expand(n, 1, length)
        places, filters = counted, of_total[:, None]
        if reduce is not None:
            places = torch.cat([places, of_channels], dim=1)
            filters = torch.cat([filters, reduce.expand(n, *reduce.shape)], dim=1)
        into_filters = into_reduce = 0
        for rows in _parts(kept):
            part = kept[rows]
            if reduce is not None:
                into_reduce = into_reduce + torch.bmm(of_channels[rows], part).sum(0)
            if not ctx.needs_input_grad[1]:
                continue
            gradient, is_best = ctx.workspace.take("gradient", (2, *part.shape), part)
            torch.bmm(places[rows].transpose(1, 2), filters[rows], out=gradient)
            # Equal maxima share what flows into them.
            torch.eq(part, best[rows, None], out=is_best)
            share = of_best[rows] / is_best.sum(dim=1)
            gradient.addcmul_(is_best, share[:, None])
            _before_activation(ctx.activation, gradient, part)
            into_filters = into_filters + _product(windows[rows], gradient)
        into_filters = into_filters if ctx.needs_input_grad[1] else None
        into_reduce = into_reduce if reduce is not None else None
        return None, into_filters, None, None, None, into_reduce, None


def _room(name, windows, filters, workspace) -> torch.Tensor:
    """Room for the products of windows and filters."""
    shape = *windows.shape[:2], filters.shape[1]
    return workspace.take(name, shape, windows)


def _parts(kept: torch.Tensor) -> Iterator[slice]:
    """Slices of a few sequences each."""
    n, length, n_filters = kept.shape
    step = max(1, _VALUES_AT_ONCE // (length * n_filters))
    for start in range(0, n, step):
        yield slice(start, start + step)


def _activate(windows, filters, activation, mask, rows, out) -> None:
    """Write the activations of some windows to `out`."""
    torch.mm(windows.flatten(0, 1), filters, out=out.flatten(0, 1))
    if isinstance(activation, Exponential):
        out.clamp_(max=activation.maximum).exp_()
    else:
        out.relu_()
    if mask is not None:
        out *= mask[rows]


def _before_activation(activation: nn.Module, gradient, x) -> torch.Tensor:
    """Gradient, in place, before the activation whose value is x.

    The slope of the exponential is its value, or 0 where it is clamped.
    """
    if not isinstance(activation, Exponential):
        return gradient.mul_(x > 0)
    top = torch.tensor(activation.maximum, dtype=x.dtype).exp().item()
    torch.ops.aten.hardtanh_backward(gradient, x, -1, top, grad_input=gradient)
    return gradient.mul_(x)


def _product(windows: torch.Tensor, gradient: torch.Tensor) -> torch.Tensor:
    """Gradient of the filters from that of their products with windows."""
    product = windows.flatten(0, 1).T @ gradient.flatten(0, 1)
    return product.to(torch.promote_types(product.dtype, torch.float32))
