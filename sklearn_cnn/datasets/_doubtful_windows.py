"""Windows that one may not want to learn from."""

from bisect import bisect_right

import numpy as np
import pandas as pd

from sklearn_cnn.datasets._genome import Genome

# In words, and in the order in which they are looked for.
DOUBTS = {
    "gaps": "holding N or other letters than A, C, G and T, as in gaps",
    "duplicates": "repeating an earlier one",
    "overlaps": "overlapping an earlier one",
}


def checked_doubts(drop: str | tuple[str, ...] | list[str]) -> list[str]:
    """Names of doubts, in the order in which they are looked for."""
    names = [drop] if isinstance(drop, str) else drop
    for name in names:
        if name not in DOUBTS:
            known = ", ".join(map(repr, DOUBTS))
            raise ValueError(f"drop holds names of {known}; found {name!r}")
    return [doubt for doubt in DOUBTS if doubt in names]


def find_doubtful(
    table: pd.DataFrame, genome: Genome, doubts: list[str]
) -> dict[str, np.ndarray]:
    """For each doubt, in words, which windows it is about; each window counts once.

    Windows are not compared to those that an earlier doubt is about.
    """
    doubtful, clean = {}, np.arange(len(table))
    for doubt in doubts:
        rows = np.zeros(len(table), dtype=bool)
        rows[clean] = _FINDERS[doubt](table.iloc[clean], genome)
        doubtful[DOUBTS[doubt]] = rows
        clean = clean[~rows[clean]]
    return doubtful


def _holds_gaps(table: pd.DataFrame, genome: Genome) -> pd.Series:
    """Whether a window holds letters other than A, C, G and T in its chromosome."""
    n_padded = (-table["start"]).clip(lower=0)
    n_padded += (table["end"] - genome.sizes(table)).clip(lower=0)
    return table["sequence"].str.count("[^ACGT]") > n_padded


def _repeats(table: pd.DataFrame, genome: Genome) -> pd.Series:
    """Whether a window is where an earlier one is, on its strand."""
    return table.duplicated(["chrom", "start", "end", "strand"])


def _overlaps(table: pd.DataFrame, genome: Genome) -> np.ndarray:
    """Whether a window shares a base with an earlier one that does not itself."""
    overlaps = np.zeros(len(table), dtype=bool)
    for rows in table.groupby("chrom").indices.values():
        starts, ends = [], []  # of windows apart from each other, in their order
        for row, start, end in zip(
            rows,
            table["start"].iloc[rows].tolist(),
            table["end"].iloc[rows].tolist(),
            strict=True,
        ):
            i = bisect_right(starts, start)
            if (i > 0 and ends[i - 1] > start) or (i < len(starts) and starts[i] < end):
                overlaps[row] = True
            else:
                starts.insert(i, start)
                ends.insert(i, end)
    return overlaps


_FINDERS = {"gaps": _holds_gaps, "duplicates": _repeats, "overlaps": _overlaps}
