"""Matrices that lie one below the other, as a sequence."""

from collections.abc import Sequence

import numpy as np


class StackedCounts(Sequence):
    """Counts of each motif, cut out where they are asked for.

    ``counts[i]`` is a matrix (width, n_symbols), ``counts[:3]`` a list of these;
    ``counts(i)``, the older way, is ``counts[i]``.

    Parameters
    ----------
    stacked : ndarray of shape (sum of widths, n_symbols)
        The matrices.
    widths : ndarray of shape (n_motifs,)
        Their numbers of positions.
    """

    def __init__(self, stacked: np.ndarray, widths: np.ndarray):
        self._stacked = stacked
        self._ends = np.cumsum(widths, dtype=np.intp)

    def __len__(self) -> int:
        return len(self._ends)

    def __getitem__(self, key):
        chosen = range(len(self))[key]
        if isinstance(chosen, range):
            return [self._matrix(i) for i in chosen]
        return self._matrix(chosen)

    def __call__(self, i: int) -> np.ndarray:
        return self[i]

    def __repr__(self) -> str:
        return f"{len(self)} matrices"

    def _matrix(self, i: int) -> np.ndarray:
        return self._stacked[self._ends[i - 1] if i else 0 : self._ends[i]]


class StackedFrequencies(StackedCounts):
    """The same divided by their sums; ``frequencies(i)`` adds a pseudocount before.

    A quarter of `pseudocount` is added to each count, as many matrices rest on few
    sites; 0.8 is the advice of Nishida et al. (2009), Nucleic Acids Research 37,
    939-944.
    """

    def __call__(self, i: int, pseudocount: float = 0.8) -> np.ndarray:
        counts = super()._matrix(range(len(self))[i]) + pseudocount / 4
        return counts / counts.sum(axis=1, keepdims=True)

    def _matrix(self, i: int) -> np.ndarray:
        counts = super()._matrix(i)
        return counts / counts.sum(axis=1, keepdims=True)
