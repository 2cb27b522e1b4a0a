"""Hold out parts of the training data, for early stopping and for stacking."""

import numpy as np
import pandas as pd
from sklearn.model_selection import (
    GroupShuffleSplit,
    ShuffleSplit,
    StratifiedGroupKFold,
    StratifiedShuffleSplit,
)


def check_groups(groups, n_samples: int) -> np.ndarray:
    """Groups (n,) as integers from 0 on."""
    groups = np.asarray(groups)
    if groups.shape not in ((n_samples,), (n_samples, 1)):
        raise ValueError(
            f"groups has shape {groups.shape}; one group for each of the {n_samples} "
            "samples is needed"
        )
    missing = np.flatnonzero(pd.isna(groups.ravel()))
    if len(missing):
        raise ValueError(
            f"groups[{missing[0]}] is missing; give each sample a group, if need be "
            "one of its own"
        )
    return pd.factorize(groups.ravel())[0]


def hold_out(
    n_samples: int,
    *,
    fraction: float,
    labels: np.ndarray | None,
    groups: np.ndarray | None,
    random_state: int,
) -> tuple[np.ndarray, np.ndarray]:
    """Rows to train on and rows held out.

    Classes keep their shares where there are `labels` (and each has two members);
    samples of one group stay on one side where there are `groups`.
    """
    rows = np.zeros(n_samples)
    if groups is not None and len(np.unique(groups)) < 2:
        raise ValueError(
            "groups holds one group only; early stopping needs at least two, to hold "
            "one out"
        )
    if labels is not None and groups is not None and _n_rarest(labels) >= 2:
        n_splits = min(
            max(2, round(1 / fraction)),
            len(np.unique(groups)),
            _n_rarest(labels),
        )
        splitter = StratifiedGroupKFold(
            n_splits, shuffle=True, random_state=random_state
        )
    else:
        if groups is not None:
            kind = GroupShuffleSplit
        elif labels is not None and _can_stratify(labels, fraction):
            kind = StratifiedShuffleSplit
        else:
            kind = ShuffleSplit
        splitter = kind(1, test_size=fraction, random_state=random_state)
    return next(splitter.split(rows, labels, groups))


def deal_folds(
    groups: np.ndarray,
    labels: np.ndarray | None,
    n_folds: int,
    random_state: int,
) -> np.ndarray:
    """Fold of each row, from 0 on.

    The rows of a group stay together. Where there are `labels`, each class (that of a
    group's first row) is dealt out evenly.
    """
    rng = np.random.RandomState(random_state)
    _, first, group = np.unique(groups, return_index=True, return_inverse=True)
    key = np.zeros(len(first)) if labels is None else labels[first]
    order = np.lexsort([rng.permutation(len(first)), key])
    folds = np.empty(len(first), dtype=np.int64)
    folds[order] = np.arange(len(first)) % n_folds
    return folds[group]


def _n_rarest(labels) -> int:
    """Members of the smallest class."""
    return np.unique(labels, return_counts=True)[1].min()


def _can_stratify(labels, fraction: float) -> bool:
    n_held_out = np.ceil(fraction * len(labels))
    return _n_rarest(labels) >= 2 and n_held_out >= len(np.unique(labels))
