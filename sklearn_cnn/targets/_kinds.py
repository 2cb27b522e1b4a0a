"""Tell one label a sample from many."""

import numpy as np
import pandas as pd
from sklearn.utils import assert_all_finite
from sklearn.utils.multiclass import type_of_target

from sklearn_cnn.targets._missing_labels import any_missing


def is_multilabel(y, missing_labels: str, name: str) -> bool:
    """Whether y is a multilabel indicator matrix; raise if labels are missing."""
    labels = np.asarray(y)
    if labels.ndim > 2:
        raise ValueError(
            f"{name} has shape {labels.shape}; labels are (n,), or (n, n_labels) for a "
            "multilabel indicator matrix"
        )
    if labels.ndim == 1 and labels.dtype.kind in "fO":
        missing = np.flatnonzero(pd.isna(labels))
        if len(missing):
            raise ValueError(
                f"Input {name} contains NaN: {name}[{missing[0]}] is missing "
                f"({labels[missing[0]]!r}); each sample needs a label"
            )
        if labels.dtype.kind == "f":
            assert_all_finite(labels, input_name=name)
        if len({isinstance(label, str) for label in labels.tolist()}) == 2:
            kinds = sorted({type(label).__name__ for label in labels})
            raise TypeError(
                f"{name} mixes labels of the types {', '.join(kinds)}; make all of "
                "them strings or all of them numbers"
            )
    many = labels.ndim == 2 and labels.shape[1] > 1
    if many and labels.dtype.kind in "fO" and any_missing(y, missing_labels, name):
        return True
    kind = type_of_target(y, input_name=name)
    if kind == "unknown" and labels.ndim == 1:
        kinds = sorted({type(label).__name__ for label in labels})
        raise ValueError(
            f"Unknown label type: {name} holds objects of the type {', '.join(kinds)}; "
            f"make them numbers or strings, for instance by {name}.astype(str)"
        )
    return kind == "multilabel-indicator"
