"""A matrix of a motif file."""

from typing import NamedTuple

import numpy as np

DNA, RNA = "ACGT", "ACGU"
ALPHABETS = {DNA: "dna", RNA: "rna"}
# Of frequencies in files that do not say it.
N_SITES = 20
# Counts above this are a slip, and sums of larger ones may be infinite.
_LARGEST = 1e15
Lines = list[tuple[int, str]]


class Matrix(NamedTuple):
    """A matrix as a file has it: numbers of shape (width, 4)."""

    id: str
    name: str
    numbers: np.ndarray
    n_sites: float | None
    line: int
    alphabet: str = "dna"

    def counts(self) -> np.ndarray:
        """The numbers, multiplied by the number of sites if they are frequencies.

        Raises
        ------
        ValueError
            If they are neither.
        """
        numbers = self.numbers
        where = f"line {self.line}: the matrix of {self.id!r}"
        if not np.isfinite(numbers).all() or (numbers < 0).any():
            raise ValueError(
                f"{where} holds numbers that are not counts or frequencies (finite and "
                "not negative), as log-odds do; take the file of counts (.pcm) or "
                "frequencies (.ppm, .pfm)"
            )
        largest = max(numbers.max(), self.n_sites or 0)
        if largest > _LARGEST:
            raise ValueError(
                f"{where} holds counts of up to {largest:g}; those above {_LARGEST:g} "
                "are no numbers of sites"
            )
        sums = numbers.sum(axis=1)
        if not sums.all():
            raise ValueError(
                f"{where} holds nothing but zeros at position {sums.argmin()} (counted "
                "from 0)"
            )
        if np.abs(sums - 1).max() <= 0.05:
            return numbers * (self.n_sites or N_SITES)
        are_fractions = numbers.max() <= 1 and (numbers % 1).any()
        if self.n_sites is not None or are_fractions:
            i = np.abs(sums - 1).argmax()
            raise ValueError(
                f"{where} holds frequencies, but those of position {i} (counted from "
                f"0) sum to {sums[i]:g}, not to 1"
            )
        return numbers


def rectangle(rows: Lines) -> np.ndarray:
    """Numbers of rows of one length."""
    numbers = []
    for number, row in rows:
        try:
            numbers.append([float(word) for word in row.split()])
        except ValueError:
            raise ValueError(
                f"line {number}: a row of numbers is needed; found {row[:60]!r}"
            ) from None
        if len(numbers[-1]) != len(numbers[0]) or not numbers[0]:
            raise ValueError(
                f"line {number}: the rows of a matrix have one length, the first one "
                f"{len(numbers[0])} numbers; found {len(numbers[-1])}"
            )
    return np.array(numbers) if numbers else np.empty((0, 0))


def is_numeric(text: str) -> bool:
    """Whether a line holds numbers alone."""
    try:
        return len([float(word) for word in text.split()]) > 0
    except ValueError:
        return False
