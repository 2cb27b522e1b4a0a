"""Sequences in the rows of a numeric table: codes, or one-hot columns."""

import numpy as np

from sklearn_cnn.preprocessing._alphabet import Alphabet

# So many of the positions hold a single symbol in columns that look one-hot; the rest
# may be ambiguity letters, and the end of shorter sequences is empty.
_MOSTLY = 0.9


def holds_shares(X: np.ndarray, *, axis: int) -> bool:
    """Whether X is one-hot or soft: along an axis not negative, and sums of 1 or 0."""
    sums = X.sum(axis=axis)
    return X.min() >= 0 and bool(np.all(np.isclose(sums, 1) | (sums == 0)))


def is_flat_one_hot(X: np.ndarray, n_symbols: int) -> bool:
    """Whether rows are the one-hot columns of sequences, all symbols of a place first.

    Columns may be soft for few letters, and zero at the end of a shorter sequence.
    """
    n_places, rest = divmod(X.shape[1], n_symbols)
    if rest or n_places < 2 or not holds_shares(X[:, :n_symbols], axis=1):
        return False
    places = X.reshape(len(X), n_places, n_symbols)
    if not holds_shares(places, axis=2):
        return False
    is_letter = places.any(axis=2)
    is_clear = (places == 1).any(axis=2)
    return bool(is_letter[:, 0].all() and is_clear.sum() >= _MOSTLY * is_letter.sum())


def symbols_last(X: np.ndarray, n_symbols: int) -> np.ndarray:
    """Flattened columns (n, n_symbols * length) with all symbols of a place first."""
    columns = X.reshape(len(X), n_symbols, -1).transpose(0, 2, 1)
    return columns.reshape(len(X), -1)


def n_symbols_of_one_hot(X: np.ndarray) -> int | None:
    """Number of symbols if rows look like one-hot columns of sequences, else None."""
    # The row of the longest sequence holds a one for each position.
    n_places = round(max(0, min(X.sum(axis=1).max(), X.shape[1])))
    if n_places < 2 or X.shape[1] % n_places or X.shape[1] == n_places:
        return None
    n_symbols = X.shape[1] // n_places
    layouts = X, symbols_last(X, n_symbols)
    return n_symbols if any(is_flat_one_hot(x, n_symbols) for x in layouts) else None


def read_codes(
    X: np.ndarray, alphabet: Alphabet, name: str, first_row: int = 0
) -> tuple[np.ndarray, np.ndarray]:
    """Codes and lengths of sequences that a table (n, width) of numbers holds.

    Parameters
    ----------
    X : ndarray of shape (n, width)
        Whole numbers of any type; the alphabet's code of padding behind the end of
        a shorter sequence.
    alphabet : Alphabet
        What the codes mean.
    name : str
        What error messages call X.
    first_row : int
        What they call its first row, where X is a part of a larger table.

    Returns
    -------
    codes : ndarray of uint8, shape (n, longest)
    lengths : ndarray of int64, shape (n,)

    Raises
    ------
    ValueError
        If a number is no code, or stands behind padding, or a row is all padding.
    """
    padding = alphabet.padding_code
    wrong = (X < 0) | (padding < X)
    if X.dtype.kind == "f":
        wrong |= np.floor(X) != X
    if wrong.any():
        row, column = np.argwhere(wrong)[0]
        place = f"{name}[{first_row + row}, {column}]"
        raise ValueError(
            f"{place} is {X[row, column]:g}, but with alphabet="
            f"{alphabet.name!r} a table of numbers is read as codes, whole numbers "
            f"from 0 to {padding - 1} ({alphabet.letters}) and {padding} for padding, "
            "or as one-hot columns, whose sums are 1 at each position. Signals have "
            "no alphabet: pass alphabet='auto'"
        )
    codes = X.astype(np.uint8, order="C")
    is_letter = codes != padding
    lengths = is_letter.sum(axis=1)
    astray = is_letter & (np.arange(codes.shape[1]) >= lengths[:, None])
    if astray.any() or not lengths.all():
        row = first_row + int(np.argmax(astray.any(axis=1) | (lengths == 0)))
        raise ValueError(
            f"{name}[{row}] is not one sequence followed by padding (code {padding} "
            f"of alphabet {alphabet.name!r}): padding stands behind the end of a "
            "sequence and nowhere else"
        )
    return codes[:, : lengths.max()].copy(), lengths
