"""A test whether targets depend on the strand that sequences are written on."""

import numpy as np
from scipy.stats import t as student_t

from sklearn_cnn import _defaults
from sklearn_cnn.preprocessing._alphabet import DNA
from sklearn_cnn.preprocessing._draw_rows import draw_rows
from sklearn_cnn.preprocessing._overlap_groups import groups_of_codes

_MAX_BINS = 64
# Letters that overlapping sequences share, and the share of sequences of one group from
# which on all are taken for variants of one.
_SHARED_LETTERS = 31
_MOST_OVERLAPS = 0.25
# Groups times targets, and random signs, of the test of many features together.
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
    0.5 % each, see `_signed_sums`. So one set in a hundred without any strand is
    taken for stranded.

    Sequences that overlap are no independent samples: each group of them counts as one,
    with the mean of its products of features and targets.

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
    groups = _groups(one_hot)
    order = np.argsort(groups, kind="stable")
    starts = np.flatnonzero(np.diff(groups[order], prepend=-1))
    weight = 1 / np.bincount(groups)[groups]
    targets = _standardized(targets, weight)
    p_values, joint = [], []
    for family in (_placed_letters, _three_mers):
        features = _standardized(family(one_hot), weight) * weight[:, None]
        sums = 0
        for target in targets.T:
            products = np.add.reduceat((features * target[:, None])[order], starts)
            p_values.append(_single_p_values(products))
            sums = sums + _signed_sums(products, targets.shape[1])
        joint.append(np.mean(sums >= sums[0]))
    p_values = np.concatenate(p_values)
    return bool(
        p_values.min() * p_values.size < _defaults.STRAND_SIGNIFICANCE
        or min(joint) < _defaults.JOINT_STRAND_SIGNIFICANCE
    )


def _groups(one_hot: np.ndarray) -> np.ndarray:
    """Group (n,) of each sequence: those that overlap are of one.

    Where most do, all are variants of one sequence, which tell more than one does: each
    is then its own group.
    """
    known = one_hot.max(axis=1) > one_hot.min(axis=1)
    codes = np.where(known, one_hot.argmax(axis=1), len(DNA.symbols)).astype(np.uint8)
    groups = groups_of_codes(codes, DNA, _SHARED_LETTERS)
    is_of_variants = np.bincount(groups).max() > _MOST_OVERLAPS * len(groups)
    return np.arange(len(groups)) if is_of_variants else groups


def _single_p_values(products: np.ndarray) -> np.ndarray:
    """p-values of t-tests that the means of the columns (n_groups, p) are zero."""
    n = len(products)
    total, squares = products.sum(axis=0), (products**2).sum(axis=0)
    spread = np.maximum(n * squares - total**2, 1e-12 * n * squares)
    statistic = np.abs(total) * np.sqrt((n - 1) / np.where(spread > 0, spread, np.inf))
    return 2 * student_t.sf(statistic, n - 1)


def _signed_sums(products: np.ndarray, n_targets: int) -> np.ndarray:
    """Sums of squared column sums of products (n_groups, p), with random signs.

    Without a strand, each group's products could as well have the opposite signs. The
    first sum is without signs; the share of sums, over all targets, that are not below
    it is the p-value of all features together.
    """
    most = max(1, _MAX_SIGNED // n_targets)
    rows = draw_rows(len(products), most, random_state=0)
    rng = np.random.RandomState(0)
    signs = np.ones((1 + _N_SIGNS, len(rows)))
    signs[1:] = rng.choice([-1.0, 1.0], size=(_N_SIGNS, len(rows)))
    return ((signs @ products[rows]) ** 2).sum(axis=1)


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


def _standardized(columns, weight):
    """Columns of mean zero and variance one; constant ones are all zero.

    Unknown values (NaN) become the mean, which correlates with nothing.
    """
    known = ~np.isnan(columns)
    centered = np.where(known, columns, 0)
    total = np.einsum("i,ij->j", weight, known)
    centered -= weight @ centered / np.maximum(total, 1e-12)
    centered[~known] = 0
    variance = np.einsum("i,ij,ij->j", weight, centered, centered) / weight.sum()
    scale = np.sqrt(variance)
    centered /= np.where(scale > 1e-12, scale, np.inf)
    return centered
