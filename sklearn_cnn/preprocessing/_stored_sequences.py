"""Sequences that stay in a file, and are read where they are needed."""

from abc import ABC, abstractmethod
from collections.abc import Iterator
from typing import Self

import numpy as np

from sklearn_cnn.preprocessing._alphabet import Alphabet
from sklearn_cnn.preprocessing._rows_of_file import RowsOfFile

# So many letters are read at a time: few beside what a network holds, and many beside
# what it costs to begin.
_LETTERS_AT_ONCE = 2**22


class StoredSequences(ABC):
    """A container whose sequences stay in a file: indexing chooses, and reads nothing.

    It has what scikit-learn asks of data that it splits: a shape, and indexing by rows.
    """

    # Whether single rows are read at little cost.
    reads_rows = False
    # What the codes mean; None where only the user knows.
    alphabet: Alphabet | None = None

    @abstractmethod
    def __len__(self) -> int:
        """Number of sequences."""

    @property
    @abstractmethod
    def shape(self) -> tuple[int, ...]:
        """Shape of what `in_memory` returns."""

    @property
    @abstractmethod
    def width(self) -> int:
        """Letters of the longest sequence."""

    @abstractmethod
    def _take(self, rows: np.ndarray | slice) -> Self:
        """A container of these rows."""

    @abstractmethod
    def in_memory(self) -> list[str] | np.ndarray:
        """All sequences in memory, as estimators and other functions take them."""

    @abstractmethod
    def codes(self) -> np.ndarray:
        """Codes (n, width) of all sequences in memory, of dtype uint8."""

    def reading_order(self) -> np.ndarray:
        """Rows in the order in which all of them are read fastest."""
        return np.arange(len(self))

    def __getitem__(self, key):
        # scikit-learn indexes what has a shape by `X[rows, ...]`.
        if isinstance(key, tuple) and len(key) == 2 and key[1] is Ellipsis:
            key = key[0]
        if not isinstance(key, slice):
            rows = np.asarray(key)
            rows = rows.astype(np.int64) if rows.size == 0 else rows
            is_tuple = isinstance(key, tuple)
            if is_tuple or rows.ndim != 1 or rows.dtype.kind not in "iub":
                raise IndexError(
                    f"{type(self).__name__} is indexed by an integer, a slice, or a "
                    "one-dimensional array of integers or booleans"
                )
            key = rows
        return self._take(key)

    def __array__(self, dtype=None, copy=None):
        raise TypeError(
            f"{type(self).__name__} is not made an array, which may not fit into "
            "memory; list(...) reads all of its sequences, and estimators take it as "
            "it is"
        )

    def parts(self) -> Iterator[tuple[slice, Self]]:
        """Rows, and containers of so few of them that they are read into memory.

        Yields
        ------
        rows : slice
            Which sequences.
        part : StoredSequences
            A container of these, of some million letters.
        """
        n_rows = max(1, _LETTERS_AT_ONCE // self.width)
        for start in range(0, max(1, len(self)), n_rows):
            rows = slice(start, start + n_rows)
            yield rows, self[rows]


class StoredCodes(StoredSequences):
    """Rows of a table of whole numbers in a file, one sequence a row.

    Parameters
    ----------
    table : memmap, RowsOfFile or array with chunks, of shape (n_all, n_columns)
        Codes, and the code of padding behind the end of a shorter sequence.
    rows : ndarray of int or None
        Which rows of the table; None for all.
    width : int or None
        How many columns; None for all.
    """

    def __init__(self, table, rows: np.ndarray | None = None, width: int | None = None):
        self._table = table
        self._rows = np.arange(table.shape[0]) if rows is None else rows
        self._width = table.shape[1] if width is None else width

    # What `codes` returns.
    dtype = np.dtype(np.uint8)
    ndim = 2

    def __len__(self) -> int:
        return len(self._rows)

    @property
    def shape(self) -> tuple[int, int]:
        """Sequences and columns."""
        return len(self._rows), self._width

    @property
    def width(self) -> int:
        """Columns."""
        return self._width

    @property
    def reads_rows(self) -> bool:
        """Whether single rows are read at little cost; those of chunks are not."""
        return isinstance(self._table, (np.memmap, RowsOfFile))

    def narrowed(self, width: int) -> "StoredCodes":
        """The first columns."""
        return StoredCodes(self._table, self._rows, width)

    def _take(self, rows) -> "StoredCodes":
        return StoredCodes(self._table, self._rows[rows], self._width)

    def in_memory(self) -> np.ndarray:
        """Numbers (n, width) as they stand in the table."""
        if self.reads_rows:
            return np.asarray(self._table.take(self._rows, axis=0))[:, : self._width]
        if len(self) == 0:
            return np.asarray(self._table[:0])
        first = self._rows.min()
        span = np.asarray(self._table[first : self._rows.max() + 1])
        return span[self._rows - first, : self._width]

    def codes(self) -> np.ndarray:
        """Codes (n, width) in memory, of dtype uint8."""
        return self.in_memory().astype(np.uint8, order="C", copy=False)
