"""A convolutional layer as products of windows and filters, a few sequences at a time.

Activations of a layer are many numbers, and to walk over them takes longer than to
compute them. So each part of them is made by one matrix product, activated and, if the
network reads no more than that, pooled, while it lies in the processor's cache; the
same backwards. Filters come with normalisation in them and a bias as last row (see
`ConvBlock.windows_and_filters`).
"""

from collections.abc import Iterator

import torch
from torch import nn
from torch.autograd.function import once_differentiable

from sklearn_cnn.architectures._exponential import Exponential

# So many activations at a time. Products need many rows, caches few.
_VALUES_AT_ONCE = 2**20


class WindowActivations(torch.autograd.Function):
    """Activations (n, n_blocks, n_filters) of windows, the largest of each block.

    Parameters
    ----------
    windows : Windows
        The windows.
    filters : torch.Tensor of shape (n_columns, n_filters)
        What they are multiplied by.
    activation : Exponential or nn.ReLU
        The activation.
    mask : torch.Tensor of shape (n, length, 1) or None
        1 inside the sequences, 0 at padding, where activations become zero.
    pool_size : int
        Length of a block, a divisor of the number of windows. With 1, blocks are
        windows.
    """

    @staticmethod
    def forward(ctx, windows, filters, activation, mask, pool_size):
        """Compute activations."""
        kept = _room_for_products(windows, filters)
        pooled = kept
        if pool_size > 1:
            n, length, n_filters = kept.shape
            pooled = kept.new_empty(n, length // pool_size, n_filters)
        products = windows.products(filters)
        for rows in _parts(kept):
            _activate(products(rows), activation, mask, rows, kept[rows])
            if pool_size > 1:
                blocks = kept[rows].unflatten(1, (-1, pool_size))
                torch.amax(blocks, dim=2, out=pooled[rows])
        ctx.windows, ctx.activation, ctx.pool_size = windows, activation, pool_size
        ctx.save_for_backward(kept, pooled)
        return pooled

    @staticmethod
    @once_differentiable
    def backward(ctx, of_pooled):
        """Compute the gradient of the filters."""
        kept, pooled = ctx.saved_tensors
        into_filters = None
        for rows in _parts(kept):
            part = kept[rows]
            gradient = ctx.windows.workspace.take("gradient", part.shape, part)
            if ctx.pool_size == 1:
                gradient.copy_(of_pooled[rows])
            else:
                # Equal maxima share what flows into them.
                is_best = gradient.unflatten(1, (-1, ctx.pool_size))
                blocks = part.unflatten(1, (-1, ctx.pool_size))
                torch.eq(blocks, pooled[rows, :, None], out=is_best)
                is_best *= (of_pooled[rows] / is_best.sum(dim=2))[:, :, None]
            _before_activation(ctx.activation, gradient, part)
            own = ctx.windows.into_filters(rows, gradient)
            into_filters = own if into_filters is None else into_filters + own
        return None, into_filters, None, None, None


class PooledActivations(torch.autograd.Function):
    """Maxima, sums and channels of activations.

    Parameters
    ----------
    x : torch.Tensor of shape (n, length, n_filters)
        Activations, not negative, and zero at padding.
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
    def forward(ctx, x, counted, reduce):
        """Pool activations."""
        pooled = _room_for_pooled(x, reduce)
        _pool(x, counted, reduce, *pooled)
        ctx.save_for_backward(x, counted, reduce, pooled[0])
        return pooled

    @staticmethod
    @once_differentiable
    def backward(ctx, of_best, of_total, of_channels):
        """Compute the gradients of activations and of `reduce`."""
        x, counted, reduce, best = ctx.saved_tensors
        places, filters = _factors(x, counted, reduce, of_total, of_channels)
        gradient, is_best = torch.empty_like(x), torch.empty_like(x)
        _into_activations(x, places, filters, best, of_best, gradient, is_best)
        into_reduce = None if reduce is None else torch.bmm(of_channels, x).sum(0)
        return gradient, None, into_reduce


class PooledWindows(torch.autograd.Function):
    """Maxima, sums and channels of the activations of windows.

    The parameters are those of `WindowActivations`, the others and the results those of
    `PooledActivations`.
    """

    @staticmethod
    def forward(ctx, windows, filters, activation, mask, counted, reduce):
        """Compute and pool activations."""
        kept = _room_for_products(windows, filters)
        products = windows.products(filters)
        pooled = best, total, channels = _room_for_pooled(kept, reduce)
        for rows in _parts(kept):
            _activate(products(rows), activation, mask, rows, kept[rows])
            _pool(
                *(kept[rows], None if counted is None else counted[rows], reduce),
                *(best[rows], total[rows]),
                None if channels is None else channels[rows],
            )
        ctx.windows, ctx.activation = windows, activation
        ctx.save_for_backward(counted, reduce, kept, best)
        return pooled

    @staticmethod
    @once_differentiable
    def backward(ctx, of_best, of_total, of_channels):
        """Compute the gradients of filters and of `reduce`."""
        counted, reduce, kept, best = ctx.saved_tensors
        places, filters = _factors(kept, counted, reduce, of_total, of_channels)
        into_filters = into_reduce = None
        for rows in _parts(kept):
            part = kept[rows]
            if reduce is not None:
                own = torch.bmm(of_channels[rows], part).sum(dim=0)
                into_reduce = own if into_reduce is None else into_reduce + own
            if not ctx.needs_input_grad[1]:
                continue
            room = (
                ctx.windows.workspace.take(name, part.shape, part)
                for name in ("gradient", "is best")
            )
            gradient = _into_activations(
                part, places[rows], filters[rows], best[rows], of_best[rows], *room
            )
            _before_activation(ctx.activation, gradient, part)
            own = ctx.windows.into_filters(rows, gradient)
            into_filters = own if into_filters is None else into_filters + own
        return None, into_filters, None, None, None, into_reduce


def _room_for_pooled(x, reduce):
    """Room for maxima, sums and channels of activations (n, length, n_filters)."""
    n, length, n_filters = x.shape
    best, total = x.new_empty(2, n, n_filters)
    channels = None if reduce is None else x.new_empty(n, len(reduce), length)
    return best, total, channels


def _pool(x, counted, reduce, best, total, channels) -> None:
    """Write maxima, sums and channels of activations x (n, length, n_filters)."""
    torch.amax(x, dim=1, out=best)
    if counted is None:
        torch.sum(x, dim=1, out=total)
    else:
        torch.bmm(counted, x, out=total[:, None])
    if reduce is not None:
        reduce = reduce.expand(len(x), *reduce.shape)
        torch.bmm(reduce, x.transpose(1, 2), out=channels)


def _factors(x, counted, reduce, of_total, of_channels):
    """Two factors (n, length, k) and (n, k, n_filters) of a gradient of activations.

    It is the gradient by sums and channels, a product of what belongs to the position
    of an activation and what belongs to its filter.
    """
    n, length, _ = x.shape
    places, filters = counted, of_total[:, None]
    if counted is None:
        places = x.new_ones(1, 1, 1).expand(n, 1, length)
    if reduce is not None:
        places = torch.cat([places, of_channels], dim=1)
        filters = torch.cat([filters, reduce.expand(n, *reduce.shape)], dim=1)
    return places.transpose(1, 2), filters


def _into_activations(x, places, filters, best, of_best, gradient, is_best):
    """Gradient of activations x, of which maxima, sums and channels were taken."""
    torch.bmm(places, filters, out=gradient)
    # Equal maxima share what flows into them.
    torch.eq(x, best[:, None], out=is_best)
    return gradient.addcmul_(is_best, (of_best / is_best.sum(dim=1))[:, None])


def _room_for_products(windows, filters) -> torch.Tensor:
    """Room (n, length, n_filters) for products of windows and filters."""
    shape = len(windows), windows.length, filters.shape[1]
    return windows.workspace.take("activations", shape, windows.values)


def _parts(kept: torch.Tensor) -> Iterator[slice]:
    """Slices of a few sequences each."""
    n, length, n_filters = kept.shape
    step = max(1, _VALUES_AT_ONCE // (length * n_filters))
    for start in range(0, n, step):
        yield slice(start, start + step)


def _activate(products, activation, mask, rows, out) -> None:
    """Write activations to `out`."""
    products = products.view_as(out)
    if isinstance(activation, Exponential):
        torch.clamp(products, max=activation.maximum, out=out).exp_()
    else:
        torch.clamp(products, min=0, out=out)
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
