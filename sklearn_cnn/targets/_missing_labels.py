"""Missing labels in targets of many tasks."""

import numpy as np
import pandas as pd


def nan_for_missing(y):
    """Objects with NaN in place of None and pandas.NA; anything else as it is."""
    if hasattr(y, "toarray"):
        return y
    values = np.asarray(y)
    if values.dtype.kind != "O":
        return y
    return np.where(pd.isna(values), np.nan, values)


def any_missing(y, missing_labels: str, name: str) -> bool:
    """Whether labels (n, n_tasks) are missing; raise unless missing_labels="mask"."""
    missing = pd.isna(np.asarray(y))
    if missing.any() and missing_labels == "raise":
        row, task = np.argwhere(missing)[0]
        raise ValueError(
            f"Input {name} contains NaN: {name}[{row}, {task}] is missing. With "
            "missing_labels='mask' missing labels count for nothing in training; it is "
            "'raise'"
        )
    return bool(missing.any())


def check_known(y: np.ndarray, name: str) -> None:
    """Raise if no label of a task (a column) is known."""
    unknown = np.flatnonzero(np.isnan(y).all(axis=0))
    if len(unknown):
        raise ValueError(
            f"{name} holds no known label of task {unknown[0]}: {name}[:, "
            f"{unknown[0]}] is all NaN (among the samples of non-zero weight); leave "
            "that column out"
        )
