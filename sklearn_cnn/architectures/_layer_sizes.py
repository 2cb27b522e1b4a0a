"""Filters and kernel sizes as estimators take them."""

from numbers import Integral


def layer_sizes(n_filters, kernel_size) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Filters and kernel sizes, one entry a layer; a number stands for each layer."""
    n_filters = _as_tuple("n_filters", n_filters)
    kernel_sizes = _as_tuple("kernel_size", kernel_size)
    if len(kernel_sizes) == 1:
        kernel_sizes *= len(n_filters)
    if len(n_filters) == 1:
        n_filters *= len(kernel_sizes)
    if len(n_filters) != len(kernel_sizes):
        raise ValueError(
            f"kernel_size has {len(kernel_sizes)} entries and n_filters "
            f"{len(n_filters)}; both need one entry a layer"
        )
    return n_filters, kernel_sizes


def local_pool_sizes(pool_size, n_layers: int) -> tuple[int, ...]:
    """Sizes of the blocks that are pooled, one entry a layer; 1 is no pooling."""
    sizes = _as_tuple("pool_size", 1 if pool_size is None else pool_size)
    if not isinstance(pool_size, (list, tuple)):
        sizes *= n_layers
    if len(sizes) != n_layers:
        raise ValueError(
            f"pool_size has {len(sizes)} entries, but the network has {n_layers} "
            f"convolutional layer{'s' if n_layers > 1 else ''}; pass a number for all "
            "layers, or one entry a layer (1 where there is no pooling)"
        )
    return sizes


def _as_tuple(name: str, value) -> tuple[int, ...]:
    entries = (value,) if isinstance(value, Integral) else tuple(value)
    if not entries or not all(isinstance(e, Integral) and e >= 1 for e in entries):
        raise ValueError(
            f"{name} must be an int >= 1 or a non-empty tuple of them, one a layer; "
            f"got {value!r}"
        )
    return tuple(int(entry) for entry in entries)
