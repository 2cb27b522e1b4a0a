"""Write ``jaspar2026_core.npz`` from the SQLite database of JASPAR 2026.

The database is read from the copy in the Python package pyjaspar, version 4.0.0 (MIT).
Of the collection CORE, the newest version of each matrix is kept: 2,633 in all. Their
numbers are stored as the database has them, in double precision.

To obtain the source and write the file::

    python -m pip download --no-deps pyjaspar==4.0.0
    python -m zipfile -e pyjaspar-4.0.0-py3-none-any.whl pyjaspar
    python make_jaspar.py pyjaspar/pyjaspar/data/JASPAR2026.sqlite

SHA-256 of that ``JASPAR2026.sqlite``:
4fde0cc35fa91725e8ffb4e4baa51b9af74aab07a1577ecf7f645d6f6026668e
"""

import argparse
import sqlite3
from collections import defaultdict
from contextlib import closing
from pathlib import Path

import numpy as np

N_MATRICES = 2633  # as on https://jaspar.elixir.no for the newest versions of CORE

NEWEST = """
    SELECT ID, BASE_ID || '.' || VERSION, NAME FROM MATRIX AS m
    WHERE COLLECTION = 'CORE' AND VERSION = (
        SELECT MAX(VERSION) FROM MATRIX
        WHERE COLLECTION = 'CORE' AND BASE_ID = m.BASE_ID
    )
    ORDER BY BASE_ID
"""
# "row" is the base, "col" the position, counted from 1.
COUNTS = "SELECT col, row, val FROM MATRIX_DATA WHERE ID = ? ORDER BY col, row"
ANNOTATION = "SELECT ID, VAL FROM MATRIX_ANNOTATION WHERE TAG = ? ORDER BY 1, 2"
SPECIES = """
    SELECT ID, SPECIES FROM MATRIX_SPECIES JOIN TAX USING (TAX_ID) ORDER BY 1, 2
"""


def read_counts(database: sqlite3.Connection, number: int, name: str) -> np.ndarray:
    """Read and check one matrix: an array (width, 4), columns A, C, G, T."""
    cells = database.execute(COUNTS, (number,)).fetchall()
    width = len(cells) // 4
    expected = [(col, row) for col in range(1, width + 1) for row in "ACGT"]
    if not cells or [(col, row) for col, row, _ in cells] != expected:
        raise ValueError(f"{name}: expected a count of A, C, G and T at each position.")
    return np.array([count for _, _, count in cells], dtype=float).reshape(width, 4)


def read_words(database: sqlite3.Connection, query: str, *values) -> dict[int, str]:
    """Read one kind of annotation: matrix number -> words, several joined by "; "."""
    words = defaultdict(list)
    for number, word in database.execute(query, values):
        words[number].append(word)
    return {number: "; ".join(found) for number, found in words.items()}


def read_matrices(path: Path) -> dict[str, np.ndarray]:
    """Read the newest version of each CORE matrix, in the order of their ids."""
    with closing(sqlite3.connect(path)) as database:
        rows = database.execute(NEWEST).fetchall()
        if len(rows) != N_MATRICES:
            raise ValueError(
                f"{path}: expected {N_MATRICES} matrices in CORE, got {len(rows)}."
            )
        numbers, ids, names = zip(*rows, strict=True)
        annotation = {
            "classes": read_words(database, ANNOTATION, "class"),
            "families": read_words(database, ANNOTATION, "family"),
            "groups": read_words(database, ANNOTATION, "tax_group"),
            "species": read_words(database, SPECIES),
        }
        counts = [
            read_counts(database, number, name)
            for number, name in zip(numbers, ids, strict=True)
        ]
    arrays = {"ids": np.array(ids), "names": np.array(names)}
    for kind, words in annotation.items():
        arrays[kind] = np.array([words.get(number, "") for number in numbers])
    arrays["widths"] = np.array([len(matrix) for matrix in counts])
    arrays["counts"] = np.concatenate(counts)
    return arrays


def main(arguments: list[str] | None = None) -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("source", type=Path, help="pyjaspar's JASPAR2026.sqlite")
    parser.add_argument(
        "--output",
        type=Path,
        default=Path(__file__).with_name("jaspar2026_core.npz"),
        help="the file to write (default: the one beside this script)",
    )
    options = parser.parse_args(arguments)
    # NumPy dates every entry of the archive 1980: the same matrices, the same bytes.
    np.savez_compressed(options.output, **read_matrices(options.source))


if __name__ == "__main__":
    main()
