"""Scores along a genome, and the files of genome browsers."""

import errno
import os
from collections.abc import Iterator
from dataclasses import dataclass
from numbers import Integral
from os import PathLike

import numpy as np

from sklearn_cnn.storage._write import whole_file

# Scores that are written at a time.
_SCORES = 2**16


@dataclass(frozen=True)
class GenomeTrack:
    """Scores of the windows of a genome, by chromosome.

    Window i of a chromosome covers the bases from ``i * stride`` to ``i * stride +
    length`` (excluded). In files, its score stands at the bases in its middle, `stride`
    of them (or `length`, if that is less), so that each base has one score at most.

    Parameters
    ----------
    scores : dict of str to ndarray of shape (n_windows,) or (n_windows, n_outputs)
        Scores of each chromosome.

    sizes : dict of str to int
        Number of bases in each of these chromosomes.

    length, stride : int
        Bases in a window, and from one window to the next. Both are 1 where each base
        has its own score (profiles).

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_cnn.scanning import GenomeTrack
    >>> scores = {"chr1": np.array([-2.0, 1.0, 3.5])}
    >>> track = GenomeTrack(scores, {"chr1": 50}, length=30, stride=10)
    >>> track.to_bedgraph("track.bedgraph")  # doctest: +SKIP

    The file then holds::

        chr1    10      20      -2
        chr1    20      30      1
        chr1    30      40      3.5
    """

    scores: dict[str, np.ndarray]
    sizes: dict[str, int]
    length: int
    stride: int

    def start(self, window: int | np.ndarray) -> int | np.ndarray:
        """First base of those that a window's score stands at.

        Parameters
        ----------
        window : int or ndarray of int
            Number of the window, from 0.

        Returns
        -------
        int or ndarray of int
            Counted from 0.
        """
        return window * self.stride + (self.length - self._span) // 2

    def end(self, window: int | np.ndarray) -> int | np.ndarray:
        """Base behind those that a window's score stands at.

        Parameters
        ----------
        window : int or ndarray of int
            Number of the window, from 0.

        Returns
        -------
        int or ndarray of int
            Counted from 0, excluded.
        """
        return self.start(window) + self._span

    def column(self, chrom: str, output: int | None = None) -> np.ndarray:
        """Scores (n_windows,) of a chromosome, of one output.

        Parameters
        ----------
        chrom : str
            Name of the chromosome.
        output : int, default=None
            Which column of the scores, where there are several; else None.

        Returns
        -------
        ndarray of shape (n_windows,)
            Not a copy.

        Raises
        ------
        ValueError
            If there are several outputs and `output` names none of them, or if there is
            one and `output` is given.
        """
        scores = self.scores[chrom]
        if scores.ndim == 1:
            if output is not None:
                raise ValueError(
                    f"output={output!r}, but the track has a single output; pass None"
                )
            return scores
        n_outputs = scores.shape[1]
        is_index = isinstance(output, Integral) and not isinstance(output, bool)
        if not is_index or not 0 <= output < n_outputs:
            raise ValueError(
                f"the track has {n_outputs} outputs, of which output must name one, "
                f"from 0 to {n_outputs - 1}; got {output!r}"
            )
        return scores[:, output]

    def to_bedgraph(self, path: str | PathLike, *, output: int | None = None) -> None:
        """Write a bedGraph file: a line of plain text for each score.

        Parameters
        ----------
        path : str or path-like
            Where to. The file is written whole or not at all.
        output : int, default=None
            Which column of the scores, where there are several.

        Raises
        ------
        ValueError
            If `output` does not fit the track.
        OSError
            If the file cannot be written: the folder is missing, the disk is full.
            What stood at `path` is still there.
        """
        columns = {chrom: self.column(chrom, output) for chrom in self.scores}
        with whole_file(os.fsdecode(path)) as file:
            for chrom, scores in columns.items():
                for starts, ends, values in self._pieces(scores):
                    lines = [
                        f"{chrom}\t{start}\t{end}\t{value:.6g}\n"
                        for start, end, value in zip(starts, ends, values, strict=True)
                    ]
                    file.write("".join(lines).encode())

    def to_bigwig(self, path: str | PathLike, *, output: int | None = None) -> None:
        """Write a bigWig file, which genome browsers read piece by piece.

        Needs the extra ``bigwig`` (pyBigWig). Scores are in single precision there.

        Parameters
        ----------
        path : str or path-like
            Where to. The file is written whole or not at all.
        output : int, default=None
            Which column of the scores, where there are several.

        Raises
        ------
        ImportError
            If pyBigWig is not installed.
        ValueError
            If `output` does not fit the track.
        OSError
            If the file cannot be written: the folder is missing, the disk is full.
            What stood at `path` is still there.
        """
        try:
            import pyBigWig
        except ImportError as error:
            raise ImportError(
                "bigWig files need pyBigWig: pip install 'sklearn-cnn[bigwig]'; "
                "to_bedgraph needs no other package"
            ) from error
        columns = {chrom: self.column(chrom, output) for chrom in sorted(self.scores)}
        path = os.fsdecode(path)
        with whole_file(path) as file:
            try:
                bigwig = pyBigWig.open(file.name, "w")
                bigwig.addHeader([(chrom, self.sizes[chrom]) for chrom in columns])
                for chrom, scores in columns.items():
                    for starts, _, values in self._pieces(scores):
                        bigwig.addEntries(
                            chrom,
                            starts[0],
                            values=values,
                            span=self._span,
                            step=self.stride,
                        )
                bigwig.close()
            except (RuntimeError, SystemError) as error:
                raise _not_written(path) from error
            if not _is_whole_bigwig(file.name):
                raise _not_written(path)

    @property
    def _span(self) -> int:
        """Bases that a score stands at."""
        return min(self.stride, self.length)

    def _pieces(self, scores: np.ndarray) -> Iterator[tuple[list, list, list]]:
        """Starts, ends and values of some scores at a time."""
        for first in range(0, len(scores), _SCORES):
            values = scores[first : first + _SCORES].tolist()
            windows = np.arange(first, first + len(values))
            yield self.start(windows).tolist(), self.end(windows).tolist(), values


def _is_whole_bigwig(path: str) -> bool:
    """Whether a file ends in the mark that it begins with.

    pyBigWig does not raise errors that come while it closes a file.
    """
    with open(path, "rb") as file:
        mark = file.read(4)
        file.seek(-4, os.SEEK_END)
        return file.read() == mark


def _not_written(path: str) -> OSError:
    return OSError(
        errno.EIO, "pyBigWig cannot write all scores; is the disk full?", path
    )
