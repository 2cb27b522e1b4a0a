"""Signals of unequal lengths in one array."""

import numpy as np

from sklearn_cnn.preprocessing._containers import first_row
from sklearn_cnn.preprocessing._memory import require_memory

# Single precision has 7 digits: where values are this many times as large as they vary,
# fewer than four are left.
_LARGE_OFFSET = 3e3


def needs_double(values: np.ndarray) -> bool:
    """Whether single precision would round away how a channel of floats varies.

    `values` are (n, channels, ...), NaN for padding.
    """
    if values.dtype.kind != "f":
        return False
    axes = (0, *range(2, values.ndim))
    lowest, highest = (f.reduce(values, axis=axes) for f in (np.fmin, np.fmax))
    spread = highest - lowest
    largest = np.maximum(np.abs(lowest), np.abs(highest))
    single = np.finfo(np.float32)
    lost = largest > _LARGE_OFFSET * spread
    # Values, or their spread, may be none of its numbers.
    lost |= (spread < _LARGE_OFFSET * single.tiny) | (largest > single.max / 2)
    return bool(((spread > 0) & lost).any())


def is_ragged(X) -> bool:
    """Whether X is a list, or an array of objects, of arrays of unequal shapes."""
    if not isinstance(X, (list, tuple)) and not _are_objects(X):
        return False
    shapes = [shape_of(signal) for signal in X]
    return len(set(shapes)) > 1 and all(shapes)


def holds_signals(X) -> bool:
    """Whether X is an array of objects, which are arrays of one shape."""
    return _are_objects(X) and len(X) > 0 and all(map(shape_of, X))


def _are_objects(X) -> bool:
    return getattr(X, "ndim", 0) == 1 and np.asarray(X).dtype.kind == "O"


def pad_signals(X, name: str) -> tuple[np.ndarray, np.ndarray]:
    """Signals in one array, padded at the right with zeros to the longest.

    Parameters
    ----------
    X : list, tuple or 1-D object array
        Arrays (length_i,), which are one channel, or (channels, length_i).
    name : str
        What error messages call it.

    Returns
    -------
    padded : ndarray of float64, shape (n, channels, max_length)
    lengths : ndarray of int64, shape (n,)

    Raises
    ------
    ValueError
        If a signal is empty, holds something else than finite numbers, or has other
        dimensions or another number of channels than the first.
    """
    signals = [_as_channels(signal, f"{name}[{i}]") for i, signal in enumerate(X)]
    n_channels = len(signals[0])
    lengths = np.array([signal.shape[1] for signal in signals])
    require_memory(
        8 * len(signals) * n_channels * int(lengths.max()),
        f"padding the {len(signals):,} signals of {name} to the {lengths.max():,} "
        "positions of the longest",
        "cut long signals, or pass fewer at a time",
    )
    padded = np.zeros((len(signals), n_channels, lengths.max()))
    for i, signal in enumerate(signals):
        if len(signal) != n_channels:
            transposed = signal.shape[1] == signals[0].shape[1]
            raise ValueError(
                f"{name}[{i}] has {_channels(len(signal))}, but {name}[0] has "
                f"{_channels(n_channels)}; signals are (length,) or (channels, length)"
                + ("; transpose them" if transposed else "")
            )
        padded[i, :, : signal.shape[1]] = signal
    return padded, lengths


def _as_channels(signal, name: str) -> np.ndarray:
    """One signal as finite floats (channels, length)."""
    try:
        signal = np.asarray(signal)
        if signal.dtype.kind == "c":
            raise TypeError("they are complex")
        signal = signal.astype(np.float64)
    except (TypeError, ValueError) as error:
        raise ValueError(f"{name} does not hold numbers: {error}") from error
    if signal.ndim not in (1, 2) or signal.size == 0:
        raise ValueError(
            f"{name} has the shape {signal.shape}; signals are (length,) or (channels, "
            "length), with at least one channel and one position"
        )
    if not np.isfinite(signal).all():
        raise ValueError(f"{name} contains NaN or infinity; fill or drop such values")
    return signal if signal.ndim == 2 else signal[None]


def _channels(n: int) -> str:
    return f"{n} channel" if n == 1 else f"{n} channels"


def shape_of(X) -> tuple[int, ...]:
    """Shape of an array, or of nested lists by their first entries; () of a scalar."""
    if isinstance(X, (list, tuple)):
        return (len(X), *(shape_of(X[0]) if len(X) else ()))
    if not hasattr(X, "shape") and hasattr(X, "__array__"):
        return np.shape(np.asarray(X))
    return getattr(X, "shape", ())


def check_cells(X, name: str) -> None:
    """Refuse a table whose cells are signals."""
    is_table = len(getattr(X, "shape", ())) == 2
    is_table = is_table and getattr(X, "dtype", np.dtype(object)).kind == "O"
    if is_table and any(map(shape_of, first_row(X))):
        table = f"{name}.to_numpy()" if hasattr(X, "columns") else name
        raise ValueError(
            f"{name} is a table of arrays; signals are one array a sample, (length,) "
            f"or (channels, length): pass [np.stack(row) for row in {table}]"
        )
