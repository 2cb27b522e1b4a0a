"""A score for each of many tasks."""

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike
from sklearn.utils import check_array, check_consistent_length


def score_per_task(
    score: Callable[..., float],
    y_true: ArrayLike,
    y_pred: ArrayLike,
    *,
    sample_weight: ArrayLike | None = None,
) -> np.ndarray:
    """Score of each task over the samples whose label is known.

    scikit-learn's metrics refuse a ``y_true`` in which labels are missing, even with
    ``average=None``. With ``missing_labels="mask"`` the estimators learn from such
    targets; this says how good they are at each task.

    Parameters
    ----------
    score : callable
        ``score(y_true, y_pred)`` for one task, both of shape (n_samples,), such as
        `sklearn.metrics.roc_auc_score`. It takes `sample_weight` where that is given.
    y_true : array-like of shape (n_samples, n_tasks)
        Labels or targets; NaN is unknown and left out.
    y_pred : array-like of shape (n_samples, n_tasks)
        Scores, probabilities or predictions, as `score` takes them.
    sample_weight : array-like of shape (n_samples,), default=None
        Passed on to `score`, without those of the samples left out.

    Returns
    -------
    ndarray of shape (n_tasks,)
        NaN for a task of which nothing is known, and for one whose known labels are
        all the same: most scores are undefined there. ``np.nanmean`` is the mean over
        the others.

    Raises
    ------
    ValueError
        If the shapes differ, or `y_pred` holds NaN or infinity.

    Examples
    --------
    The first task is ranked without a mistake, the second has one pair in two wrong.

    >>> from sklearn.metrics import roc_auc_score
    >>> from sklearn_cnn.metrics import score_per_task
    >>> nan = float("nan")
    >>> y_true = [[0, 1], [1, 0], [nan, 1], [1, nan]]
    >>> y_pred = [[0.1, 0.2], [0.8, 0.4], [0.3, 0.9], [0.7, 0.1]]
    >>> score_per_task(roc_auc_score, y_true, y_pred)
    array([1. , 0.5])
    """
    y_true = check_array(
        y_true, dtype=np.float64, ensure_all_finite="allow-nan", input_name="y_true"
    )
    y_pred = check_array(y_pred, dtype=np.float64, input_name="y_pred")
    if y_true.shape != y_pred.shape:
        raise ValueError(
            f"y_true has shape {y_true.shape}, but y_pred {y_pred.shape}; both must be "
            "(n_samples, n_tasks)"
        )
    weights = None
    if sample_weight is not None:
        weights = np.asarray(sample_weight, dtype=np.float64)
        check_consistent_length(y_true, weights)
    scores = np.full(y_true.shape[1], np.nan)
    for task, (true, predicted) in enumerate(zip(y_true.T, y_pred.T, strict=True)):
        known = ~np.isnan(true)
        if len(np.unique(true[known])) < 2:
            continue
        weighted = {} if weights is None else {"sample_weight": weights[known]}
        scores[task] = score(true[known], predicted[known], **weighted)
    return scores
