"""Rows of bytes in an open file."""

import os
import weakref
from typing import BinaryIO

import numpy as np


class RowsOfFile:
    """Bytes (n, width) in an open file, of which rows are read.

    They are not mapped into memory: pages of a map count as memory of the process for
    as long as no other one needs it.

    Parameters
    ----------
    file : binary file
        It may be closed, and lose its name: what is here stays until this object is no
        longer needed.
    shape : tuple of int
        Rows, and bytes of each.
    """

    dtype = np.dtype(np.uint8)

    def __init__(self, file: BinaryIO, shape: tuple[int, int]):
        self._number = os.dup(file.fileno())
        weakref.finalize(self, os.close, self._number)
        self.shape = shape

    def __len__(self) -> int:
        return self.shape[0]

    def take(self, rows: np.ndarray, axis: int = 0) -> np.ndarray:
        """Rows (n_rows, width), like NumPy's function."""
        width, starts = self.shape[1], (rows * self.shape[1]).tolist()
        read = [os.pread(self._number, width, start) for start in starts]
        return np.frombuffer(b"".join(read), np.uint8).reshape(-1, width).copy()
