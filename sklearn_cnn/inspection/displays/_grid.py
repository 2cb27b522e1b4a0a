"""Many small axes inside of others."""

import math
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from matplotlib.axes import Axes

# Space between two of them, as a share of the width of one.
_GAP = 0.15


def grid_of_axes(ax: "Axes", n: int, shape: float) -> np.ndarray:
    """Axes in a grid inside of others, as large as can be.

    `shape` is the width of each one over its height.
    """
    space = ax.get_window_extent()
    n_columns = math.sqrt(n * space.width / space.height / shape)
    n_columns = min(max(1, math.ceil(n_columns)), n)
    n_rows = math.ceil(n / n_columns)
    width = 1 / (n_columns + (n_columns - 1) * _GAP)
    height = 1 / (n_rows + (n_rows - 1) * _GAP)
    axes = []
    for i in range(n):
        row, column = divmod(i, n_columns)
        left = column * (1 + _GAP) * width
        bottom = 1 - height - row * (1 + _GAP) * height
        axes.append(ax.inset_axes([left, bottom, width, height]))
    return np.array(axes)
