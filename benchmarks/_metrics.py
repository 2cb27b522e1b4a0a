"""Scores of predictions, by name."""

import numpy as np
from scipy.stats import pearsonr, spearmanr
from sklearn.metrics import (
    accuracy_score,
    average_precision_score,
    log_loss,
    matthews_corrcoef,
    r2_score,
    roc_auc_score,
)

N_BINS = 10


def classification_scores(y, classes, *, scores, proba=None) -> dict:
    """Scores of a classifier.

    Parameters
    ----------
    y : array (n,)
        True labels.
    classes : array (n_classes,)
        Sorted labels; of two, the last one is the positive class.
    scores : array (n,) or (n, n_classes)
        What the samples are ranked by: with two classes, higher for the positive one.
    proba : array (n, n_classes), optional
        Probabilities. Without them, a score above 0 predicts the positive class, and
        log loss and calibration error are None.
    """
    y, classes = np.asarray(y), np.asarray(classes)
    if proba is None:
        predicted = classes[(scores > 0).astype(int)]
    else:
        predicted = classes[proba.argmax(axis=1)]
    if len(classes) == 2:
        truth, scores = (y == classes[1])[:, None], np.reshape(scores, (-1, 1))
    else:
        truth = y[:, None] == classes
    return _finite(
        {
            "auroc": _mean_over_columns(roc_auc_score, truth, scores),
            "average_precision": _mean_over_columns(
                average_precision_score, truth, scores
            ),
            "mcc": matthews_corrcoef(y, predicted),
            "accuracy": accuracy_score(y, predicted),
            "log_loss": None if proba is None else log_loss(y, proba, labels=classes),
            "ece": None if proba is None else calibration_error(y, proba, classes),
        }
    )


def regression_scores(y, predicted) -> dict:
    """Rank correlation, correlation and R2 (None where a side is constant)."""
    constant = np.ptp(predicted) == 0 or np.ptp(y) == 0
    return _finite(
        {
            "spearman": None if constant else spearmanr(y, predicted).statistic,
            "pearson": None if constant else pearsonr(y, predicted).statistic,
            "r2": r2_score(y, predicted),
        }
    )


def calibration_error(y, proba, classes, n_bins: int = N_BINS) -> float:
    """Expected calibration error of the predicted class's probability.

    Samples are put into `n_bins` bins of equal width by the probability of their
    predicted class; the error is the mean over samples of the gap, in their bin,
    between the share of right predictions and the mean of that probability (Guo et
    al., 2017, arXiv:1706.04599).
    """
    confidence = proba.max(axis=1)
    right = np.asarray(classes)[proba.argmax(axis=1)] == np.asarray(y)
    bins = np.minimum((confidence * n_bins).astype(int), n_bins - 1)
    gaps = np.bincount(bins, weights=right - confidence, minlength=n_bins)
    return float(np.abs(gaps).sum() / len(confidence))


def _mean_over_columns(score, truth: np.ndarray, scores: np.ndarray) -> float:
    """Mean over one-versus-rest problems; NaN where a column is of one class."""
    columns = zip(truth.T, scores.T, strict=True)
    return np.mean(
        [score(t, s) if t.any() and not t.all() else np.nan for t, s in columns]
    )


def _finite(scores: dict) -> dict:
    """Plain floats, None in place of what is undefined."""
    return {
        name: None if value is None or not np.isfinite(value) else float(value)
        for name, value in scores.items()
    }
