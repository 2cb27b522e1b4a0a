"""Inputs in the form in which they are drawn: letters, or arrays of numbers."""

import numpy as np

from sklearn_cnn.inputs._inputs import Inputs
from sklearn_cnn.preprocessing._alphabet import DNA, Alphabet, resolve_alphabet
from sklearn_cnn.preprocessing._codes import decode, encode, is_sequences
from sklearn_cnn.preprocessing._onehot import one_hot

# What stands for a place without a single letter: padding, ambiguous columns.
_NO_LETTER = "."


def as_drawable(X, alphabet: str) -> tuple[list[str] | np.ndarray, str | None]:
    """Sequences in upper case and their symbols; or else arrays, and None.

    Arrays are signals (n, n_channels, length) or images (n, n_channels, height, width).
    """
    if is_sequences(X):
        codes, _, found = encode(X, alphabet)
        return decode(codes, found).tolist(), found.symbols
    X = np.asarray(X, dtype=float)
    X = X[:, None] if X.ndim == 2 else X
    if X.ndim not in (3, 4):
        raise ValueError(
            f"X has shape {X.shape}; strings, or arrays (n, length), (n, channels, "
            "length) or (n, channels, height, width) are needed"
        )
    if X.ndim == 3 and (alphabet != "auto" or _is_one_hot(X)):
        symbols = (DNA if alphabet == "auto" else resolve_alphabet(alphabet)).symbols
        return _letters(X[:, : len(symbols)], symbols), symbols
    return X, None


def encoded_as_drawable(
    inputs: Inputs, alphabet: Alphabet | None
) -> tuple[list[str] | np.ndarray, str | None]:
    """The same of inputs as an estimator with this alphabet has encoded them."""
    if alphabet is None:
        return inputs.values, None
    if inputs.alphabet is None:
        columns = np.nan_to_num(inputs.values[:, : len(alphabet.symbols)])
    else:
        columns = one_hot(inputs.values, alphabet)
    sequences = _letters(columns, alphabet.symbols)
    if inputs.lengths is not None:
        sequences = [x[:n] for x, n in zip(sequences, inputs.lengths, strict=True)]
    return sequences, alphabet.symbols


def _is_one_hot(X: np.ndarray) -> bool:
    """Whether an array (n, channels, length) looks like DNA."""
    return X.shape[1] == 4 and bool(np.isin(X, (0, 1)).all())


def _letters(columns: np.ndarray, symbols: str) -> list[str]:
    """Sequences of one-hot columns (n, n_symbols, length)."""
    letters = np.array(list(symbols))[columns.argmax(axis=1)]
    letters[columns.max(axis=1) < 1] = _NO_LETTER
    return ["".join(row) for row in letters]
