"""Random access to the chromosomes of a genome."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from os import PathLike

import numpy as np
import pandas as pd

from sklearn_cnn.datasets._read_fasta import not_fasta
from sklearn_cnn.datasets._text_lines import read_lines
from sklearn_cnn.preprocessing import reverse_complement


class Genome:
    """Chromosomes of an open FASTA file: their names, lengths and letters."""

    def __init__(self, fasta, path: str | PathLike):
        self._fasta = fasta
        self.path = path
        self.lengths = {name: len(fasta[name]) for name in fasta.keys()}  # noqa: SIM118

    def chromosome(self, chrom: str) -> str:
        """All letters of a chromosome, in upper case."""
        return self._fasta[chrom][:].upper()

    def read(self, windows: pd.DataFrame) -> np.ndarray:
        """Upper-case letters of windows, each on its strand: a 1-D object array.

        `windows` has the columns "chrom", "start", "end" and "strand". Where they run
        over an end of the chromosome, the letters are N.
        """
        sequences = np.empty(len(windows), dtype=object)
        sequences[:] = [
            self._forward(chrom, start, end)
            for chrom, start, end in zip(
                windows["chrom"], windows["start"], windows["end"], strict=True
            )
        ]
        minus = (windows["strand"] == "-").to_numpy()
        if minus.any():
            sequences[minus] = reverse_complement(sequences[minus], "dna")
        return sequences

    def _forward(self, chrom: str, start: int, end: int) -> str:
        inside = self._fasta[chrom][max(start, 0) : end].upper()
        return "N" * -start + inside + "N" * (end - self.lengths[chrom])

    def explain_missing(self, chroms: Iterable[str]) -> str:
        """Say that chromosomes are missing, and how the genome may call them."""
        chroms = list(dict.fromkeys(chroms))
        listed = ", ".join(map(repr, chroms[:4])) + (", ..." if chroms[4:] else "")
        message = f"on chromosomes that {self.path} does not hold: {listed}"
        for chrom in chroms:
            other = chrom[3:] if chrom.startswith("chr") else f"chr{chrom}"
            if other in self.lengths:
                return (
                    f"{message} (it holds {other!r} for {chrom!r}: rename them in one "
                    "of the files)"
                )
        known = list(self.lengths)
        listed = ", ".join(map(repr, known[:4])) + (", ..." if known[4:] else "")
        return f"{message} (it holds {listed})"


@contextmanager
def open_genome(path: str | PathLike) -> Iterator[Genome]:
    """Open a FASTA file with pyfaidx, which writes an index beside it if none is."""
    try:
        import pyfaidx
    except ImportError as error:
        raise ImportError(
            "pyfaidx is needed to read from a genome; install it with pip install "
            '"sklearn-cnn[genome]"'
        ) from error
    _check_is_plain_fasta(path)
    try:
        fasta = pyfaidx.Fasta(path, as_raw=True)
    except OSError as error:
        raise OSError(
            f"the index {path}.fai cannot be read or written ({error}); copy the "
            "genome to a folder of your own, or have 'samtools faidx' run on it"
        ) from error
    except (pyfaidx.FastaIndexingError, RuntimeError, ValueError) as error:
        raise ValueError(
            f"{path} cannot be indexed: {error}. Random access needs names that occur "
            "once and, in a sequence, lines of one length, none of them blank, which "
            "'seqtk seq -l 60' makes"
        ) from error
    with fasta:
        yield Genome(fasta, path)


def _check_is_plain_fasta(path: str | PathLike) -> None:
    """Raise unless the first line is one of FASTA, and not compressed."""
    with open(path, "rb") as file:
        if file.read(2) == b"\x1f\x8b":
            raise ValueError(
                f"{path} is compressed, which forbids random access; decompress it "
                "once: 'gunzip -k' keeps the original"
            )
    number, line = next(read_lines(path), (1, ""))
    if not line.startswith(">"):
        raise ValueError(f"{path}, line {number}: {not_fasta(line)}")
