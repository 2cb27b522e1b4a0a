"""Cases for the readers of sequences, peaks, variants and motifs: damaged files."""

import tempfile
from functools import cache
from itertools import chain
from pathlib import Path

import numpy as np
import pandas as pd
from _fuzz import check
from _fuzz_bytes import choose, damage_text

from sklearn_cnn.datasets import read_fasta, read_motifs, read_peaks, read_variants
from sklearn_cnn.datasets._bed import read_bed
from sklearn_cnn.datasets._genome import open_genome
from sklearn_cnn.datasets._motif_database import MotifDatabase

_GENOME = {"chr1": "ACGTNacgtTTGACCATGG", "chr2": "GGGCCATAT", "2": "TTAGC"}
_COMPLEMENT = str.maketrans("ACGT", "TGCA")


# -- Sequences -------------------------------------------------------------------------


def fasta(rng: np.random.Generator) -> None:
    """A damaged FASTA file; what is read is the same in parts, and written again."""
    path = _write("sequences.fa", damage_text(_fasta(rng), rng))
    X = read_fasta(path)
    check(X.map(_is_sequence).all() and len(X), "not all are sequences")
    parts = list(
        chain.from_iterable(part.items() for part in read_fasta(path, chunksize=2))
    )
    check(parts == list(X.items()), "other sequences in parts")
    text = "".join(f">{name}\n{sequence}\n" for name, sequence in X.items())
    again = read_fasta(_write("again.fa", text.encode()))
    check(
        again.equals(X) and list(again.index) == list(X.index), "changed when written"
    )


def intervals(rng: np.random.Generator) -> None:
    """A damaged BED file; the intervals are in order."""
    table, others = read_bed(_write("a.bed", damage_text(_bed(rng), rng)), True)
    check((table["start"] <= table["end"]).all(), "ends before starts")
    check(table["strand"].isin(["+", "-", "."]).all(), "other strands")
    check(len(table) == len(others), "tables of unequal lengths")


def genome(rng: np.random.Generator) -> None:
    """A FASTA file and the index beside it, one of them or both damaged."""
    content = _fasta(rng, width=int(rng.integers(1, 9)))
    path = _write("genome.fa", content)
    index = Path(f"{path}.fai")
    index.unlink(missing_ok=True)
    with open_genome(path):
        pass
    pick = rng.random()
    if pick < 0.6:
        index.write_bytes(damage_text(index.read_bytes(), rng))
    if pick > 0.3:
        path.write_bytes(damage_text(content, rng))
    with open_genome(path) as opened:
        found = {name: opened.chromosome(name) for name in opened.lengths}
    lengths = {name: len(letters) for name, letters in found.items()}
    check(lengths == opened.lengths, "lengths are not those of the letters")
    if all(found.values()):
        X = read_fasta(path)
        expected = {name: sequence.upper() for name, sequence in X.items()}
        check(found == expected, "not the letters that read_fasta gives")


# -- Peaks and variants ----------------------------------------------------------------


def peaks(rng: np.random.Generator) -> None:
    """A damaged BED or narrowPeak file; sequences are those of the genome."""
    source = _write("peaks.bed", damage_text(_bed(rng), rng))
    _read_peaks(source, rng)


def peak_tables(rng: np.random.Generator) -> None:
    """A table of peaks with odd cells."""
    n = int(rng.integers(0, 4))
    columns = {
        "chrom": [choose(rng, list(_GENOME)) for _ in range(n)],
        "start": rng.integers(0, 8, n),
        "end": rng.integers(8, 12, n),
        "strand": [choose(rng, "+-.") for _ in range(n)],
        "score": rng.random(n),
        "summit": rng.integers(-1, 2, n),
    }
    columns = {
        k: list(v) for k, v in columns.items() if k == "chrom" or rng.random() < 0.9
    }
    for _ in range(int(rng.integers(3))):
        column = columns[choose(rng, list(columns))]
        if column:
            column[int(rng.integers(len(column)))] = _odd_cell(rng)
    dtype = choose(rng, [None, None, object])
    table = pd.DataFrame(columns, dtype=dtype)
    if rng.random() < 0.2:
        table.index = rng.integers(0, 3, n)
    _read_peaks(table, rng)


def variants(rng: np.random.Generator) -> None:
    """A damaged VCF file; both sequences are those of the genome with an allele."""
    length = int(rng.integers(1, 12))
    path = _write("variants.vcf", damage_text(_vcf(rng), rng))
    at_mismatch = choose(rng, ["raise", "drop"])
    table = read_variants(path, _genome(), length=length, at_mismatch=at_mismatch)
    for row in table.itertuples():
        letters = _GENOME[row.chrom].upper()
        start, end = row.position - 1, row.position - 1 + len(row.ref)
        check(letters[start:end] == row.ref, "not the reference allele")
        around = "N" * 50
        for allele, found in (
            (row.ref, row.reference_sequence),
            (row.alt, row.alternative_sequence),
        ):
            whole = around + letters[:start] + allele + letters[end:] + around
            check(len(found) == length and found in whole, "not an allele's sequence")


def _read_peaks(source, rng: np.random.Generator) -> None:
    length = choose(rng, [None, 1, 2, 5, 30])
    drop = choose(rng, [None, (), "gaps", ("duplicates", "overlaps")])
    table = read_peaks(
        source,
        _genome(),
        length=length,
        center=choose(rng, ["summit", "middle"]),
        at_ends=choose(rng, ["pad", "drop"]),
        drop=drop,
        all_columns=bool(rng.random() < 0.3),
    )
    check(len(table) > 0, "an empty table")
    for row in table.itertuples():
        letters = _GENOME[row.chrom].upper()
        window = [
            letters[i] if 0 <= i < len(letters) else "N"
            for i in range(row.start, row.end)
        ]
        window = "".join(window)
        if row.strand == "-":
            window = window.translate(_COMPLEMENT)[::-1]
        check(row.sequence == window, "not the letters of the genome")


def _odd_cell(rng: np.random.Generator):
    return choose(
        rng,
        [
            *(None, np.nan, pd.NA, "", "x", ".", "*", "+", -1, 2**63, 2**64, 10**30),
            *(1e19, 1e300, np.inf, -np.inf, 2.5, True, "7", "1e3", 3 + 0j, b"chr1"),
            *(np.float32(3), np.int8(3), (1, 2), [1], {}, pd.Timestamp(0), "nan", "²"),
        ],
    )


# -- Motifs ----------------------------------------------------------------------------


def motifs(rng: np.random.Generator) -> None:
    """A damaged motif file of a random format; motifs are written in all of them."""
    content = damage_text(_motif_file(rng), rng)
    found = read_motifs(_write("motifs.txt", content))
    check(len(found) == len(set(found.ids)) == len(found.names), "repeated ids")
    check(np.isfinite(found.stacked_counts).all(), "counts are not finite")
    check((found.stacked_counts >= 0).all(), "negative counts")
    for matrix, width in zip(found.frequencies, found.widths, strict=True):
        check(matrix.shape == (width, 4) and width > 0, "another shape")
        check(np.allclose(matrix.sum(axis=1), 1), "frequencies do not sum to 1")
    check(np.isfinite(found.log_odds()[0]).all(), "log-odds are not finite")
    check(len(found.to_frame()) == len(found) and repr(found), "no table")
    for i, identifier in enumerate(found.ids):
        check(found.find(identifier) == i, "an id is not found")
    for write in (found.to_meme, found.to_jaspar, found.to_transfac):
        path = _write("again.txt", b"")
        write(path)
        try:
            again = read_motifs(path)
        except ValueError as error:
            check(False, f"{write.__name__} writes what cannot be read: {error}")
        check(len(again) == len(found), f"{write.__name__} writes other motifs")
        for one, other in zip(found.frequencies, again.frequencies, strict=True):
            close = one.shape == other.shape and np.allclose(one, other, atol=1e-4)
            check(close, f"{write.__name__} writes other numbers")


def _motif_file(rng: np.random.Generator) -> bytes:
    n = int(rng.integers(1, 4))
    widths = [int(rng.integers(1, 7)) for _ in range(n)]
    counts = [rng.integers(0, 30, (width, 4)) + np.eye(4)[0] for width in widths]
    ids = [f"M{i}.1" for i in range(n)]
    names = [choose(rng, ["CTCF", "A::B", "é", "x y"]) for _ in range(n)]
    found = MotifDatabase.from_entries(ids, names, counts, choose(rng, ["dna", "rna"]))
    form = choose(
        rng, ["meme", "jaspar", "transfac", "homer", "hocomoco", "bare", "dreme"]
    )
    if form == "meme":
        return found.to_meme().encode()
    if form == "jaspar":
        return found.to_jaspar().encode()
    if form == "transfac":
        return found.to_transfac().encode()
    if form == "dreme":
        head = 'MEME version 5\n\nALPHABET "DNA" DNA-LIKE\n'
        head += 'A "Adenine" CC0000 ~ T "Thymine" 008000\nC "C" 0000CC ~ G "G" FFB300\n'
        head += "N = ACGT\nEND ALPHABET\n"
        return (
            head + found.to_meme().partition("ALPHABET")[2].partition("\n")[2]
        ).encode()
    lines = []
    for identifier, name, matrix in found.entries():
        if form == "homer":
            lines.append(f">ACGT\t{name}({identifier})\t6.5\t-100\t0")
            matrix = matrix / matrix.sum(axis=1, keepdims=True)
        else:
            lines.append(f">{identifier} {name}")
        rows = matrix.T if form == "bare" else matrix
        lines += ["\t".join(f"{x:.6g}" for x in row) for row in rows]
    return ("\n".join(lines) + "\n").encode()


# -- Valid files -----------------------------------------------------------------------


def _fasta(rng: np.random.Generator, width: int | None = None) -> bytes:
    lines = []
    for i in range(int(rng.integers(1, 5))):
        lines.append(f">s{i} {choose(rng, ['', 'note', 'é'])}".rstrip())
        letters = "".join(
            choose(rng, "ACGTNacgtnRY") for _ in range(rng.integers(1, 25))
        )
        step = width or int(rng.integers(1, 30))
        lines += [letters[k : k + step] for k in range(0, len(letters), step)]
        if rng.random() < 0.1:
            lines.append(choose(rng, ["", "; a comment"]))
    return ("\n".join(lines) + "\n").encode()


def _bed(rng: np.random.Generator) -> bytes:
    n_columns = choose(rng, [3, 4, 5, 6, 7, 9, 10, 10, 12])
    lines = []
    for i in range(int(rng.integers(1, 5))):
        chrom = choose(rng, ["chr1", "chr1", "chr2", "2", "chr9"])
        start = int(rng.integers(0, 8))
        end = start + int(rng.integers(0, 8))
        rest = [f"p{i}", "7", choose(rng, "+-."), "1.5", "2", "-1", "0", "1,", "0,"]
        if n_columns == 12:
            rest[6] = "1"
        lines.append("\t".join([chrom, str(start), str(end), *rest][:n_columns]))
    if rng.random() < 0.2:
        lines.insert(0, choose(rng, ["# chrom start end", "track name=x", "browser"]))
    return ("\n".join(lines) + "\n").encode()


def _vcf(rng: np.random.Generator) -> bytes:
    lines = ["##fileformat=VCFv4.2", "#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO"]
    for i in range(int(rng.integers(1, 5))):
        chrom = choose(rng, list(_GENOME))
        letters = _GENOME[chrom].upper()
        start = int(rng.integers(len(letters)))
        ref = letters[start : start + int(rng.integers(1, 5))]
        alts = ["A", "C", "ACGT", ref[:1], ref + "T", ".", "*", "<DEL>", "T]chr1:3]"]
        alt = ",".join(choose(rng, alts) for _ in range(int(rng.integers(1, 3))))
        lines.append(f"{chrom}\t{start + 1}\trs{i}\t{ref}\t{alt}\t.\tPASS\t.")
    return ("\n".join(lines) + "\n").encode()


def _is_sequence(letters: str) -> bool:
    return bool(letters) and all("!" <= x <= "~" and x != ">" for x in letters)


@cache
def _genome() -> Path:
    text = "".join(f">{name}\n{letters}\n" for name, letters in _GENOME.items())
    return _write("whole.fa", text.encode())


@cache
def _folder() -> tempfile.TemporaryDirectory:
    """A folder for the files of all cases, which goes with the process."""
    return tempfile.TemporaryDirectory()


def _write(name: str, content: bytes) -> Path:
    path = Path(_folder().name) / name
    path.write_bytes(content)
    return path
