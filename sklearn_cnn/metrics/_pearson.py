"""Pearson correlation of profiles."""

import numpy as np
from numpy.typing import ArrayLike
from sklearn.metrics import make_scorer
from sklearn.utils import check_array, check_consistent_length

from sklearn_cnn.preprocessing._profiles import as_profiles

# A spread of no more than this part of the values is rounding.
_TINY = 8 * np.finfo(np.float64).eps


def pearson_per_window(
    y_true: ArrayLike, y_pred: ArrayLike, *, sample_weight: ArrayLike | None = None
) -> float:
    """Mean over windows of the Pearson correlation along each window.

    It asks whether the values of a profile stand at the right places of its sequence;
    whether one window as a whole is higher than another does not matter to it, for that
    see :func:`pearson_global`.

    Parameters
    ----------
    y_true : array-like of shape (n_windows, length), or n_windows array-likes
        True profiles. Positions where it is NaN are unknown and left out.
    y_pred : array-like of shape (n_windows, length), or n_windows array-likes
        Predicted profiles, of the same lengths.
    sample_weight : array-like of shape (n_windows,), default=None
        How much each window counts in the mean.

    Returns
    -------
    float
        Between -1 and 1. A window in which either profile is constant, and which has no
        correlation therefore, counts 0.

    Raises
    ------
    ValueError
        If the two differ in the number or the lengths of profiles, or if `y_pred` is
        NaN or infinite somewhere.

    See Also
    --------
    pearson_global : One correlation over all positions of all windows.
    pearson_per_window_scorer : The scorer for ``scoring=``.

    Examples
    --------
    The first window is predicted but for its scale, r = 1; the second one upside down,
    r = -1; the third one as a constant, which counts 0.

    >>> from sklearn_cnn.metrics import pearson_per_window
    >>> y_true = [[0, 0, 3], [0, 1, 2], [0, 1]]
    >>> y_pred = [[1, 1, 2], [2, 1, 0], [5, 5]]
    >>> round(pearson_per_window(y_true, y_pred), 6)
    0.0
    >>> round(pearson_per_window(y_true, y_pred, sample_weight=[2, 1, 1]), 6)
    0.25
    """
    true, predicted, window, weights = _flatten(y_true, y_pred, sample_weight)
    r = _pearson(true, predicted, np.ones(len(true)), window, len(weights))
    return float(np.average(r, weights=weights))


def pearson_global(
    y_true: ArrayLike, y_pred: ArrayLike, *, sample_weight: ArrayLike | None = None
) -> float:
    """Pearson correlation over all positions of all windows together.

    Parameters
    ----------
    y_true : array-like of shape (n_windows, length), or n_windows array-likes
        True profiles. Positions where it is NaN are unknown and left out.
    y_pred : array-like of shape (n_windows, length), or n_windows array-likes
        Predicted profiles, of the same lengths.
    sample_weight : array-like of shape (n_windows,), default=None
        How much each position of a window counts.

    Returns
    -------
    float
        Between -1 and 1; 0 where all true or all predicted values are the same.

    Raises
    ------
    ValueError
        If the two differ in the number or the lengths of profiles, or if `y_pred` is
        NaN or infinite somewhere.

    See Also
    --------
    pearson_per_window : The mean of one correlation a window.
    pearson_global_scorer : The scorer for ``scoring=``.

    Examples
    --------
    >>> from sklearn_cnn.metrics import pearson_global
    >>> round(pearson_global([[0, 2], [4, 6]], [[1, 2], [3, 4]]), 6)
    1.0
    """
    true, predicted, window, weights = _flatten(y_true, y_pred, sample_weight)
    group = np.zeros(len(true), dtype=int)
    return float(_pearson(true, predicted, weights[window], group, 1)[0])


def _flatten(y_true, y_pred, sample_weight) -> tuple[np.ndarray, ...]:
    """True and predicted values at known positions, their windows, and weights."""
    check_consistent_length(y_true, y_pred, sample_weight)
    y_true, y_pred = as_profiles(y_true, "y_true"), as_profiles(y_pred, "y_pred")
    for i, (true, predicted) in enumerate(zip(y_true, y_pred, strict=True)):
        if true.ndim != 1 or true.shape != predicted.shape:
            raise ValueError(
                f"y_true[{i}] has shape {true.shape} and y_pred[{i}] "
                f"{predicted.shape}; both are one profile, of the same length"
            )
    window = np.repeat(np.arange(len(y_true)), [len(profile) for profile in y_true])
    weights = np.ones(len(y_true)) if sample_weight is None else sample_weight
    checks = {"ensure_2d": False, "dtype": np.float64}
    true = check_array(
        np.concatenate(y_true),
        ensure_all_finite="allow-nan",
        input_name="y_true",
        **checks,
    )
    predicted = check_array(np.concatenate(y_pred), input_name="y_pred", **checks)
    weights = check_array(weights, input_name="sample_weight", **checks)
    known = ~np.isnan(true)
    return true[known], predicted[known], window[known], weights


def _pearson(true, predicted, weights, group, n_groups: int) -> np.ndarray:
    """Weighted correlation (n_groups,) within groups of values; 0 where undefined."""

    def mean(values):
        total = np.bincount(group, weights * values, n_groups)
        count = np.bincount(group, weights, n_groups)
        return np.divide(total, count, out=np.zeros(n_groups), where=count > 0)

    product, defined = 1.0, np.full(n_groups, True)
    for values in (true, predicted):
        lowest, largest = np.full(n_groups, np.inf), np.zeros(n_groups)
        np.minimum.at(lowest, group, values)
        np.maximum.at(largest, group, np.abs(values))
        # Differences of near values are exact, means of large ones are not.
        above = values - lowest[group]
        spread = np.zeros(n_groups)
        np.maximum.at(spread, group, above)
        deviation = above - mean(above)[group]
        scale = np.sqrt(mean(deviation**2))
        defined &= (spread > _TINY * largest) & (scale > 0)
        product = product * deviation / np.where(defined, scale, 1.0)[group]
    return np.where(defined, mean(product).clip(-1, 1), 0.0)


pearson_per_window_scorer = make_scorer(pearson_per_window)
pearson_global_scorer = make_scorer(pearson_global)
