"""Predictions for every window of a genome."""

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from numbers import Integral
from os import PathLike

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.utils._param_validation import Interval, validate_params

from sklearn_cnn._fitted_model import FittedModel
from sklearn_cnn._motif import BaseMotifCNN
from sklearn_cnn.inspection._checks import check_sequence_estimator
from sklearn_cnn.preprocessing._codes import encode
from sklearn_cnn.scanning._chromosomes import choose_chromosomes, open_chromosomes
from sklearn_cnn.scanning._genome_track import GenomeTrack
from sklearn_cnn.scanning._scan_folder import ScanFolder, fingerprint
from sklearn_cnn.scanning._tiles import Tiles
from sklearn_cnn.scanning._window_scores import WindowScores
from sklearn_cnn.training._plain_torch import in_plain_torch
from sklearn_cnn.training._progress import Steps

_STRIDE = 10


@validate_params(
    {
        "estimator": [BaseEstimator],
        "genome": [str, PathLike, Mapping],
        "length": [Interval(Integral, 1, None, closed="left"), None],
        "stride": [Interval(Integral, 1, None, closed="left"), None],
        "chromosomes": ["array-like", None],
        "folder": [str, PathLike, None],
        "verbose": ["verbose"],
    },
    prefer_skip_nested_validation=True,
)
def scan_genome(
    estimator: BaseMotifCNN,
    genome: str | PathLike | Mapping[str, str],
    *,
    length: int | None = None,
    stride: int | None = None,
    chromosomes: list[str] | None = None,
    folder: str | PathLike | None = None,
    verbose: int = 0,
) -> GenomeTrack:
    """Score every window of a genome.

    The scores are those of ``decision_function`` (of a regressor: ``predict``) for each
    window by itself, up to rounding. But what neighbouring windows have in common is
    computed once, so that the time hardly grows with their length.

    Parameters
    ----------
    estimator : MotifCNNClassifier or MotifCNNRegressor
        Fitted on sequences of symbols.

    genome : str, path-like or dict of str to str
        A FASTA file, plain or compressed in blocks (by bgzip), that is read piece by
        piece; an index is written beside it at the first use, ``genome.fa.fai``, where
        the folder allows that. Or sequences by their names.

    length : int, default=None
        Bases in a window. None is the length of the training sequences, where all had
        the same. An estimator that reads positions (``position_`` is True) takes no
        other.

    stride : int, default=None
        Bases from one window to the next; the first begins at the first base. None is
        10, and of profiles half a window.

    chromosomes : list of str, default=None
        Which chromosomes to scan. None are all that are as long as a window.

    folder : str or path-like, default=None
        Where to keep the scores, in a file for each chromosome. The memory needed then
        does not grow with the genome, and a scan that was interrupted goes on: a
        finished chromosome is not computed again. Several processes can scan different
        chromosomes into one folder. One that is killed can leave a file that ends in
        ".tmp", which can be deleted. None keeps the scores in memory.

    verbose : int, default=0
        1 shows a progress bar.

    Returns
    -------
    GenomeTrack
        Scores by chromosome, which write themselves as bedGraph or bigWig:

        - (n_windows,) each, in double precision; (n_windows, n_outputs) of several
          classes, labels or targets, in the layout of ``decision_function`` or
          ``predict``. With `folder`, they stay on disk, as memory maps.
        - Of profiles (``output="profile"``), one value a base: (n_bases,). Windows
          overlap, and each gives the `stride` bases in its middle; at the ends of a
          chromosome, there is no window further out.

    Raises
    ------
    ValueError
        If `length` is needed or does not fit; if the genome does not hold a chromosome,
        or one that is asked for is shorter than a window; if letters are not in the
        alphabet; if the estimator reads tracks beside the letters; if `folder` holds
        the scan of another estimator, length or stride.
    TypeError
        If the estimator is another one.
    sklearn.exceptions.NotFittedError
        If the estimator is not fitted.
    OSError
        If a file cannot be read or written. Chromosomes that are finished stay in
        `folder`, so that the same call goes on from there; so after Ctrl-C.

    See Also
    --------
    call_peaks : Where the scores reach a threshold.
    sklearn_cnn.datasets.read_peaks : Sequences to train on.

    Notes
    -----
    Which estimators share, for windows that overlap by more than a filter's width:

    - Networks over letters that pool at their end alone, of one layer, which is the
      default, or several, also with a head that reads positions: each base passes the
      layers once a strand, and again where a window ends, since a filter sees no letter
      beyond. Maxima and means over a window are put together from those of its parts,
      and what a head reads at its positions from a product for each part.
    - Linear models of k-mers, gapped words, known motifs, and letters and words at
      their places.

    Others predict window by window: networks with local pooling or without pooling
    (``pooling="flatten"``), of more than eight outputs, or with a trunk that others
    trained; profiles. So do, of any estimator, windows with unknown letters (N). Of
    equal windows among these, such as those in gaps, one is predicted. They score as an
    average training sequence would, which may be above a threshold.

    Examples
    --------
    >>> from sklearn_cnn import MotifCNNClassifier
    >>> from sklearn_cnn.datasets import make_motif_classification
    >>> from sklearn_cnn.scanning import call_peaks, scan_genome
    >>> X, y = make_motif_classification(
    ...     200, length=40, motif="TGACGTCA", random_state=0
    ... )
    >>> clf = MotifCNNClassifier(
    ...     n_filters=8, motif_bank=None, n_estimators=1, max_epochs=20, random_state=0
    ... ).fit(X, y)
    >>> chromosome = "CATG" * 100 + "TGACGTCA" + "CATG" * 100
    >>> track = scan_genome(clf, {"chr1": chromosome}, stride=5)
    >>> track.scores["chr1"].shape
    (154,)
    >>> int(track.scores["chr1"].argmax()) * 5 in range(368, 401)
    True
    """
    check_sequence_estimator(estimator)
    n_symbols, n_channels = len(estimator.alphabet_.symbols), estimator.n_channels_
    if n_channels != n_symbols:
        raise ValueError(
            f"the {type(estimator).__name__} reads {n_channels} channels, but a genome "
            f"has {n_symbols}, one for each of {estimator.alphabet_.symbols}: there "
            "are no further tracks"
        )
    profile = FittedModel(estimator).task.per_position
    length = _resolve_length(estimator, length)
    if stride is None:
        stride = max(1, length // 2) if profile else _STRIDE
    if profile and stride > length:
        raise ValueError(
            f"stride={stride} is more than the {length} bases of a window, so that "
            "bases between windows would have no value"
        )
    kept = None
    if folder is not None:
        settings = {"estimator": fingerprint(estimator)}
        kept = ScanFolder(folder, settings | {"length": length, "stride": stride})
    with open_chromosomes(genome) as opened:
        names = choose_chromosomes(opened, chromosomes, length)
        sizes = {name: opened.lengths[name] for name in names}
        scan = partial(_Profiles if profile else _Scores, estimator, opened)
        scores = _scan(partial(scan, length, stride), sizes, kept, verbose)
    if profile:
        length = stride = 1
    return GenomeTrack(scores, sizes, length, stride)


@in_plain_torch
def _scan(
    make_scan: Callable, sizes: dict[str, int], kept: ScanFolder | None, verbose: int
) -> dict[str, np.ndarray]:
    """Scores of each chromosome."""
    scan, scores = make_scan(), {}
    with Steps("scan", "score", verbose) as bar:
        bar.expect(sum(map(scan.n_scores, sizes.values())))
        for name, size in sizes.items():
            parts = _followed(scan.parts(name, size), bar)
            if kept is None:
                scores[name] = np.concatenate(list(parts))
                continue
            n = scan.n_scores(size)
            scores[name] = kept.read(name, n)
            if scores[name] is not None:
                bar.update(n)
                continue
            try:
                kept.write(name, n, parts)
            except (KeyboardInterrupt, OSError) as error:
                error.add_note(
                    f"{len(scores) - 1} of {len(sizes)} chromosomes are finished in "
                    f"{kept.folder}; the same call goes on with {name!r}"
                )
                raise
            scores[name] = kept.read(name, n)
    return scores


def _followed(parts: Iterator[np.ndarray], bar: Steps) -> Iterator[np.ndarray]:
    """The same parts; the bar moves on after each."""
    for part in parts:
        yield part
        bar.update(len(part))


class _Scores:
    """Scores of the windows of a chromosome, part by part."""

    def __init__(self, estimator, genome, length: int, stride: int):
        self.genome, self.length, self.stride = genome, length, stride
        self.score = WindowScores(estimator, length, stride)

    def n_scores(self, size: int) -> int:
        """Number of windows in a chromosome of `size` bases."""
        return (size - self.length) // self.stride + 1

    def parts(self, name: str, size: int) -> Iterator[np.ndarray]:
        """Scores of all windows of a chromosome."""
        n, step = self.n_scores(size), self.score.n_at_once
        for first in range(0, n, step):
            last = min(first + step, n) - 1
            start, end = first * self.stride, last * self.stride + self.length
            letters = self.genome.letters(name, start, end)
            yield self.score(letters, f"{name}:{start}-{end}")


class _Profiles:
    """Profile along a chromosome, part by part."""

    def __init__(self, estimator, genome, length: int, stride: int):
        self.genome, self.settings = genome, (estimator, length, stride)

    def n_scores(self, size: int) -> int:
        """Each base has a value."""
        return size

    def parts(self, name: str, size: int) -> Iterator[np.ndarray]:
        """Values of all bases of a chromosome."""
        tiles = Tiles(*self.settings, size)
        for first in range(0, len(tiles.starts), tiles.n_at_once):
            starts = tiles.starts[first : first + tiles.n_at_once]
            start, end = int(starts[0]), int(starts[-1]) + tiles.length
            letters = self.genome.letters(name, start, end)
            encode([letters], tiles.alphabet, name=f"{name}:{start}-{end}")
            yield tiles.values(first, first + len(starts), letters)


def _resolve_length(estimator: BaseMotifCNN, length: int | None) -> int:
    """Bases in a window: as asked for, or else of the training sequences."""
    if length is None:
        if estimator.length_ is None:
            raise ValueError(
                f"length is needed: the {type(estimator).__name__} was fitted on "
                "sequences of several lengths"
            )
        return estimator.length_
    if estimator.position_ and length != estimator.length_:
        raise ValueError(
            f"length={length}, but the {type(estimator).__name__} reads positions, in "
            f"sequences of {estimator.length_}; pass that, or fit with position=False"
        )
    return int(length)
