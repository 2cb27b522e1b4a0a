"""Sequences with and without the variants of a VCF file."""

from numbers import Integral
from os import PathLike

import numpy as np
import pandas as pd
from sklearn.utils._param_validation import Interval, StrOptions, validate_params

from sklearn_cnn._package import warn
from sklearn_cnn.datasets._genome import Genome, open_genome
from sklearn_cnn.datasets._vcf import read_vcf
from sklearn_cnn.preprocessing._alphabet import DNA

VARIANT_COLUMNS = [
    "chrom",
    "position",
    "id",
    "ref",
    "alt",
    "reference_sequence",
    "alternative_sequence",
]
# Ambiguous letters of a genome, and the bases that a variant may name instead. N is a
# gap, or what a mask has hidden.
_BASES = {letter: bases for letter, bases in DNA.ambiguity if letter != "N"}


@validate_params(
    {
        "vcf": [str, PathLike],
        "genome": [str, PathLike],
        "length": [Interval(Integral, 1, None, closed="left")],
        "at_mismatch": [StrOptions({"raise", "drop"})],
    },
    prefer_skip_nested_validation=True,
)
def read_variants(
    vcf: str | PathLike,
    genome: str | PathLike,
    *,
    length: int,
    at_mismatch: str = "raise",
) -> pd.DataFrame:
    r"""Read the variants of a VCF file as pairs of sequences.

    The two sequences of a pair are windows of the genome around a variant, one with
    the reference and one with the alternative allele, as
    :func:`~sklearn_cnn.inspection.variant_effects` compares them.

    Parameters
    ----------
    vcf : str or path-like
        The variants, in VCF; plain, gzipped or bgzipped. The first five columns count:
        CHROM, POS, ID, REF and ALT. Filters and genotypes are not looked at ("bcftools
        view -f PASS" selects).

    genome : str or path-like
        The assembly that the variants were called on: a FASTA file, plain or compressed
        in blocks (by bgzip). An index is written beside it at the first use,
        ``genome.fa.fai``, where the folder allows that.

    length : int
        Number of bases in each sequence. Take what the model was trained on, for an
        estimator that reads positions ``estimator.length_``.

    at_mismatch : {"raise", "drop"}, default="raise"
        What happens where a reference allele differs from the genome, or reaches behind
        the end of its chromosome: it is an error, which names the first one, as the
        file may belong to another assembly; or its variants are dropped, with a warning
        that counts them. Where the genome has an ambiguous letter, such as M, the
        allele has it too, or one of its bases (A or C); N is N.

    Returns
    -------
    DataFrame of shape (n_variants, 7)
        One row an alternative allele: a line with several is split. The index counts
        the alternative alleles of the file, from 0. The columns are:

        - "chrom", "position" (counted from 1), "id", "ref", "alt": as in the file, the
          alleles in upper case.
        - "reference_sequence", "alternative_sequence": upper-case letters of the
          forward strand.

    Raises
    ------
    ValueError
        If a reference allele differs from the genome, with the line, the variant and
        what is there; if it lies behind the end of its chromosome; if lines are wrong,
        with the first of them and their number; if a file has another format or is cut
        off; if no variant is left.

    OSError
        If a file cannot be opened.

    Warns
    -----
    UserWarning
        If alternative alleles are dropped, with the numbers: those without bases of
        their own (missing, "*", symbolic ones such as "<DEL>", breakends), those on
        chromosomes that the genome does not hold, and those that ``at_mismatch="drop"``
        drops; if positions have an exponent, as in "1.2e+06", which may be rounded.

    See Also
    --------
    sklearn_cnn.inspection.variant_effects : What a model makes of the pairs.
    read_peaks : Windows of the genome to train on.

    Notes
    -----
    What both alleles begin or end with belongs to the flanks: of "CAG" and "C", "AG" is
    deleted. The middle of the rest has the index ``length // 2`` in its window, and so
    has the base behind a deletion or before which bases are inserted. So both
    windows have the variant in the middle and one length, whatever it does: for a
    deletion, each flank is longer by half of what is missing, taken from the genome;
    for an insertion, each is shorter by half of it. Beyond the ends of a chromosome
    there is N, as in :func:`read_peaks`.

    Each variant stands alone. Two that are found on the same chromosome of a person,
    close to each other, are two rows, each with the reference beside it.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> from sklearn_cnn.datasets import read_variants
    >>> folder = TemporaryDirectory()
    >>> genome = Path(folder.name) / "genome.fa"
    >>> _ = genome.write_text(">chr1\nACGTACGGTTTGAC\n")
    >>> vcf = Path(folder.name) / "variants.vcf"
    >>> lines = "chr1 5 rs1 A C,G", "chr1 7 rs2 GG G", "chr1 9 rs3 T TCC"
    >>> _ = vcf.write_text("\n".join(lines).replace(" ", "\t"))
    >>> variants = read_variants(vcf, genome, length=7)
    >>> variants.iloc[:, 1:]
       position   id ref  alt reference_sequence alternative_sequence
    0         5  rs1   A    C            CGTACGG              CGTCCGG
    1         5  rs1   A    G            CGTACGG              CGTGCGG
    2         7  rs2  GG    G            TACGGTT              TACGTTT
    3         9  rs3   T  TCC            GGTTTGA              GTCCTTG
    >>> folder.cleanup()
    """
    table, without_bases = read_vcf(vcf)
    dropped = [f"{count} {kind}" for kind, count in without_bases.items() if count]
    n_all = len(table) + sum(without_bases.values())
    with open_genome(genome) as opened:
        known = table["chrom"].isin(opened.lengths)
        if not known.all():
            missing = table.loc[~known, "chrom"]
            dropped.append(f"{len(missing)} {opened.explain_missing(missing)}")
            table = table[known]
        beyond = _is_beyond(table, opened)
        contexts = _read_contexts(table, length, opened)
        fit = _fits(table, contexts, length) & ~beyond
        if at_mismatch == "raise":
            _check_places(table, beyond, opened, vcf)
            _check_references(table, contexts, fit, length, opened, vcf)
        elif not fit.all():
            n_others = (~fit).sum()
            why = f"{n_others} whose reference is not what {genome} has there"
            if n_others > 0.1 * len(fit):
                why += " (so many that it may be another assembly: some fit by chance)"
            dropped.append(why)
            table, contexts = table[fit], contexts[fit]
    _report(dropped, n_all, table, vcf)
    pairs = [
        _pair(context, ref, alt, length)
        for context, ref, alt in zip(contexts, table["ref"], table["alt"], strict=True)
    ]
    return table.assign(
        reference_sequence=[reference for reference, _ in pairs],
        alternative_sequence=[alternative for _, alternative in pairs],
    )[VARIANT_COLUMNS]


def _report(
    dropped: list[str], n_all: int, table: pd.DataFrame, vcf: str | PathLike
) -> None:
    """Warn of the alleles dropped, and of rounded places; raise if none is left."""
    messages = []
    if dropped:
        n_dropped = n_all - len(table)
        counts = f"{n_dropped} of {n_all} alternative alleles: {'; '.join(dropped)}"
        if len(table) == 0:
            raise ValueError(f"{vcf}: no variant is left; dropped {counts}")
        messages.append(f"dropped {counts}")
    if table["exponent"].any():
        n_exponents = table["exponent"].sum()
        messages.append(
            f"read {n_exponents} with an exponent in the position, which may be rounded"
        )
    if messages:
        warn(f"{vcf}: {'; '.join(messages)}")


def _read_contexts(table: pd.DataFrame, length: int, genome: Genome) -> np.ndarray:
    """The reference alleles as the genome has them, with `length` bases around."""
    start = table["position"] - 1
    windows = pd.DataFrame(
        {
            "chrom": table["chrom"],
            "start": start - length,
            "end": start + table["ref"].str.len() + length,
            "strand": "+",
        }
    )
    return genome.read(windows)


def _is_beyond(table: pd.DataFrame, genome: Genome) -> np.ndarray:
    """Whether reference alleles reach behind the ends of their chromosomes."""
    ends = table["position"] + table["ref"].str.len().astype(int) - 1
    return (ends > genome.sizes(table)).to_numpy()


def _check_places(
    table: pd.DataFrame, beyond: np.ndarray, genome: Genome, vcf: str | PathLike
) -> None:
    """Raise if an allele reaches behind the end of its chromosome."""
    if beyond.any():
        first = table.iloc[beyond.argmax()]
        raise ValueError(
            f"{vcf}, line {first['line']}: {_describe(first)} reaches behind the end "
            f"of {first['chrom']!r}, which has {genome.lengths[first['chrom']]} bases "
            f"in {genome.path} ({beyond.sum()} of {len(beyond)} alleles do); take the "
            "assembly that the variants were called on, or at_mismatch='drop'"
        )


def _fits(
    table: pd.DataFrame, contexts: np.ndarray, length: int, shift: int = 0
) -> np.ndarray:
    """Whether reference alleles are what the genome has, `shift` bases further on."""
    return np.array(
        [
            _agree(ref, context[length + shift : length + shift + len(ref)])
            for context, ref in zip(contexts, table["ref"], strict=True)
        ],
        dtype=bool,
    )


def _agree(ref: str, found: str) -> bool:
    """Whether letters are the same, or bases of an ambiguous letter of the genome."""
    if ref == found or len(ref) != len(found):
        return ref == found
    pairs = zip(ref, found, strict=True)
    return all(a == b or a in _BASES.get(b, "") for a, b in pairs)


def _check_references(
    table: pd.DataFrame,
    contexts: np.ndarray,
    fit: np.ndarray,
    length: int,
    genome: Genome,
    vcf: str | PathLike,
) -> None:
    """Raise if a reference allele is not what the genome has in its place."""
    if fit.all():
        return
    row = fit.argmin()
    first, found = table.iloc[row], contexts[row][length:-length]
    advice = (
        "take the assembly that the variants were called on, or drop them with "
        "at_mismatch='drop'"
    )
    for shift, side, origin in ((1, "right", 0), (-1, "left", 2)):
        if _fits(table, contexts, length, shift).all():
            advice = (
                f"all alleles are found one base further to the {side}, as if "
                f"positions were counted from {origin}; in VCF it is from 1"
            )
    raise ValueError(
        f"{vcf}, line {first['line']}: the reference allele of {_describe(first)} is "
        f"{first['ref']!r}, but {genome.path} has {found!r} there ({(~fit).sum()} of "
        f"{len(fit)} alleles differ); {advice}"
    )


def _describe(variant: pd.Series) -> str:
    """A variant in words, such as "chr1:5 A>C (rs1)"."""
    place = f"{variant['chrom']}:{variant['position']}"
    name = "" if variant["id"] == "." else f" ({variant['id']})"
    return f"{place} {variant['ref']}>{variant['alt']}{name}"


def _pair(context: str, ref: str, alt: str, length: int) -> tuple[str, str]:
    """Windows with the reference and with the alternative allele."""
    n_after = _n_shared(ref[::-1], alt[::-1])
    ref, alt = ref[: len(ref) - n_after], alt[: len(alt) - n_after]
    n_before = _n_shared(ref, alt)
    start, end = length + n_before, len(context) - length - n_after
    before, after = context[:start][-length:], context[end:][:length]
    return tuple(
        _centred(before, allele[n_before:], after, length) for allele in (ref, alt)
    )


def _n_shared(first: str, second: str) -> int:
    """Letters that both begin with."""
    pairs = enumerate(zip(first, second, strict=False))
    differ = (i for i, (a, b) in pairs if a != b)
    return next(differ, min(len(first), len(second)))


def _centred(before: str, allele: str, after: str, length: int) -> str:
    """Window with the middle of an allele at index ``length // 2``."""
    start = len(before) + len(allele) // 2 - length // 2
    return (before + allele + after)[start : start + length]
