"""The embedded motifs: all matrices of JASPAR 2026 CORE."""

from dataclasses import dataclass, replace
from difflib import get_close_matches
from functools import cache
from importlib.resources import files

import numpy as np

from sklearn_cnn.datasets._motif_set import MotifSet

EMBEDDED_RELEASE = 2026
# Arrays with an entry a matrix.
_ANNOTATION = ("ids", "names", "classes", "families", "groups", "species", "widths")


@dataclass(frozen=True, eq=False, repr=False)
class MotifDatabase(MotifSet):
    """Position frequency matrices of transcription factors, with their annotation.

    One entry a matrix in `ids` ("MA0139.2"), `names` ("CTCF"; "MAX::MYC" is a dimer),
    `classes` and `families` (of the DNA-binding domain), `groups` ("vertebrates",
    "plants", "insects", "fungi", "nematodes", "urochordates", "diatoms"), `species` and
    `widths`: arrays of shape (n_matrices,). Where an annotation has several values,
    they are joined by "; "; where it has none, it is "". `stacked_counts` holds the
    counts of all matrices, one below the other: (sum of widths, 4). `source` is
    what error messages call the whole, `alphabet` "dna" or "rna".

    ``database["CTCF"]`` and ``database["MA0139.2"]`` hold that matrix alone (see
    `find`), ``database[:10]`` and ``database[[0, 2]]`` several; `to_meme`, `to_jaspar`
    and `to_transfac` write files.
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

    def __len__(self) -> int:
        return len(self.ids)

    def __repr__(self) -> str:
        n = len(self)
        labels = ", ".join(self.label(i) for i in range(min(n, 3)))
        more = ", ..." if n > 3 else ""
        return f"{n} motif{'' if n == 1 else 's'} of {self.alphabet}: {labels}{more}"

    def __getitem__(self, key) -> "MotifDatabase":
        if isinstance(key, str):
            key = self.find(key)
        chosen = np.atleast_1d(np.arange(len(self))[key])
        annotation = {name: getattr(self, name)[chosen] for name in _ANNOTATION}
        counts = [self.counts(i) for i in chosen]
        counts = np.concatenate(counts) if counts else self.stacked_counts[:0]
        return replace(
            self,
            **annotation,
            stacked_counts=counts,
            source=f"this part of {self.source}",
        )

    def entries(self) -> list[tuple[str, str, np.ndarray]]:
        """Id, name and counts of each motif."""
        return [
            (str(identifier), str(name), self.counts(i))
            for i, (identifier, name) in enumerate(
                zip(self.ids, self.names, strict=True)
            )
        ]

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

    def counts(self, i: int) -> np.ndarray:
        """Matrix i as published: counts (width, 4), columns A, C, G, T."""
        end = self.widths[: i + 1].sum()
        return self.stacked_counts[end - self.widths[i] : end]

    def frequencies(self, i: int, pseudocount: float = 0.8) -> np.ndarray:
        """Matrix i as frequencies: (width, 4), rows sum to 1.

        A quarter of `pseudocount` is added to each count, as many matrices rest on few
        sites; 0.8 is the advice of Nishida et al. (2009), Nucleic Acids Research 37,
        939-944.
        """
        counts = self.counts(i) + pseudocount / 4
        return counts / counts.sum(axis=1, keepdims=True)

    def log_odds(self, pseudocount: float = 0.8) -> tuple[np.ndarray, np.ndarray]:
        """All matrices as bits against equal shares, one below the other, and widths.

        Arrays of shape (sum of widths, 4) and (n_matrices,).
        """
        counts = self.stacked_counts + pseudocount / 4
        frequencies = counts / counts.sum(axis=1, keepdims=True)
        return np.log2(4 * frequencies).astype(np.float32), self.widths.astype(int)

    def label(self, i: int) -> str:
        """Name and id of matrix i, "CTCF_MA0139.2"; one where they are the same."""
        name, identifier = self.names[i], self.ids[i]
        return str(name) if name == identifier else f"{name}_{identifier}"

    def lookup(self, key: str) -> int | None:
        """Index of an id or a TF name; None where there is none (see `find`)."""
        wanted = key.upper()
        ids = [matrix_id.upper() for matrix_id in self.ids.tolist()]
        for known in (ids, [matrix_id.partition(".")[0] for matrix_id in ids]):
            if wanted in known:
                return known.index(wanted)
        names = [name.upper() for name in self.names.tolist()]
        by_name = [i for i, name in enumerate(names) if name == wanted]

        def rank(i: int) -> tuple[bool, bool, int]:
            return self.groups[i] != "vertebrates", self.names[i] != key, i

        return min(by_name, key=rank, default=None)

    def find(self, key: str) -> int:
        """Index of an id ("MA0139.2"; "MA0139" is its newest version) or a TF name.

        Case does not matter. Of several matrices of one name, those of vertebrates go
        first, then those spelled as `key` (human "RARB", mouse "Rarb"), then the lowest
        id: JASPAR gives the later ids of a factor to variants of its motif (MA0139 is
        CTCF's core motif, MA1929 and MA1930 are its extended ones).
        """
        found = self.lookup(key)
        if found is not None:
            return found
        base = key.upper().partition(".")[0]
        newest = self.lookup(base)
        if newest is not None and self.ids[newest].startswith(f"{base}."):
            raise ValueError(
                f"{key!r} is not in {self.source}, of which the newest version of each "
                f"matrix is there; that is {self.ids[newest]}"
            )
        raise ValueError(
            f"{key!r} is neither the id nor the TF name of a matrix in {self.source}"
            f"{self.suggestion(key)}"
        )

    def suggestion(self, key: str) -> str:
        """Close matches of a misspelled key, in words, to end an error message."""
        known = {word.upper(): str(word) for word in (*self.ids, *self.names)}
        close = get_close_matches(key.upper(), known, n=4, cutoff=0.7)
        if not close:
            return ""
        return f"; close matches: {', '.join(known[word] for word in close)}"


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
        Its `ids`, `names`, `classes`, `families`, `groups`, `species`, `widths` and
        `stacked_counts` are arrays; ``len()`` is the number of matrices,
        ``frequencies(i)`` one of them, of shape (width, 4), columns A, C, G, T. One
        matrix is had by id or name, as ``load_jaspar()["CTCF"]``, case apart; of
        several matrices of one name those of vertebrates go first, then those of this
        very spelling, then the lowest id. ``to_meme``, ``to_jaspar`` and
        ``to_transfac`` write files.

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
    >>> load_jaspar()["MA0004.1"].frequencies(0).round(1)
    array([[0.2, 0.8, 0. , 0. ],
           [0.9, 0. , 0.1, 0. ],
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
