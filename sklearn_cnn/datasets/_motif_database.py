"""The embedded motifs: all matrices of JASPAR 2026 CORE."""

from dataclasses import dataclass, fields
from difflib import get_close_matches
from functools import cache
from importlib.resources import files

import numpy as np


@dataclass(frozen=True, eq=False)
class MotifDatabase:
    """Position frequency matrices of transcription factors, with their annotation.

    One entry a matrix in `ids` ("MA0139.2"), `names` ("CTCF"; "MAX::MYC" is a dimer),
    `classes` and `families` (of the DNA-binding domain), `groups` ("vertebrates",
    "plants", "insects", "fungi", "nematodes", "urochordates", "diatoms"), `species` and
    `widths`: arrays of shape (n_matrices,). Where an annotation has several values,
    they are joined by "; "; where it has none, it is "". `stacked_counts` holds the
    counts of all matrices, one below the other: (sum of widths, 4).
    """

    ids: np.ndarray
    names: np.ndarray
    classes: np.ndarray
    families: np.ndarray
    groups: np.ndarray
    species: np.ndarray
    widths: np.ndarray
    stacked_counts: np.ndarray

    def __len__(self) -> int:
        return len(self.ids)

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
        annotation = {
            field.name: getattr(self, field.name)[rows]
            for field in fields(self)
            if field.name != "stacked_counts"
        }
        counts = self.stacked_counts[np.repeat(rows, self.widths)]
        return MotifDatabase(**annotation, stacked_counts=counts)

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
        by_name = []
        for i, (matrix_id, name) in enumerate(zip(self.ids, self.names, strict=True)):
            if wanted in (matrix_id, matrix_id.partition(".")[0]):
                return i
            if wanted == name.upper():
                by_name.append(i)

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
                f"{key!r} is not in JASPAR 2026 CORE, of which the newest version of "
                f"each matrix is embedded; that is {self.ids[newest]}"
            )
        raise ValueError(
            f"{key!r} is neither the id nor the TF name of a matrix in JASPAR 2026 "
            f"CORE{self.suggestion(key)}"
        )

    def suggestion(self, key: str) -> str:
        """Close matches of a misspelled key, in words, to end an error message."""
        known = {word.upper(): str(word) for word in (*self.ids, *self.names)}
        close = get_close_matches(key.upper(), known, n=4, cutoff=0.7)
        if not close:
            return ""
        return f"; close matches: {', '.join(known[word] for word in close)}"


@cache
def load_jaspar() -> MotifDatabase:
    """All matrices of JASPAR 2026 CORE, read once a process."""
    path = files("sklearn_cnn.datasets") / "data" / "jaspar2026_core.npz"
    with path.open("rb") as file, np.load(file, allow_pickle=False) as archive:
        arrays = dict(archive)
    for array in arrays.values():
        array.flags.writeable = False
    return MotifDatabase(stacked_counts=arrays.pop("counts"), **arrays)
