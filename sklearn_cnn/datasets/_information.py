"""Information content of the positions of a motif."""

import numpy as np


def information(
    frequencies: np.ndarray, n_sites: float | np.ndarray | None = None
) -> np.ndarray:
    """Bits of each position (width,), against equal shares of all letters.

    Parameters
    ----------
    frequencies : ndarray of shape (width, n_symbols)
        Rows sum to 1.
    n_sites : float or ndarray of shape (width,), default=None
        What the frequencies rest on: the bits that so few sites show by chance are
        taken off, and it may be more than there are. None takes nothing off.

    References
    ----------
    T. D. Schneider, G. D. Stormo, L. Gold, A. Ehrenfeucht (1986). Information content
    of binding sites on nucleotide sequences. Journal of Molecular Biology 188(3),
    415-431. doi:10.1016/0022-2836(86)90165-8
    """
    n_symbols = frequencies.shape[1]
    logs = np.log2(frequencies, out=np.zeros_like(frequencies), where=frequencies > 0)
    bits = np.log2(n_symbols) + (frequencies * logs).sum(axis=1)
    if n_sites is None:
        return bits
    return bits - (n_symbols - 1) / (2 * np.log(2) * n_sites)
