"""A test whether targets depend on the strand that sequences are written on."""

import numpy as np
from scipy.stats import t as student_t

_MAX_ROWS = 5_000
_MAX_BINS = 64
# Letters up to so many places from a position can matter to its value.
_REACH = 20
_SIGNIFICANCE = 0.001


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
        Sequences in the order ACGT; the first 5,000 rows that are drawn evenly count.
    targets : ndarray of shape (n, n_targets)
        Class indicators or numbers, NaN where unknown.
    """
    step = -(-len(one_hot) // _MAX_ROWS)
    one_hot, targets = one_hot[::step], np.asarray(targets[::step], dtype=float)
    features = np.hstack([_placed_letters(one_hot), _three_mers(one_hot)])
    n = len(features)
    if n < 4:
        return False
    features = _standardized(features)
    correlation = features.T @ _standardized(targets) / n
    squared = np.clip(correlation**2, 0, 1 - 1e-12)
    statistic = np.sqrt(squared * (n - 2) / (1 - squared))
    p_values = 2 * student_t.sf(statistic, n - 2)
    return bool(p_values.min() * p_values.size < _SIGNIFICANCE)


def profiles_depend_on_strand(one_hot: np.ndarray, profiles: np.ndarray) -> bool:
    """Test whether profiles depend on the strand that sequences are written on.

    Where the strand means nothing, a sequence with its profile and the reverse
    complement with the profile turned round are equally likely. Then the covariance,
    along a sequence, of the profile with the letter that stands k places ahead, minus
    that with the complement k places behind, is as often positive as negative. A t-test
    over sequences, with Bonferroni's correction at 0.1 %, asks whether its mean is zero
    for each letter and each k from -20 to 20.

    Parameters
    ----------
    one_hot : ndarray of shape (n, 4, length)
        Sequences in the order ACGT; the first 5,000 rows that are drawn evenly count.
    profiles : ndarray of shape (n, length)
        Numbers; NaN where they are unknown, and behind the end of a sequence.
    """
    step = -(-len(one_hot) // _MAX_ROWS)
    one_hot, profiles = one_hot[::step], profiles[::step]
    n, _, length = one_hot.shape
    if n < 4:
        return False
    centered = np.nan_to_num(profiles - np.nanmean(profiles))
    # Zero on average, so that the ends of a sequence are like any other letters.
    letters = one_hot - one_hot.sum(axis=1, keepdims=True) / 4
    padded = np.pad(letters, ((0, 0), (0, 0), (_REACH, _REACH)))
    covariance = np.stack(
        [
            np.einsum("np,nlp->nl", centered, padded[:, :, k : k + length])
            for k in range(2 * _REACH + 1)
        ],
        axis=1,
    )
    # Reversing both axes: the complement, at the opposite distance.
    difference = (covariance - covariance[:, ::-1, ::-1]).reshape(n, -1)
    spread = difference.std(axis=0, ddof=1)
    mean = np.abs(difference.mean(axis=0))
    statistic = np.divide(
        mean * n**0.5, spread, out=np.zeros_like(mean), where=spread > 1e-12
    )
    p_values = 2 * student_t.sf(statistic, n - 1)
    return bool(p_values.min() * p_values.size < _SIGNIFICANCE)


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
