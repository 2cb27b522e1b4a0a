"""Profiles of a chromosome, put together from those of overlapping windows."""

import numpy as np
from sklearn.base import BaseEstimator

# Letters that are predicted at a time.
_LETTERS = 2**20


class Tiles:
    """Profile along a chromosome: each base has the value that its window gives it.

    Windows overlap, and each gives the bases in its middle. At the ends of the
    chromosome, there is no window further out.

    Parameters
    ----------
    estimator : BaseMotifCNN
        Of profiles.
    length, stride : int
        Letters in a window, and from one window to the next.
    size : int
        Letters in the chromosome, at least `length`.
    """

    def __init__(self, estimator: BaseEstimator, length: int, stride: int, size: int):
        self.predict = getattr(estimator, "decision_function", estimator.predict)
        self.alphabet, self.length = estimator.alphabet_, length
        starts = np.arange(0, size - length, stride)
        # The last window ends where the chromosome ends.
        self.starts = np.append(starts, size - length)
        inner = self.starts[1:] + (length - stride) // 2
        self.bounds = np.concatenate([[0], inner, [size]])
        self.n_at_once = max(1, _LETTERS // length)

    def values(self, first: int, last: int, letters: str) -> np.ndarray:
        """Values of the bases that windows from `first` to `last` (excluded) give.

        `letters` are those from the start of the first window to the end of the last.
        """
        starts = self.starts[first:last]
        windows = [letters[start : start + self.length] for start in starts - starts[0]]
        profiles = self.predict(windows)
        return np.concatenate(
            [
                profile[begin - start : end - start]
                for profile, start, begin, end in zip(
                    profiles,
                    starts,
                    self.bounds[first:last],
                    self.bounds[first + 1 : last + 1],
                    strict=True,
                )
            ]
        )
