"""Which known motifs are like those found."""

import os
from dataclasses import dataclass
from numbers import Integral

import numpy as np
import pandas as pd
import torch
from scipy.stats import false_discovery_control
from sklearn.utils._param_validation import Interval, validate_params
from tqdm import tqdm

from sklearn_cnn.datasets._motif_database import load_jaspar
from sklearn_cnn.datasets._motif_set import MotifSet
from sklearn_cnn.datasets._resolve_motifs import resolve_motifs
from sklearn_cnn.inspection.motifs._motifs import Motifs, as_motifs

# The columns of fewer motifs do not say how alike any two are by chance.
_ENOUGH_MOTIFS = 25
# Copies with mixed letters, by which hits are judged.
_N_COPIES = 50
_COLUMNS = (
    "motif",
    "hit",
    "tf",
    "family",
    "p_value",
    "e_value",
    "q_value",
    "offset",
    "overlap",
    "strand",
)


@validate_params(
    {
        "motifs": [MotifSet],
        "database": [str, os.PathLike, MotifSet],
        "n_hits": [Interval(Integral, 1, None, closed="left")],
        "verbose": ["verbose"],
    },
    prefer_skip_nested_validation=True,
)
def match_motifs(
    motifs: Motifs,
    database: str | os.PathLike | Motifs = "jaspar",
    *,
    n_hits: int = 5,
    verbose: int = 0,
) -> pd.DataFrame:
    """Known motifs that are most like each of some motifs.

    Each is compared with all of the database as TOMTOM does [1]_, and the similarity is
    judged by that of copies of the motif with mixed letters. The comparisons are
    computed by memelite [2]_ (``pip install "sklearn-cnn[motif-matching]"``), in whose
    first call some functions are compiled, for about half a minute.

    Parameters
    ----------
    motifs : Motifs
        What :func:`extract_motifs` returns; or what
        :func:`~sklearn_cnn.datasets.read_motifs` or
        :func:`~sklearn_cnn.datasets.load_jaspar` does.

    database : str, path-like or Motifs, default="jaspar"
        What they are compared with.

        - "jaspar": all 2,633 matrices of JASPAR 2026 CORE, which are part of this
          package; "jaspar:vertebrates" (plants, insects, fungi, nematodes,
          urochordates, diatoms) those of one group.
        - "jaspar2024", or "jaspar2024:plants": an earlier release, of 2014, 2016, 2018,
          2020, 2022 or 2024 (the extra ``jaspar``).
        - a motif file (:func:`~sklearn_cnn.datasets.read_motifs`).
        - other motifs that were read or found, for instance of another estimator; for
          proteins the only choice.

    n_hits : int, default=5
        Number of hits a motif, the best first.

    verbose : int or bool, default=0
        Whether to show a progress bar.

    Returns
    -------
    DataFrame
        One row a motif and hit:

        motif : str
            Name of the motif.
        hit : str
            Id of the known motif.
        tf, family : str
            Its transcription factor, and the family of that by its DNA-binding domain;
            empty where the database does not say.
        e_value : float
            How many motifs of the database are expected to be as similar by chance, to
            a motif with as much information at each position, of random letters. The
            number to judge a hit by: a random motif has a hit with an E-value below
            0.01 one time in a hundred.
        p_value : float
            That divided by the number of motifs in the database.
        q_value : float
            Share of false ones among the hits of this motif that are as good
            (Benjamini and Hochberg). A database holds many motifs of one kind; a poor
            match to all of them gets a good q-value.
        offset : int
            Position of the hit, or of its reverse complement, on which the first
            position of the motif lies; negative where the motif begins earlier.
        overlap : int
            Number of positions that lie on each other.
        strand : {"+", "-"}
            "-" where the motif is like the reverse complement of the hit. Of DNA only.

    Raises
    ------
    ImportError
        If memelite is not installed.
    ValueError
        If the database is none of these, or holds motifs of another alphabet.

    See Also
    --------
    extract_motifs : Motifs of a fitted estimator.
    MotifDisplay : Logos of motifs, with those of their hits below.

    Notes
    -----
    TOMTOM's own p-value is the probability that a motif of columns drawn at random from
    the database is as similar, at the best offset and on the better strand. But columns
    that say little lie side by side in the database, and a motif with many of them is
    like any other such motif: of matrices of noise with a few sharp columns, nearly all
    have a known motif with E < 0.01. So the best p-value of a motif is compared with
    those of 50 copies, the letters of each position of which are in a random order:
    their logarithms follow Gumbel's distribution [3]_, whose upper tail is the E-value.
    ``benchmarks/motifs.py`` shows how well that holds: of 4,600 random matrices of many
    kinds 1.1 % have a hit with E < 0.01, of those without any mixed position 3 %.
    Flanks that say little do no harm to the E-value, but hide what is there: cut them
    off.

    A database of fewer than 25 motifs of nucleotides is too small to say what is alike
    by chance; the columns of JASPAR's then join it as background.

    References
    ----------
    .. [1] S. Gupta, J. A. Stamatoyannopoulos, T. L. Bailey, W. S. Noble (2007).
       Quantifying similarity between motifs. Genome Biology 8, R24.
       doi:10.1186/gb-2007-8-2-r24
    .. [2] J. Schreiber (2025). tomtom-lite: accelerating Tomtom enables large-scale and
       real-time motif similarity scoring. bioRxiv. doi:10.1101/2025.05.27.656386
    .. [3] S. Karlin, S. F. Altschul (1990). Methods for assessing the statistical
       significance of molecular sequence features by using general scoring schemes.
       PNAS 87(6), 2264-2268. doi:10.1073/pnas.87.6.2264

    Examples
    --------
    >>> from sklearn_cnn.inspection import Motifs, match_motifs
    >>> ctcf = [[0, 9, 1, 0], [0, 9, 0, 1], [9, 0, 1, 0], [0, 6, 4, 0], [0, 5, 1, 4],
    ...         [9, 0, 1, 0], [0, 0, 9, 1], [4, 0, 6, 0], [0, 0, 6, 4], [0, 0, 9, 1]]
    >>> hits = match_motifs(Motifs([ctcf]), "jaspar:vertebrates", n_hits=2)
    >>> hits[["motif", "hit", "tf", "offset", "overlap", "strand"]]
         motif       hit    tf  offset  overlap strand
    0  motif_1  MA0139.2  CTCF       1       10      +
    1  motif_1  MA1930.2  CTCF      19       10      +
    """
    motifs = as_motifs(motifs)
    targets = _load(database, motifs)
    if not len(motifs):
        return pd.DataFrame(columns=_COLUMNS)
    tomtom, n_threads = _tomtom(), torch.get_num_threads()
    complement = motifs.alphabet == "dna"
    matrices = targets.matrices
    if len(matrices) < _ENOUGH_MOTIFS and motifs.alphabet in ("dna", "rna"):
        jaspar = load_jaspar()
        matrices = matrices + [jaspar.frequencies(i) for i in range(len(jaspar))]
    matrices = [np.ascontiguousarray(matrix.T) for matrix in matrices]
    rows = []
    try:
        for name, frequencies in tqdm(
            list(zip(motifs.names, motifs.frequencies, strict=True)),
            desc="match_motifs",
            unit="motif",
            disable=not verbose,
        ):
            queries = [frequencies, *_mixed_copies(frequencies)]
            results = tomtom(
                [np.ascontiguousarray(query.T) for query in queries],
                matrices,
                reverse_complement=complement,
                n_jobs=1,
            )[:, :, : len(targets.ids)]
            p_values, _, offsets, overlaps, strands = results[:, 0]
            e_values = _expected(p_values, results[0, 1:].min(axis=1))
            p_values = e_values / len(targets.ids)
            q_values = false_discovery_control(p_values)
            for i in np.lexsort([results[0, 0], e_values])[:n_hits]:
                rows.append(
                    (
                        name,
                        targets.ids[i],
                        targets.tfs[i],
                        targets.families[i],
                        p_values[i],
                        e_values[i],
                        q_values[i],
                        int(offsets[i]),
                        int(overlaps[i]),
                        "-" if complement and strands[i] == 1 else "+",
                    )
                )
    finally:
        # numba's pool of threads sets the number that PyTorch uses, too.
        torch.set_num_threads(n_threads)
    return pd.DataFrame(rows, columns=_COLUMNS)


def _mixed_copies(frequencies: np.ndarray) -> list[np.ndarray]:
    """Copies with the letters of each position in a random order."""
    rng = np.random.RandomState(0)
    orders = rng.random_sample((_N_COPIES, *frequencies.shape)).argsort(axis=2)
    return list(np.take_along_axis(frequencies[None], orders, axis=2))


def _expected(p_values: np.ndarray, of_copies: np.ndarray) -> np.ndarray:
    """E-values by the best p-values that copies with mixed letters reach.

    The logarithms of such minima follow Gumbel's distribution. Its scale is 1 where
    p-values are true, and never below.
    """
    strength = -np.log(np.clip(p_values, 1e-300, 1))
    by_chance = -np.log(np.clip(of_copies, 1e-300, 1))
    scale = max(1.0, by_chance.std(ddof=1) * np.sqrt(6) / np.pi)
    location = by_chance.mean() - np.euler_gamma * scale
    return np.minimum(np.exp((location - strength) / scale), len(p_values))


@dataclass(frozen=True)
class _Targets:
    """Known motifs: lists with an entry a motif."""

    ids: list[str]
    tfs: list[str]
    families: list[str]
    matrices: list[np.ndarray]


def known_motifs(database: str | os.PathLike | MotifSet) -> _Targets:
    """Motifs of a database as `match_motifs` takes it."""
    if isinstance(database, Motifs):
        empty = [""] * len(database)
        return _Targets(database.names, empty, empty, database.frequencies)
    known = resolve_motifs(database, "database")
    return _Targets(
        known.ids.tolist(),
        known.names.tolist(),
        known.families.tolist(),
        [known.frequencies(i) for i in range(len(known))],
    )


def _load(database, motifs: Motifs) -> _Targets:
    nucleotides = ("dna", "rna")
    alphabet = database.alphabet if isinstance(database, MotifSet) else "dna"
    both_nucleotides = motifs.alphabet in nucleotides and alphabet in nucleotides
    if motifs.alphabet != alphabet and not both_nucleotides:
        raise ValueError(
            f"the motifs are of the alphabet {motifs.alphabet!r}, those of the "
            f"database of {alphabet!r}; pass other Motifs of the same alphabet"
        )
    targets = known_motifs(database)
    if not targets.ids:
        raise ValueError("the database holds no motif")
    return targets


def _tomtom():
    try:
        from memelite import tomtom
    except ImportError:
        raise ImportError(
            "matching motifs needs memelite; install it with "
            "`pip install 'sklearn-cnn[motif-matching]'`"
        ) from None
    return tomtom
