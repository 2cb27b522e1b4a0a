"""Codes in a file of the temporary folder."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO

import numpy as np

from sklearn_cnn.preprocessing._rows_of_file import RowsOfFile
from sklearn_cnn.preprocessing._stored_sequences import StoredCodes, StoredSequences


def write_codes(sequences: StoredSequences, name: str) -> StoredCodes:
    """Write the codes of all sequences, a byte each, to a file that has no name.

    The file is gone when the last reference to its codes is, or the process: nothing is
    left behind, whatever ends a fit.

    Parameters
    ----------
    sequences : StoredSequences
        What is read, part by part.
    name : str
        What error messages call them.

    Raises
    ------
    OSError
        If the file cannot be written, as the disk is full.
    """
    n, width = len(sequences), sequences.width
    order = sequences.reading_order()
    with _disk_in_words(n * width, name):
        file = tempfile.TemporaryFile(buffering=0)  # noqa: SIM115
    with file:
        with _disk_in_words(n * width, name):
            _reserve(file, n * width)
        for _, part in sequences[order].parts():
            codes = part.codes()
            with _disk_in_words(n * width, name):
                _write(file, codes)
        if hasattr(os, "pread"):
            table = RowsOfFile(file, (n, width))
        else:
            table = np.memmap(file, np.uint8, mode="r", shape=(n, width))
    rows = np.empty(n, dtype=np.int64)
    rows[order] = np.arange(n)
    return StoredCodes(table, rows)


def _reserve(file: BinaryIO, n_bytes: int) -> None:
    """Take the room on the disk, where the system can: before hours of reading."""
    if hasattr(os, "posix_fallocate"):
        os.posix_fallocate(file.fileno(), 0, n_bytes)


def _write(file: BinaryIO, codes: np.ndarray) -> None:
    """Write all; without a buffer, a call may write a part."""
    left = memoryview(codes).cast("B")
    while left:
        left = left[file.write(left) :]


@contextmanager
def _disk_in_words(n_bytes: int, name: str) -> Iterator[None]:
    """Say in errors what is needed, what is there, and what to do."""
    try:
        yield
    except OSError as error:
        folder = tempfile.gettempdir()
        free = shutil.disk_usage(folder).free
        raise OSError(
            error.errno,
            f"the codes of {name} need {n_bytes / 1e9:,.3f} GB in the temporary folder "
            f"{folder}, where {free / 1e9:,.3f} GB are free ({error.strerror}); set "
            "the environment variable TMPDIR to a folder on another disk, or pass "
            "fewer sequences at a time",
        ) from error
