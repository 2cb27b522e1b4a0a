"""The motifs in a frequency matrix that holds several, and how far they are apart."""

import numpy as np

from sklearn_cnn.datasets._information import information

# A column informs that has this share of the bits it could have.
_INFORMATIVE = 0.25
# Informative columns make a part, with one other between them at most.
_MIN_WIDTH = 3


def find_parts(frequencies: np.ndarray, n_windows: int) -> list[tuple[int, int]]:
    """Start and end of each run of informative columns."""
    threshold = _INFORMATIVE * np.log2(frequencies.shape[1])
    parts = []
    for i in np.flatnonzero(information(frequencies, n_windows) >= threshold):
        if parts and i - parts[-1][1] <= 1:
            parts[-1] = parts[-1][0], int(i) + 1
        else:
            parts.append((int(i), int(i) + 1))
    return [(start, end) for start, end in parts if end - start >= _MIN_WIDTH]


def consensus(frequencies: np.ndarray, symbols: str) -> str:
    """The commonest symbol at each position, "." where it makes up no half."""
    return "".join(
        symbols[column.argmax()] if column.max() >= 0.5 else "."
        for column in frequencies
    )
