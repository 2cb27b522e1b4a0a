"""Sequence logos."""

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from sklearn_cnn.inspection.displays._colors import (
    BLUE,
    COLORS,
    GREEN,
    ORANGE,
    PURPLE,
    VERMILION,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_NUCLEOTIDES = {"A": GREEN, "C": BLUE, "G": ORANGE, "T": VERMILION, "U": VERMILION}
_AMINO_ACIDS = {
    "AFILMPVW": "#000000",  # hydrophobic
    "CGSTY": GREEN,  # polar
    "NQ": PURPLE,  # amides
    "HKR": BLUE,  # basic
    "DE": VERMILION,  # acidic
}
_OTHERS = (*COLORS, "#000000")


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
    ax.spines[:].set_visible(False)
    # logomaker would take the lowest and the highest letter for the limits of y.
    if np.any(heights):
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
