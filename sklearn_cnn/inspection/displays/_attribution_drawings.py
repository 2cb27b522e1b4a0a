"""Attributions of one sequence, signal or image, drawn on axes."""

from typing import TYPE_CHECKING

import numpy as np

from sklearn_cnn.inspection.displays._colors import COLORS
from sklearn_cnn.inspection.displays._logo import draw_logo

if TYPE_CHECKING:
    from matplotlib.axes import Axes

# More letters than this would be too narrow to be read.
MOST_LETTERS = 120
# Height of the strip of sites, and its distance, as shares of the axes' range.
_STRIP, _GAP = 0.07, 0.05


def draw_sequence(
    ax: "Axes", heights: np.ndarray, symbols: str, *, start: int, limits: tuple
) -> None:
    """Letters of heights (length, n_symbols), or bars where they are many."""
    if heights.any() and len(heights) <= MOST_LETTERS:
        draw_logo(ax, heights, symbols, start=start)
    else:
        _draw_bars(ax, heights.sum(axis=1), start)
    ax.axhline(0, color="black", linewidth=0.6)
    ax.set_xlim(start - 0.5, start + len(heights) - 0.5)
    ax.set_ylim(limits)
    ax.spines[["top", "right"]].set_visible(False)
    ax.xaxis.get_major_locator().set_params(integer=True)


def draw_sites(ax: "Axes", mask: np.ndarray, *, start: int) -> None:
    """A strip beneath all else, where `mask` is true."""
    low, high = ax.get_ylim()
    unit = high - low
    edges = np.flatnonzero(np.diff(np.r_[False, mask, False].astype(int)))
    ax.broken_barh(
        [(start + a - 0.5, b - a) for a, b in edges.reshape(-1, 2)],
        (low - (_GAP + _STRIP) * unit, _STRIP * unit),
        facecolor="0.35",
    )
    ax.set_ylim(low - (2 * _GAP + _STRIP) * unit, high)
    ax.annotate(
        "site",
        (1, low - (_GAP + _STRIP / 2) * unit),
        xycoords=("axes fraction", "data"),
        xytext=(3, 0),
        textcoords="offset points",
        va="center",
        fontsize="small",
        color="0.35",
    )


def draw_signal(
    axes: "np.ndarray", signal: np.ndarray, attributions: np.ndarray, *, start: int
) -> None:
    """The channels (n_channels, length) of a signal, and below their attributions."""
    x = np.arange(start, start + signal.shape[1])
    upper, lower = axes
    for i, channel in enumerate(signal):
        color = "0.2" if len(signal) == 1 else COLORS[i % len(COLORS)]
        upper.plot(x, channel, color=color, linewidth=1, label=f"channel {i}")
        if len(signal) > 1:
            lower.plot(x, attributions[i], color=color, linewidth=1)
    if len(signal) == 1:
        _draw_bars(lower, attributions[0], start)
    else:
        upper.legend(loc="upper left", bbox_to_anchor=(1, 1), frameon=False)
    lower.axhline(0, color="black", linewidth=0.6)
    for ax in axes:
        ax.set_xlim(x[0] - 0.5, x[-1] + 0.5)
        ax.spines[["top", "right"]].set_visible(False)
    upper.tick_params(labelbottom=False)
    upper.set_ylabel("signal")


def draw_image(
    axes: "np.ndarray", image: np.ndarray, attributions: np.ndarray, *, limit: float
):
    """An image (channels, height, width), and beside it the heat map (height, width).

    Returns
    -------
    AxesImage
        The heat map, for a colour bar.
    """
    left, right = axes
    draw_pixels(left, image)
    drawn = right.imshow(attributions, cmap="PuOr_r", vmin=-limit, vmax=limit)
    right.set(xticks=[], yticks=[])
    return drawn


def draw_pixels(ax: "Axes", image: np.ndarray) -> None:
    """An image (channels, height, width), in colour where it has three channels."""
    colored = len(image) in (3, 4)
    pixels = np.moveaxis(image, 0, -1) if colored else image.mean(axis=0)
    low, high = pixels.min(), pixels.max()
    ax.imshow((pixels - low) / ((high - low) or 1), cmap="gray")
    ax.set(xticks=[], yticks=[])


def _draw_bars(ax: "Axes", values: np.ndarray, start: int) -> None:
    """One bar a position, blue above zero and orange below."""
    edges = np.arange(start, start + len(values) + 1) - 0.5
    for part, color in zip(
        (values.clip(min=0), values.clip(max=0)), COLORS, strict=False
    ):
        # The line keeps narrow bars visible.
        ax.stairs(part, edges, fill=True, color=color, linewidth=0.5)
