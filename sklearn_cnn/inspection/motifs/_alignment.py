"""How similar matrices of letters are, at the best offset and on the better strand."""

from collections.abc import Sequence

import numpy as np


def align(
    matrices: np.ndarray, pattern: np.ndarray, *, both_strands: bool
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Best alignment of each of many matrices with a pattern.

    The similarity is the cosine of the angle between the two, zeros beyond their ends.

    Parameters
    ----------
    matrices : ndarray of shape (n, width, n_symbols)
        May be zero at the ends.
    pattern : ndarray of shape (pattern_width, n_symbols)
        What they are compared with.
    both_strands : bool
        Whether the reverse complement of a matrix counts too.

    Returns
    -------
    similarities, offsets, flipped : ndarray of shape (n,)
        Row j of the pattern lies on row ``offset + j`` of the matrix, of its reverse
        complement where `flipped`.
    """
    n, width, _ = matrices.shape
    # In the order ACGT, complementing is reversing. A matrix and a flipped pattern meet
    # as the flipped matrix and the pattern do.
    patterns = [pattern, pattern[::-1, ::-1]] if both_strands else [pattern]
    patterns = np.stack(patterns, axis=-1)
    first = 1 - len(pattern)
    products = np.empty((n, len(pattern) + width - 1, patterns.shape[-1]))
    for i in range(products.shape[1]):
        offset = first + i
        low, high = max(offset, 0), min(offset + len(pattern), width)
        rows = slice(low - offset, high - offset)
        products[:, i] = np.tensordot(matrices[:, low:high], patterns[rows], 2)
    norms = np.linalg.norm(matrices, axis=(1, 2)) * np.linalg.norm(pattern)
    flat = products.reshape(n, -1)
    best = flat.argmax(axis=1)
    offsets, flipped = np.divmod(best, patterns.shape[-1])
    offsets += first
    # As seen on the flipped matrix.
    offsets = np.where(flipped, width - len(pattern) - offsets, offsets)
    similarities = flat[np.arange(n), best] / np.maximum(norms, 1e-300)
    return similarities, offsets, flipped.astype(bool)


def stack(matrices: Sequence[np.ndarray]) -> np.ndarray:
    """Matrices of unequal widths as one array, zeros at the end."""
    widest = max(map(len, matrices))
    return np.stack([np.pad(m, ((0, widest - len(m)), (0, 0))) for m in matrices])
