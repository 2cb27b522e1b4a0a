"""Hold out a part of the training data for early stopping."""

import numpy as np
from sklearn.model_selection import (
    GroupShuffleSplit,
    ShuffleSplit,
    StratifiedGroupKFold,
    StratifiedShuffleSplit,
)


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
    if labels is not None and groups is not None:
        n_splits = min(max(2, round(1 / fraction)), len(np.unique(groups)))
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


def _can_stratify(labels, fraction: float) -> bool:
    counts = np.unique(labels, return_counts=True)[1]
    n_held_out = np.ceil(fraction * len(labels))
    return counts.min() >= 2 and n_held_out >= len(counts)
