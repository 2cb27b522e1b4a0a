"""Motif files."""

import os
import re

from sklearn_cnn.datasets._meme import read_meme
from sklearn_cnn.datasets._motif_database import MotifDatabase
from sklearn_cnn.datasets._motif_records import read_records
from sklearn_cnn.datasets._text_lines import read_lines
from sklearn_cnn.datasets._transfac import read_transfac

# What is above the first line that tells the format: comments, banners.
_BANNER = re.compile(r"#|\*+$|-+$")
_TRANSFAC = re.compile(r"(VV|AC|ID|NA|DE|XX|P0|PO|//)(\s|$)")


def read_motifs(path: str | os.PathLike) -> MotifDatabase:
    """Read position frequency matrices of a file.

    For instance your own motifs, HOCOMOCO or an older release of JASPAR, for the
    ``motif_bank`` of the motif estimators.

    Parameters
    ----------
    path : str or path-like
        A text file, plain or gzipped, of matrices of DNA or RNA, counts or frequencies:

        - MEME's text formats, as its programs (MEME, DREME, STREME, ...) and the motif
          collections of its site have them.
        - TRANSFAC's format.
        - The formats that begin each matrix with ">". JASPAR has one row a letter,
          HOMER and HOCOMOCO (its files .pcm and .ppm) one row a position. The shape
          tells which; if it is 4 x 4, what tells is HOMER's header, letters at the
          beginning of rows, a first row of letters, the other matrices, and the sums,
          which are the same for all positions. If they do not, it is an error.

        Lines that begin with "#" are comments.

    Returns
    -------
    MotifDatabase
        What :class:`MotifSet` describes: `ids`, `names`, `counts`, `frequencies`,
        `consensus`, ... `alphabet` is "rna" where the file has U, else "dna".
        Frequencies are multiplied by the number of sites, 20 where the file does not
        say (in MEME's format also by ``nsites= 0``). Ids that are repeated get numbers:
        CRE, CRE_2.

    Raises
    ------
    ValueError
        If the file is in none of these formats, is not text in UTF-8, or holds no
        matrix, one of other letters, one that is cut off, or one of log-odds; with the
        line.

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
    >>> motifs.to_frame()[["name", "id", "consensus"]]
      name    id consensus
    0  CRE  MY.1  TGACGTCA
    """
    lines = [
        (number, line) for number, line in read_lines(path) if not _BANNER.match(line)
    ]
    read = _reader(lines, path)
    try:
        found = read(lines)
        counts = [matrix.counts() for matrix in found]
    except ValueError as error:
        raise ValueError(f"{path}, {error}") from None
    if not found:
        raise ValueError(f"{path} holds no motif")
    ids = _distinct([matrix.id for matrix in found])
    names = [
        matrix.name if matrix.name != matrix.id else identifier
        for matrix, identifier in zip(found, ids, strict=True)
    ]
    alphabets = {matrix.alphabet for matrix in found}
    alphabet = "rna" if alphabets == {"rna"} else "dna"
    return MotifDatabase.from_entries(ids, names, counts, alphabet)


def _distinct(ids: list[str]) -> list[str]:
    """Ids, with a number behind those that are repeated: a, a_2, a_3."""
    distinct = {}
    for identifier in ids:
        label, number = identifier, 1
        while label in distinct:
            number += 1
            label = f"{identifier}_{number}"
        distinct[label] = None
    return list(distinct)


def _reader(lines: list[tuple[int, str]], path: str | os.PathLike):
    """The function that reads a file of this kind."""
    first = lines[0][1] if lines else ""
    if any(line.startswith("MEME version") for _, line in lines):
        return read_meme
    if first.startswith(">"):
        return read_records
    if _TRANSFAC.match(first):
        return read_transfac
    if first.startswith("<"):
        raise ValueError(
            f"{path} is XML or HTML; take the text that MEME's programs write beside it"
        )
    raise ValueError(
        f"{path} begins with {first[:40]!r}; a motif file says 'MEME version', or "
        "begins with '>' (JASPAR, HOMER, HOCOMOCO) or with a field of TRANSFAC such as "
        "'ID'. Put a line such as '>name' before a matrix that stands alone"
    )
