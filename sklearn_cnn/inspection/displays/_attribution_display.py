"""Attributions along sequences and signals and over images, as a picture."""

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from sklearn.base import BaseEstimator, is_classifier

from sklearn_cnn._fitted_model import FittedModel
from sklearn_cnn.inspection._checks import check_estimator
from sklearn_cnn.inspection.attribution._attributions import attribute_inputs
from sklearn_cnn.inspection.displays._attribution_drawings import (
    draw_image,
    draw_sequence,
    draw_signal,
    draw_sites,
)
from sklearn_cnn.inspection.displays._drawable import as_drawable, encoded_as_drawable
from sklearn_cnn.inspection.displays._letter_heights import is_present, letter_heights
from sklearn_cnn.inspection.displays._panels import grid, panels
from sklearn_cnn.inspection.displays._pyplot import import_pyplot

if TYPE_CHECKING:
    from matplotlib.axes import Axes

# More would be too small to be read in one figure.
_MOST_ROWS = 12
# Methods whose numbers are no part of a score.
_OWN_SCALE = "saliency", "grad_cam"
# In inches.
_LETTER_WIDTH, _ROW_HEIGHT = 0.11, 1.6


class AttributionDisplay:
    """Attributions along sequences and signals, or beside images.

    Make it by `from_estimator` or, with attributions that are there already, by
    `from_predictions`.

    Letters of a sequence are as tall as their attribution, so that what the estimator
    reads as a binding site stands out as a logo. Of "ism", in-silico mutagenesis, the
    height is what a mutation of the letter takes away on average: its own value, which
    is zero, minus the mean of those of the other letters. So a letter that is needed
    stands above the line, and one that disturbs hangs below. Of methods by gradients,
    where the other letters have no value, the same rule gives that of the letter which
    is there. Nothing is drawn for ambiguous letters. Where more than 120 positions are
    shown, bars take the place of letters; a `window` brings them back.

    A signal is drawn above its attributions, an image beside the map of its
    attributions, summed over the channels.

    Parameters
    ----------
    attributions : ndarray of shape (n, n_symbols, length)
        As :func:`attributions` returns them; of signals (n, n_channels, length), of
        images (n, n_channels, height, width) or (n, height, width).
    X : list of str, or ndarray
        The sequences; signals (n, n_channels, length), or images (n, n_channels,
        height, width).
    symbols : str, default=None
        The letters, in the order of the attributions; None for signals and images.
    names : list of str, default=None
        What to call the samples, above each.
    sites : list of ndarray of bool, default=None
        For each position of each sequence, whether it belongs to a site that is known.
    window : tuple (start, end), default=None
        The positions to show, counted from 0, the end excluded; None shows all.
    unit : str, default=None
        What attributions are measured in, for the axis.

    Attributes
    ----------
    axes_ : ndarray of matplotlib Axes, of shape (n,) or (n, 2)
        One for each sequence, two for each signal or image; after `plot`.
    ax_ : matplotlib Axes
        The first of them.
    figure_ : matplotlib Figure
        The figure that they are in.

    See Also
    --------
    attributions : The numbers.
    variant_effects : What a change of letters does to the score.

    References
    ----------
    A. Shrikumar, P. Greenside, A. Kundaje (2017). Learning important features through
    propagating activation differences. Proceedings of Machine Learning Research 70,
    3145-3153. https://proceedings.mlr.press/v70/shrikumar17a.html

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_cnn.inspection import AttributionDisplay
    >>> effects = np.zeros((1, 4, 6))
    >>> effects[0, [0, 2, 3], 2] = -3  # A mutation of C takes three logits.
    >>> effects[0, [0, 1, 3], 3] = -1, -1, -4  # Of G, two on average.
    >>> display = AttributionDisplay.from_predictions(effects, ["AACGTT"], unit="logit")
    >>> display.ax_.get_ylabel()
    'attribution (logit)'
    """

    def __init__(
        self,
        *,
        attributions: np.ndarray,
        X: list[str] | np.ndarray,
        symbols: str | None = None,
        names: list[str] | None = None,
        sites: list[np.ndarray] | None = None,
        window: tuple[int, int] | None = None,
        unit: str | None = None,
    ):
        self.attributions = attributions
        self.X = X
        self.symbols = symbols
        self.names = names
        self.sites = sites
        self.window = window
        self.unit = unit

    @classmethod
    def from_estimator(
        cls,
        estimator: BaseEstimator,
        X: ArrayLike,
        *,
        method: str = "ism",
        target: int | str | None = None,
        random_state: int | np.random.RandomState | None = None,
        sites: ArrayLike | None = None,
        window: tuple[int, int] | None = None,
        ax: "Axes | ArrayLike | None" = None,
    ) -> "AttributionDisplay":
        """Compute the attributions of a fitted estimator and draw them.

        Parameters
        ----------
        estimator : estimator
            A fitted estimator of this package.
        X : container of n_samples inputs
            What the estimator takes; twelve samples at most, each of which is one row
            of the figure. The index of a Series names them. Where positions are read,
            what is longer or shorter than the training sequences is drawn as it is
            read: cropped or padded at both ends.
        method : str, default="ism"
            The method, see :func:`attributions`; signals and images take another.
        target : int or label, default=None
            Which output is looked at, where there are several, see
            :func:`attributions`.
        random_state : int, RandomState instance or None, default=None
            For methods that compare with shuffled sequences.
        sites : array-like of shape (n_samples, length), default=None
            Not zero where a known site lies, such as a planted motif: a strip is drawn
            beneath. Where lengths differ, a list of arrays.
        window : tuple (start, end), default=None
            The positions to show, counted from 0, the end excluded. None shows all.
        ax : matplotlib Axes, or array-like of these, default=None
            Where to draw: one for each sequence, two for each signal or image; or one
            Axes, whose place is divided. None makes a figure.

        Returns
        -------
        AttributionDisplay
            What was drawn.

        Raises
        ------
        ValueError
            If a parameter is not as described.
        ImportError
            If Matplotlib or logomaker is not installed.
        """
        import_pyplot()  # What fails, fails before the work.
        if ax is None:
            _check_number(len(X))
        check_estimator(estimator)
        inputs = FittedModel(estimator).read(X)
        values = attribute_inputs(
            estimator, inputs, method, target=target, random_state=random_state
        )
        drawable, symbols = encoded_as_drawable(
            inputs, getattr(estimator, "alphabet_", None)
        )
        if symbols:
            values = values[:, : len(symbols)]
        if method == "saliency" and symbols:
            # Absolute values of all letters; drawn are those that are there.
            values = [
                np.where(is_present(x, symbols).T, of_x[:, : len(x)], 0)
                for x, of_x in zip(drawable, values, strict=True)
            ]
        unit = "logit" if is_classifier(estimator) else "unit of y"
        display = cls(
            attributions=values,
            X=drawable,
            symbols=symbols,
            names=_names(X),
            sites=None if sites is None else _read_sites(sites, drawable),
            window=window,
            unit=None if method in _OWN_SCALE else unit,
        )
        return display.plot(ax=ax)

    @classmethod
    def from_predictions(
        cls,
        attributions: ArrayLike,
        X: ArrayLike,
        *,
        alphabet: str = "auto",
        sites: ArrayLike | None = None,
        window: tuple[int, int] | None = None,
        unit: str | None = None,
        ax: "Axes | ArrayLike | None" = None,
    ) -> "AttributionDisplay":
        """Draw attributions that are there already.

        Parameters
        ----------
        attributions : array-like of shape (n_samples, n_symbols, length)
            As :func:`attributions` returns them, or another package; of signals
            (n_samples, n_channels, length), of images (n_samples, n_channels, height,
            width) or (n_samples, height, width).
        X : container of n_samples inputs
            What they belong to: strings, or arrays (n_samples, length), (n_samples,
            n_channels, length) or (n_samples, n_channels, height, width).
        alphabet : str, default="auto"
            "dna", "rna", "protein" or the symbols, in the order of the attributions.
            "auto" decides by the letters.
        sites : array-like of shape (n_samples, length), default=None
            Not zero where a known site lies. Where lengths differ, a list of arrays.
        window : tuple (start, end), default=None
            The positions to show, counted from 0, the end excluded. None shows all.
        unit : str, default=None
            What attributions are measured in, such as "logit", for the axis.
        ax : matplotlib Axes, or array-like of these, default=None
            Where to draw: one for each sequence, two for each signal or image; or one
            Axes, whose place is divided. None makes a figure.

        Returns
        -------
        AttributionDisplay
            What was drawn.

        Raises
        ------
        ValueError
            If shapes do not go together.
        ImportError
            If Matplotlib or logomaker is not installed.
        """
        attributions = np.asarray(attributions, dtype=float)
        drawable, symbols = as_drawable(X, alphabet)
        _check_shapes(attributions, drawable, symbols)
        display = cls(
            attributions=attributions,
            X=drawable,
            symbols=symbols,
            names=_names(X),
            sites=None if sites is None else _read_sites(sites, drawable),
            window=window,
            unit=unit,
        )
        return display.plot(ax=ax)

    def plot(self, ax: "Axes | ArrayLike | None" = None) -> "AttributionDisplay":
        """Draw.

        Parameters
        ----------
        ax : matplotlib Axes, or array-like of these, default=None
            Where to draw: one for each sequence, two for each signal or image; or one
            Axes, whose place is divided. None makes a figure.

        Returns
        -------
        AttributionDisplay
            Itself, with the axes as attributes.

        Raises
        ------
        ImportError
            If Matplotlib or logomaker is not installed.
        """
        of_images = np.ndim(self.X[0]) == 3
        self.axes_ = panels(
            ax,
            (len(self.X),) if self.symbols else (len(self.X), 2),
            "one for each sequence" if self.symbols else "two for each sample",
            lambda inside: self._layout(inside, of_images),
        )
        self.ax_ = self.axes_.flat[0]
        self.figure_ = self.ax_.figure
        if of_images:
            self._draw_images()
        elif self.symbols:
            self._draw_sequences()
        else:
            self._draw_signals()
        for row, name in zip(self.axes_, self.names or [], strict=False):
            np.ravel(row)[0].set_title(name, loc="left", fontsize="medium")
        return self

    @property
    def _label(self) -> str:
        return "attribution" + (f" ({self.unit})" if self.unit else "")

    def _range(self, i: int) -> tuple[int, int]:
        """First position of sample i that is shown, and the one behind the last."""
        length = _length(self.X[i])
        start, end = self.window or (0, length)
        if not 0 <= start < min(end, length):
            raise ValueError(
                f"window={self.window!r} holds nothing of sample {i}, which has "
                f"{length} positions; it is (start, end), counted from 0"
            )
        return start, min(end, length)

    def _layout(self, inside: "Axes | None", of_images: bool) -> np.ndarray:
        """Axes of a new figure, or in the place of one."""
        n_rows = len(self.X)
        _check_number(n_rows)
        if of_images:
            return grid(inside, n_rows, 2, (5, 2.4 * n_rows))
        longest = max(np.diff(self._range(i)).item() for i in range(n_rows))
        width = np.clip(_LETTER_WIDTH * longest + 1, 4, 12)
        if self.symbols:
            return grid(inside, n_rows, 1, (width, _ROW_HEIGHT * n_rows + 0.4))
        return grid(inside, 2 * n_rows, 1, (8, 2 * _ROW_HEIGHT * n_rows + 0.4))

    def _draw_sequences(self) -> None:
        shown = [slice(*self._range(i)) for i in range(len(self.X))]
        heights = [
            letter_heights(values, sequence, self.symbols)[positions]
            for values, sequence, positions in zip(
                self.attributions, self.X, shown, strict=True
            )
        ]
        low = min(part.min() for part in heights)
        high = max(part.max() for part in heights)
        margin = 0.05 * (high - low) or 1
        for i, (ax, positions) in enumerate(zip(self.axes_, shown, strict=True)):
            draw_sequence(
                ax,
                heights[i],
                self.symbols,
                start=positions.start,
                limits=(low - margin, high + margin),
            )
            ax.set_ylabel(self._label)
            if self.sites is not None:
                draw_sites(ax, self.sites[i][positions], start=positions.start)
        self.axes_[-1].set_xlabel("position, counted from 0")

    def _draw_signals(self) -> None:
        shown = [slice(*self._range(i)) for i in range(len(self.X))]
        for i, (axes, positions) in enumerate(zip(self.axes_, shown, strict=True)):
            draw_signal(
                axes,
                self.X[i][:, positions],
                self.attributions[i][:, positions],
                start=positions.start,
            )
            axes[1].set_ylabel(self._label)
        limits = np.array([ax.get_ylim() for ax in self.axes_[:, 1]])
        for i, (ax, positions) in enumerate(zip(self.axes_[:, 1], shown, strict=True)):
            ax.set_ylim(limits[:, 0].min(), limits[:, 1].max())
            if self.sites is not None:
                draw_sites(ax, self.sites[i][positions], start=positions.start)
        self.axes_[-1, 1].set_xlabel("position, counted from 0")

    def _draw_images(self) -> None:
        maps = self.attributions
        maps = maps.sum(axis=1) if maps.ndim == 4 else maps
        limit = np.abs(maps).max() or 1
        for axes, image, values in zip(self.axes_, self.X, maps, strict=True):
            drawn = draw_image(axes, image, values, limit=limit)
        self.figure_.colorbar(drawn, ax=self.axes_[:, 1].tolist(), label=self._label)


def _check_number(n_rows: int) -> None:
    if n_rows > _MOST_ROWS:
        raise ValueError(
            f"X holds {n_rows} samples, of which a figure shows {_MOST_ROWS} at most; "
            "choose some, as in X[:4]"
        )


def _length(x: str | np.ndarray) -> int:
    return len(x) if isinstance(x, str) else x.shape[-1]


def _names(X) -> list[str] | None:
    """The index of a Series that has one of its own; else places, of several."""
    if isinstance(X, pd.Series) and not isinstance(X.index, pd.RangeIndex):
        return [str(label) for label in X.index]
    return [f"X[{i}]" for i in range(len(X))] if len(X) > 1 else None


def _check_shapes(attributions: np.ndarray, X, symbols: str | None) -> None:
    """Raise unless there are attributions for all that X holds."""
    if symbols:
        fits = attributions.ndim == 3 and attributions.shape[:2] == (
            len(X),
            len(symbols),
        )
        fits = fits and attributions.shape[2] >= max(map(len, X))
        needed = f"({len(X)}, {len(symbols)}, {max(map(len, X))}), symbols {symbols}"
    elif X.ndim == 4:
        fits = attributions.shape in (X.shape, (len(X), *X.shape[2:]))
        needed = f"{X.shape} or {(len(X), *X.shape[2:])}"
    else:
        fits, needed = attributions.shape == X.shape, f"{X.shape}"
    if not fits:
        raise ValueError(
            f"attributions have shape {attributions.shape}, but X needs {needed}"
        )


def _read_sites(sites, X: list[str] | np.ndarray) -> list[np.ndarray]:
    """Masks, one for each sequence or signal and as long."""
    if np.ndim(X) == 4:
        raise ValueError("sites are for sequences and signals; X holds images")
    lengths = [_length(x) for x in X]
    masks = [np.asarray(mask) != 0 for mask in sites]
    if len(masks) != len(X):
        raise ValueError(f"sites holds {len(masks)} rows, but X {len(X)} samples")
    for i, (mask, length) in enumerate(zip(masks, lengths, strict=True)):
        if mask.ndim != 1 or len(mask) < length:
            raise ValueError(
                f"sites[{i}] has shape {mask.shape}; it holds one value for each of "
                f"the {length} positions of X[{i}]"
            )
    return [mask[:length] for mask, length in zip(masks, lengths, strict=True)]
