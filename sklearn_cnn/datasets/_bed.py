"""Intervals of BED and narrowPeak files."""

from os import PathLike

import pandas as pd

from sklearn_cnn.datasets._text_lines import read_lines

COLUMNS = ["chrom", "start", "end", "score", "strand", "summit", "line"]
NO_SUMMIT = -1


def read_bed(path: str | PathLike) -> pd.DataFrame:
    """Intervals of a BED or narrowPeak file.

    One row each, with the columns "chrom", "start" (counted from 0), "end" (excluded),
    "score" (NaN where there is none), "strand" ("+", "-" or "."), "summit" (bases from
    the start; -1 where there is none) and "line" (its number in the file).
    """
    rows = []
    for number, line in read_lines(path):
        if line.startswith(("#", "track ", "browser ")):
            continue
        fields = line.split("\t") if "\t" in line else line.split()
        try:
            rows.append((*_interval(fields), number))
        except ValueError as error:
            raise ValueError(f"{path}, line {number}: {error}") from None
    if not rows:
        raise ValueError(f"{path} holds no intervals; is it the right file?")
    return pd.DataFrame(rows, columns=COLUMNS)


def _interval(fields: list[str]) -> tuple[str, int, int, float, str, int]:
    """Chromosome, start, end, score, strand and summit of one line."""
    if fields[0].startswith(">"):
        raise ValueError(
            "the line begins with '>', as in FASTA; intervals are read from BED or "
            "narrowPeak files. Are the files of intervals and genome swapped?"
        )
    if len(fields) < 3:
        raise ValueError(
            "BED has three columns or more, chromosome, start and end, separated by "
            f"tabs; found {fields}"
        )
    chrom, start, end = fields[:3]
    if not (start.isdecimal() and end.isdecimal()):
        raise ValueError(
            "columns 2 and 3 of BED, start and end, must be whole numbers, 0 or more; "
            f"found {start!r} and {end!r}. Put '#' before a line of column names"
        )
    start, end = int(start), int(end)
    if start >= end:
        raise ValueError(
            f"the end must be larger than the start; found {start} and {end}"
        )
    score = _score(fields[4]) if len(fields) > 4 else float("nan")
    strand = fields[5] if len(fields) > 5 else "."
    if strand not in ("+", "-", "."):
        raise ValueError(
            f"column 6 of BED is the strand, '+', '-' or '.'; found {strand!r}. "
            "'cut -f1-3' keeps the coordinates alone"
        )
    summit = _summit(fields[9], end - start) if len(fields) == 10 else NO_SUMMIT
    return chrom, start, end, score, strand, summit


def _score(field: str) -> float:
    try:
        return float("nan") if field == "." else float(field)
    except ValueError:
        raise ValueError(
            f"column 5 of BED is the score, a number or '.'; found {field!r}. "
            "'cut -f1-3' keeps the coordinates alone"
        ) from None


def _summit(field: str, length: int) -> int:
    """Column 10 of narrowPeak."""
    if field == str(NO_SUMMIT):
        return NO_SUMMIT
    if field.isdecimal() and int(field) < length:
        return int(field)
    raise ValueError(
        "a file of ten columns is read as narrowPeak, whose last column is the summit, "
        f"counted from the start of the peak, or -1; found {field!r} in a peak of "
        f"{length} bases. 'cut -f1-6' makes plain BED of other files"
    )
