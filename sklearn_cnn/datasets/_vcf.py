"""Alleles of VCF files."""

import re
from os import PathLike

import pandas as pd

from sklearn_cnn.datasets._text_lines import read_lines

COLUMNS = ["chrom", "position", "id", "ref", "alt", "line"]
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
    (counted from 1), "id", "ref", "alt" (both in upper case) and "line" (its number in
    the file). The index counts all alternative alleles of the file, from 0.
    """
    rows, index, counts, n_alleles = [], [], dict.fromkeys(_WITHOUT_BASES, 0), 0
    for number, line in read_lines(path):
        if line.startswith("#"):
            continue
        try:
            chrom, position, name, ref, alts = _fields(line)
            for alt in alts:
                kind = _kind_without_bases(alt)
                if kind is None:
                    _check(position, ref, alt)
                    rows.append(
                        (chrom, position, name, ref.upper(), alt.upper(), number)
                    )
                    index.append(n_alleles)
                else:
                    counts[kind] += 1
                n_alleles += 1
        except ValueError as error:
            raise ValueError(f"{path}, line {number}: {error}") from None
    if n_alleles == 0:
        raise ValueError(f"{path} holds no variants; is it the right file?")
    return pd.DataFrame(rows, columns=COLUMNS, index=index), counts


def _fields(line: str) -> tuple[str, int, str, str, list[str]]:
    """Chromosome, position, id, reference allele and alternative alleles."""
    fields = line.split("\t")
    if len(fields) < 5:
        raise ValueError(
            "VCF has eight columns or more, separated by tabs, of which the first five "
            f"are read (CHROM, POS, ID, REF, ALT); found {line[:40]!r}"
        )
    chrom, position, name, ref, alt = fields[:5]
    if not position.isdecimal():
        raise ValueError(f"POS, column 2, is a whole number; found {position!r}")
    return chrom, int(position), name, ref, alt.split(",")


def _kind_without_bases(alt: str) -> str | None:
    return next((k for k, form in _WITHOUT_BASES.items() if form.match(alt)), None)


def _check(position: int, ref: str, alt: str) -> None:
    """Raise unless both alleles are bases at a place that can hold some."""
    if position == 0:
        raise ValueError("POS, column 2, is counted from 1; found 0")
    for name, allele in (("REF, column 4", ref), ("ALT, column 5", alt)):
        if re.fullmatch("[ACGTN]+", allele, re.IGNORECASE):
            continue
        hint = ""
        if allele in ("", "-"):
            hint = (
                ". An insertion or a deletion includes the base before it: 'A' and "
                "'AG', not '-' and 'G'"
            )
        raise ValueError(f"{name}, holds the bases A C G T N; found {allele!r}{hint}")
