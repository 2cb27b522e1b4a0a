"""The embedded motifs: all matrices of JASPAR 2026 CORE."""

from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files

import numpy as np
import pandas as pd

from sklearn_cnn.datasets._motif_set import MotifSet
from sklearn_cnn.datasets._stacked_matrices import StackedCounts, StackedFrequencies

EMBEDDED_RELEASE = 2026
# Arrays with an entry a matrix.
_ANNOTATION = ("ids", "names", "classes", "families", "groups", "species", "widths")


@dataclass(frozen=True, eq=False, repr=False)
class MotifDatabase(MotifSet):
    """Motifs that were read, with their annotation: a `MotifSet`.

    Beside what all sets of motifs have, there is an entry a matrix in `classes` and
    `families` (of the DNA-binding domain), `groups` ("vertebrates", "plants",
    "insects", "fungi", "nematodes", "urochordates", "diatoms") and `species`: arrays of
    shape (n_motifs,), as `ids` ("MA0139.2"), `names` ("CTCF"; "MAX::MYC" is a dimer)
    and `widths`. Where an annotation has several values, they are joined by "; "; where
    it has none, it is "". `stacked_counts` holds the counts of all matrices, one below
    the other: (sum of widths, 4). `source` is what error messages call the whole.

    ``frequencies(i)`` and ``counts(i)`` are calls of an earlier version: the first adds
    a pseudocount, ``counts(i)`` is ``counts[i]``.
    """

    ids: np.ndarray
    names: np.ndarray
    classes: np.ndarray
    families: np.ndarray
    groups: np.ndarray
    species: np.ndarray
    widths: np.ndarray
    stacked_counts: np.ndarray
    source: str = "this set"
    alphabet: str = "dna"

    @classmethod
    def from_entries(cls, ids, names, counts, alphabet: str) -> "MotifDatabase":
        """Database of ids, names and matrices of counts, without annotation."""
        ids, names, counts = map(list, (ids, names, counts))
        no_annotation = np.full(len(ids), "")
        return cls(
            ids=np.array(ids),
            names=np.array(names),
            classes=no_annotation,
            families=no_annotation,
            groups=no_annotation,
            species=no_annotation,
            widths=np.array([len(matrix) for matrix in counts]),
            stacked_counts=np.concatenate(counts),
            alphabet=alphabet,
        )

    @property
    def counts(self) -> StackedCounts:
        return StackedCounts(self.stacked_counts, self.widths)

    @property
    def frequencies(self) -> StackedFrequencies:
        return StackedFrequencies(self.stacked_counts, self.widths)

    @property
    def _annotation(self) -> pd.DataFrame:
        return pd.DataFrame(
            {
                "id": self.ids,
                "class": self.classes,
                "family": self.families,
                "group": self.groups,
                "species": self.species,
            }
        )

    def __repr__(self) -> str:
        labels = ", ".join(self.label(i) for i in range(min(len(self), 3)))
        return f"{self._head()}: {labels}{', ...' if len(self) > 3 else ''}"

    def __getitem__(self, key) -> "MotifDatabase":
        if isinstance(key, str):
            key = self.find(key)
        chosen = np.atleast_1d(np.arange(len(self))[key])
        annotation = {name: getattr(self, name)[chosen] for name in _ANNOTATION}
        counts = [self.counts[i] for i in chosen]
        counts = np.concatenate(counts) if counts else self.stacked_counts[:0]
        return replace(
            self,
            **annotation,
            stacked_counts=counts,
            source=f"this part of {self.source}",
        )

    def of_group(self, group: str) -> "MotifDatabase":
        """The matrices of a taxonomic group alone.

        Raises
        ------
        ValueError
            If no matrix is of this group.
        """
        rows = self.groups == group
        if not rows.any():
            known = ", ".join(sorted(set(self.groups.tolist())))
            raise ValueError(f"no motif is of the group {group!r}; there are {known}")
        return self[rows]

    def log_odds(self, pseudocount: float = 0.8) -> tuple[np.ndarray, np.ndarray]:
        """All matrices as bits against equal shares, one below the other, and widths.

        Arrays of shape (sum of widths, 4) and (n_matrices,).
        """
        counts = self.stacked_counts + pseudocount / 4
        frequencies = counts / counts.sum(axis=1, keepdims=True)
        return np.log2(4 * frequencies).astype(np.float32), self.widths.astype(int)

    def _rank(self, i: int, key: str) -> tuple:
        return self.groups[i] != "vertebrates", *super()._rank(i, key)

    def _unknown(self, key: str) -> str:
        base = key.upper().partition(".")[0]
        newest = self.lookup(base)
        if newest is not None and self.ids[newest].startswith(f"{base}."):
            return (
                f"{key!r} is not in {self.source}, of which the newest version of each "
                f"matrix is there; that is {self.ids[newest]}"
            )
        return (
            f"{key!r} is neither the id nor the TF name of a matrix in {self.source}"
            f"{self.suggestion(key)}"
        )


def load_jaspar(group: str | None = None) -> MotifDatabase:
    """Load the matrices of JASPAR 2026 CORE, which are part of this package.

    They are the newest versions of 2,633 position frequency matrices of transcription
    factors. Parameters that take motifs (``motif_bank`` of the estimators, ``database``
    of :func:`~sklearn_cnn.inspection.match_motifs`, ``motif`` of the simulators) take
    what this returns, all of it or a part.

    Parameters
    ----------
    group : str, default=None
        "vertebrates", "plants", "insects", "fungi", "nematodes", "urochordates" or
        "diatoms"; None takes all.

    Returns
    -------
    MotifDatabase
        What :class:`MotifSet` describes: `ids`, `names`, `counts`, `frequencies`,
        `consensus`, ... Moreover `classes` and `families` (of the DNA-binding domain),
        `groups` and `species`, arrays with an entry a matrix. One matrix is had by id
        or name, as ``load_jaspar()["CTCF"]``, case apart; of several matrices of one
        name those of vertebrates go first, then those of this very spelling, then the
        lowest id.

    Raises
    ------
    ValueError
        If no matrix is of this group.

    See Also
    --------
    read_motifs : Motifs of a file.

    References
    ----------
    D. Ovek Baydar, I. Rauluseviciute, D. R. Aronsen et al. (2026). JASPAR 2026:
    expansion of transcription factor binding profiles and integration of deep learning
    models. Nucleic Acids Research 54(D1), D184-D193. The data are licensed under CC
    BY 4.0.

    Examples
    --------
    >>> from sklearn_cnn.datasets import load_jaspar
    >>> len(load_jaspar("vertebrates"))
    1019
    >>> load_jaspar()["CTCF"]
    1 motif of dna: CTCF_MA0139.2
    >>> load_jaspar()["MA0004.1"].frequencies[0].round(1)
    array([[0.2, 0.8, 0. , 0. ],
           [1. , 0. , 0. , 0. ],
           [0. , 1. , 0. , 0. ],
           [0. , 0. , 1. , 0. ],
           [0. , 0. , 0. , 1. ],
           [0. , 0. , 1. , 0. ]])
    """
    motifs = _read_embedded()
    return motifs if group is None else motifs.of_group(group)


@cache
def _read_embedded() -> MotifDatabase:
    """All matrices, read once a process."""
    path = files("sklearn_cnn.datasets") / "data" / "jaspar2026_core.npz"
    with path.open("rb") as file, np.load(file, allow_pickle=False) as archive:
        arrays = dict(archive)
    for array in arrays.values():
        array.flags.writeable = False
    source = f"JASPAR {EMBEDDED_RELEASE} CORE"
    return MotifDatabase(stacked_counts=arrays.pop("counts"), **arrays, source=source)
