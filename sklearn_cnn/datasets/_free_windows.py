"""Places for windows in a chromosome that hold no peak and no gap."""

import numpy as np

# Class of a letter: 0 for A and T, 1 for C and G, 2 for all others.
_CLASSES = bytes({"A": 0, "C": 1, "G": 1, "T": 0}.get(chr(i), 2) for i in range(256))


class FreeWindows:
    """A chromosome, and which stretches of it are still free.

    Taken from the start are the intervals given and all letters other than A, C, G and
    T (in upper case): assembly gaps, runs of N. The end of a window is excluded.
    """

    def __init__(self, letters: str, starts: np.ndarray, ends: np.ndarray):
        classes = np.frombuffer(letters.encode().translate(_CLASSES), np.uint8)
        self.length = len(classes)
        self._n_gc = np.zeros(self.length + 1, np.int32)
        self._n_gc[1:] = classes == 1
        np.cumsum(self._n_gc, out=self._n_gc)  # in place, as chromosomes are long
        is_gap = np.zeros(self.length + 2, dtype=bool)
        is_gap[1:-1] = classes == 2
        # Runs begin and end where two neighbors differ.
        edges = np.flatnonzero(is_gap[1:] != is_gap[:-1])
        self._take(np.append(starts, edges[::2]), np.append(ends, edges[1::2]))

    def gc_content(self, starts: np.ndarray, ends: np.ndarray) -> np.ndarray:
        """Share of C and G in windows."""
        return (self._n_gc[ends] - self._n_gc[starts]) / (ends - starts)

    def is_free(self, starts: np.ndarray, ends: np.ndarray) -> np.ndarray:
        """Whether windows lie in the chromosome and overlap nothing that is taken."""
        inside = (starts >= 0) & (ends <= self.length)
        # Of the stretches that start before the window ends, how far does one reach?
        n_before = np.searchsorted(self._starts, ends, side="left")
        return inside & (self._reach[n_before] <= starts)

    def place(
        self, starts: np.ndarray, lengths: np.ndarray, suitable: np.ndarray
    ) -> np.ndarray:
        """Take the first suitable window of each row, and give its start, or else -1.

        `starts` and `suitable` are (n, n_candidates). A window which overlaps that of
        another row is not taken.
        """
        rows = np.flatnonzero(suitable.any(axis=1))
        chosen = starts[rows, suitable[rows].argmax(axis=1)]
        order = np.argsort(chosen, kind="stable")
        rows, chosen = rows[order], chosen[order]
        reach = np.maximum.accumulate(chosen + lengths[rows])
        apart = np.append(True, chosen[1:] >= reach[:-1])[: len(rows)]
        rows, chosen = rows[apart], chosen[apart]

        self._take(
            np.append(self._starts, chosen),
            np.append(self._ends, chosen + lengths[rows]),
        )
        placed = np.full(len(starts), -1)
        placed[rows] = chosen
        return placed

    def _take(self, starts: np.ndarray, ends: np.ndarray) -> None:
        order = np.argsort(starts, kind="stable")
        self._starts, self._ends = starts[order], ends[order]
        self._reach = np.append(0, np.maximum.accumulate(self._ends))
