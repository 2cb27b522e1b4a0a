"""Chromosomes of an indexed file, or in memory, read piece by piece."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from os import PathLike

from sklearn_cnn._package import warn
from sklearn_cnn.datasets._genome import Genome, open_genome


class Sequences:
    """Sequences in memory by their names, read as the chromosomes of a `Genome`."""

    def __init__(self, sequences: Mapping[str, str]):
        for name, sequence in sequences.items():
            if not isinstance(name, str) or not isinstance(sequence, str):
                raise TypeError(
                    "genome must be a path, or a dict of names and strings; it has "
                    f"{type(sequence).__name__} for {name!r}"
                )
        if not sequences:
            raise ValueError("genome is an empty dict; at least one sequence is needed")
        self._sequences = sequences
        self.lengths = {name: len(sequence) for name, sequence in sequences.items()}

    def letters(self, chrom: str, start: int, end: int) -> str:
        """Letters from `start` to `end` (excluded) of a sequence."""
        return self._sequences[chrom][start:end]


@contextmanager
def open_chromosomes(
    genome: str | PathLike | Mapping[str, str],
) -> Iterator[Genome | Sequences]:
    """Open an indexed FASTA file, or take sequences as they are."""
    if isinstance(genome, Mapping):
        yield Sequences(genome)
        return
    with open_genome(genome) as opened:
        yield opened


def choose_chromosomes(
    genome: Genome | Sequences, asked: list[str] | None, length: int
) -> list[str]:
    """Names of the chromosomes to scan, which have a window of `length` at least.

    Where none are asked for, shorter ones are left out with a warning.
    """
    known = genome.lengths
    names = list(known) if asked is None else list(dict.fromkeys(asked))
    missing = [name for name in names if name not in known]
    if missing:
        raise ValueError(
            f"the genome does not hold the chromosomes {_listed(missing)}; it holds "
            f"{_listed(known)}"
        )
    short = [name for name in names if known[name] < length]
    if short and (asked is not None or len(short) == len(names)):
        raise ValueError(
            f"a window has {length:,} letters, but {short[0]!r} only "
            f"{known[short[0]]:,} ({len(short)} of {len(names)} chromosomes are "
            "shorter); pass a smaller length, or chromosomes that are longer"
        )
    if short:
        warn(
            f"{len(short)} of {len(names)} chromosomes are shorter than a window of "
            f"{length:,} letters and are left out: {_listed(short)}"
        )
    return [name for name in names if known[name] >= length]


def _listed(names) -> str:
    names = list(names)
    return ", ".join(map(repr, names[:4])) + (", ..." if names[4:] else "")
