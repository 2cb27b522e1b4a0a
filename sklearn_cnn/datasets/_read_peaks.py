"""Sequences of the peaks of an experiment."""

import warnings
from numbers import Integral
from os import PathLike

import numpy as np
import pandas as pd
from sklearn.utils._param_validation import Interval, StrOptions, validate_params

from sklearn_cnn.datasets._bed import NO_SUMMIT, read_bed
from sklearn_cnn.datasets._genome import Genome, open_genome

PEAK_COLUMNS = ["sequence", "chrom", "start", "end", "strand", "score"]


@validate_params(
    {
        "peaks": [str, PathLike],
        "genome": [str, PathLike],
        "length": [Interval(Integral, 1, None, closed="left"), None],
        "center": [StrOptions({"summit", "middle"})],
        "at_ends": [StrOptions({"pad", "drop"})],
    },
    prefer_skip_nested_validation=True,
)
def read_peaks(
    peaks: str | PathLike,
    genome: str | PathLike,
    *,
    length: int | None = None,
    center: str = "summit",
    at_ends: str = "pad",
) -> pd.DataFrame:
    r"""Read the sequences of the intervals in a BED or narrowPeak file.

    The table holds what a cross-validation needs: ``table["sequence"]`` is X, and
    ``table["chrom"]`` the groups that keep a chromosome on one side of each split.

    Parameters
    ----------
    peaks : str or path-like
        BED with three columns or more, or narrowPeak (ten columns); plain or gzipped.
        Blank lines and those that begin with "#", "track" or "browser" are skipped.

    genome : str or path-like
        The assembly that the intervals refer to: a FASTA file, not compressed. pyfaidx
        writes an index beside it at the first use, ``genome.fa.fai``.

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

    Returns
    -------
    DataFrame of shape (n_peaks, 6)
        One row an interval; the index is its number in the file, counted from 0. The
        columns are:

        - "sequence": upper-case letters, also where repeats are in lower case in the
          genome; the reverse complement on the strand "-".
        - "chrom": name of the chromosome.
        - "start", "end": the window on the forward strand, counted from 0, the end
          excluded; beyond the chromosome where the sequence is padded.
        - "strand": "+", "-" or "." (none known).
        - "score": column 5 of the file as a float, NaN where there is none.

    Raises
    ------
    ValueError
        If a file has another format or is cut off, or if an interval, or its center
        where `length` is given, lies behind the end of its chromosome, with the file
        and the line; if no interval is left.

    ImportError
        If pyfaidx is not installed, which ``pip install "sklearn-cnn[genome]"`` does.

    OSError
        If a file cannot be opened, or the index not be written.

    Warns
    -----
    UserWarning
        If intervals are dropped because their chromosome is missing from the genome or
        by ``at_ends="drop"``, with the numbers.

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
    table = read_bed(peaks)
    dropped = []
    with open_genome(genome) as opened:
        known = table["chrom"].isin(opened.lengths)
        if not known.all():
            missing = table.loc[~known, "chrom"]
            dropped.append(f"{len(missing)} {opened.explain_missing(missing)}")
        table = _windows(table[known], length, center)
        _check_anchors(table, length, opened, peaks)
        sizes = table["chrom"].map(opened.lengths)
        over = (table["start"] < 0) | (table["end"] > sizes)
        if at_ends == "drop" and over.any():
            dropped.append(f"{over.sum()} over the ends of chromosomes")
            table = table[~over]
        _report(dropped, len(known), len(table), peaks)
        return table.assign(sequence=opened.read(table))[PEAK_COLUMNS]


def _windows(table: pd.DataFrame, length: int | None, center: str) -> pd.DataFrame:
    """Windows in place of the intervals, and "at", the base they are placed by."""
    if length is None:
        return table.assign(at=table["start"])
    # On the reverse strand, all is counted from the end.
    minus = table["strand"] == "-"
    half = (table["end"] - table["start"]) // 2
    at = (table["start"] + half).where(~minus, table["end"] - 1 - half)
    if center == "summit":
        summit = table["start"] + table["summit"]
        at = at.where(table["summit"] == NO_SUMMIT, summit)
    before = np.where(minus, length - 1 - length // 2, length // 2)
    return table.assign(at=at, start=at - before, end=at - before + length)


def _check_anchors(
    table: pd.DataFrame, length: int | None, genome: Genome, peaks: str | PathLike
) -> None:
    """Raise if an interval lies behind its chromosome, not only over the end of it."""
    sizes = table["chrom"].map(genome.lengths)
    beyond = table[table["at"] >= sizes]
    if len(beyond) > 0:
        first = beyond.iloc[0]
        what = "interval" if length is None else "center of the interval"
        raise ValueError(
            f"{peaks}, line {first['line']}: the {what} lies behind the end of "
            f"{first['chrom']!r}, which has {sizes[beyond.index[0]]} bases in "
            f"{genome.path} ({len(beyond)} intervals in all); take the assembly that "
            "the peaks were called on"
        )


def _report(dropped: list[str], n_all: int, n_left: int, peaks: str | PathLike) -> None:
    """Warn of the intervals dropped; raise if there are no others."""
    if not dropped:
        return
    counts = f"{n_all - n_left} of {n_all} intervals: {'; '.join(dropped)}"
    if n_left == 0:
        raise ValueError(f"{peaks}: no interval is left without {counts}")
    # Through the wrapper that validates the parameters, to the caller.
    warnings.warn(f"{peaks}: dropped {counts}", UserWarning, stacklevel=4)
