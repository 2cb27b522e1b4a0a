"""Where displays draw: on axes that are given, in the place of one, or anew."""

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from sklearn_cnn.inspection.displays._pyplot import import_pyplot

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def single_axes(ax: "Axes | None", figsize: tuple[float, float] | None = None):
    """The axes of a display that needs one; None makes a figure."""
    if ax is None:
        return import_pyplot().subplots(figsize=figsize, layout="constrained")[1]
    axes = np.asarray(ax, dtype=object)
    if axes.size != 1:
        raise ValueError(f"ax must be one Axes; it holds {axes.size}")
    return axes.item()


def panels(
    ax, shape: tuple[int, ...], needed: str, make: Callable[..., np.ndarray]
) -> np.ndarray:
    """The axes of a display of several panels.

    Parameters
    ----------
    ax : None, Axes or array-like of Axes
        None makes a figure, one Axes is divided, and of several each is a panel, row by
        row.
    shape : tuple of int
        Of the panels.
    needed : str
        What they are, for the error.
    make : callable
        Makes them in a new figure or in the place of one Axes (None or that Axes), by
        `grid`.

    Raises
    ------
    ValueError
        If there are several axes, but not as many as panels.
    """
    n = int(np.prod(shape))
    axes = np.asarray(ax, dtype=object)
    if ax is None or (axes.ndim == 0 and n > 1):
        return make(ax).reshape(shape)
    if axes.size != n:
        raise ValueError(
            f"ax holds {axes.size} axes, but {n} are needed: {needed}. (One Axes, not "
            "in a list, is divided among them.)"
        )
    return axes.reshape(shape)


def grid(
    inside: "Axes | None", n_rows: int, n_columns: int, figsize: tuple[float, float]
) -> np.ndarray:
    """Axes (n_rows, n_columns) of a new figure, or in the place of one Axes."""
    if inside is None:
        return import_pyplot().subplots(
            n_rows, n_columns, figsize=figsize, layout="constrained", squeeze=False
        )[1]
    place = inside.get_subplotspec()
    if place is None:
        raise ValueError(
            f"ax lies in no grid of subplots, so that its place cannot be divided into "
            f"{n_rows} x {n_columns} panels; make it by plt.subplots, or pass an array "
            "with an Axes for each panel"
        )
    inside.set_axis_off()
    return place.subgridspec(n_rows, n_columns).subplots(squeeze=False)
