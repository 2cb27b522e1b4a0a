"""Motif files in TRANSFAC's format."""

import numpy as np

from sklearn_cnn.datasets._motif_matrix import ALPHABETS, DNA, Lines, Matrix, rectangle


def read_transfac(lines: Lines) -> list[Matrix]:
    """Motifs of TRANSFAC's format: a row a position, between fields of two letters."""
    records, has_rows = [[]], False
    for number, line in lines:
        key, *value = line.split(maxsplit=1)
        if key == "//" or (has_rows and key in ("AC", "ID", "DE")):
            records.append([])
            has_rows = False
        has_rows |= key.isdecimal()
        records[-1].append((number, key, "".join(value)))
    found = []
    for record in records:
        if any(key.isdecimal() for _, key, _ in record):
            found.append(_matrix(record, len(found)))
    return found


def _matrix(record: list[tuple[int, str, str]], i: int) -> Matrix:
    """The matrix of lines with their numbers, keys and values."""
    fields, rows, letters = {}, [], DNA
    for number, key, value in record:
        if key in ("P0", "PO"):
            letters = "".join(value.split()[:4]).upper()
            if "".join(sorted(letters)) not in ALPHABETS:
                raise ValueError(
                    f"line {number}: the columns are {letters}; those of DNA or RNA, "
                    "A C G T, are needed"
                )
        elif key.isdecimal():
            words = value.split()[:4]  # A letter may follow.
            if len(words) < 4:
                raise ValueError(
                    f"line {number}: a row holds a position and 4 numbers; found "
                    f"'{key} {value}'"
                )
            rows.append((number, " ".join(words)))
        else:
            fields.setdefault(key, value)
    label = fields.get("ID") or fields.get("AC") or fields.get("DE", "")
    label = label.rstrip(";").strip() or f"motif{i + 1}"
    numbers = rectangle(rows)[:, np.argsort(list(letters))]
    name, alphabet = (
        fields.get("NA", "").strip() or label,
        ALPHABETS["".join(sorted(letters))],
    )
    return Matrix(label, name, numbers, None, rows[0][0], alphabet)
