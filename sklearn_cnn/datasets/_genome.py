"""Random access to the chromosomes of a genome."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from os import PathLike

import numpy as np
import pandas as pd

from sklearn_cnn.datasets._fasta_index import Record, load_index
from sklearn_cnn.datasets._random_access import (
    BlockGzipFile,
    PlainFile,
    open_at_random,
)
from sklearn_cnn.preprocessing import reverse_complement


class Genome:
    """Chromosomes of an open FASTA file: their names, lengths and letters."""

    def __init__(
        self,
        file: PlainFile | BlockGzipFile,
        records: dict[str, Record],
        path: str | PathLike,
    ):
        self._file, self._records = file, records
        self.path = path
        self.lengths = {name: record.length for name, record in records.items()}

    def chromosome(self, chrom: str) -> str:
        """All letters of a chromosome, in upper case."""
        return self.letters(chrom, 0, self.lengths[chrom])

    def sizes(self, windows: pd.DataFrame) -> pd.Series:
        """Lengths of the chromosomes of windows."""
        return windows["chrom"].map(self.lengths).astype(int)

    def read(self, windows: pd.DataFrame) -> np.ndarray:
        """Upper-case letters of windows, each on its strand: a 1-D object array.

        `windows` has the columns "chrom", "start", "end" and "strand". Where they run
        over an end of the chromosome, the letters are N.
        """
        sequences = np.empty(len(windows), dtype=object)
        sequences[:] = [
            self.forward(chrom, start, end)
            for chrom, start, end in zip(
                windows["chrom"], windows["start"], windows["end"], strict=True
            )
        ]
        minus = (windows["strand"] == "-").to_numpy()
        if minus.any():
            sequences[minus] = reverse_complement(sequences[minus], "dna")
        return sequences

    def forward(self, chrom: str, start: int, end: int) -> str:
        """Upper-case letters of the forward strand; N beyond the chromosome."""
        width, size = end - start, self.lengths[chrom]
        inside = self.letters(chrom, max(start, 0), min(end, size))
        before = min(max(-start, 0), width)
        return "N" * before + inside + "N" * (width - before - len(inside))

    def letters(self, chrom: str, start: int, end: int) -> str:
        """Upper-case letters from `start` to `end` (excluded) of a chromosome."""
        try:
            return self._records[chrom].letters(self._file, start, end).upper()
        except ValueError as error:
            raise ValueError(
                f"{self.path}: the letters of {chrom!r} cannot be read ({error}). "
                f"Delete {self.path}.fai, the index, and a new one is made; if that "
                "does not help, copy or download the genome again"
            ) from error

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
    """Open a FASTA file, plain or compressed in blocks; an index lies beside it then.

    pyfaidx would do, but for three things: it trusts an index by its date, needs
    Biopython for blocks, and stumbles over full ones.
    """
    with open(path, "rb") as file:
        opened = open_at_random(file, path)
        yield Genome(opened, load_index(path, opened), path)
