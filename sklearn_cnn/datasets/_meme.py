"""Motif files in MEME's text formats."""

import re
from itertools import takewhile

from sklearn_cnn.datasets._motif_matrix import (
    ALPHABETS,
    DNA,
    RNA,
    Lines,
    Matrix,
    is_numeric,
    rectangle,
)


def read_meme(lines: Lines) -> list[Matrix]:
    """Motifs of MEME's text formats, as MEME, DREME, STREME and others write them."""
    alphabet = _read_alphabet(lines)
    found, labels = [], ("", "")
    for i, (number, line) in enumerate(lines):
        if line.startswith("MOTIF"):
            words = line.split()[1:]
            if not words:
                raise ValueError(f"line {number}: there is no name behind MOTIF")
            # MEME itself goes on with the width.
            has_name = len(words) > 1 and not words[1].startswith("width")
            labels = words[0], words[has_name]
        elif line.startswith("letter-probability matrix"):
            if labels == ("", ""):
                raise ValueError(
                    f"line {number}: there is a matrix before the first line that "
                    "begins with MOTIF and names it; add such a line"
                )
            rows = list(takewhile(lambda row: is_numeric(row[1]), lines[i + 1 :]))
            width = re.search(r"\bw= *(\d+)", line)
            width = int(width[1]) if width else len(rows)
            numbers = rectangle(rows)
            if numbers.shape != (width, 4):
                raise ValueError(
                    f"line {number}: the matrix of {labels[0]!r} is not {width} x 4, "
                    f"but {' x '.join(map(str, numbers.shape))}; it needs a row for "
                    "each position and a column for each of A, C, G and T"
                )
            sites = re.search(r"\bnsites= *([\d.]+([eE][-+]?\d+)?)", line)
            n_sites = float(sites[1]) if sites and float(sites[1]) > 0 else None
            found.append(Matrix(*labels, numbers, n_sites, number, alphabet))
    if not found and labels != ("", ""):
        raise ValueError(
            "there are motifs, but no 'letter-probability matrix', which is needed "
            "(log-odds alone are not)"
        )
    return found


def _read_alphabet(lines: Lines) -> str:
    """Alphabet of a MEME file, "dna" or "rna"; an error if it names another."""
    starts = [i for i, (_, x) in enumerate(lines) if x.startswith("ALPHABET")]
    if not starts:
        return "dna"
    number, line = lines[starts[0]]
    letters = line.removeprefix("ALPHABET").strip(' ="')
    letters = {"DNA": DNA, "RNA": RNA}.get(letters, letters)
    if any(line.startswith("END ALPHABET") for _, line in lines):
        # A block of lines such as: A "Adenine" CC0000 ~ T "Thymine" 008000
        letters = ""
        for _, line in lines[starts[0] + 1 :]:
            if line.startswith("END ALPHABET"):
                break
            line = re.sub('"[^"]*"', "", line)
            if "=" not in line:  # not an ambiguity code or an alias
                letters += "".join(x.split()[0] for x in line.split("~") if x.strip())
        letters = "".join(sorted(letters))
    if letters.upper() not in ALPHABETS:
        raise ValueError(
            f"line {number}: the alphabet is {letters}; that of DNA or RNA is needed"
        )
    return ALPHABETS[letters.upper()]
