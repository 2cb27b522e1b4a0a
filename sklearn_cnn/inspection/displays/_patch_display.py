"""The patches that excite the units of all layers, in one figure."""

import math
from numbers import Integral
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike
from sklearn.base import BaseEstimator
from sklearn.utils._param_validation import Interval, validate_params

from sklearn_cnn.inspection.displays._panels import grid, panels
from sklearn_cnn.inspection.displays._pyplot import import_pyplot
from sklearn_cnn.inspection.layers._layer_patches import layer_patches
from sklearn_cnn.inspection.layers._patches import Patches

if TYPE_CHECKING:
    from matplotlib.axes import Axes

# Inches of the patches of a unit, which are a square.
_SIZE = 1.7
# Pixels of a patch in the figure, about, and of the frame around it; its shade.
_PATCH, _FRAME, _FRAME_SHADE = 60, 5, 0.6
# What lies outside of an image: no shade of grey.
_OUTSIDE = 0.80, 0.88, 0.96


class PatchDisplay:
    """The patches that excite the units of each layer most, one row a layer.

    Make it by `from_estimator`. Columns are the most important units of a layer; of
    each one, its patches lie side by side, the strongest at the top left. Light blue is
    what lies outside of an image. All have one scale of grey, or one scale of colours;
    where there are other numbers of channels than one, three or four (of which the last
    is left out), it is their mean.

    Parameters
    ----------
    patches : Patches
        What `layer_patches` returns.

    Attributes
    ----------
    axes_ : ndarray of matplotlib Axes, shape (n_layers, n_units)
        Axes of each unit; after `plot`. Those with nothing to show are invisible.
    ax_ : matplotlib Axes
        The first of them.
    figure_ : matplotlib Figure
        The figure that they are in.

    See Also
    --------
    layer_patches : The same as tables and arrays.
    FeatureMapDisplay : What the units give at each place of one image.
    HierarchyDisplay : The same for sequences.

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from sklearn_cnn import ImageCNNClassifier
    >>> from sklearn_cnn.inspection import PatchDisplay
    >>> digits = load_digits()
    >>> X, y = digits.images[:500], digits.target[:500]
    >>> clf = ImageCNNClassifier(n_filters=(8, 8), max_epochs=3, random_state=0)
    >>> display = PatchDisplay.from_estimator(clf.fit(X, y), X, n_units=3)
    >>> display.axes_.shape
    (2, 3)
    """

    def __init__(self, *, patches: Patches):
        self.patches = patches

    @classmethod
    def from_estimator(
        cls,
        estimator: BaseEstimator,
        X: ArrayLike,
        *,
        n_units: int = 4,
        n_patches: int = 9,
        ax: "Axes | ArrayLike | None" = None,
        axes: "ArrayLike | None" = None,
    ) -> "PatchDisplay":
        """Draw the layers of a fitted estimator.

        Parameters
        ----------
        estimator : ImageCNNClassifier or ImageCNNRegressor
            Fitted.
        X : array-like of n_images images
            Where patches are looked for; see `layer_patches`.
        n_units : int, default=4
            Units of each layer that are shown, the most important ones.
        n_patches : int, default=9
            At most so many patches a unit.
        ax : matplotlib Axes, or array-like of these, default=None
            Where to draw: axes of shape (n_layers, n_units); or one Axes, whose place
            is divided. None makes a figure.
        axes : array-like of matplotlib Axes, default=None
            Earlier name of `ax`.

        Returns
        -------
        PatchDisplay
            What was drawn.

        Raises
        ------
        TypeError, ValueError
            As `layer_patches`.
        ImportError
            If Matplotlib is not installed.
        """
        import_pyplot()  # What fails, fails before the work.
        display = cls(patches=layer_patches(estimator, X, n_patches=n_patches))
        return display.plot(n_units=n_units, ax=ax, axes=axes)

    @validate_params(
        {"n_units": [Interval(Integral, 1, None, closed="left")]},
        prefer_skip_nested_validation=True,
    )
    def plot(
        self,
        *,
        n_units: int = 4,
        ax: "Axes | ArrayLike | None" = None,
        axes: "ArrayLike | None" = None,
    ) -> "PatchDisplay":
        """Draw.

        Parameters
        ----------
        n_units : int, default=4
            Units of each layer that are shown, the most important ones.
        ax : matplotlib Axes, or array-like of these, default=None
            Where to draw: axes of shape (n_layers, n_units); or one Axes, whose place
            is divided. None makes a figure.
        axes : array-like of matplotlib Axes, default=None
            Earlier name of `ax`.

        Returns
        -------
        PatchDisplay
            Itself, with the axes as attributes.

        Raises
        ------
        ValueError
            If `ax` holds several axes, but not as many as are needed.
        ImportError
            If Matplotlib is not installed.
        """
        shape = len(self.patches.receptive_fields), n_units
        size = _SIZE * n_units + 0.4, (_SIZE + 0.25) * shape[0]
        axes = panels(
            axes if ax is None else ax,
            shape,
            f"{shape[0]} layers x {shape[1]} units",
            lambda inside: grid(inside, *shape, size),
        )
        self.axes_, self.ax_ = axes, axes.flat[0]
        self.figure_ = self.ax_.figure
        units = self.patches.units
        shown = {
            (layer, unit): self.patches.pixels(layer, unit)
            for layer, unit in units.groupby("layer")
            .head(n_units)[["layer", "unit"]]
            .itertuples(index=False)
        }
        low = min((np.nanmin(patches) for patches in shown.values()), default=0)
        high = max((np.nanmax(patches) for patches in shown.values()), default=0)
        for ax in axes.flat:
            ax.set_visible(False)
        for layer, row in enumerate(axes, start=1):
            of_layer = [unit for number, unit in shown if number == layer]
            for ax, unit in zip(row, of_layer, strict=False):
                patches = (shown[layer, unit] - low) / ((high - low) or 1)
                ax.set_visible(True)
                ax.imshow(_mosaic(_in_colour(patches)))
                ax.set(xticks=[], yticks=[])
                ax.spines[:].set_visible(False)
                ax.set_title(f"unit {unit}", fontsize="small", pad=2)
            height, width = self.patches.receptive_fields[layer - 1]
            row[0].set_ylabel(f"layer {layer}\nsees {height} x {width} pixels")
        return self


def _in_colour(patches: np.ndarray) -> np.ndarray:
    """Red, green and blue (n, height, width, 3) of patches from 0 to 1."""
    if patches.ndim == 3:
        patches = patches[..., None]
    if patches.shape[3] not in (3, 4):
        patches = patches.mean(axis=3, keepdims=True).repeat(3, axis=3)
    patches = patches[..., :3]
    return np.where(np.isnan(patches), _OUTSIDE, patches)


def _mosaic(patches: np.ndarray) -> np.ndarray:
    """Patches (n, height, width, 3) side by side, in a square as far as possible."""
    enlarge = math.ceil(_PATCH / max(patches.shape[1:3]))
    patches = patches.repeat(enlarge, axis=1).repeat(enlarge, axis=2)
    n, height, width, _ = patches.shape
    n_columns = math.ceil(math.sqrt(n))
    down, across = height + _FRAME, width + _FRAME
    shape = math.ceil(n / n_columns) * down + _FRAME, n_columns * across + _FRAME, 3
    mosaic = np.full(shape, _FRAME_SHADE)
    for i, patch in enumerate(patches):
        top, left = _FRAME + i // n_columns * down, _FRAME + i % n_columns * across
        mosaic[top : top + height, left : left + width] = patch
    return mosaic
