"""Peaks of a track: where scores reach a threshold."""

import os
from numbers import Real
from os import PathLike

import numpy as np
import pandas as pd

from sklearn_cnn.scanning._genome_track import GenomeTrack
from sklearn_cnn.storage._write import write_whole


def call_peaks(
    track: GenomeTrack,
    threshold: float,
    *,
    output: int | None = None,
    path: str | PathLike | None = None,
) -> pd.DataFrame:
    """Call peaks: runs of neighbouring scores that reach a threshold.

    Parameters
    ----------
    track : GenomeTrack
        Scores along a genome.

    threshold : float
        The lowest score of a peak: logits of a classifier (0 is even odds), units of
        the targets of a regressor.

    output : int, default=None
        Which column of the scores, where there are several.

    path : str or path-like, default=None
        Where to write the peaks too, as BED of six columns: chromosome, start, end,
        name, score and strand. The file is written whole or not at all.

    Returns
    -------
    DataFrame
        One row a peak, in the order of the genome: "chrom", "start" (counted from 0)
        and "end" (excluded) of the bases whose scores reach the threshold (see
        `GenomeTrack`), "score", the highest of them, "strand" (".": the track has none)
        and "summit", the bases from the start to the middle of the window that has it.
        :func:`~sklearn_cnn.datasets.read_peaks` takes the table.

    Raises
    ------
    ValueError
        If `threshold` is not a finite number, or if `output` does not fit the track.

    See Also
    --------
    scan_genome : Computes the track.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_cnn.scanning import GenomeTrack, call_peaks
    >>> scores = {"chr1": np.array([-2.0, 1.0, 3.0, -1.0, 0.5])}
    >>> track = GenomeTrack(scores, {"chr1": 70}, length=30, stride=10)
    >>> call_peaks(track, 0.0)
      chrom  start  end  score strand  summit
    0  chr1     20   40    3.0      .      15
    1  chr1     50   60    0.5      .       5
    """
    if not isinstance(threshold, Real) or not np.isfinite(threshold):
        raise ValueError(f"threshold must be a finite number; got {threshold!r}")
    tables = [
        _peaks(chrom, track, track.column(chrom, output), threshold)
        for chrom in track.scores
    ]
    peaks = pd.concat(tables, ignore_index=True)
    if path is not None:
        names = [f"peak_{i}" for i in range(1, len(peaks) + 1)]
        bed = peaks.drop(columns="summit")
        bed.insert(3, "name", names)
        text = bed.to_csv(sep="\t", header=False, index=False, float_format="%.6g")
        write_whole(os.fsdecode(path), text.encode())
    return peaks


def _peaks(
    chrom: str, track: GenomeTrack, scores: np.ndarray, threshold: float
) -> pd.DataFrame:
    """Peaks of one chromosome."""
    found = np.flatnonzero(scores >= threshold)
    # Windows further apart than they are long have bases between them.
    is_next = (np.diff(found) == 1) & (track.stride <= track.length)
    runs = np.split(found, np.flatnonzero(~is_next) + 1)
    ends_and_best = [
        (run[0], run[-1], run[scores[run].argmax()]) for run in runs if len(run)
    ]
    first, last, best = np.array(ends_and_best, dtype=np.int64).reshape(-1, 3).T
    starts = track.start(first)
    middles = best * track.stride + track.length // 2
    return pd.DataFrame(
        {
            "chrom": chrom,
            "start": starts,
            "end": track.end(last),
            "score": np.asarray(scores[best], dtype=float),
            "strand": ".",
            "summit": middles - starts,
        }
    )
