"""All layers of a network in one figure."""

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike
from sklearn.base import BaseEstimator

from sklearn_cnn.datasets._information import information
from sklearn_cnn.inspection.displays._colors import BLUE
from sklearn_cnn.inspection.displays._logo import draw_logo
from sklearn_cnn.inspection.displays._panels import grid, panels
from sklearn_cnn.inspection.layers._hierarchy import Hierarchy
from sklearn_cnn.inspection.layers._layer_motifs import layer_motifs

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_SHADE = "0.88"
# Inches of a row, and of a column of logos.
_HEIGHT, _WIDTH = 1.7, 3.2


class HierarchyDisplay:
    """What the units of each layer look for, one row a layer, as logos.

    Make it by `from_estimator`. A row shows the most important units of a layer, by
    the letters in the windows that excite them, as wide as their receptive field. The
    motifs of a pair are shaded, with the number of letters between them. At the right
    stands how the most important unit with a pair responds to its two motifs, planted
    into random sequences, by the letters between them, as a share of its strongest
    response; the dashed line is that to the better one alone.

    Parameters
    ----------
    hierarchy : Hierarchy
        What `layer_motifs` returns.

    Attributes
    ----------
    axes_ : ndarray of matplotlib Axes, shape (n_layers, n_columns)
        Axes of the logos and, in a last column where there are any pairs, of the
        responses; after `plot`. Those with nothing to show are invisible.
    ax_ : matplotlib Axes
        The first of them.
    figure_ : matplotlib Figure
        The figure that they are in.

    See Also
    --------
    layer_motifs : The same as tables, and what is meant by importance and by a pair.

    Examples
    --------
    >>> from sklearn_cnn import MotifCNNClassifier
    >>> from sklearn_cnn.datasets import make_motif_classification
    >>> from sklearn_cnn.inspection import HierarchyDisplay
    >>> X, y = make_motif_classification(200, 40, "TGACGTCA", random_state=0)
    >>> clf = MotifCNNClassifier(
    ...     n_filters=(8, 8), kernel_size=(5, 7), max_epochs=2, position=False,
    ...     linear_models=None, random_state=0,
    ... ).fit(X, y)
    >>> display = HierarchyDisplay.from_estimator(clf, X, n_units=2)
    >>> display.axes_.shape
    (2, 2)
    """

    def __init__(self, *, hierarchy: Hierarchy):
        self.hierarchy = hierarchy

    @classmethod
    def from_estimator(
        cls,
        estimator: BaseEstimator,
        X: ArrayLike,
        *,
        n_units: int = 2,
        ax: "Axes | ArrayLike | None" = None,
        axes: "ArrayLike | None" = None,
    ) -> "HierarchyDisplay":
        """Draw the layers of a fitted estimator.

        Parameters
        ----------
        estimator : MotifCNNClassifier or MotifCNNRegressor
            Fitted on sequences of symbols.
        X : container of str of shape (n_sequences,)
            Sequences in which what was learned occurs; see `layer_motifs`.
        n_units : int, default=2
            Units of each layer that are shown, the most important ones.
        ax : matplotlib Axes, or array-like of these, default=None
            Where to draw: axes of shape (n_layers, n_columns), a column for each of
            `n_units`, and one more where there are pairs; or one Axes, whose place is
            divided. None makes a figure.
        axes : array-like of matplotlib Axes, default=None
            Earlier name of `ax`.

        Returns
        -------
        HierarchyDisplay
            What was drawn.

        Raises
        ------
        TypeError, ValueError
            As `layer_motifs`.
        ImportError
            If Matplotlib or logomaker is not installed.
        """
        display = cls(hierarchy=layer_motifs(estimator, X))
        return display.plot(n_units=n_units, ax=ax, axes=axes)

    def plot(
        self,
        *,
        n_units: int = 2,
        ax: "Axes | ArrayLike | None" = None,
        axes: "ArrayLike | None" = None,
    ) -> "HierarchyDisplay":
        """Draw.

        Parameters
        ----------
        n_units : int, default=2
            Units of each layer that are shown, the most important ones.
        ax : matplotlib Axes, or array-like of these, default=None
            Where to draw: axes of shape (n_layers, n_columns), a column for each of
            `n_units`, and one more where there are pairs; or one Axes, whose place is
            divided. None makes a figure.
        axes : array-like of matplotlib Axes, default=None
            Earlier name of `ax`.

        Returns
        -------
        HierarchyDisplay
            Itself, with the axes as attributes.

        Raises
        ------
        ValueError
            If `ax` holds several axes, but not as many as are needed.
        ImportError
            If Matplotlib or logomaker is not installed.
        """
        has_pairs = len(self.hierarchy.pairs) > 0
        shape = len(self.hierarchy.receptive_fields), n_units + has_pairs
        size = _WIDTH * shape[1], _HEIGHT * shape[0] + 0.4
        axes = panels(
            axes if ax is None else ax,
            shape,
            f"{shape[0]} layers x {shape[1]} columns",
            lambda inside: grid(inside, *shape, size),
        )
        self.axes_, self.ax_ = axes, axes.flat[0]
        self.figure_ = self.ax_.figure
        for ax in axes.flat:
            ax.set_visible(False)
        for layer, row in enumerate(axes, start=1):
            units = self.hierarchy.units
            units = units[units["layer"] == layer].head(n_units)
            for ax, unit in zip(row, units.itertuples(), strict=False):
                self._draw_unit(ax, unit)
            pairs = self.hierarchy.pairs
            pairs = pairs[pairs["layer"] == layer]
            if len(pairs):
                self._draw_spacings(row[-1], pairs.iloc[0])
        return self

    def _draw_unit(self, ax: "Axes", unit) -> None:
        """Logo of a unit, its motifs shaded."""
        ax.set_visible(True)
        matrix = self.hierarchy.frequencies[unit.layer - 1][unit.unit]
        bits = information(matrix, unit.n_windows).clip(min=0)
        draw_logo(ax, matrix * bits[:, None], self.hierarchy.symbols)
        ax.set_ylim(0, np.log2(len(self.hierarchy.symbols)))
        ax.set_title(f"layer {unit.layer}, unit {unit.unit}", fontsize="medium")
        ax.set(xlabel="letter of the window", ylabel="bits")
        ax.xaxis.get_major_locator().set_params(integer=True)
        pairs = self.hierarchy.pairs
        pairs = pairs[(pairs["layer"] == unit.layer) & (pairs["unit"] == unit.unit)]
        for pair in pairs.head(1).itertuples():
            second = pair.start + len(pair.first) + pair.spacing
            for start, word in ((pair.start, pair.first), (second, pair.second)):
                end = start + len(word)
                ax.axvspan(start - 0.5, end - 0.5, color=_SHADE, zorder=-1)
            gap = pair.start + len(pair.first) + (pair.spacing - 1) / 2
            ax.text(gap, 0.9 * ax.get_ylim()[1], pair.spacing, ha="center", va="top")

    def _draw_spacings(self, ax: "Axes", pair) -> None:
        """Response of a unit to its two motifs, by the letters between them."""
        ax.set_visible(True)
        spacings = self.hierarchy.spacings
        curve = spacings[spacings["pair"] == pair.name]
        ax.plot(curve["spacing"], curve["response"], "o-", color=BLUE, markersize=4)
        alone = max(pair["first_alone"], pair["second_alone"])
        ax.axhline(alone, color="0.4", ls="--", lw=1, label="one of them alone")
        ax.set_ylim(0, 1.05 * max(1, curve["response"].max()))
        ax.legend(loc="lower left", frameon=False, fontsize="small")
        ax.set_title(
            f"unit {pair['unit']}: {pair['first']} ... {pair['second']}",
            fontsize="medium",
        )
        ax.set(xlabel="letters between the two", ylabel="relative response")
        ax.xaxis.get_major_locator().set_params(integer=True)
        ax.spines[["top", "right"]].set_visible(False)
