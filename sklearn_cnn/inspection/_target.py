"""Which of several outputs is looked at."""

from numbers import Integral

import numpy as np
from sklearn.base import is_classifier


def resolve_target(estimator, target) -> int | None:
    """Column of the scores of a fitted estimator that `target` stands for.

    Of a profile, the position; None for the mean over all positions. None for an
    estimator with one output.
    """
    if estimator._profile:
        if target is not None and not _is_index(target):
            raise ValueError(
                "target of a profile is a position, counted from 0, or None for the "
                f"mean over all; got {target!r}"
            )
        return target
    n_outputs = estimator._n_outputs
    if n_outputs == 1:
        if target is not None:
            raise ValueError(
                f"target={target!r} was given, but this {type(estimator).__name__} has "
                "a single output; leave target=None"
            )
        return None
    labels = estimator.classes_.tolist() if is_classifier(estimator) else []
    if target in labels:
        return labels.index(target)
    if _is_index(target) and target < n_outputs:
        return int(target)
    of_labels = f", or one of the labels {labels[:10]}" if labels else ""
    raise ValueError(
        f"this {type(estimator).__name__} has {n_outputs} outputs: target must be an "
        f"index from 0 to {n_outputs - 1}{of_labels}; got {target!r}"
    )


def _is_index(target) -> bool:
    return (
        isinstance(target, Integral)
        and not isinstance(target, (bool, np.bool_))
        and target >= 0
    )
