"""Motifs as sequence logos."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from sklearn_cnn._motif import BaseMotifCNN
from sklearn_cnn.datasets._information import information
from sklearn_cnn.inspection.displays._logo import draw_logo
from sklearn_cnn.inspection.displays._panels import grid, panels
from sklearn_cnn.inspection.motifs._extract_motifs import extract_motifs
from sklearn_cnn.inspection.motifs._match_motifs import known_motifs, match_motifs
from sklearn_cnn.inspection.motifs._motifs import Motifs, as_motifs

if TYPE_CHECKING:
    import os

    from matplotlib.axes import Axes

_N_COLUMNS = 2
# A hit that is expected to be this good by chance is none to show.
_MAX_E = 0.05


class MotifDisplay:
    """Logos of motifs, each above that of the known motif that is most like it.

    Make it by `from_estimator` or `from_motifs`. The height of a position is its
    information content in bits, that of a letter its share. The known motif is aligned
    with the one found, on the strand that fits.

    Parameters
    ----------
    motifs : Motifs
        What is drawn.
    hits : DataFrame, default=None
        One row a motif, as :func:`match_motifs` gives with ``n_hits=1``. None draws the
        motifs alone.
    known : sequence of ndarray of shape (width, n_symbols), default=None
        Frequencies of the known motif of each row of `hits`.

    Attributes
    ----------
    axes_ : ndarray of shape (n_motifs, 1) or (n_motifs, 2), of matplotlib Axes
        Axes of each motif and, with `hits`, of its known motif; after `plot`.
    ax_ : matplotlib Axes
        The first of them.
    figure_ : matplotlib Figure
        The figure that they are in.

    See Also
    --------
    extract_motifs : Motifs of a fitted estimator.
    AttributionDisplay : Where they are in a sequence.

    Examples
    --------
    >>> from sklearn_cnn.inspection import MotifDisplay, Motifs
    >>> motifs = Motifs([[[9, 0, 1, 0], [0, 0, 5, 5], [0, 10, 0, 0]]], names=["mine"])
    >>> display = MotifDisplay.from_motifs(motifs, database=None)
    >>> display.axes_[0, 0].get_title(loc="left")
    'mine'
    """

    def __init__(
        self,
        motifs: Motifs,
        *,
        hits: pd.DataFrame | None = None,
        known: Sequence[np.ndarray] | None = None,
    ):
        self.motifs = motifs
        self.hits = hits
        self.known = known

    @classmethod
    def from_estimator(
        cls,
        estimator: BaseMotifCNN,
        X: ArrayLike,
        y: ArrayLike | None = None,
        *,
        method: str = "attributions",
        target=None,
        database: "str | os.PathLike | Motifs | None" = "jaspar",
        max_motifs: int = 6,
        ax: "Axes | ArrayLike | None" = None,
        axes: "ArrayLike | None" = None,
        verbose: int = 0,
    ) -> "MotifDisplay":
        """Extract the motifs of a fitted estimator and draw the most important ones.

        Parameters
        ----------
        estimator : MotifCNNClassifier or MotifCNNRegressor
            Fitted on sequences of symbols.
        X : array-like of shape (n_samples,)
            Sequences.
        y : array-like of shape (n_samples,) or (n_samples, n_outputs), default=None
            Targets.
        method, target
            See :func:`extract_motifs`.
        database : str, path-like, Motifs or None, default="jaspar"
            Known motifs, see :func:`match_motifs`; None draws the motifs alone.
        max_motifs : int, default=6
            At most so many are drawn.
        ax : matplotlib Axes, or array-like of these, default=None
            Where to draw; see `plot`.
        axes : array-like of matplotlib Axes, default=None
            Earlier name of `ax`.
        verbose : int or bool, default=0
            Whether to show progress bars.

        Returns
        -------
        MotifDisplay
            What was drawn.
        """
        motifs = extract_motifs(
            estimator, X, y, method=method, target=target, verbose=verbose
        )
        return cls.from_motifs(
            motifs,
            database=database,
            max_motifs=max_motifs,
            ax=ax,
            axes=axes,
            verbose=verbose,
        )

    @classmethod
    def from_motifs(
        cls,
        motifs: Motifs,
        *,
        database: "str | os.PathLike | Motifs | None" = "jaspar",
        max_motifs: int = 6,
        ax: "Axes | ArrayLike | None" = None,
        axes: "ArrayLike | None" = None,
        verbose: int = 0,
    ) -> "MotifDisplay":
        """Draw motifs and the known motifs that are most like them.

        Parameters
        ----------
        motifs : Motifs
            What is drawn, from the first on; or what
            :func:`~sklearn_cnn.datasets.read_motifs` or
            :func:`~sklearn_cnn.datasets.load_jaspar` returns, or a part of it.
        database : str, path-like, Motifs or None, default="jaspar"
            Known motifs, see :func:`match_motifs`; None draws the motifs alone.
        max_motifs : int, default=6
            At most so many are drawn.
        ax : matplotlib Axes, or array-like of these, default=None
            Where to draw; see `plot`.
        axes : array-like of matplotlib Axes, default=None
            Earlier name of `ax`.
        verbose : int or bool, default=0
            Whether to show progress bars.

        Returns
        -------
        MotifDisplay
            What was drawn.
        """
        motifs = as_motifs(motifs[:max_motifs])
        if database is None:
            return cls(motifs).plot(ax, axes=axes)
        hits = match_motifs(motifs, database, n_hits=1, verbose=verbose)
        targets = known_motifs(database)
        known = [targets.matrices[targets.ids.index(hit)] for hit in hits["hit"]]
        return cls(motifs, hits=hits, known=known).plot(ax, axes=axes)

    def plot(
        self,
        ax: "Axes | ArrayLike | None" = None,
        *,
        axes: "ArrayLike | None" = None,
    ) -> "MotifDisplay":
        """Draw.

        Parameters
        ----------
        ax : matplotlib Axes, or array-like of these, default=None
            Where to draw: one Axes a motif, and with `hits` one for its known motif
            after it; or one Axes, whose place is divided, with two motifs a row. None
            makes a figure, likewise.
        axes : array-like of matplotlib Axes, default=None
            Earlier name of `ax`.

        Returns
        -------
        MotifDisplay
            Itself, with the axes as attributes.

        Raises
        ------
        ImportError
            If Matplotlib or logomaker is not installed.
        ValueError
            If there is no motif, or `ax` holds several axes, but not as many as are
            needed.
        """
        n = len(self.motifs)
        per_motif = 1 if self.hits is None else 2
        if n == 0:
            raise ValueError("there is no motif to draw")
        self.axes_ = panels(
            axes if ax is None else ax,
            (n, per_motif),
            "one for each motif" if per_motif == 1 else "two for each motif",
            lambda inside: _make_axes(inside, n, per_motif),
        )
        self.ax_ = self.axes_[0, 0]
        self.figure_ = self.ax_.figure
        table = self.motifs.to_frame()
        for i, frequencies in enumerate(self.motifs.frequencies):
            ax = self.axes_[i, 0]
            title = table["name"][i]
            if "importance" in table:
                title += f", importance {table['importance'][i]:.2g}"
            self._draw(ax, frequencies, title)
            if self.hits is not None:
                self._draw_known(i, len(frequencies))
            ax.set_xticks(range(len(frequencies)), range(1, len(frequencies) + 1))
            ax.tick_params(axis="x", labelsize="x-small", length=2)
        return self

    def _draw(self, ax: "Axes", frequencies: np.ndarray, title: str, start: int = 0):
        heights = frequencies * information(frequencies)[:, None]
        draw_logo(ax, heights, self.motifs.symbols, start=start)
        most = np.log2(frequencies.shape[1])
        ax.set(ylim=(0, most), yticks=range(int(most) + 1), ylabel="bits")
        ax.set_title(title, fontsize="medium", loc="left")

    def _draw_known(self, i: int, width: int) -> None:
        """Draw the known motif below the one found, in the same places."""
        above, ax = self.axes_[i]
        hit, known = self.hits.iloc[i], self.known[i]
        if hit["strand"] == "-":
            known = known[::-1, ::-1]
        start = -int(hit["offset"])
        limits = (min(0, start) - 0.5, max(width, start + len(known)) - 0.5)
        if hit["e_value"] > _MAX_E:
            limits = (-0.5, width - 0.5)
            ax.set_axis_off()
            text = f"no known motif (E > {_MAX_E})"
            ax.text(0.5, 0.7, text, ha="center", color="0.4", transform=ax.transAxes)
        else:
            name = hit["tf"] or hit["hit"]
            identifier = "" if name == hit["hit"] else f" {hit['hit']}"
            title = f"{name}{identifier}, E = {hit['e_value']:.0e}"
            self._draw(ax, known, title, start)
            ax.set_xticks([])
        above.set_xlim(limits)
        ax.set_xlim(limits)


def _make_axes(inside: "Axes | None", n_motifs: int, per_motif: int) -> np.ndarray:
    """Axes motif by motif, two side by side, in a new figure or in place of one."""
    n_rows = -(-n_motifs // _N_COLUMNS)
    n_columns = min(n_motifs, _N_COLUMNS)
    size = (4.2 * n_columns, 1.35 * per_motif * n_rows + 0.3)
    axes = grid(inside, n_rows * per_motif, n_columns, size)
    # Rows of a motif next to each other.
    cells = axes.reshape(n_rows, per_motif, n_columns).swapaxes(1, 2)
    cells = cells.reshape(-1, per_motif)
    for ax in cells[n_motifs:].ravel():
        ax.remove()
    return cells[:n_motifs]
