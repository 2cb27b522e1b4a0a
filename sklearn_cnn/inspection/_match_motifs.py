"""Which known motifs are like those found."""

import os
from dataclasses import dataclass
from numbers import Integral
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from scipy.stats import false_discovery_control
from sklearn.utils._param_validation import Interval, validate_params

from sklearn_cnn.datasets._motif_database import MotifDatabase, load_jaspar
from sklearn_cnn.datasets._read_motifs import read_motifs
from sklearn_cnn.inspection._motifs import Motifs

# The columns of fewer motifs do not say how alike any two are by chance.
_ENOUGH_MOTIFS = 25
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
        "motifs": [Motifs],
        "database": [str, os.PathLike, Motifs],
        "n_hits": [Interval(Integral, 1, None, closed="left")],
    },
    prefer_skip_nested_validation=True,
)
def match_motifs(
    motifs: Motifs,
    database: str | os.PathLike | Motifs = "jaspar",
    *,
    n_hits: int = 5,
) -> pd.DataFrame:
    """Known motifs that are most like each of some motifs, by the statistics of TOMTOM.

    They are computed by memelite (``pip install "sklearn-cnn[motif-matching]"``), in
    whose first call some functions are compiled, for about half a minute.

    Parameters
    ----------
    motifs : Motifs
        What :func:`extract_motifs` returns.

    database : str, path-like or Motifs, default="jaspar"
        What they are compared with.

        - "jaspar": all 2,633 matrices of JASPAR 2026 CORE, which are part of this
          package; "jaspar:vertebrates" (plants, insects, fungi, nematodes,
          urochordates, diatoms) those of one group.
        - a motif file (:func:`~sklearn_cnn.datasets.read_motifs`).
        - other motifs, for instance of another estimator; for proteins the only choice.

    n_hits : int, default=5
        Number of hits a motif, the best first.

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
        p_value : float
            Probability that a motif of random columns is as similar, at the best
            offset and on the better strand.
        e_value : float
            The same times the number of motifs in the database: how many are expected
            to be as similar by chance. The number to judge a hit by.
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
    A database of fewer than 25 motifs of nucleotides is too small to say what is alike
    by chance; the columns of JASPAR's then join it as background.

    References
    ----------
    S. Gupta, J. A. Stamatoyannopoulos, T. L. Bailey, W. S. Noble (2007). Quantifying
    similarity between motifs. Genome Biology 8, R24. doi:10.1186/gb-2007-8-2-r24

    J. Schreiber (2025). tomtom-lite: accelerating Tomtom enables large-scale and
    real-time motif similarity scoring. bioRxiv. doi:10.1101/2025.05.27.656386

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
    targets = _load(database, motifs)
    if not len(motifs):
        return pd.DataFrame(columns=_COLUMNS)
    complement = motifs.alphabet == "dna"
    matrices = targets.matrices
    if len(matrices) < _ENOUGH_MOTIFS and motifs.alphabet in ("dna", "rna"):
        jaspar = load_jaspar()
        matrices = matrices + [jaspar.frequencies(i) for i in range(len(jaspar))]
    tomtom, n_threads = _tomtom(), torch.get_num_threads()
    try:
        results = tomtom(
            [np.ascontiguousarray(matrix.T) for matrix in motifs.frequencies],
            [np.ascontiguousarray(matrix.T) for matrix in matrices],
            n_target_bins=None,
            reverse_complement=complement,
            n_jobs=1,
        )
    finally:
        # numba's pool of threads sets the number that PyTorch uses, too.
        torch.set_num_threads(n_threads)
    rows = []
    for name, of_motif in zip(motifs.names, results.transpose(1, 2, 0), strict=True):
        p_values, _, offsets, overlaps, strands = of_motif[: len(targets.ids)].T
        p_values = np.clip(p_values, 0, 1)
        q_values = false_discovery_control(p_values)
        for i in np.argsort(p_values, kind="stable")[:n_hits]:
            strand = "-" if complement and strands[i] == 1 else "+"
            rows.append(
                (
                    name,
                    targets.ids[i],
                    targets.tfs[i],
                    targets.families[i],
                    p_values[i],
                    p_values[i] * len(targets.ids),
                    q_values[i],
                    int(offsets[i]),
                    int(overlaps[i]),
                    strand,
                )
            )
    return pd.DataFrame(rows, columns=_COLUMNS)


@dataclass(frozen=True)
class _Targets:
    """Known motifs: lists with an entry a motif."""

    ids: list[str]
    tfs: list[str]
    families: list[str]
    matrices: list[np.ndarray]


def known_motifs(database: str | os.PathLike | Motifs) -> _Targets:
    """Motifs of a database as `match_motifs` takes it."""
    if isinstance(database, Motifs):
        empty = [""] * len(database)
        return _Targets(database.names, empty, empty, database.frequencies)
    known = _read(database)
    return _Targets(
        known.ids.tolist(),
        known.names.tolist(),
        known.families.tolist(),
        [known.frequencies(i) for i in range(len(known))],
    )


def _load(database, motifs: Motifs) -> _Targets:
    nucleotides = ("dna", "rna")
    alphabet = database.alphabet if isinstance(database, Motifs) else "dna"
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


def _read(database: str | os.PathLike) -> MotifDatabase:
    if str(database).partition(":")[0] == "jaspar" and not Path(database).exists():
        group = str(database).partition(":")[2]
        return load_jaspar().of_group(group) if group else load_jaspar()
    if not Path(database).is_file():
        raise ValueError(
            "database must be 'jaspar', 'jaspar:GROUP', a motif file or Motifs; there "
            f"is no file {os.fspath(database)!r}"
        )
    return read_motifs(database)


def _tomtom():
    try:
        from memelite import tomtom
    except ImportError:
        raise ImportError(
            "matching motifs needs memelite; install it with "
            "`pip install 'sklearn-cnn[motif-matching]'`"
        ) from None
    return tomtom
