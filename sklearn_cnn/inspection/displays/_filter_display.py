"""The filters of the first layer as a picture."""

from typing import TYPE_CHECKING

import numpy as np
from sklearn.base import BaseEstimator

from sklearn_cnn._image import BaseImageCNN
from sklearn_cnn.inspection._checks import check_estimator, check_own_network
from sklearn_cnn.inspection.displays._colors import COLORS
from sklearn_cnn.inspection.displays._grid import grid_of_axes
from sklearn_cnn.inspection.displays._panels import single_axes

if TYPE_CHECKING:
    from matplotlib.axes import Axes

# Width over height of the axes of a signal's filter.
_LINE_SHAPE = 1.3


class FilterDisplay:
    """Filters of the first layer of a network for images or signals, in a grid.

    Make it by `from_estimator`. Filters of images are small images: of grey ones in
    two hues, for weights above and below zero; of those with three channels in colour,
    where mid-grey is zero; of others, the channels lie side by side. Filters of signals
    are lines, one colour a channel. All have one scale.

    Weights are those of standardised inputs, of the first network where there are
    several.

    Parameters
    ----------
    filters : ndarray of shape (n_filters, n_channels, height, width) or \
(n_filters, n_channels, width)
        Weights of the filters.

    Attributes
    ----------
    ax_ : matplotlib Axes
        What bounds the grid; after `plot`.
    axes_ : ndarray of matplotlib Axes, shape (n_filters,)
        Axes of each filter.
    figure_ : matplotlib Figure
        The figure that they are in.

    See Also
    --------
    FeatureMapDisplay : What each filter gives at each place of an input.
    layer_patches : What the units of all layers look for in images.
    TrainingHistoryDisplay : How the filters were learned.

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from sklearn_cnn import ImageCNNClassifier
    >>> from sklearn_cnn.inspection import FilterDisplay
    >>> digits = load_digits()
    >>> clf = ImageCNNClassifier(n_filters=6, max_epochs=3, random_state=0)
    >>> clf = clf.fit(digits.images[:500], digits.target[:500])
    >>> display = FilterDisplay.from_estimator(clf)
    >>> display.axes_.shape
    (6,)
    """

    def __init__(self, *, filters: np.ndarray):
        self.filters = filters

    @classmethod
    def from_estimator(
        cls, estimator: BaseEstimator, *, ax: "Axes | None" = None
    ) -> "FilterDisplay":
        """Draw the filters of a fitted estimator.

        Parameters
        ----------
        estimator : estimator
            A fitted estimator of this package, for images or signals.
        ax : matplotlib Axes, default=None
            Where to draw; None makes a figure.

        Returns
        -------
        FilterDisplay
            What was drawn.

        Raises
        ------
        TypeError
            If the estimator is none of this package.
        ValueError
            If it was fitted on sequences of symbols, whose filters read as motifs.
        sklearn.exceptions.NotFittedError
            If it is not fitted.
        ImportError
            If Matplotlib is not installed.
        """
        check_estimator(estimator)
        check_own_network(estimator)
        if not isinstance(estimator, BaseImageCNN) and estimator.alphabet_ is not None:
            raise ValueError(
                "the estimator was fitted on sequences; what their filters look for "
                "are motifs, see extract_motifs and layer_motifs"
            )
        return cls(filters=estimator.weights_["0.trunk.0.conv.weight"]).plot(ax=ax)

    def plot(self, ax: "Axes | None" = None) -> "FilterDisplay":
        """Draw.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Where to draw; None makes a figure.

        Returns
        -------
        FilterDisplay
            Itself, with the axes as attributes.

        Raises
        ------
        ImportError
            If Matplotlib is not installed.
        """
        ax = single_axes(ax)
        self.ax_, self.figure_ = ax, ax.figure
        ax.axis("off")
        if self.filters.ndim == 3:
            self.axes_ = grid_of_axes(ax, len(self.filters), _LINE_SHAPE)
            self._draw_lines()
        else:
            _, n_channels, height, width = self.filters.shape
            n_beside = 1 if n_channels == 3 else n_channels
            self.axes_ = grid_of_axes(ax, len(self.filters), n_beside * width / height)
            self._draw_images()
        return self

    def _draw_images(self) -> None:
        limit = np.abs(self.filters).max()
        in_colour = self.filters.shape[1] == 3
        for ax, weights in zip(self.axes_, self.filters, strict=True):
            if in_colour:
                image = ax.imshow(0.5 + np.moveaxis(weights, 0, 2) / (2 * limit))
            else:
                # Something white between channels.
                border = [(0, 0), (0, 0), (0, 1)]
                channels = np.pad(weights, border, constant_values=np.nan)
                image = ax.imshow(
                    np.hstack(channels)[:, :-1], cmap="PuOr_r", vmin=-limit, vmax=limit
                )
            ax.set(xticks=[], yticks=[])
        if not in_colour:
            self.figure_.colorbar(image, ax=self.ax_, shrink=0.7, label="weight")

    def _draw_lines(self) -> None:
        limit = 1.1 * np.abs(self.filters).max()
        n_channels = self.filters.shape[1]
        for ax, weights in zip(self.axes_, self.filters, strict=True):
            ax.axhline(0, color="0.7", linewidth=0.8)
            for channel, row in enumerate(weights):
                color = COLORS[channel % len(COLORS)]
                ax.plot(row, color=color, label=f"channel {channel}")
            ax.set(xticks=[], yticks=[], ylim=(-limit, limit))
        # One filter has the scale of all.
        first = self.axes_[0]
        first.set_yticks([-limit / 1.1, 0, limit / 1.1])
        first.yaxis.set_major_formatter("{x:.2g}")
        first.set_ylabel("weight")
        first.set_xticks([0, self.filters.shape[2] - 1])
        first.xaxis.tick_top()
        first.set_xlabel("sample")
        first.xaxis.set_label_position("top")
        if n_channels > 1:
            handles, labels = first.get_legend_handles_labels()
            self.ax_.legend(
                handles,
                labels,
                loc="upper center",
                bbox_to_anchor=(0.5, 0),
                ncols=min(n_channels, 3),
                frameon=False,
            )
