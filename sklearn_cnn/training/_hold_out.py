"""Divide the training samples: a held-out part, or folds for stacking."""

import numpy as np
import pandas as pd
from sklearn.model_selection import ShuffleSplit, StratifiedShuffleSplit

from sklearn_cnn import _defaults
from sklearn_cnn._package import warn


def holds_out(
    early_stopping, n_samples: int, validation: tuple, *, stacks: bool
) -> bool:
    """Whether there is early stopping; raise if arguments do not match.

    Parameters
    ----------
    early_stopping : bool or "auto"
        As the estimator was given it.
    n_samples : int
        Samples to train on.
    validation : tuple
        X_val, y_val and sample_weight_val, as `fit` was given them.
    stacks : bool
        Whether there are linear models beside the networks.
    """
    X_val, *others = validation
    if X_val is None and any(value is not None for value in others):
        raise ValueError("y_val and sample_weight_val need X_val, which is None")
    if X_val is not None and not early_stopping:
        raise ValueError(
            "X_val and y_val are for early stopping, but early_stopping=False"
        )
    if early_stopping == "auto":
        enough = _defaults.early_stopping(n_samples, stacks=stacks)
        return X_val is not None or enough
    return bool(early_stopping)


def check_groups(groups, n_samples: int) -> np.ndarray:
    """Groups (n,) as integers from 0; raise where they are missing or too few."""
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
    """Draw rows to train on and rows to hold out.

    With `labels`, classes keep their shares. With `groups`, samples of one group stay
    on one side; where the held-out part is far from `fraction` for that, a warning says
    so.
    """
    if groups is not None:
        return _hold_out_groups(groups, fraction, labels, random_state)
    kind = ShuffleSplit
    if labels is not None and _can_stratify(labels, fraction):
        kind = StratifiedShuffleSplit
    splitter = kind(1, test_size=fraction, random_state=random_state)
    return next(splitter.split(np.zeros(n_samples), labels))


def _hold_out_groups(groups, fraction, labels, random_state):
    """Hold out whole groups, drawn at random within each class.

    The class of a group is that of its first row. A group is held out if that brings
    the number of held-out rows nearer to the fraction.
    """
    rng = np.random.RandomState(random_state)
    _, first, group, size = np.unique(
        groups, return_index=True, return_inverse=True, return_counts=True
    )
    if len(first) < 2:
        raise ValueError(
            "groups holds one group only; early stopping needs at least two, to hold "
            "one out"
        )
    class_of_group = np.zeros(len(first)) if labels is None else labels[first]
    held_out = np.zeros(len(first), dtype=bool)
    missing = 0.0
    # Small classes first: large ones make up for what rounding has left.
    classes, n_groups = np.unique(class_of_group, return_counts=True)
    for label in classes[np.argsort(n_groups, kind="stable")]:
        members = rng.permutation(np.flatnonzero(class_of_group == label))
        missing += fraction * size[members].sum()
        for member in members:
            if size[member] < 2 * missing:
                held_out[member] = True
                missing -= size[member]
    if held_out.all():
        held_out[np.argmin(size)] = False
    elif not held_out.any():
        held_out[np.argmin(size)] = True
    n_wanted, n_held_out = fraction * len(groups), size[held_out].sum()
    if abs(n_held_out - n_wanted) > max(1, n_wanted / 2):
        warn(
            f"{n_held_out / len(groups):.0%} of the samples are held out for early "
            f"stopping, not validation_fraction={fraction:g}: samples that stay "
            "together (groups, or equal inputs) are too many"
        )
    is_held_out = held_out[group]
    return np.flatnonzero(~is_held_out), np.flatnonzero(is_held_out)


def assign_folds(
    groups: np.ndarray,
    labels: np.ndarray | None,
    n_folds: int,
    random_state: int,
) -> np.ndarray:
    """Draw the fold (n,) of each row, numbered from 0.

    The rows of a group stay together. With `labels`, each class is spread evenly over
    the folds; the class of a group is that of its first row. Large groups come first,
    so that they end up in different folds.
    """
    rng = np.random.RandomState(random_state)
    _, first, group, size = np.unique(
        groups, return_index=True, return_inverse=True, return_counts=True
    )
    key = np.zeros(len(first)) if labels is None else labels[first]
    order = np.lexsort([rng.permutation(len(first)), -size, key])
    folds = np.empty(len(first), dtype=np.int64)
    folds[order] = np.arange(len(first)) % n_folds
    return folds[group]


def _n_rarest(labels) -> int:
    """Size of the smallest class."""
    return np.unique(labels, return_counts=True)[1].min()


def _can_stratify(labels, fraction: float) -> bool:
    """Whether each class has a row for either side."""
    n_held_out = np.ceil(fraction * len(labels))
    return _n_rarest(labels) >= 2 and n_held_out >= len(np.unique(labels))
