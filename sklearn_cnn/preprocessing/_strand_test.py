"""A test whether targets depend on the strand that sequences are written on."""

import numpy as np
from scipy.stats import t as student_t

from sklearn_cnn import _defaults
from sklearn_cnn.preprocessing._draw_rows import draw_rows

_MAX_BINS = 64
# Samples times targets, and random signs, of the test of many features together.
_MAX_SIGNED = 20_000
_N_SIGNS = 999


def depends_on_strand(one_hot: np.ndarray, targets: np.ndarray) -> bool:
    """Test whether targets depend on the strand that sequences are written on.

    Where the strand means nothing, a sequence and its reverse complement are equally
    likely with the same target, so that no feature which changes sign between them can
    be correlated with the target. Two families of such features are tested: each
    nucleotide at each place (bins of positions in long sequences), and the counts of
    each 3-mer, each minus the same in the reverse complement.

    t-tests with Bonferroni's correction, at 0.1 %, find a single feature among many
    samples. Where each tells little, the features of a family are tested together, at
    0.5 % each, see `_joint_p_value`. So one set in a hundred without any strand is
    taken for stranded.

    Parameters
    ----------
    one_hot : ndarray of shape (n, 4, length)
        Sequences in the order ACGT.
    targets : ndarray of shape (n, n_targets)
        Class indicators or numbers, NaN where unknown.
    """
    targets = np.asarray(targets, dtype=float)
    if len(targets) < 4:
        return False
    targets = _standardized(targets)
    families = [_standardized(f(one_hot)) for f in (_placed_letters, _three_mers)]
    p_values = _single_p_values(np.hstack(families), targets)
    if p_values.min() * p_values.size < _defaults.STRAND_SIGNIFICANCE:
        return True
    joint = min(_joint_p_value(features, targets) for features in families)
    return bool(joint < _defaults.JOINT_STRAND_SIGNIFICANCE)


def _single_p_values(features, targets):
    """p-values of the correlation of each feature with each target."""
    n = len(features)
    squared = np.clip((features.T @ targets / n) ** 2, 0, 1 - 1e-12)
    statistic = np.sqrt(squared * (n - 2) / (1 - squared))
    return 2 * student_t.sf(statistic, n - 2)


def _joint_p_value(features, targets) -> float:
    """p-value of the sum of all squared correlations of features with targets.

    Without a strand, each sample's features could as well have the opposite signs. So
    the sum is compared with those after random signs.
    """
    n_targets = targets.shape[1]
    rows = draw_rows(len(features), _MAX_SIGNED // n_targets or 1, random_state=0)
    features, targets = features[rows], targets[rows]
    rng = np.random.RandomState(0)
    signs = np.ones((1 + _N_SIGNS, len(rows)))
    signs[1:] = rng.choice([-1.0, 1.0], size=(_N_SIGNS, len(rows)))
    sums = np.zeros(len(signs))
    for target in targets.T:
        products = signs @ (features * target[:, None])
        sums += np.einsum("ij,ij->i", products, products)
    return np.count_nonzero(sums >= sums[0]) / len(sums)


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
