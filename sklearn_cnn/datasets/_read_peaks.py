"""Sequences of the peaks of an experiment."""

from numbers import Integral
from os import PathLike

import numpy as np
import pandas as pd
from sklearn.utils._param_validation import (
    HasMethods,
    Interval,
    StrOptions,
    validate_params,
)

from sklearn_cnn._package import warn
from sklearn_cnn.datasets._doubtful_windows import DOUBTS, checked_doubts, find_doubtful
from sklearn_cnn.datasets._genome import open_genome
from sklearn_cnn.datasets._intervals import as_source, read_intervals, title
from sklearn_cnn.datasets._peak_windows import check_anchors, place_windows

PEAK_COLUMNS = ["sequence", "chrom", "start", "end", "strand", "score"]


@validate_params(
    {
        "peaks": [str, PathLike, pd.DataFrame, HasMethods(["to_pandas"])],
        "genome": [str, PathLike],
        "length": [Interval(Integral, 1, None, closed="left"), None],
        "center": [StrOptions({"summit", "middle"})],
        "at_ends": [StrOptions({"pad", "drop"})],
        "drop": [str, tuple, list, None],
        "all_columns": ["boolean"],
    },
    prefer_skip_nested_validation=True,
)
def read_peaks(
    peaks: str | PathLike | pd.DataFrame,
    genome: str | PathLike,
    *,
    length: int | None = None,
    center: str = "summit",
    at_ends: str = "pad",
    drop: str | tuple[str, ...] | None = None,
    all_columns: bool = False,
) -> pd.DataFrame:
    r"""Read the sequences of the intervals in a BED or narrowPeak file.

    The table holds what a cross-validation needs: ``table["sequence"]`` is X, and
    ``table["chrom"]`` the groups that keep a chromosome on one side of each split.

    Parameters
    ----------
    peaks : str, path-like or DataFrame of pandas or polars
        BED with three columns or more, or narrowPeak; plain or gzipped. Blank lines and
        those that begin with "#", "track" or "browser" are skipped. With ten columns or
        more, the tenth is the summit, but in BED12, where it counts blocks.

        A table needs the columns "chrom", "start" and "end", and may have "strand",
        "score" and "summit" (bases from the start, or -1): what this function returns,
        or what a filter of pandas has left of it.

    genome : str or path-like
        The assembly that the intervals refer to: a FASTA file, plain or compressed in
        blocks (by bgzip). An index is written beside it at the first use,
        ``genome.fa.fai``, where the folder allows that.

    length : int, default=None
        Number of bases in each sequence: windows around the centers of the intervals,
        whose own lengths do not matter then. None takes the intervals as they are.

    center : {"summit", "middle"}, default="summit"
        What stands in the middle of a window of `length`: the summit of the peak, which
        is nearer to the bound site, where the file gives one (column 10 of narrowPeak,
        unless it is -1); otherwise, or always, the middle of the interval. That base
        has the index ``length // 2`` in its sequence, on either strand.

    at_ends : {"pad", "drop"}, default="pad"
        What happens where a window runs over an end of its chromosome: the missing
        bases are N, which tells a model nothing, or it is dropped.

    drop : {"gaps", "duplicates", "overlaps"}, tuple of these or None, default=None
        Windows that are left out:

        - "gaps": those with letters other than A, C, G and T, such as the N of gaps in
          the assembly. Negatives have none, which would tell them from peaks. What
          ``at_ends="pad"`` adds does not count.
        - "duplicates": those with the chromosome, start, end and strand of an earlier
          one.
        - "overlaps": those that share a base with an earlier one that stays, on either
          strand. Sort a table by its score before, and the best stay.

        None keeps them all, with a warning that counts them; ``()`` does so without.

    all_columns : bool, default=False
        Whether the columns behind the sixth are returned, too.

    Returns
    -------
    DataFrame of shape (n_peaks, 6)
        One row an interval; the index is its number in the file, counted from 0, or
        that of the table. The columns are:

        - "sequence": upper-case letters, also where repeats are in lower case in the
          genome; the reverse complement on the strand "-".
        - "chrom": name of the chromosome.
        - "start", "end": the window on the forward strand, counted from 0, the end
          excluded; beyond the chromosome where the sequence is padded.
        - "strand": "+", "-" or "." (none known).
        - "score": column 5 of the file as a float, NaN where there is none.

        With ``all_columns=True`` also:

        - "peak_start", "peak_end": the interval itself.
        - "summit": bases from "start" of the window to the summit; -1 where there is
          none, or none in the window.
        - "name", "signal_value", "p_value", "q_value" of narrowPeak, and what follows
          there as "column_11" and so on. Of other files, "name" and, as text,
          "column_7" and so on. Of tables, all their columns.

    Raises
    ------
    ValueError
        If a file has another format or is cut off, or if an interval, or its center
        where `length` is given, lies behind the end of its chromosome, with the file
        and the line, and the number of lines that are wrong; if no interval is left.

    OSError
        If a file cannot be opened.

    Warns
    -----
    UserWarning
        Once, with all numbers: if intervals are dropped, because their chromosome is
        missing from the genome, because they lie before its start, because they hold no
        base (of insertions, start and end are the same; with `length`, they have
        windows), by ``at_ends="drop"`` or by `drop`; if windows are kept that `drop`
        could leave out; if coordinates have an exponent, as in "1.2e+06", which may be
        rounded.

    See Also
    --------
    sample_negatives : Sequences without peaks, to learn the difference.
    read_fasta : Sequences that are extracted already.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> from sklearn_cnn.datasets import read_peaks
    >>> folder = TemporaryDirectory()
    >>> genome = Path(folder.name) / "genome.fa"
    >>> _ = genome.write_text(">chr1\nACGTACGGTTTGAC\n>chr2\nAAAACC\n")
    >>> peaks = Path(folder.name) / "peaks.bed"
    >>> _ = peaks.write_text("chr1\t4\t9\tp1\t7.5\t+\nchr2\t2\t5\tp2\t3\t-\n")
    >>> read_peaks(peaks, genome)
      sequence chrom  start  end strand  score
    0    ACGGT  chr1      4    9      +    7.5
    1      GTT  chr2      2    5      -    3.0
    >>> read_peaks(peaks, genome, length=6)
      sequence chrom  start  end strand  score
    0   TACGGT  chr1      3    9      +    7.5
    1   NGGTTT  chr2      1    7      -    3.0
    >>> folder.cleanup()
    """
    doubts = list(DOUBTS) if drop is None else checked_doubts(drop)
    peaks = as_source(peaks, "peaks")
    table, others = read_intervals(peaks, "peaks", all_columns)
    table = table.assign(row=np.arange(len(table)))
    n_all, n_exponents, dropped = len(table), table["exponent"].sum(), {}
    with open_genome(genome) as opened:
        missing = ~table["chrom"].isin(opened.lengths)
        if missing.any():
            why = opened.explain_missing(table.loc[missing, "chrom"])
            table = _without(table, missing, why, dropped)
        if length is None:
            empty = table["start"] == table["end"]
            why = "of no base (start = end), which have a window only with length="
            table = _without(table, empty, why, dropped)
        table = place_windows(table, length, center)
        before = (table["at"] < 0) & (table["end"] <= 0)
        why = "before the start of their chromosome"
        table = _without(table, before, why, dropped)
        check_anchors(table, length, opened, peaks)
        if at_ends == "drop":
            over = (table["start"] < 0) | (table["end"] > opened.sizes(table))
            table = _without(table, over, "over the ends of chromosomes", dropped)
        table = table.assign(sequence=opened.read(table))
        doubtful = find_doubtful(table, opened, doubts)
    kept = {why: rows.sum() for why, rows in doubtful.items() if rows.any()}
    if drop is not None:
        dropped, kept = dropped | kept, {}
        is_clean = np.ones(len(table), dtype=bool)
        for rows in doubtful.values():
            is_clean &= ~rows
        table = table[is_clean]
    name = title(peaks, "peaks")
    _report(name, dropped, kept, n_exponents, n_all, len(table))
    return _with_all_columns(table, others) if all_columns else table[PEAK_COLUMNS]


def _without(
    table: pd.DataFrame, rows: pd.Series, why: str, counts: dict[str, int]
) -> pd.DataFrame:
    """The other rows; how many these are is noted."""
    if not rows.any():
        return table
    counts[why] = rows.sum()
    return table[~rows]


def _with_all_columns(table: pd.DataFrame, others: pd.DataFrame) -> pd.DataFrame:
    """The main columns, those of the peak itself, and the other ones of its source."""
    own = table[[*PEAK_COLUMNS, "peak_start", "peak_end", "summit"]]
    others = others.iloc[table["row"]].drop(columns=own.columns, errors="ignore")
    return pd.concat([own, others.set_axis(own.index)], axis=1)


def _report(
    name: str,
    dropped: dict[str, int],
    kept: dict[str, int],
    n_exponents: int,
    n_all: int,
    n_left: int,
) -> None:
    """Warn of intervals dropped, or kept with doubts; raise if none is left."""
    messages = []
    if dropped:
        counts = f"{n_all - n_left} of {n_all} intervals: {_listed(dropped)}"
        if n_left == 0:
            raise ValueError(f"{name}: no interval is left; dropped {counts}")
        messages.append(f"dropped {counts}")
    if kept:
        names = tuple(doubt for doubt, why in DOUBTS.items() if why in kept)
        messages.append(
            f"kept {_listed(kept)} (drop={names} leaves them out, drop=() "
            "keeps them without this warning)"
        )
    if n_exponents:
        messages.append(
            f"read {n_exponents} with an exponent in a coordinate, which may be rounded"
        )
    if messages:
        warn(f"{name}: {'; '.join(messages)}")


def _listed(counts: dict[str, int]) -> str:
    return "; ".join(f"{count} {why}" for why, count in counts.items())
