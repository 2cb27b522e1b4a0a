"""Sequences without peaks, to set against those of peaks."""

from numbers import Integral
from os import PathLike

import numpy as np
import pandas as pd
from sklearn.utils import check_random_state
from sklearn.utils._param_validation import (
    HasMethods,
    Interval,
    StrOptions,
    validate_params,
)

from sklearn_cnn._package import warn
from sklearn_cnn.datasets._free_windows import FreeWindows
from sklearn_cnn.datasets._genome import Genome, open_genome
from sklearn_cnn.datasets._intervals import as_source, read_intervals, title
from sklearn_cnn.datasets._read_peaks import PEAK_COLUMNS
from sklearn_cnn.preprocessing import dinucleotide_shuffle

# Largest difference in GC content between a peak and its negative.
GC_TOLERANCE = 0.02
# Windows tried for a peak: random ones, or neighbors on either side.
N_ROUNDS = 200
N_CANDIDATES = 100
N_NEIGHBORS = 50


@validate_params(
    {
        "peaks": [pd.DataFrame, HasMethods(["to_pandas"])],
        "genome": [str, PathLike, None],
        "method": [StrOptions({"gc_matched", "flanking", "dinucleotide_shuffle"})],
        "ratio": [Interval(Integral, 1, None, closed="left")],
        "avoid": [
            str,
            PathLike,
            pd.DataFrame,
            HasMethods(["to_pandas"]),
            list,
            tuple,
            None,
        ],
        "random_state": ["random_state"],
    },
    prefer_skip_nested_validation=True,
)
def sample_negatives(
    peaks: pd.DataFrame,
    genome: str | PathLike | None,
    *,
    method: str = "gc_matched",
    ratio: int = 1,
    avoid: str | PathLike | pd.DataFrame | list | tuple | None = None,
    random_state: int | np.random.RandomState | None = None,
) -> pd.DataFrame:
    r"""Sample sequences without peaks: the negatives of a classification.

    What a model learns is the difference between the peaks and these. Peaks are richer
    in G and C than the genome, so that a model tells them from windows drawn at random
    by that alone; each method excludes some such easy answer.

    Each negative has the length, the strand and the chromosome of a peak. In a split by
    chromosome, every fold therefore has the same share of negatives.

    Parameters
    ----------
    peaks : DataFrame
        The table that :func:`read_peaks` returns, or another with the columns
        "sequence", "chrom", "start" and "end"; "strand" may be there. Of some of its
        rows, give the whole table as `avoid`, as negatives may lie in the other peaks
        otherwise.

    genome : str, path-like or None
        The FASTA file that the peaks were read from, plain or compressed in blocks.
        None will do for ``method="dinucleotide_shuffle"``, which does not look into it.

    method : {"gc_matched", "flanking", "dinucleotide_shuffle"}, default="gc_matched"
        - "gc_matched": a random window of the chromosome whose share of G and C differs
          by at most 0.02, or half a base, from that of the peak. The usual choice.
        - "flanking": the nearest free window at the side of the peak, at a whole
          multiple of its length; the first side is drawn at random, and 50 windows on
          either side are tried. Same neighborhood, but not the same GC content: peaks
          are often richer in it than what surrounds them.
        - "dinucleotide_shuffle": the letters of the peak in another order, each pair of
          adjacent ones as often as before (see
          :func:`~sklearn_cnn.preprocessing.dinucleotide_shuffle`). Nothing but longer
          patterns is left to tell them apart, though real DNA has more of these than
          binding sites. "start" and "end" are those of the peak.

        The windows of the first two hold A, C, G and T alone, so that they lie in no
        assembly gap, and overlap neither a window of `peaks` nor each other.

    ratio : int, default=1
        Number of negatives for each peak.

    avoid : str, path-like, DataFrame or list of these, default=None
        BED or narrowPeak files, or tables with the columns "chrom", "start" and "end",
        of further intervals that negatives do not overlap: the peak file itself, where
        windows of a fixed length do not cover the peaks; those of other experiments;
        stretches known for artefacts.

    random_state : int, RandomState instance or None, default=None
        Determines the sample; pass an int for reproducible output.

    Returns
    -------
    DataFrame of shape (n_peaks * ratio, 6)
        The columns of :func:`read_peaks`, with NaN for "score". Rows are in the order
        of `peaks`, and the index is that of the peak each belongs to.

    Raises
    ------
    ValueError
        If columns of `peaks` are missing, if a chromosome of it is not in the genome,
        if none of one of `avoid` is, if a file has another format, or if no window is
        found at all.

    Warns
    -----
    UserWarning
        If no window is found for some peaks, with their number: they have fewer
        negatives, or none.

    See Also
    --------
    read_peaks : The table of peaks.

    Notes
    -----
    The windows of a chromosome are chosen together; up to 20,000 random ones are tried
    for each peak. CpG islands may not find their like outside of peaks.

    Each chromosome is held in memory in turn, at 6 to 8 bytes a base: 2 GB for the
    longest of the human genome.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> from sklearn_cnn.datasets import read_peaks, sample_negatives
    >>> folder = TemporaryDirectory()
    >>> genome = Path(folder.name) / "genome.fa"
    >>> _ = genome.write_text(">chr1\nAATTTATATTGCCGGCAATTTAAATTANNNNNGCGCGAAATTT\n")
    >>> peaks = Path(folder.name) / "peaks.bed"
    >>> _ = peaks.write_text("chr1\t9\t17\n")
    >>> positives = read_peaks(peaks, genome)
    >>> positives
       sequence chrom  start  end strand  score
    0  TGCCGGCA  chr1      9   17      .    NaN
    >>> negatives = sample_negatives(
    ...     positives, genome, method="flanking", random_state=0
    ... )
    >>> negatives
       sequence chrom  start  end strand  score
    0  ATTTATAT  chr1      1    9      .    NaN

    Both together are the data of a classification:

    >>> import pandas as pd
    >>> pd.concat([positives.assign(bound=1), negatives.assign(bound=0)])
       sequence chrom  start  end strand  score  bound
    0  TGCCGGCA  chr1      9   17      .    NaN      1
    0  ATTTATAT  chr1      1    9      .    NaN      0
    >>> folder.cleanup()
    """
    rng = check_random_state(random_state)
    peaks = _checked(as_source(peaks, "peaks"))
    copies = np.repeat(np.arange(len(peaks)), ratio)
    negatives = peaks.iloc[copies].assign(score=np.nan)
    negatives["sequence"] = negatives["sequence"].str.upper()
    if method == "dinucleotide_shuffle":
        shuffled = dinucleotide_shuffle(negatives["sequence"], random_state=rng)
        return negatives.assign(sequence=shuffled)
    if genome is None:
        raise ValueError(f"method={method!r} needs a genome; got genome=None")

    place = {"gc_matched": _place_gc_matched, "flanking": _place_flanking}[method]
    lengths = negatives["sequence"].str.len().to_numpy()
    starts = np.full(len(negatives), -1)
    with open_genome(genome) as opened:
        missing = set(peaks["chrom"]).difference(opened.lengths)
        if missing:
            raise ValueError(f"peaks lie {opened.explain_missing(sorted(missing))}")
        taken = _taken(peaks, avoid, opened)
        for chrom, rows in negatives.groupby("chrom", sort=False).indices.items():
            here = taken.loc[taken["chrom"] == chrom, ["start", "end"]].to_numpy()
            # One chromosome at a time in memory: no name is bound to it.
            starts[rows] = place(
                FreeWindows(opened.chromosome(chrom), *here.T),
                negatives.iloc[rows],
                lengths[rows],
                rng,
            )
        found = starts >= 0
        _report(method, found)
        negatives = negatives.assign(start=starts, end=starts + lengths)[found]
        return negatives.assign(sequence=opened.read(negatives))


def _checked(peaks: pd.DataFrame) -> pd.DataFrame:
    """The columns of `read_peaks`, of which strand and score may be missing."""
    table, _ = read_intervals(peaks, "peaks")
    if "sequence" not in peaks:
        raise ValueError(
            "peaks must be a table such as read_peaks returns, but it lacks the column "
            "'sequence'; read_peaks(peaks, genome) adds it"
        )
    return table.assign(sequence=peaks["sequence"])[PEAK_COLUMNS]


def _taken(peaks: pd.DataFrame, avoid, genome: Genome) -> pd.DataFrame:
    """Intervals that no negative may overlap."""
    columns = ["chrom", "start", "end"]
    if avoid is None:
        avoid = []
    elif not isinstance(avoid, (list, tuple)):
        avoid = [avoid]
    tables = [peaks[columns]]
    for source in avoid:
        source = as_source(source, "avoid")
        others, _ = read_intervals(source, "avoid")
        if not others["chrom"].isin(genome.lengths).any():
            raise ValueError(
                f"all intervals of {title(source, 'avoid')} lie "
                f"{genome.explain_missing(others['chrom'])}"
            )
        tables.append(others[columns])
    return pd.concat(tables)


def _place_gc_matched(
    free: FreeWindows,
    targets: pd.DataFrame,
    lengths: np.ndarray,
    rng: np.random.RandomState,
) -> np.ndarray:
    """Starts of random windows with the GC content of targets; -1 where none is found.

    Letters of targets other than A, C, G and T do not count.
    """
    n_gc = targets["sequence"].str.count("[CG]").to_numpy()
    n_known = targets["sequence"].str.count("[ACGT]").to_numpy()
    starts = np.full(len(lengths), -1)
    pending = np.flatnonzero((lengths <= free.length) & (n_known > 0))
    for _ in range(N_ROUNDS):
        if len(pending) == 0:
            break
        width = lengths[pending, None]
        shape = (len(pending), N_CANDIDATES)
        candidates = rng.randint(0, free.length - width + 1, size=shape)
        wanted = (n_gc[pending] / n_known[pending])[:, None]
        difference = np.abs(free.gc_content(candidates, candidates + width) - wanted)
        suitable = difference <= np.maximum(GC_TOLERANCE, 0.5 / width)
        suitable &= free.is_free(candidates, candidates + width)
        starts[pending] = free.place(candidates, lengths[pending], suitable)
        pending = pending[starts[pending] < 0]
    return starts


def _place_flanking(
    free: FreeWindows,
    targets: pd.DataFrame,
    lengths: np.ndarray,
    rng: np.random.RandomState,
) -> np.ndarray:
    """Starts of the nearest free windows beside targets; -1 where none is found."""
    origins = targets["start"].to_numpy()
    sides = rng.choice([-1, 1], size=len(lengths))
    starts = np.full(len(lengths), -1)
    pending = np.arange(len(lengths))
    for step in range(1, N_NEIGHBORS + 1):
        for side in (sides, -sides):
            candidates = (origins + side * step * lengths)[pending]
            suitable = free.is_free(candidates, candidates + lengths[pending])
            starts[pending] = free.place(
                candidates[:, None], lengths[pending], suitable[:, None]
            )
            pending = pending[starts[pending] < 0]
    return starts


def _report(method: str, found: np.ndarray) -> None:
    """Warn of negatives that found no place; raise if none did."""
    n_missing = len(found) - found.sum()
    if n_missing == 0:
        return
    message = (
        f"no window was found for {n_missing} of {len(found)} negatives with "
        f"method={method!r}: too little of their chromosomes is free of peaks and gaps"
    )
    if method == "gc_matched":
        message += ", or of their GC content"
    if n_missing == len(found):
        raise ValueError(f"{message}; take method='dinucleotide_shuffle'")
    warn(message)
