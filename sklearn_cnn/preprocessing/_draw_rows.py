"""A part of the rows, drawn at random."""

import numpy as np
from sklearn.utils import check_random_state


def draw_rows(
    n_rows: int,
    max_rows: int,
    random_state: int | np.random.RandomState,
    labels: np.ndarray | None = None,
) -> np.ndarray:
    """Row numbers, in order: all of them, or `max_rows` drawn at random.

    A draw does not depend on the order that rows are given in, as every n-th would
    (alternating labels, pairs of strands).

    Parameters
    ----------
    n_rows, max_rows : int
        Rows there are, and how many to take at most.
    random_state : int or RandomState
        Of the draw.
    labels : ndarray of shape (n_rows,) or None
        Classes, which keep their shares to within a row, and at least one row each
        where `max_rows` allows it.
    """
    if n_rows <= max_rows:
        return np.arange(n_rows)
    rng = check_random_state(random_state)
    if labels is None:
        return np.sort(rng.permutation(n_rows)[:max_rows])
    order = rng.permutation(n_rows)
    _, classes = np.unique(labels[order], return_inverse=True)
    # The place of each row among those of its class, as a share: the rows whose
    # places come first are taken, which takes the same share of every class.
    by_class = np.argsort(classes, kind="stable")
    counts = np.bincount(classes)
    place = np.arange(n_rows) - np.repeat(np.cumsum(counts) - counts, counts)
    share = place / np.repeat(counts, counts)
    # Of equal shares, those that come first in the random order, whatever the class.
    taken = by_class[np.lexsort([by_class, share])[:max_rows]]
    return np.sort(order[taken])
