"""A test whether targets depend on the strand that sequences are written on."""

import numpy as np
from scipy.stats import t as student_t

from sklearn_cnn import _defaults

_MAX_BINS = 64


def depends_on_strand(one_hot: np.ndarray, targets: np.ndarray) -> bool:
    """Test whether targets depend on the strand that sequences are written on.

    Where the strand means nothing, a sequence and its reverse complement are equally
    likely with the same target, so that no feature which changes sign between them can
    be correlated with the target. Two families of such features are tested: each
    nucleotide at each place (bins of positions in long sequences), and the counts of
    each 3-mer, each minus the same in the reverse complement. A t-test with
    Bonferroni's correction at 0.1 % decides, so that one set in a thousand without any
    strand is taken for stranded.

    Parameters
    ----------
    one_hot : ndarray of shape (n, 4, length)
        Sequences in the order ACGT.
    targets : ndarray of shape (n, n_targets)
        Class indicators or numbers, NaN where unknown.
    """
    targets = np.asarray(targets, dtype=float)
    features = np.hstack([_placed_letters(one_hot), _three_mers(one_hot)])
    n = len(features)
    if n < 4:
        return False
    features = _standardized(features)
    correlation = features.T @ _standardized(targets) / n
    squared = np.clip(correlation**2, 0, 1 - 1e-12)
    statistic = np.sqrt(squared * (n - 2) / (1 - squared))
    p_values = 2 * student_t.sf(statistic, n - 2)
    return bool(p_values.min() * p_values.size < _defaults.STRAND_SIGNIFICANCE)


def _opposite(one_hot):
    return one_hot[:, ::-1, ::-1]


def _placed_letters(one_hot):
    """Letters at places, minus those of the opposite strand."""
    n, _, length = one_hot.shape
    width = -(-length // _MAX_BINS)
    difference = one_hot - _opposite(one_hot)
    starts = np.arange(0, length, width)
    return np.add.reduceat(difference, starts, axis=2).reshape(n, -1)


def _three_mers(one_hot):
    """Counts of 3-mers, minus those of the opposite strand."""
    difference = _count_three_mers(one_hot) - _count_three_mers(_opposite(one_hot))
    return difference.reshape(len(one_hot), -1)


def _count_three_mers(one_hot):
    length = one_hot.shape[2]
    first, second, third = (one_hot[:, :, i : max(length - 2 + i, 0)] for i in range(3))
    pairs = (first[:, :, None] * second[:, None]).reshape(len(one_hot), 16, -1)
    return pairs @ third.transpose(0, 2, 1)


def _standardized(columns):
    """Columns of mean zero and variance one; constant ones are all zero.

    Unknown values (NaN) become the mean, which correlates with nothing.
    """
    known = ~np.isnan(columns)
    mean = columns.sum(axis=0, where=known) / np.maximum(known.sum(axis=0), 1)
    centered = columns - mean
    centered[~known] = 0
    scale = np.sqrt(np.einsum("ij,ij->j", centered, centered) / len(centered))
    centered /= np.where(scale > 1e-12, scale, np.inf)
    return centered
