"""Which rows are looked at where a part of them is enough."""

import numpy as np


def draw_rows(
    n_rows: int,
    max_rows: int,
    random_state: np.random.RandomState,
    labels: np.ndarray | None = None,
) -> np.ndarray:
    """Sorted indices of a random part of the rows; of all where they are few enough.

    Parameters
    ----------
    n_rows : int
        Rows that there are.
    max_rows : int
        Rows to draw.
    random_state : RandomState
        What they are drawn with.
    labels : ndarray of shape (n_rows,), default=None
        Classes, which keep their shares, and at least one row each.
    """
    if n_rows <= max_rows:
        return np.arange(n_rows)
    if labels is None:
        return np.sort(random_state.choice(n_rows, max_rows, replace=False))
    _, of_class, sizes = np.unique(labels, return_inverse=True, return_counts=True)
    # The largest remainders are rounded up, and what is below one row of a class.
    exact = sizes * max_rows / n_rows
    drawn = np.maximum(exact.astype(int), 1)
    n_left = max(max_rows - drawn.sum(), 0)
    drawn[np.argsort(drawn - exact, kind="stable")[:n_left]] += 1
    rows = [
        random_state.choice(np.flatnonzero(of_class == k), n, replace=False)
        for k, n in enumerate(drawn)
    ]
    return np.sort(np.concatenate(rows))
