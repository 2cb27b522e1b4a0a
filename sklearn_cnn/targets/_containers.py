"""Read targets from lists, arrays, and pandas' and polars' containers."""

from numbers import Real

import numpy as np
import pandas as pd
from pandas.api.types import is_extension_array_dtype

from sklearn_cnn.preprocessing._containers import unpack
from sklearn_cnn.preprocessing._signals import holds_signals, is_ragged, shape_of


def read_targets(y, name: str, *, profile: bool):
    """Targets out of a list, an array, or a Series or frame of pandas or polars.

    An object array of arrays of one length becomes one array, except with `profile`.
    """
    y = unpack(y, name)
    if profile:
        return plain_labels(y)
    if holds_signals(y):
        y = np.stack([np.asarray(targets) for targets in y])
    if is_ragged(y):
        raise ValueError(
            f"{name} holds arrays of unequal lengths; for a value at each position of "
            "a sequence pass output='profile'"
        )
    return plain_labels(y)


def plain_labels(y):
    """Numbers and booleans out of object arrays; anything else as it is.

    Those of pandas' extension types too, which scikit-learn would turn into floats.
    """
    if isinstance(y, pd.Series) and is_extension_array_dtype(y.dtype):
        y = y if y.isna().any() else y.to_numpy()
    if getattr(getattr(y, "dtype", None), "kind", "") != "O":
        return y
    values = np.asarray(y).tolist()
    kinds = set(map(type, np.asarray(y).ravel()))
    if not all(issubclass(kind, (Real, np.bool_)) for kind in kinds):
        return y
    plain = np.array(values)
    return plain if plain.dtype.kind in "biuf" else y


def check_orientation(y, n_samples: int, name: str) -> None:
    """Raise if targets are transposed, (n_targets, n_samples)."""
    shape = shape_of(y)
    if len(shape) == 2 and shape[0] != n_samples == shape[1]:
        raise ValueError(
            f"{name} has shape {shape}, but there are {n_samples} samples; it looks "
            f"transposed, since samples are rows: pass {name}.T"
        )
