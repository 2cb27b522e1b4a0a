"""Windows of a genome that are read where they are needed."""

from collections.abc import Iterator
from contextlib import contextmanager
from errno import ENOENT
from numbers import Integral
from os import PathLike
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from sklearn.utils import _safe_indexing
from sklearn.utils._param_validation import (
    HasMethods,
    Interval,
    StrOptions,
    validate_params,
)
from sklearn.utils.validation import _num_samples

from sklearn_cnn.datasets._genome import Genome, open_genome
from sklearn_cnn.datasets._intervals import as_source, place, read_intervals
from sklearn_cnn.datasets._peak_windows import check_anchors, place_windows
from sklearn_cnn.preprocessing._alphabet import DNA
from sklearn_cnn.preprocessing._codes import OUTSIDE, code_table, decode
from sklearn_cnn.preprocessing._containers import unpack
from sklearn_cnn.preprocessing._stored_sequences import StoredSequences


class GenomeWindows(StoredSequences):
    r"""Windows of a genome around peaks, which are read where they are needed.

    A window takes some 20 bytes of memory, whatever its length: its letters stay in the
    genome's file. scikit-learn splits the container as it does a list of strings
    (:func:`~sklearn.model_selection.train_test_split`,
    :func:`~sklearn.model_selection.cross_val_score`,
    :class:`~sklearn.model_selection.GridSearchCV`), and the estimators for sequences
    train on it and predict it at constant memory, with the results that a list of the
    same strings gives; see :doc:`/user_guide/out_of_core`.

    Parameters
    ----------
    peaks : str, path-like or DataFrame of pandas or polars
        Intervals, as in :func:`~sklearn_cnn.datasets.read_peaks`: a BED or narrowPeak
        file, or a table with the columns "chrom", "start" and "end", and maybe "strand"
        and "summit". None is left out, so that rows and windows are the same: what
        :func:`~sklearn_cnn.datasets.read_peaks` would drop is an error here, and its
        `drop` cleans a table before.
    genome : str or path-like
        The assembly that they refer to: a FASTA file, plain or compressed in blocks (by
        bgzip), which must stay where it is. It takes no more than the disk it lies on.
    length : int
        Number of bases in each window, around the center of its peak.
    labels : str or array-like of shape (n_peaks, ...), default=None
        Targets that are chosen with the windows: the name of a column of `peaks`
        ("score" of a file, too), or one row a peak. None for none.
    center : {"summit", "middle"}, default="summit"
        What stands in the middle of a window, as in
        :func:`~sklearn_cnn.datasets.read_peaks`.

    Attributes
    ----------
    labels : array-like of shape (n_windows, ...) or None
        The targets, to be passed as y.
    table : DataFrame of shape (n_windows, 4)
        "chrom", "start", "end" and "strand" of each window, on the forward strand,
        counted from 0, the end excluded. ``table["chrom"]`` may be the groups of a
        split. The index is that of `peaks`, or the number of the interval in its file.
    shape : tuple
        ``(n_windows,)``.

    Raises
    ------
    ValueError
        If an interval is on a chromosome that the genome lacks, or its center lies
        outside of its chromosome, with the interval, the chromosome and what is there;
        when windows are read, if the genome has changed, or if there is a letter that
        is no code of a nucleotide.
    FileNotFoundError
        When windows are read, if the genome is no longer there.

    See Also
    --------
    read_peaks : The same windows, read into a table at once.
    sample_negatives : Windows without peaks.

    Notes
    -----
    An integer gives a string: upper-case letters, the reverse complement on the strand
    "-", N beyond the ends of the chromosome. A slice or an array of row numbers or
    booleans gives another container, and reads nothing. ``list(windows)`` reads all.
    A container that is pickled holds the path of the genome, not its letters.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> from sklearn.model_selection import train_test_split
    >>> from sklearn_cnn.datasets import GenomeWindows
    >>> folder = TemporaryDirectory()
    >>> genome = Path(folder.name) / "genome.fa"
    >>> _ = genome.write_text(">chr1\nACGTACGGTTTGAC\n>chr2\nAAAACC\n")
    >>> peaks = Path(folder.name) / "peaks.bed"
    >>> _ = peaks.write_text("chr1\t4\t9\tp1\t7.5\t+\nchr2\t2\t5\tp2\t3\t-\n")
    >>> windows = GenomeWindows(peaks, genome, length=6, labels="score")
    >>> windows
    <GenomeWindows: 2 windows of 6 bases on 2 chromosomes of genome.fa, with labels>
    >>> windows[0], list(windows), windows.labels.tolist()
    ('TACGGT', ['TACGGT', 'NGGTTT'], [7.5, 3.0])
    >>> windows[[1]]
    <GenomeWindows: 1 window of 6 bases on 1 chromosome of genome.fa, with labels>
    >>> train, test, y_train, y_test = train_test_split(
    ...     windows, windows.labels, random_state=0
    ... )
    >>> list(train), y_train.tolist()
    (['TACGGT'], [7.5])
    >>> folder.cleanup()
    """

    alphabet = DNA

    @validate_params(
        {
            "peaks": [str, PathLike, pd.DataFrame, HasMethods(["to_pandas"])],
            "genome": [str, PathLike],
            "length": [Interval(Integral, 1, None, closed="left")],
            "labels": [str, "array-like", None],
            "center": [StrOptions({"summit", "middle"})],
        },
        prefer_skip_nested_validation=True,
    )
    def __init__(
        self,
        peaks: str | PathLike | pd.DataFrame,
        genome: str | PathLike,
        *,
        length: int,
        labels: str | ArrayLike | None = None,
        center: str = "summit",
    ):
        peaks = as_source(peaks, "peaks")
        table, others = read_intervals(peaks, "peaks", isinstance(labels, str))
        self.labels = _resolve_labels(labels, peaks, table, others)
        # Workers of a cross-validation may have another folder.
        self._path = Path(genome).absolute()
        self._length = int(length)
        with open_genome(self._path) as opened:
            _check_chromosomes(table, opened, peaks)
            table = place_windows(table, self._length, center)
            _check_starts(table, peaks)
            check_anchors(table, self._length, opened, peaks)
            chroms = table["chrom"].unique()
            # To see whether it is the same genome when it is read.
            self._sizes = {chrom: opened.lengths[chrom] for chrom in chroms}
        self._table = pd.DataFrame(
            {
                "chrom": pd.Categorical(table["chrom"], categories=chroms),
                "start": table["start"],
                "strand": pd.Categorical(table["strand"], categories=["+", "-", "."]),
            },
            index=table.index,
        )

    def __len__(self) -> int:
        return len(self._table)

    @property
    def shape(self) -> tuple[int]:
        """``(n_windows,)``."""
        return (len(self),)

    @property
    def width(self) -> int:
        """Number of bases in each window."""
        return self._length

    @property
    def table(self) -> pd.DataFrame:
        """Where the windows are."""
        end = self._table["start"] + self._length
        return self._table.assign(end=end)[["chrom", "start", "end", "strand"]]

    def __repr__(self) -> str:
        n, n_chroms = len(self), self._table["chrom"].nunique()
        return (
            f"<GenomeWindows: {n:,} window{'' if n == 1 else 's'} of {self._length:,} "
            f"bases on {n_chroms} chromosome{'' if n_chroms == 1 else 's'} of "
            f"{self._path.name}{'' if self.labels is None else ', with labels'}>"
        )

    def __getitem__(self, key):
        if isinstance(key, Integral) and not isinstance(key, (bool, np.bool_)):
            if not -len(self) <= key < len(self):
                raise IndexError(f"there are {len(self)} windows; got index {key}")
            (window,) = self[[int(key)]].in_memory()
            return window
        return super().__getitem__(key)

    def __iter__(self) -> Iterator[str]:
        for _, part in self.parts():
            yield from part.in_memory()

    def _take(self, rows: np.ndarray | slice) -> "GenomeWindows":
        taken = object.__new__(GenomeWindows)
        vars(taken).update(vars(self))
        taken._table = self._table.iloc[rows]
        if self.labels is not None:
            taken.labels = _safe_indexing(self.labels, rows)
        return taken

    def reading_order(self) -> np.ndarray:
        """Order in which all windows are read fastest: that of the genome.

        Returns
        -------
        ndarray of shape (n_windows,)
            Row numbers.
        """
        return np.lexsort([self._table["start"], self._table["chrom"].cat.codes])

    def in_memory(self) -> list[str]:
        """Read all windows.

        Returns
        -------
        list of str
            The same as ``list(windows)``.
        """
        return decode(self.codes(), DNA).tolist()

    def codes(self) -> np.ndarray:
        """Read all windows as codes, one byte a base.

        Returns
        -------
        ndarray of uint8, shape (n_windows, length)
            The codes that ``SequenceEncoder(alphabet="dna", encoding="codes")`` gives.
        """
        chroms, starts = self._table["chrom"].tolist(), self._table["start"].tolist()
        with self._open() as genome:
            letters = "".join(
                genome.forward(chrom, start, start + self._length)
                for chrom, start in zip(chroms, starts, strict=True)
            )
        coded = letters.encode().translate(code_table(DNA))
        outside = coded.find(OUTSIDE)
        if outside >= 0:
            row, place_in_window = divmod(outside, self._length)
            raise ValueError(
                f"the window at {chroms[row]}:{starts[row]}-"
                f"{starts[row] + self._length} (row {self._table.index[row]} of peaks) "
                f"holds {letters[outside]!r}, at position "
                f"{starts[row] + place_in_window} of {chroms[row]!r} in {self._path}; "
                f"allowed are {DNA.allowed}"
            )
        codes = np.frombuffer(coded, np.uint8).reshape(len(self), self._length).copy()
        minus = (self._table["strand"] == "-").to_numpy()
        codes[minus] = DNA.complement[codes[minus, ::-1]]
        return codes

    @contextmanager
    def _open(self) -> Iterator[Genome]:
        """The genome, which must be there and the same."""
        if not self._path.exists():
            raise FileNotFoundError(
                ENOENT,
                f"the genome that {self!r} reads is no longer there; put it back, or "
                "make new windows with the path that it has now",
                str(self._path),
            )
        with open_genome(self._path) as genome:
            for chrom, size in self._sizes.items():
                if genome.lengths.get(chrom) != size:
                    raise ValueError(
                        f"{self._path} has changed since {self!r} was made: {chrom!r} "
                        f"had {size} bases, and now has {genome.lengths.get(chrom, 0)}"
                        "; make new windows"
                    )
            yield genome


def _resolve_labels(labels, peaks, table: pd.DataFrame, others: pd.DataFrame | None):
    """Labels, one row a peak."""
    if isinstance(labels, str):
        columns = peaks
        if not isinstance(peaks, pd.DataFrame):
            columns = others.assign(score=table["score"])
        if labels not in columns:
            raise ValueError(
                f"labels={labels!r} is no column of peaks, which has "
                f"{', '.join(map(repr, columns.columns))}"
            )
        return columns[labels].to_numpy()
    if labels is None:
        return None
    labels = unpack(labels, "labels")
    labels = np.asarray(labels) if isinstance(labels, (list, tuple)) else labels
    if _num_samples(labels) != len(table):
        raise ValueError(
            f"labels has {_num_samples(labels)} rows, but peaks has {len(table)} "
            "intervals; one row for each is needed"
        )
    return labels


def _check_chromosomes(table: pd.DataFrame, genome: Genome, peaks) -> None:
    """Raise if an interval is on a chromosome that the genome lacks."""
    missing = ~table["chrom"].isin(genome.lengths)
    if missing.any():
        line = table["line"].iloc[missing.to_numpy().argmax()]
        why = genome.explain_missing(table.loc[missing, "chrom"])
        raise ValueError(
            f"{place(peaks, line, 'peaks')}: {missing.sum()} of {len(table)} intervals "
            f"are {why}. Leave them out, or take the genome that they refer to"
        )


def _check_starts(table: pd.DataFrame, peaks) -> None:
    """Raise if the center of an interval lies before its chromosome."""
    before = (table["at"] < 0).to_numpy()
    if before.any():
        first = table.iloc[before.argmax()]
        raise ValueError(
            f"{place(peaks, first['line'], 'peaks')}: the center of the interval, "
            f"{first['at']}, lies before the start of {first['chrom']!r} "
            f"({before.sum()} of {len(table)} intervals lie there)"
        )
