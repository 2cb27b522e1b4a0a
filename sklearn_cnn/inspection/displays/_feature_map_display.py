"""Feature maps of one sequence, signal or image."""

from numbers import Integral
from typing import TYPE_CHECKING

import numpy as np
import torch
from numpy.typing import ArrayLike
from sklearn.base import BaseEstimator
from sklearn.utils._param_validation import Interval, validate_params

from sklearn_cnn.inputs._device_inputs import DeviceInputs
from sklearn_cnn.inspection._checks import check_estimator
from sklearn_cnn.inspection.displays._attribution_drawings import (
    MOST_LETTERS,
    draw_pixels,
)
from sklearn_cnn.inspection.displays._colors import COLORS
from sklearn_cnn.inspection.displays._drawable import encoded_as_drawable
from sklearn_cnn.inspection.displays._grid import grid_of_axes
from sklearn_cnn.inspection.displays._letter_heights import is_present
from sklearn_cnn.inspection.displays._logo import draw_logo
from sklearn_cnn.inspection.displays._panels import single_axes
from sklearn_cnn.inspection.displays._pyplot import import_pyplot
from sklearn_cnn.inspection.layers._feature_maps import map_fields, run_layers
from sklearn_cnn.inspection.layers._member_network import member_network
from sklearn_cnn.inspection.layers._one_sample import encode_one

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_COLORMAP = "Blues"
# In inches: a letter, a filter's row, what stands below all rows, a gap.
_LETTER_WIDTH, _ROW_HEIGHT, _LETTERS, _SIGNAL, _GAP = 0.11, 0.18, 0.25, 0.9, 0.05
# Share of the width that the image takes beside the maps, and the gap.
_IMAGE_SHARE, _IMAGE_GAP = 0.35, 0.05


class FeatureMapDisplay:
    """What each filter of a layer gives at each place of one input.

    Make it by `from_estimator`. Of a sequence it is a heat map, filters by positions,
    with the letters below; of a signal, with the signal below; of an image it is one
    small map a filter, headed by its name, beside the image. Dark is where a filter
    responds. All have one colour scale, and those that respond most come first.

    Filters count from 0, as the units of `layer_motifs` and `layer_patches` do: each
    unit is a filter. Values are those after the activation. A filter is centred at the
    place where its value stands (of a filter of even width, the middle is the first
    place of its right half). Behind local pooling, a value is drawn as wide as the
    block of places that it stands for.

    Parameters
    ----------
    feature_map : ndarray of shape (n_filters, n_positions) or \
(n_filters, height, width)
        Values of all filters, in the order of the network.
    X : str, or ndarray of shape (n_channels, length) or (n_channels, height, width)
        The input.
    symbols : str, default=None
        The letters of a sequence; None for signals and images.
    steps : tuple of int, default=None
        Places of the input, along each axis, for which one value of the map stands; 1
        without local pooling, which is also what None means.

    Attributes
    ----------
    filters_ : ndarray of int
        The filters that are drawn, from the top, or row by row; after `plot`.
    ax_ : matplotlib Axes
        What bounds the figure's parts.
    axes_ : ndarray of matplotlib Axes
        Of a sequence or signal: the heat map, and what stands below it. Of an image:
        the image, then the map of each filter.
    figure_ : matplotlib Figure
        The figure that they are in.

    See Also
    --------
    layer_motifs : What the filters of each layer look for in many sequences.
    layer_patches : The same for images.
    FilterDisplay : The weights of the first layer's filters.

    Examples
    --------
    >>> from sklearn_cnn import MotifCNNClassifier
    >>> from sklearn_cnn.datasets import make_motif_classification
    >>> from sklearn_cnn.inspection import FeatureMapDisplay
    >>> X, y = make_motif_classification(200, 40, "TGACGTCA", random_state=0)
    >>> clf = MotifCNNClassifier(
    ...     n_filters=8, max_epochs=2, linear_models=None, random_state=0
    ... ).fit(X, y)
    >>> display = FeatureMapDisplay.from_estimator(clf, X[0])
    >>> display.feature_map.shape
    (8, 40)
    """

    def __init__(
        self,
        *,
        feature_map: np.ndarray,
        X: str | np.ndarray,
        symbols: str | None = None,
        steps: tuple[int, ...] | None = None,
    ):
        self.feature_map = feature_map
        self.X = X
        self.symbols = symbols
        self.steps = steps

    @classmethod
    @validate_params(
        {
            "layer": [Interval(Integral, 1, None, closed="left")],
            "pooled": ["boolean"],
            "member": [Interval(Integral, 0, None, closed="left")],
            "max_filters": [Interval(Integral, 1, None, closed="left")],
        },
        prefer_skip_nested_validation=True,
    )
    def from_estimator(
        cls,
        estimator: BaseEstimator,
        X: ArrayLike,
        *,
        layer: int = 1,
        pooled: bool = False,
        member: int = 0,
        max_filters: int = 16,
        ax: "Axes | None" = None,
    ) -> "FeatureMapDisplay":
        """Run a fitted estimator on one input, and draw what a layer gives.

        Parameters
        ----------
        estimator : estimator
            A fitted estimator of this package.
        X : str, array-like, or container of one input
            A sequence, signal or image, by itself or in a container of one, such as
            ``X[:1]``. It is read as it is written, on the forward strand. Where
            the estimator reads positions, what is longer or shorter than the training
            sequences is drawn as it is read: cropped or padded at both ends.
        layer : int, default=1
            The layer, counted from 1, which reads the input.
        pooled : bool, default=False
            Whether to draw what the layer's local pooling leaves, which is what the
            next layer reads. False draws what there is before: a value for each
            place that the layer reads. Where the layer does not pool, both are the
            same.
        member : int, default=0
            Which network of an ensemble. What stands beside the networks (k-mers, known
            motifs) has no feature maps.
        max_filters : int, default=16
            At most so many filters are drawn, those with the largest values.
        ax : matplotlib Axes, default=None
            Where to draw; None makes a figure.

        Returns
        -------
        FeatureMapDisplay
            What was drawn.

        Raises
        ------
        TypeError
            If the estimator is none of this package.
        ValueError
            If X holds several inputs; if there is no such layer or member.
        sklearn.exceptions.NotFittedError
            If the estimator is not fitted.
        ImportError
            If Matplotlib or, for sequences, logomaker is not installed.
        """
        import_pyplot()  # What fails, fails before the work.
        check_estimator(estimator)
        network = member_network(estimator, member)
        n_layers = len(network.trunk)
        if layer > n_layers:
            raise ValueError(
                f"layer={layer}, but the network has {n_layers} "
                f"layer{'s' if n_layers > 1 else ''}, counted from 1"
            )
        inputs = encode_one(estimator, X)
        dtype = next(network.parameters()).dtype
        x = DeviceInputs(inputs, torch.device("cpu"), dtype).batch(slice(None))
        with torch.no_grad():
            layers = run_layers(network, x)
        maps = layers.pooled if pooled else layers.maps
        fields = map_fields(network, pooled=pooled)[layer - 1]
        alphabet = getattr(estimator, "alphabet_", None)
        drawable, symbols = encoded_as_drawable(inputs, alphabet)
        display = cls(
            feature_map=maps[layer - 1][0].numpy(),
            X=drawable[0],
            symbols=symbols,
            steps=tuple(field.step for field in fields),
        )
        return display.plot(max_filters=max_filters, ax=ax)

    @validate_params(
        {"max_filters": [Interval(Integral, 1, None, closed="left")]},
        prefer_skip_nested_validation=True,
    )
    def plot(
        self, *, max_filters: int = 16, ax: "Axes | None" = None
    ) -> "FeatureMapDisplay":
        """Draw.

        Parameters
        ----------
        max_filters : int, default=16
            At most so many filters are drawn, those with the largest values.
        ax : matplotlib Axes, default=None
            Where to draw; None makes a figure.

        Returns
        -------
        FeatureMapDisplay
            Itself, with the axes as attributes.

        Raises
        ------
        ImportError
            If Matplotlib or, for sequences, logomaker is not installed.
        """
        n_filters = len(self.feature_map)
        largest = self.feature_map.reshape(n_filters, -1).max(axis=1)
        self.filters_ = np.argsort(-largest, kind="stable")[:max_filters]
        # Where nothing responds, all is white.
        scale = {"cmap": _COLORMAP, "vmin": 0, "vmax": largest.max() or 1}
        ax = single_axes(ax, self._figure_size())
        self.ax_, self.figure_ = ax, ax.figure
        ax.axis("off")
        of_image = self.feature_map.ndim == 3
        drawn = self._draw_image(scale) if of_image else self._draw_line(scale)
        self.figure_.colorbar(drawn, ax=ax, label="activation", pad=0.02, shrink=0.8)
        return self

    @property
    def _below(self) -> float:
        """Inches of what stands below the heat map."""
        if self.symbols is None:
            return _SIGNAL
        return _LETTERS if len(self.X) <= MOST_LETTERS else 0

    def _figure_size(self) -> tuple[float, float]:
        if self.feature_map.ndim == 3:
            return 8, 4.4
        length = np.shape(self.X)[-1] if self.symbols is None else len(self.X)
        width = np.clip(_LETTER_WIDTH * length + 1.8, 5, 12)
        return width, _ROW_HEIGHT * len(self.filters_) + self._below + 0.8

    def _draw_line(self, scale: dict):
        """Heat map, filters by positions, above a sequence or signal."""
        n_positions = self.feature_map.shape[1]
        length = len(self.X) if self.symbols else self.X.shape[1]
        (step,) = self.steps or (1,)
        edges = np.minimum(np.arange(n_positions + 1) * step, length) - 0.5
        inches = self.ax_.get_window_extent().height / self.figure_.dpi
        share = min(self._below / inches, 0.5)
        gap = _GAP / inches if share else 0
        above = self.ax_.inset_axes([0, share + gap, 1, 1 - share - gap])
        rows = np.arange(len(self.filters_) + 1) - 0.5
        drawn = above.pcolormesh(edges, rows, self.feature_map[self.filters_], **scale)
        above.invert_yaxis()
        above.set_yticks(range(len(self.filters_)), self.filters_, fontsize="small")
        above.set_ylabel("filter")
        axes = [above]
        if share:
            below = self.ax_.inset_axes([0, 0, 1, share], sharex=above)
            self._draw_input(below)
            above.tick_params(axis="x", bottom=False, labelbottom=False)
            axes.append(below)
        axes[-1].set_xlim(edges[0], edges[-1])
        axes[-1].set_xlabel("position, counted from 0")
        axes[-1].xaxis.get_major_locator().set_params(integer=True)
        self.axes_ = np.array(axes)
        return drawn

    def _draw_input(self, ax: "Axes") -> None:
        if self.symbols:
            draw_logo(ax, is_present(self.X, self.symbols), self.symbols)
            ax.set(yticks=[], ylim=(0, 1))
            ax.spines[:].set_visible(False)
            return
        for i, channel in enumerate(self.X):
            color = "0.2" if len(self.X) == 1 else COLORS[i % len(COLORS)]
            ax.plot(channel, color=color, linewidth=1)
        ax.set_ylabel("signal")
        ax.spines[["top", "right"]].set_visible(False)

    def _draw_image(self, scale: dict):
        """The image, and beside it the map of each filter in a grid."""
        height, width = self.X.shape[1:]
        image = self.ax_.inset_axes([0, 0, _IMAGE_SHARE, 1])
        draw_pixels(image, self.X)
        start = _IMAGE_SHARE + _IMAGE_GAP
        beside = self.ax_.inset_axes([start, 0, 1 - start, 1])
        beside.axis("off")
        maps = grid_of_axes(beside, len(self.filters_), width / height)
        down, across = self.steps or (1, 1)
        _, n_rows, n_columns = self.feature_map.shape
        for ax, i in zip(maps, self.filters_, strict=True):
            # A last block may reach over the edge.
            extent = -0.5, n_columns * across - 0.5, n_rows * down - 0.5, -0.5
            drawn = ax.imshow(self.feature_map[i], extent=extent, **scale)
            ax.set(xlim=(-0.5, width - 0.5), ylim=(height - 0.5, -0.5))
            ax.set(xticks=[], yticks=[])
            ax.set_title(f"filter {i}", fontsize="x-small", pad=1)
        self.axes_ = np.array([image, *maps])
        return drawn
