"""Sequence logos."""

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from matplotlib.axes import Axes

# Colours that the colour-blind can tell apart: Okabe and Ito (2008),
# https://jfly.uni-koeln.de/color.
_NUCLEOTIDES = {
    "A": "#009E73",
    "C": "#0072B2",
    "G": "#E69F00",
    "T": "#D55E00",
    "U": "#D55E00",
}
_AMINO_ACIDS = {
    "AFILMPVW": "#000000",  # hydrophobic
    "CGSTY": "#009E73",  # polar
    "NQ": "#CC79A7",  # amides
    "HKR": "#0072B2",  # basic
    "DE": "#D55E00",  # acidic
}
_OTHERS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")


def draw_logo(ax: "Axes", heights: np.ndarray, symbols: str, *, start: int = 0) -> None:
    """Draw letters of given heights; negative ones hang upside down below zero.

    The letters of position i are centred at ``x = start + i``.

    Parameters
    ----------
    ax : matplotlib Axes
        What to draw on.
    heights : ndarray of shape (length, n_symbols)
        Height of each letter at each position.
    symbols : str
        The letters, in the order of the columns.
    start : int
        Where the first position is.

    Raises
    ------
    ImportError
        If logomaker is not installed.
    """
    try:
        import logomaker
    except ImportError:
        raise ImportError(
            "drawing logos needs logomaker; install it with "
            "`pip install 'sklearn-cnn[plot]'`"
        ) from None
    end = start + len(heights)
    logomaker.Logo(
        pd.DataFrame(
            np.asarray(heights, dtype=float),
            index=range(start, end),
            columns=list(symbols),
        ),
        ax=ax,
        color_scheme=_colors(symbols),
        show_spines=False,
        baseline_width=0,
    )
    if np.min(heights) < 0:
        ax.axhline(0, color="black", linewidth=0.6)
    ax.spines[["left", "bottom"]].set_visible(True)
    ax.set_xlim(start - 0.5, end - 0.5)


def _colors(symbols: str) -> dict[str, str]:
    """Colour of each letter: of nucleotides, of amino acids by their chemistry."""
    if set(symbols) <= set(_NUCLEOTIDES):
        return {symbol: _NUCLEOTIDES[symbol] for symbol in symbols}
    chemistry = {a: color for acids, color in _AMINO_ACIDS.items() for a in acids}
    if set(symbols) <= set(chemistry):
        return {symbol: chemistry[symbol] for symbol in symbols}
    return {symbol: _OTHERS[i % len(_OTHERS)] for i, symbol in enumerate(symbols)}
