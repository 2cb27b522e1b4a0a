"""Intervals of a file or of a table."""

from os import PathLike

import numpy as np
import pandas as pd

from sklearn_cnn.datasets._bed import LARGEST, NO_SUMMIT, NOTHING, read_bed, read_strand

_READ = ["chrom", "start", "end", "score", "strand", "summit", "sequence"]


def read_intervals(
    source: str | PathLike | pd.DataFrame, name: str, all_columns: bool = False
) -> tuple[pd.DataFrame, pd.DataFrame | None]:
    """Intervals as `read_bed` gives them, and the other columns if asked for.

    A table has the columns "chrom", "start" and "end", and may have "score", "strand",
    "summit" and others. Its index is kept; "line" holds the labels.
    """
    if not isinstance(source, pd.DataFrame):
        return read_bed(source, all_columns)
    missing = [c for c in ("chrom", "start", "end") if c not in source.columns]
    if missing or len(source) == 0:
        found = f"lacks the columns {missing}" if missing else "has no rows"
        raise ValueError(
            f"{name} must be a table such as read_peaks returns, but it {found}"
        )
    chrom = source["chrom"]
    _check(chrom, chrom.notna(), "the name of a chromosome", name)
    table = pd.DataFrame(
        {
            "chrom": chrom.astype(str),
            "start": _whole_numbers(source["start"], name),
            "end": _whole_numbers(source["end"], name),
            "score": np.nan,
            "strand": ".",
            "summit": NO_SUMMIT,
            "line": source.index,
            "exponent": False,
        },
        index=source.index,
    )
    if "score" in source:
        table["score"] = _numbers(source["score"], name)
    if "strand" in source:
        strands = source["strand"].astype(object)
        strands = strands.where(strands.notna(), ".").astype(str)
        table["strand"] = strands.map({s: read_strand(s) for s in set(strands)})
    if "summit" in source:
        summits = source["summit"].astype(object)
        summits = summits.where(summits.notna(), NO_SUMMIT)
        summits = _whole_numbers(summits, name)
        lengths = (table["end"] - table["start"]).clip(lower=1)
        is_inside = (summits >= 0) & (summits < lengths)
        what = "-1, or less than the length of the peak"
        _check(summits, is_inside | (summits == NO_SUMMIT), what, name)
        table["summit"] = summits
    reversed_rows = table["start"] > table["end"]
    if reversed_rows.any():
        label = table.index[reversed_rows.argmax()]
        raise ValueError(
            f"{place(source, label, name)}: the end must not be smaller than the start "
            f"({reversed_rows.sum()} of {len(table)} intervals are wrong)"
        )
    return table, source.drop(columns=_READ, errors="ignore") if all_columns else None


def as_source(source, name: str) -> str | PathLike | pd.DataFrame:
    """A path as it is; a table of pandas, polars or pyarrow as one of pandas."""
    if isinstance(source, (str, PathLike, pd.DataFrame)):
        return source
    if hasattr(source, "columns") and hasattr(source, "to_pandas"):
        return source.to_pandas()
    raise TypeError(
        f"{name} must be a path or a table of pandas or polars; got "
        f"{type(source).__name__}"
    )


def title(source: str | PathLike | pd.DataFrame, name: str) -> str:
    """What messages call a file or a table."""
    return name if isinstance(source, pd.DataFrame) else str(source)


def place(source: str | PathLike | pd.DataFrame, line, name: str) -> str:
    """A line of a file, or a row of a table, in words."""
    word = "row" if isinstance(source, pd.DataFrame) else "line"
    return f"{title(source, name)}, {word} {line}"


def _whole_numbers(column: pd.Series, name: str) -> pd.Series:
    values = _numbers(column, name)
    _check(column, values.notna() & (values % 1 == 0), "a whole number", name)
    _check(column, values.abs() <= LARGEST, f"at most {LARGEST}", name)
    return values.astype(np.int64)


def _numbers(column: pd.Series, name: str) -> pd.Series:
    """Floats; NaN where a column says nothing."""
    values = pd.to_numeric(column, errors="coerce")
    if pd.api.types.is_complex_dtype(values):
        raise ValueError(
            f"{name}: {column.name!r} must hold numbers; found complex ones"
        )
    values = values.astype(float)
    is_nothing = column.isna() | column.astype(str).isin(NOTHING)
    _check(column, values.notna() | is_nothing, "a number", name)
    return values


def _check(column: pd.Series, right: pd.Series, what: str, name: str) -> None:
    """Raise, with the first row, unless all are right."""
    wrong = ~right.to_numpy(dtype=bool)
    if wrong.any():
        i = wrong.argmax()
        raise ValueError(
            f"{name}, row {column.index[i]}: {column.name!r} must be {what}; found "
            f"{column.tolist()[i]!r} ({wrong.sum()} of {len(wrong)} rows)"
        )
