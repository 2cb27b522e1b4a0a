"""What the words for known motifs mean, wherever motifs are asked for."""

import os
import re

from sklearn_cnn.datasets._jaspar_release import RELEASES, load_jaspar_release
from sklearn_cnn.datasets._motif_database import (
    EMBEDDED_RELEASE,
    MotifDatabase,
    load_jaspar,
)
from sklearn_cnn.datasets._motif_set import MotifSet
from sklearn_cnn.datasets._read_motifs import read_motifs

# "jaspar", "jaspar2024", "jaspar:plants", "jaspar2024:plants".
_JASPAR = re.compile(r"jaspar(\d+)?(?::(.*))?")


def is_jaspar(motifs) -> bool:
    """Whether this is a name of JASPAR, of one of its releases or groups."""
    return isinstance(motifs, str) and _JASPAR.fullmatch(motifs) is not None


def resolve_motifs(
    motifs: str | os.PathLike | MotifSet, name: str, others: str = ""
) -> MotifDatabase:
    """Motifs of nucleotides, of a name, a file or a set.

    Parameters
    ----------
    motifs : str, path-like or MotifSet
        "jaspar", the matrices in this package; "jaspar:GROUP", those of one group;
        "jaspar2024" and "jaspar2024:GROUP", of another release; the path of a motif
        file; or motifs that were read or found.
    name : str
        What error messages call it.
    others : str
        What else may be passed, in words, with a comma at the end.

    Raises
    ------
    ImportError
        If a package is missing that reads the release or the file.
    ValueError
        If it is none of these, or its motifs are not of DNA or RNA.
    """
    if isinstance(motifs, MotifSet) and not len(motifs):
        raise ValueError(f"{name} holds no motif")
    if isinstance(motifs, MotifDatabase):
        return motifs
    if isinstance(motifs, MotifSet):
        return _as_database(motifs, name)
    if is_jaspar(motifs):
        return _load_jaspar(*_JASPAR.fullmatch(motifs).groups(), name)
    if not os.path.isfile(motifs):
        raise ValueError(
            f"{name} must be {others}'jaspar', 'jaspar:GROUP' (such as 'vertebrates'), "
            f"'jaspar{RELEASES[-1]}' (a release), the path of a motif file, or motifs "
            f"that were read or found; there is no file {os.fspath(motifs)!r}"
        )
    return read_motifs(motifs)


def _load_jaspar(release: str | None, group: str | None, name: str) -> MotifDatabase:
    year = EMBEDDED_RELEASE if release is None else int(release)
    if year == EMBEDDED_RELEASE:
        motifs = load_jaspar()
    elif year in RELEASES:
        motifs = load_jaspar_release(year)
    else:
        years = ", ".join(map(str, (*RELEASES, EMBEDDED_RELEASE)))
        raise ValueError(
            f"{name}='jaspar{release}', but the releases of JASPAR are {years}"
        )
    return motifs.of_group(group) if group else motifs


def _as_database(motifs: MotifSet, name: str) -> MotifDatabase:
    if motifs.alphabet not in ("dna", "rna"):
        raise ValueError(
            f"{name} holds motifs of the alphabet {motifs.alphabet!r}; motifs of DNA "
            "or RNA are needed here"
        )
    entries = zip(*motifs.entries(), strict=True)
    return MotifDatabase.from_entries(*entries, motifs.alphabet)
