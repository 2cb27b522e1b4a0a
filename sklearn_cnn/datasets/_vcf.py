"""Alleles of VCF files."""

import re
from os import PathLike

import pandas as pd

from sklearn_cnn.datasets._bed import LARGEST, whole_number
from sklearn_cnn.datasets._text_lines import read_lines
from sklearn_cnn.preprocessing._alphabet import DNA

COLUMNS = ["chrom", "position", "id", "ref", "alt", "line", "exponent"]
# An alternative allele without bases of its own, and what it is called.
_WITHOUT_BASES = {
    "missing ('.')": re.compile(r"\.$"),
    "covered by a deletion upstream ('*')": re.compile(r"\*$"),
    "symbolic, such as '<DEL>'": re.compile(r"<.*>$"),
    "breakends": re.compile(r".*[\[\]]|\..|.*\.$"),
}


def read_vcf(path: str | PathLike) -> tuple[pd.DataFrame, dict[str, int]]:
    """Alternative alleles of a VCF file, and how many have no bases, by their kind.

    One row for each allele that has bases, with the columns "chrom", "position"
    (counted from 1), "id", "ref", "alt" (both in upper case), "line" (its number in the
    file) and "exponent" (whether the position is written with one). The index counts
    all alternative alleles of the file, from 0.
    """
    rows, index, counts, n_alleles = [], [], dict.fromkeys(_WITHOUT_BASES, 0), 0
    wrong, n_lines = [], 0
    for number, line in read_lines(path):
        if line.startswith("#"):
            continue
        n_lines += 1
        try:
            fields = _fields(line)
            chrom, position, name, ref = fields[:4]
            exponent = "e" in position.lower()
            position = _position(position)
            for alt in fields[4].split(","):
                kind = _kind_without_bases(alt)
                if kind is None:
                    _check(position, ref, alt)
                    alleles = ref.upper(), alt.upper()
                    rows.append((chrom, position, name, *alleles, number, exponent))
                    index.append(n_alleles)
                else:
                    counts[kind] += 1
                n_alleles += 1
        except ValueError as error:
            wrong.append((number, error))
            if line.startswith(">"):
                break  # A whole genome may follow.
    if wrong:
        number, error = wrong[0]
        many = f" ({len(wrong)} of {n_lines} lines are wrong)" if n_lines > 1 else ""
        raise ValueError(f"{path}, line {number}: {error}{many}")
    if n_alleles == 0:
        raise ValueError(f"{path} holds no variants; is it the right file?")
    return pd.DataFrame(rows, columns=COLUMNS, index=index), counts


def _fields(line: str) -> list[str]:
    """Chromosome, position, id, reference allele and alternative alleles."""
    fields = line.split("\t")
    if len(fields) < 5:
        raise ValueError(
            "VCF has eight columns or more, separated by tabs, of which the first five "
            f"are read (CHROM, POS, ID, REF, ALT); found {line[:40]!r}"
        )
    return fields[:5]


def _position(field: str) -> int:
    try:
        return whole_number(field)
    except ValueError:
        raise ValueError(
            f"POS, column 2, is a whole number; found {field!r:.60}"
        ) from None


def _kind_without_bases(alt: str) -> str | None:
    return next((k for k, form in _WITHOUT_BASES.items() if form.match(alt)), None)


def _check(position: int, ref: str, alt: str) -> None:
    """Raise unless both alleles are bases at a place that can hold some.

    A reference allele may hold the ambiguous letters that the genome has there.
    """
    if position < 1:
        raise ValueError(f"POS, column 2, is counted from 1; found {position}")
    if position > LARGEST:
        raise ValueError(f"POS, column 2, is at most {LARGEST}; found {position!s:.60}")
    for name, allele, letters in (
        ("REF, column 4", ref, DNA.letters),
        ("ALT, column 5", alt, "ACGTN"),
    ):
        if re.fullmatch(f"[{letters}]+", allele, re.IGNORECASE):
            continue
        hint = ""
        if allele in ("", "-"):
            hint = (
                ". An insertion or a deletion includes the base before it: 'A' and "
                "'AG', not '-' and 'G'"
            )
        bases = " ".join(letters)
        raise ValueError(f"{name}, holds the bases {bases}; found {allele!r}{hint}")
