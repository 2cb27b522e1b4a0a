"""What holds data, as one of the few containers that the package reads."""

from array import array
from collections import UserString
from collections.abc import Mapping

import numpy as np
import pandas as pd
from scipy.sparse import issparse

from sklearn_cnn.preprocessing._stored_sequences import StoredSequences

# What the sequences of Biopython, pyfaidx and scikit-bio have, which are no strings.
_OF_SEQUENCES = "complement", "reverse_complement", "seq"


def unpack(X, name: str):
    """X as a list, tuple or array, or as a Series or frame of pandas or polars.

    pandas' arrays and indexes and pyarrow's arrays and tables become pandas' Series and
    frames; whatever else offers an array becomes one; other sequences, such as columns
    of Hugging Face's data sets, become lists. What holds no data stays as it is: who
    reads it says what is wrong with it. Sequences in a file are read into memory.

    Parameters
    ----------
    X : object
        What the user gave.
    name : str
        What error messages call it.

    Raises
    ------
    ValueError
        If values are masked: NumPy would give what is behind the mask.
    """
    if isinstance(X, StoredSequences):
        return X.in_memory()
    if isinstance(X, pd.MultiIndex):
        return X.to_frame(index=False)
    if isinstance(X, (pd.api.extensions.ExtensionArray, pd.Index)):
        return pd.Series(X)
    if _is_polars(X):
        is_nested = hasattr(X, "dtype") and X.dtype.is_nested()
        return X.to_list() if is_nested else X
    if isinstance(X, (list, tuple)) and X and hasattr(X[0], "as_py"):
        X = [entry.as_py() for entry in X]  # pyarrow's scalars.
    if isinstance(X, (list, tuple, np.ndarray)):
        return _check_masks(X, name)
    if X is None or is_text(X) or issparse(X) or hasattr(X, "iloc"):
        return X
    if hasattr(X, "to_pandas") and getattr(X, "ndim", 1) <= 2:
        return X.to_pandas()
    if hasattr(X, "__array__") or isinstance(X, (array, memoryview)):
        return np.asarray(X)
    is_table = isinstance(X, Mapping) or hasattr(X, "keys")
    is_sequence = hasattr(X, "__len__") and hasattr(X, "__getitem__")
    return list(X) if is_sequence and not is_table else X


def is_text(entry) -> bool:
    """Whether an object is one sequence: a string, or what other packages have."""
    if isinstance(entry, (str, bytes, bytearray, UserString)):
        return True
    # Asked of the type: a frame has its columns as attributes.
    return any(hasattr(type(entry), name) for name in _OF_SEQUENCES)


def as_text_in_words(entry, name: str) -> str:
    """How to make a string of an object that spells a sequence, for messages."""
    if isinstance(entry, bytearray):
        return f"bytes({name})"
    return f"str({name}.seq)" if hasattr(entry, "seq") else f"str({name})"


def first_row(X) -> tuple:
    """First row of a pandas or polars frame or a 2-D array; () where there is none."""
    if len(X) == 0:
        return ()
    if hasattr(X, "iloc"):
        X = X.iloc[:1].to_numpy()
    return X.row(0) if hasattr(X, "row") else tuple(X[0])


def _is_polars(X) -> bool:
    return type(X).__module__.partition(".")[0] == "polars"


def _check_masks(X, name: str):
    """A plain array of a masked one; refuse it if something is masked."""
    if isinstance(X, np.ma.MaskedArray):
        n_masked = int(np.ma.count_masked(X))
        if n_masked:
            of_tasks = ". With missing_labels='mask', NaN is a label that misses"
            raise ValueError(
                f"{name} is a masked array in which {n_masked} of {X.size} values are "
                "masked, which means missing data; fill them, for instance by "
                f"{name}.filled(value), or drop such samples"
                + (of_tasks if name in ("y", "y_val") else "")
            )
        return X.data
    is_list = isinstance(X, (list, tuple)) or (X.dtype == object and X.ndim == 1)
    if is_list and np.ma.MaskedArray in set(map(type, X)):
        return [
            _check_masks(entry, f"{name}[{i}]")
            if isinstance(entry, np.ma.MaskedArray)
            else entry
            for i, entry in enumerate(X)
        ]
    return X
