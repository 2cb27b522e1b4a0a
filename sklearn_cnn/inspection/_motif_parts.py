"""The motifs in a frequency matrix that holds several, and how far they are apart."""

import numpy as np

# A column informs that has this share of the bits it could have.
_INFORMATIVE = 0.25
# Informative columns make a part, with one other between them at most.
_MIN_WIDTH = 3


def information(frequencies: np.ndarray, n_windows: int) -> np.ndarray:
    """Bits (width,) of each column, (width, n_symbols), less what chance gives.

    References
    ----------
    T. D. Schneider, G. D. Stormo, L. Gold, A. Ehrenfeucht (1986). Information content
    of binding sites on nucleotide sequences. Journal of Molecular Biology 188(3),
    415-431. doi:10.1016/0022-2836(86)90165-8
    """
    n_symbols = frequencies.shape[1]
    logs = np.log2(frequencies, where=frequencies > 0, out=np.zeros_like(frequencies))
    by_chance = (n_symbols - 1) / (2 * np.log(2) * n_windows)
    bits = np.log2(n_symbols) + (frequencies * logs).sum(axis=1) - by_chance
    return np.maximum(bits, 0)


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
