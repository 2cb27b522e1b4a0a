"""Windows around the centers of peaks."""

from os import PathLike

import numpy as np
import pandas as pd

from sklearn_cnn.datasets._bed import NO_SUMMIT
from sklearn_cnn.datasets._genome import Genome
from sklearn_cnn.datasets._intervals import place


def place_windows(table: pd.DataFrame, length: int | None, center: str) -> pd.DataFrame:
    """Windows in place of the intervals, and "at", the base they are placed by."""
    table = table.assign(peak_start=table["start"], peak_end=table["end"])
    if length is None:
        return table.assign(at=table["start"])
    # On the reverse strand, all is counted from the end.
    minus = table["strand"] == "-"
    half = (table["end"] - table["start"]) // 2
    at = (table["start"] + half).where(~minus, table["end"] - 1 - half)
    has_summit = table["summit"] != NO_SUMMIT
    summit = table["start"] + table["summit"]
    if center == "summit":
        at = at.where(~has_summit, summit)
    before = np.where(minus, length - 1 - length // 2, length // 2)
    start = at - before
    is_inside = has_summit & (summit >= start) & (summit < start + length)
    return table.assign(
        at=at,
        start=start,
        end=start + length,
        summit=(summit - start).where(is_inside, NO_SUMMIT),
    )


def check_anchors(
    table: pd.DataFrame,
    length: int | None,
    genome: Genome,
    peaks: str | PathLike | pd.DataFrame,
) -> None:
    """Raise if an interval lies behind its chromosome, not only over the end of it.

    One that is longer than any chromosome is refused too, before it takes memory.
    """
    sizes = genome.sizes(table)
    beyond = (table["at"] >= sizes).to_numpy()
    if beyond.any():
        i = beyond.argmax()
        first = table.iloc[i]
        what = "interval" if length is None else "center of the interval"
        raise ValueError(
            f"{place(peaks, first['line'], 'peaks')}: the {what} lies behind the end "
            f"of {first['chrom']!r}, which has {sizes.iloc[i]} bases in {genome.path} "
            f"({beyond.sum()} of {len(table)} intervals lie there); take the assembly "
            "that the peaks were called on"
        )
    longest = max(genome.lengths.values())
    too_long = (table["end"] - table["start"] > longest).to_numpy()
    if length is None and too_long.any():
        first = table.iloc[too_long.argmax()]
        raise ValueError(
            f"{place(peaks, first['line'], 'peaks')}: the interval has "
            f"{first['end'] - first['start']} bases, but the longest chromosome in "
            f"{genome.path} has {longest}"
        )
