"""From attributions of letters to the heights at which letters are drawn."""

import numpy as np


def is_present(sequence: str, symbols: str) -> np.ndarray:
    """Whether each symbol is the letter of each position: (length, n_symbols)."""
    return np.array(list(sequence))[:, None] == np.array(list(symbols))


def letter_heights(attributions: np.ndarray, sequence: str, symbols: str) -> np.ndarray:
    """Heights (length, n_symbols): one letter a position, the one that is there.

    It is as tall as its own attribution minus the mean of those of the other letters.
    Of in-silico mutagenesis, whose values are zero at the letter present, that is the
    mean loss by a mutation; where other letters have none (gradient x input), it is
    the attribution itself. Nothing is drawn where the letter is ambiguous.

    Parameters
    ----------
    attributions : ndarray of shape (n_symbols, longest)
        In the order of `symbols`; what is behind the end of the sequence is left out.
    sequence : str
        The letters.
    symbols : str
        The letters of the alphabet, without ambiguity codes.
    """
    values = np.asarray(attributions, dtype=float)[:, : len(sequence)].T
    present = is_present(sequence, symbols)
    of_others = (values.sum(axis=1, keepdims=True) - values) / (len(symbols) - 1)
    return np.where(present, values - of_others, 0)
