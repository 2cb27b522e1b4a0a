"""Motif files."""

import os
import re
from io import StringIO

import numpy as np

from sklearn_cnn.datasets._motif_database import MotifDatabase
from sklearn_cnn.datasets._text_lines import read_lines

# What the first line of a file that is not empty begins with, and Biopython's names
# (MEME's files are read here: Biopython rounds their frequencies to counts).
_FORMATS = {
    "MEME": "meme",
    ">": "jaspar",
    "VV": "transfac",
    "AC": "transfac",
    "ID": "transfac",
    "DE": "transfac",
}


def read_motifs(path: str | os.PathLike) -> MotifDatabase:
    """Read position frequency matrices of a file.

    For instance your own motifs, HOCOMOCO or an older release of JASPAR, for the
    ``motif_bank`` of the motif estimators. JASPAR's and TRANSFAC's files are read by
    Biopython.

    Parameters
    ----------
    path : str or path-like
        A text file, plain or gzipped, in MEME's, JASPAR's or TRANSFAC's format, which
        the first line tells ("MEME version ...", ">", or a field such as "ID").
        Matrices of DNA or RNA, counts or frequencies.

    Returns
    -------
    MotifDatabase
        Its `ids`, `names`, `widths` and `stacked_counts`; ``len()`` is the number of
        matrices, ``frequencies(i)`` one of them, of shape (width, 4), columns A, C, G,
        T or U. Frequencies of a MEME file are multiplied by its number of sites, 20
        where it does not say.

    Raises
    ------
    ImportError
        If Biopython is needed and not installed.
    ValueError
        If the file is in none of these formats, is not text in UTF-8, cannot be read,
        or holds no matrix or one of other letters.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from sklearn_cnn.datasets import read_motifs
    >>> text = '''>MY.1 CRE
    ... A [ 0 0 9 0 0 0 0 9 ]
    ... C [ 0 0 0 9 0 0 9 0 ]
    ... G [ 0 9 0 0 9 0 0 0 ]
    ... T [ 9 0 0 0 0 9 0 0 ]
    ... '''
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder) / "motifs.jaspar"
    ...     _ = path.write_text(text)
    ...     motifs = read_motifs(path)
    >>> motifs.label(0), motifs.widths
    ('CRE_MY.1', array([8]))
    """
    lines = []
    for number, line in read_lines(path):
        # Blank lines end a matrix.
        lines += [""] * (number - 1 - len(lines)) + [line]
    first = next((line for line in lines if line.strip()), "")
    kind = next((f for start, f in _FORMATS.items() if first.startswith(start)), None)
    if kind is None:
        raise ValueError(
            f"{path} begins with {first[:40]!r}; a motif file begins with 'MEME "
            "version', with '>' (JASPAR) or with a field of TRANSFAC such as 'ID'"
        )
    try:
        read = _read_meme if kind == "meme" else _read_with_biopython
        found = read(lines, kind)
    except (ValueError, IndexError) as error:
        raise ValueError(f"{path} cannot be read as a {kind} file: {error}") from error
    if not found:
        raise ValueError(f"{path} holds no motif")
    ids, names, counts = zip(*found, strict=True)
    for identifier, matrix in zip(ids, counts, strict=True):
        if not (np.isfinite(matrix).all() and (matrix >= 0).all()):
            raise ValueError(
                f"the motif {identifier!r} of {path} holds numbers that are no counts "
                "or frequencies (finite and not negative)"
            )
    no_annotation = np.full(len(found), "")
    return MotifDatabase(
        ids=np.array(ids),
        names=np.array(names),
        classes=no_annotation,
        families=no_annotation,
        groups=no_annotation,
        species=no_annotation,
        widths=np.array([len(matrix) for matrix in counts]),
        stacked_counts=np.concatenate(counts),
    )


def _read_meme(lines: list[str], kind: str) -> list[tuple[str, str, np.ndarray]]:
    """Id, name and counts of each motif in MEME's format, version 4 and later."""
    alphabet = next((x.split()[-1] for x in lines if x.startswith("ALPHABET")), "ACGT")
    if alphabet not in ("ACGT", "ACGU"):
        raise ValueError(f"the alphabet is {alphabet}; that of DNA or RNA is needed")
    motifs, labels = [], ("", "")
    for i, line in enumerate(lines):
        if line.startswith("MOTIF"):
            identifier, *rest = line.split()[1:]
            labels = identifier, rest[0] if rest else identifier
        elif line.startswith("letter-probability matrix"):
            sites = re.search(r"nsites= *([\d.]+)", line)
            n_sites = float(sites[1]) if sites else 20.0
            width = re.search(r"w= *(\d+)", line)
            rows = [row.split() for row in lines[i + 1 :]]
            end = next((k for k, row in enumerate(rows) if len(row) != 4), len(rows))
            end = int(width[1]) if width else end
            if [len(row) for row in rows[:end]] != [4] * end or end == 0:
                raise ValueError(f"the matrix of {labels[0]!r} is not {end} x 4")
            motifs.append((*labels, n_sites * np.array(rows[:end], dtype=float)))
    return motifs


def _read_with_biopython(lines: list[str], kind: str):
    """Id, name and counts of each motif in JASPAR's or TRANSFAC's format."""
    try:
        from Bio import motifs
    except ImportError:
        raise ImportError(
            "reading motif files of JASPAR and TRANSFAC needs Biopython; install it "
            "with `pip install 'sklearn-cnn[motifs]'`"
        ) from None
    found = []
    for i, motif in enumerate(motifs.parse(StringIO("\n".join(lines)), kind)):
        if kind == "transfac":
            identifier, name = motif.get("ID") or motif.get("AC"), motif.get("NA")
        else:
            identifier, name = motif.matrix_id, motif.name
        identifier = identifier or name or f"motif{i + 1}"
        letters = sorted(motif.counts)
        if letters not in (list("ACGT"), list("ACGU")):
            raise ValueError(
                f"{identifier!r} has the letters {''.join(letters)}; those of DNA or "
                "RNA are needed"
            )
        matrix = np.array([motif.counts[letter] for letter in letters], float).T
        found.append((identifier, name or identifier, matrix))
    return found
