"""Motif files of JASPAR, HOMER and HOCOMOCO: a line with ">" before each matrix."""

import re

import numpy as np

from sklearn_cnn.datasets._motif_matrix import (
    ALPHABETS,
    Lines,
    Matrix,
    is_numeric,
    rectangle,
)

# A letter and its numbers, such as "A [ 1 2 3 ]", "A| 1 2 3" or "A 1 2 3".
_ROW = re.compile(r"([ACGTU])[\s\[|:=]*(.*?)\]?", re.IGNORECASE)


def read_records(lines: Lines) -> list[Matrix]:
    """Motifs of the formats with ">" before each: JASPAR's, HOMER's and HOCOMOCO's.

    JASPAR has a row for each letter, which may begin with it. HOMER and HOCOMOCO have a
    row for each position. The shape tells them apart; a matrix of 4 x 4 is read as the
    others of its file are, and so that all its positions have one sum.
    """
    records = []
    for number, line in lines:
        if line.startswith(">"):
            records.append((number, line, []))
        else:
            records[-1][2].append((number, line))
    found = []
    for number, header, rows in records:
        if not rows:
            raise ValueError(f"line {number}: no matrix follows {header!r}")
        numbers, by_letter, alphabet = _oriented(rows)
        label, name, is_homer = _labels(header, len(found))
        if is_homer and by_letter is None:
            by_letter = False
        matrix = Matrix(label, name, numbers, None, number, alphabet)
        found.append((matrix, by_letter))
    sure = {by_letter for _, by_letter in found if by_letter is not None}
    return [_by_position(matrix, by_letter, sure) for matrix, by_letter in found]


def _labels(header: str, i: int) -> tuple[str, str, bool]:
    """Id and name of a record, and whether HOMER wrote it.

    Its headers go: consensus, name, threshold of the log-odds, and more.
    """
    fields = header[1:].split("\t")
    if len(fields) >= 3 and is_numeric(fields[2]):
        label = fields[1].strip() or fields[0].strip() or f"motif{i + 1}"
        return label, re.split("[(/,]", label)[0] or label, True
    label, _, name = re.sub(r"\s+", " ", header[1:]).strip().partition(" ")
    label = label or f"motif{i + 1}"
    return label, name or label, False


def _oriented(rows: Lines) -> tuple[np.ndarray, bool | None, str]:
    """Numbers of a record, whether a row is a letter (None: cannot be said), alphabet.

    Letters stand in the order A, C, G, T.
    """
    first = rows[0][1].upper().split()
    alphabet = ALPHABETS.get("".join(sorted(first)))
    if alphabet and len(first) == 4:  # names of columns
        numbers = rectangle(rows[1:])
        if numbers.shape[1] != 4:
            raise ValueError(
                f"line {rows[0][0]}: the matrix is {numbers.shape[0]} x "
                f"{numbers.shape[1]}; 4 columns are needed below {rows[0][1]!r}"
            )
        return numbers[:, np.argsort(first)], False, alphabet
    named = [_ROW.fullmatch(row.strip()) for _, row in rows]
    if any(named):
        letters = [match[1].upper() if match else "" for match in named]
        alphabet = ALPHABETS.get("".join(sorted(letters)))
        if alphabet is None or not all(named):
            raise ValueError(
                f"line {rows[0][0]}: a row for each of A, C, G and T is needed; found "
                f"{letters}"
            )
        lines = [(n, match[2]) for (n, _), match in zip(rows, named, strict=True)]
        return rectangle(lines)[np.argsort(letters)], True, alphabet
    numbers = rectangle(rows)
    n_rows, n_columns = numbers.shape
    if 4 not in (n_rows, n_columns):
        raise ValueError(
            f"line {rows[0][0]}: the matrix is {n_rows} x {n_columns}; it needs 4 "
            "rows, or 4 columns, those of A, C, G and T"
        )
    return numbers, None if n_rows == n_columns else n_rows == 4, "dna"


def _by_position(matrix: Matrix, by_letter: bool | None, sure: set[bool]) -> Matrix:
    """The matrix with one row a position."""
    if by_letter is None:
        # Counts of a position have one sum, those of a letter seldom.
        sums_agree = [
            np.ptp(sums) <= 0.01 * np.abs(sums).max()
            for sums in (matrix.numbers.sum(axis=0), matrix.numbers.sum(axis=1))
        ]
        votes = set(sure)
        if sums_agree[0] != sums_agree[1]:
            votes.add(sums_agree[0])
        if len(votes) != 1:
            raise ValueError(
                f"line {matrix.line}: it cannot be told whether the rows of the 4 x 4 "
                f"matrix of {matrix.id!r} are letters or positions; begin its rows "
                "with 'A', 'C', 'G' and 'T' if they are letters, or put a line 'A C G "
                "T' before them if not"
            )
        by_letter = votes.pop()
    return matrix._replace(numbers=matrix.numbers.T) if by_letter else matrix
