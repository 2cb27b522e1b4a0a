"""Strings to integer codes and back: one byte a letter."""

import re

import numpy as np
import pandas as pd

from sklearn_cnn.preprocessing._alphabet import (
    Alphabet,
    infer_alphabet,
    resolve_alphabet,
)
from sklearn_cnn.preprocessing._containers import (
    as_text_in_words,
    first_row,
    is_text,
    unpack,
)
from sklearn_cnn.preprocessing._letter_error import letter_error
from sklearn_cnn.preprocessing._memory import require_memory

# Marks bytes outside the alphabet; own alphabets have at most 94 letters.
OUTSIDE = 255


def encode(
    sequences, alphabet: str | Alphabet = "auto", *, name: str = "X"
) -> tuple[np.ndarray, np.ndarray, Alphabet]:
    """Integer codes of sequences, padded at the right to the longest.

    Parameters
    ----------
    sequences : container of str or bytes
        List, tuple, array, Series or one-column frame; see `as_sequences`.
    alphabet : str or Alphabet
        "auto" is resolved by the rule of `infer_alphabet`.
    name : str
        What error messages call the sequences.

    Returns
    -------
    codes : ndarray of uint8, shape (n_sequences, max_length)
        Index of each letter in ``alphabet.letters``; ``alphabet.padding_code`` where a
        sequence has ended.
    lengths : ndarray of int64, shape (n_sequences,)
        Number of letters in each sequence.
    alphabet : Alphabet
        The alphabet given or inferred.
    """
    letters, lengths = _lay_end_to_end(as_sequences(sequences, name), name)
    if isinstance(alphabet, str) and alphabet == "auto":
        alphabet = infer_alphabet(letters, lengths, name)
    elif not isinstance(alphabet, Alphabet):
        alphabet = resolve_alphabet(alphabet)

    # bytes.translate is several times faster than indexing a table with NumPy.
    coded = letters.translate(code_table(alphabet))
    outside = coded.find(OUTSIDE)
    if outside >= 0:
        reason = (
            f"which is not in the alphabet {alphabet.name!r}; allowed: "
            f"{alphabet.allowed}"
        )
        raise letter_error(letters, outside, lengths, name, reason)
    del letters

    flat = np.frombuffer(coded, np.uint8)
    max_length = lengths.max()
    if lengths.min() == max_length:
        return flat.reshape(len(lengths), max_length).copy(), lengths, alphabet
    # Codes, and where they are.
    require_memory(
        2 * len(lengths) * int(max_length),
        f"padding the {len(lengths):,} sequences of {name} to the {max_length:,} "
        "letters of the longest",
        "cut long sequences, or pass fewer at a time",
    )
    codes = np.full((len(lengths), max_length), alphabet.padding_code, np.uint8)
    codes[np.arange(max_length) < lengths[:, None]] = flat
    return codes, lengths, alphabet


def code_table(alphabet: Alphabet) -> bytes:
    """Code of each of the 256 byte values, `OUTSIDE` for those without one."""
    table = bytearray([OUTSIDE]) * 256
    for code, letter in enumerate(alphabet.letters):
        table[ord(letter)] = code
        if not alphabet.case_sensitive:
            table[ord(letter.lower())] = code
    return bytes(table)


def decode(codes: np.ndarray, alphabet: Alphabet) -> np.ndarray:
    """Strings of codes (n_sequences, length), padding left out: a 1-D object array."""
    n_sequences, length = codes.shape
    if codes.size and not 0 <= codes.min() <= codes.max() <= alphabet.padding_code:
        raise ValueError(
            f"codes must lie between 0 and {alphabet.padding_code} (padding) for the "
            f"alphabet {alphabet.name!r}; found {codes.min()} to {codes.max()}"
        )
    letters = (alphabet.letters + "\0").encode().ljust(256, b"\0")
    text = codes.astype(np.uint8, copy=False).tobytes().translate(letters).decode()
    sequences = np.empty(n_sequences, dtype=object)
    sequences[:] = [
        text[i * length : (i + 1) * length].replace("\0", "")
        for i in range(n_sequences)
    ]
    return sequences


def is_sequences(X) -> bool:
    """Whether X holds strings, by its dtype or first entry which is not missing.

    True also for a bare string, for frames with one string column among several and
    for objects that spell a sequence but are no strings: these are meant as sequences,
    and `encode` says what is wrong with them.
    """
    if is_text(X):
        return True
    if _is_frame(X):
        return any(is_sequences(_column(X, i)) for i in range(X.shape[1]))
    if isinstance(X, np.ndarray):
        if X.dtype.kind != "O":
            return X.dtype.kind in "UST"
        X = X.flat
    elif not _is_list_like(X):
        return False
    first = next((entry for entry in X if not _is_missing(entry)), None)
    if isinstance(first, (list, tuple, np.ndarray)):
        return is_sequences(first)
    return is_text(first)


def as_sequences(X, name: str) -> list | tuple | np.ndarray:
    """Unpack a container to a list (or tuple) of str or bytes, or a `U` or `S` array.

    Besides what `unpack` gives it takes (n, 1) arrays and frames.
    """
    X = unpack(X, name)
    if is_text(X):
        text = name if isinstance(X, (str, bytes)) else as_text_in_words(X, name)
        raise TypeError(
            f"{name} is a single {type(X).__name__}, where a container of sequences is "
            f"expected; wrap it in a list: [{text}]"
        )
    shape = getattr(X, "shape", None)
    if shape is not None and len(shape) != 1:
        if len(shape) != 2 or shape[1] != 1:
            raise ValueError(
                f"{name} must hold one column of sequences, but its shape is "
                f"{_shape_in_words(shape)}; {_remedy_for_columns(X, name)}"
            )
        X = _column(X, 0)
    if not _is_list_like(X):
        raise TypeError(
            f"{name} must be a list, tuple, array, Series or one-column DataFrame of "
            f"strings; got {type(X).__name__}"
        )
    if len(X) == 0:
        raise ValueError(f"{name} is empty; at least one sequence is needed")
    if isinstance(X, np.ndarray):
        if X.dtype.kind in "US":
            return X
        if X.dtype.kind not in "OT":
            raise TypeError(
                f"{name} must hold strings; got an array of dtype {X.dtype}"
            )
    if not isinstance(X, (list, tuple)):
        X = X.tolist() if hasattr(X, "tolist") else X.to_list()
    # One cheap pass over the types; a search for the culprit only where there is one.
    kinds = set(map(type, X))
    if bytearray in kinds:
        X = [bytes(entry) if isinstance(entry, bytearray) else entry for entry in X]
        kinds = (kinds - {bytearray}) | {bytes}
    if not all(issubclass(kind, (str, bytes)) for kind in kinds):
        for index, entry in enumerate(X):
            _check_entry(entry, index, name)
    return X


def _remedy_for_columns(X, name: str) -> str:
    """What to do about several columns, which may be the letters of sequences."""
    if len(X.shape) == 2 and all(map(_is_letter, first_row(X))):
        rows = f"{name}.to_numpy()" if _is_frame(X) else name
        empty = 'b""' if getattr(X, "dtype", np.dtype("U")).kind == "S" else '""'
        return f"join the letters of each row: [{empty}.join(row) for row in {rows}]"
    return f"select one column, for instance {name}['sequence'] or {name}[:, 0]"


def _is_letter(entry) -> bool:
    return isinstance(entry, (str, bytes)) and len(entry) == 1


def _lay_end_to_end(sequences, name: str) -> tuple[bytes, np.ndarray]:
    """All letters as one bytes object, and the lengths of the sequences."""
    rows = _rows_of_bytes(sequences) if isinstance(sequences, np.ndarray) else None
    if rows is None:
        lengths = np.fromiter(map(len, sequences), np.int64, len(sequences))
    else:
        # NumPy pads with zeros at the right.
        lengths = rows.shape[1] - (rows[:, ::-1] != 0).argmax(axis=1)
        lengths[~rows.any(axis=1)] = 0
    if lengths.min() == 0:
        raise ValueError(
            f"{name}[{lengths.argmin()}] is an empty string; each sequence needs at "
            "least one letter"
        )
    if rows is not None:
        if lengths.min() < rows.shape[1]:
            rows = rows[np.arange(rows.shape[1]) < lengths[:, None]]
        return rows.tobytes(), lengths
    text = "".join(map(_as_str, sequences))
    if not text.isascii():
        offset = re.search(r"[^\x00-\x7f]", text).start()
        reason = "which is not an ASCII character"
        raise letter_error(text, offset, lengths, name, reason)
    return text.encode(), lengths


def _rows_of_bytes(sequences: np.ndarray) -> np.ndarray | None:
    """Array of dtype `U` or `S` as uint8 (n, width); None unless all is ASCII."""
    unit = np.uint32 if sequences.dtype.kind == "U" else np.uint8
    native = sequences.astype(sequences.dtype.newbyteorder("="), copy=False)
    rows = np.ascontiguousarray(native).view(unit).reshape(len(sequences), -1)
    return rows.astype(np.uint8, copy=False) if rows.max() < 128 else None


def _is_frame(X) -> bool:
    return hasattr(X, "columns") and hasattr(X, "shape")


def _column(X, i: int):
    """Column i of a pandas or polars frame or a 2-D array."""
    if hasattr(X, "iloc"):
        return X.iloc[:, i]
    return X.to_series(i) if _is_frame(X) else X[:, i]


def _is_list_like(X) -> bool:
    """Tell lists, tuples, arrays and Series (by their methods) from other objects."""
    if isinstance(X, (list, tuple)):
        return True
    return hasattr(X, "__len__") and (hasattr(X, "tolist") or hasattr(X, "to_list"))


def _is_missing(entry) -> bool:
    return entry is None or (pd.api.types.is_scalar(entry) and pd.isna(entry))


def _check_entry(entry, index: int, name: str) -> None:
    """Raise unless an entry is a string."""
    if _is_missing(entry):
        raise ValueError(
            f"{name}[{index}] is missing ({entry!r}); drop or fill missing sequences"
        )
    if isinstance(entry, (str, bytes)):
        return
    message = (
        f"{name}[{index}] is of type {type(entry).__name__}; each entry must be a "
        "string"
    )
    if is_text(entry):
        message += f": pass [{as_text_in_words(entry, 'x')} for x in {name}]"
    elif _is_list_like(entry) and len(entry) and all(map(_is_letter, entry)):
        message += f": join its letters, [''.join(x) for x in {name}]"
    raise TypeError(message)


def _as_str(entry: str | bytes) -> str:
    """Bytes as text; Latin-1 decodes all, and what is not ASCII is refused later."""
    return entry.decode("latin-1") if isinstance(entry, bytes) else entry


def _shape_in_words(shape: tuple) -> str:
    return f"(n, {shape[1]})" if len(shape) == 2 else str(tuple(shape))
