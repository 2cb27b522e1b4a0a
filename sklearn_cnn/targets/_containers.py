"""Targets in the containers that people have them in."""

from numbers import Real

import numpy as np
import pandas as pd
from pandas.api.types import is_extension_array_dtype

from sklearn_cnn.preprocessing._containers import unpack
from sklearn_cnn.preprocessing._signals import holds_signals, is_ragged, shape_of


def read_targets(y, name: str, *, profile: bool):
    """Targets in a list, an array, or a Series or frame of pandas or polars.

    Arrays of one length in an array of objects become one array, unless they are
    profiles.
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
    """Numbers and booleans in an array of objects as such; anything else as it is.

    So are those in pandas' own types, which scikit-learn would make floats.
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
    """Refuse targets (n_targets, n_samples): they are transposed."""
    shape = shape_of(y)
    if len(shape) == 2 and shape[0] != n_samples == shape[1]:
        raise ValueError(
            f"{name} has shape {shape}, but there are {n_samples} samples; it looks "
            f"transposed, since samples are rows: pass {name}.T"
        )
