"""The part of a matrix that says something, and its sites."""

import numpy as np
import pandas as pd

from sklearn_cnn.datasets._information import information
from sklearn_cnn.inputs._inputs import Inputs

# Flanks that hold less of what a position can tell are cut off.
_MIN_SHARE = 0.1
# Bits; less than that is no motif: any sequence holds it.
_MIN_INFORMATION = 5.0


def motif_core(counts: np.ndarray) -> slice:
    """Rows of counts without flanks of little information; none if that is all."""
    n = counts.sum(axis=1)
    frequencies = counts / np.maximum(n, 1e-9)[:, None]
    bits = information(frequencies, np.maximum(n, 1))
    # The ends of sequences cut off the flanks of some sites.
    informative = bits >= _MIN_SHARE * np.log2(counts.shape[1])
    clear = np.flatnonzero(informative & (n >= n.max() / 2))
    if not len(clear):
        return slice(0, 0)
    core = slice(clear[0], clear[-1] + 1)
    return core if bits[core].sum() >= _MIN_INFORMATION else slice(0, 0)


def trim_sites(
    sites: pd.DataFrame, width: int, core: slice, inputs: Inputs
) -> pd.DataFrame:
    """Sites of a motif, without its flanks and without what is beyond the sequence.

    "sequence" counts the rows of `inputs`; `width` is that of the whole matrix.
    """
    cut_off = np.where(sites["reverse"], width - core.stop, core.start)
    start = sites["start"] + cut_off
    rows = sites["sequence"].to_numpy(int)
    lengths = inputs.length if inputs.lengths is None else inputs.lengths[rows]
    return pd.DataFrame(
        {
            "sequence": rows,
            "start": np.clip(start, 0, lengths),
            "end": np.clip(start + core.stop - core.start, 0, lengths),
            "strand": np.where(sites["reverse"], "-", "+"),
            "strength": sites["strength"],
        }
    )
