"""Intervals of BED and narrowPeak files."""

import re
from os import PathLike

import pandas as pd

from sklearn_cnn.datasets._text_lines import read_lines

COLUMNS = ["chrom", "start", "end", "score", "strand", "summit", "line", "exponent"]
NO_SUMMIT = -1
# More bases than a chromosome has; a coordinate above is a slip.
LARGEST = 10**12
# What files write where there is nothing to say.
NOTHING = ("", ".", "NA", "nan", "NaN")
_HEADERS = ("#", "track ", "track\t", "browser ", "browser\t")
# Columns of a table take a tenth of the memory of as many tuples.
_ROWS_AT_ONCE = 100_000
_INTEGER = re.compile(r"-?[0-9]+")
_NUMBER = re.compile(r"-?[0-9]+(\.[0-9]*)?([eE][+-]?[0-9]+)?")
# Columns 4 and 7 to 9, where column 10 is the summit.
_NARROW_PEAK = {3: "name", 6: "signal_value", 7: "p_value", 8: "q_value"}


def read_bed(
    path: str | PathLike, all_columns: bool = False
) -> tuple[pd.DataFrame, pd.DataFrame | None]:
    """Intervals of a BED or narrowPeak file, and the other columns if asked for.

    One row each, with the columns "chrom", "start" (counted from 0), "end" (excluded),
    "score" (NaN where there is none), "strand" ("+", "-" or "."), "summit" (bases from
    the start; -1 where there is none), "line" (its number in the file) and "exponent"
    (whether a coordinate is written with one).
    """
    tables, rows, others, wrong = [], [], [], []
    for number, line in read_lines(path):
        if line.startswith(_HEADERS):
            continue
        fields = line.split("\t") if "\t" in line else line.split()
        try:
            rows.append((*_interval(fields), number, _has_exponent(fields)))
            if all_columns:
                others.append(_other_columns(fields))
            if len(rows) == _ROWS_AT_ONCE:
                tables.append(pd.DataFrame(rows, columns=COLUMNS))
                rows = []
        except ValueError as error:
            wrong.append((number, error))
            if line.startswith(">"):
                break  # A whole genome may follow.
    if rows:
        tables.append(pd.DataFrame(rows, columns=COLUMNS))
    n_read = sum(map(len, tables))
    if wrong:
        number, error = wrong[0]
        n_lines = n_read + len(wrong)
        count = f" ({len(wrong)} of {n_lines} intervals are wrong)" if n_read else ""
        raise ValueError(f"{path}, line {number}: {error}{count}")
    if not tables:
        raise ValueError(f"{path} holds no intervals; is it the right file?")
    table = pd.concat(tables, ignore_index=True)
    return table, pd.DataFrame(others) if all_columns else None


def whole_number(text: str) -> int:
    """Value of "12", "-12", "12.0" or "1.2e+01"."""
    if _INTEGER.fullmatch(text):
        return int(text)
    if _NUMBER.fullmatch(text) and float(text).is_integer():
        return int(float(text))
    raise ValueError(f"a whole number is needed; found {text!r}")


def _interval(fields: list[str]) -> tuple[str, int, int, float, str, int]:
    """Chromosome, start, end, score, strand and summit of one line."""
    if fields and fields[0].startswith(">"):
        raise ValueError(
            "the line begins with '>', as in FASTA; intervals are read from BED or "
            "narrowPeak files. Are the files of intervals and genome swapped?"
        )
    if len(fields) < 3:
        raise ValueError(
            "BED has three columns or more, chromosome, start and end, separated by "
            f"tabs; found {fields}"
        )
    chrom = fields[0]
    try:
        start, end = map(whole_number, fields[1:3])
    except ValueError:
        raise ValueError(
            "columns 2 and 3 of BED, start and end, must be whole numbers; found "
            f"{fields[1]!r:.60} and {fields[2]!r:.60}. Put '#' before a line of "
            "column names; starts are counted from 0 (in GFF and MACS's .xls from 1: "
            "subtract 1)"
        ) from None
    if max(abs(start), abs(end)) > LARGEST:
        raise ValueError(
            f"start and end are at most {LARGEST}; found {fields[1]:.60} and "
            f"{fields[2]:.60}"
        )
    if start > end:
        raise ValueError(
            f"the end must not be smaller than the start; found {start} and {end}"
        )
    score = _number(fields[4], 5, "score") if len(fields) > 4 else float("nan")
    strand = read_strand(fields[5]) if len(fields) > 5 else "."
    summit = _summit(fields[9], end - start) if _is_narrow_peak(fields) else NO_SUMMIT
    return chrom, start, end, score, strand, summit


def _has_exponent(fields: list[str]) -> bool:
    return "e" in (fields[1] + fields[2]).lower()


def _number(field: str, column: int, what: str) -> float:
    try:
        return float("nan") if field in NOTHING else float(field)
    except ValueError:
        raise ValueError(
            f"column {column} of BED is the {what}, a number or '.'; found {field!r}. "
            "'cut -f1-3' keeps the coordinates alone"
        ) from None


def read_strand(field: str) -> str:
    """Strand of column 6; "*" and nothing are "."."""
    if field in ("+", "-"):
        return field
    if field in ("*", *NOTHING):
        return "."
    raise ValueError(
        f"column 6 of BED is the strand, '+', '-' or '.'; found {field!r}. "
        "'cut -f1-3' keeps the coordinates alone"
    )


def _is_narrow_peak(fields: list[str]) -> bool:
    """Whether column 10 is a summit, not the number of blocks that BED12 has there."""
    if len(fields) < 12:
        return len(fields) >= 10
    sizes, starts = (field.rstrip(",").split(",") for field in fields[10:12])
    n_blocks = fields[9]
    return not (n_blocks == str(len(sizes)) == str(len(starts)) and starts[0] == "0")


def _summit(field: str, length: int) -> int:
    """Column 10 of narrowPeak."""
    try:
        summit = NO_SUMMIT if field in NOTHING else whole_number(field)
    except ValueError:
        summit = None
    if summit == NO_SUMMIT or (summit is not None and 0 <= summit < max(length, 1)):
        return summit
    raise ValueError(
        "a file of ten columns or more is read as narrowPeak, whose tenth is the "
        f"summit, counted from the start of the peak, or -1; found {field!r} in a peak "
        f"of {length} bases. 'cut -f1-6' makes plain BED of other files"
    )


def _other_columns(fields: list[str]) -> dict[str, str | float]:
    """Name, and what stands behind the strand: numbers in narrowPeak, or else text."""
    is_narrow_peak = _is_narrow_peak(fields)
    names = _NARROW_PEAK if is_narrow_peak else {3: "name"}
    others = {}
    for i, field in enumerate(fields):
        name = names.get(i, f"column_{i + 1}")
        if is_narrow_peak and 6 <= i <= 8:
            others[name] = _number(field, i + 1, name)
        elif i == 3 or (i > 5 and not (is_narrow_peak and i == 9)):
            others[name] = field
    return others
