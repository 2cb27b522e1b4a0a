"""What the figures of the page "From the lecture to the package" share."""

import numpy as np
from _guide import LETTERS
from sklearn.datasets import load_digits

from sklearn_cnn.preprocessing import SequenceEncoder

# A filter for vertical edges: bright on the right, dark on the left.
EDGE = np.array([[-1, 0, 1]] * 3)
WORD = "TATAAA"


def digit():
    """An image of 8 x 8 pixels, from 0 (white) to 16 (black): a zero."""
    return load_digits().images[0]


def one_hot(sequence):
    """A sequence as the network sees it: rows A, C, G, T; columns its letters."""
    columns = SequenceEncoder(alphabet="dna").fit_transform([sequence])
    return columns.reshape(len(sequence), 4).T


def random_sequence(length, seed=0, **words):
    """Random letters; `at_9="TATAAA"` puts a word at place 9."""
    letters = np.random.default_rng(seed).choice(list("ACGT"), length)
    for place, word in words.items():
        start = int(place.removeprefix("at_"))
        letters[start : start + len(word)] = list(word)
    return "".join(letters)


def slide(weights, values):
    """Weighted sum of each window of `values`: the feature map."""
    windows = np.lib.stride_tricks.sliding_window_view(values, weights.shape)
    return np.einsum("...ij,ij->...", windows, weights)


def draw_numbers(ax, values, *, limit=None, block=(1, 1), labels=(), title=""):
    """A table of numbers: violet above zero, orange below, the darker the further.

    A cell is `block` rows high and columns wide.
    """
    limit = limit or np.abs(values).max()
    height, width = values.shape[0] * block[0], values.shape[1] * block[1]
    extent = (0, width, height, 0)
    ax.imshow(values, cmap="PuOr", vmin=-2 * limit, vmax=2 * limit, extent=extent)
    for (row, column), value in np.ndenumerate(values):
        x, y = (column + 0.5) * block[1], (row + 0.5) * block[0]
        ax.text(x, y, f"{value:g}", ha="center", va="center")
    ax.set_xticks(range(0, width + 1, block[1]), [])
    ax.set_yticks(range(0, height + 1, block[0]), [])
    ax.grid(color="white", linewidth=2)
    ax.tick_params(length=0)
    ax.spines[:].set_visible(False)
    for row, label in enumerate(labels):
        color = LETTERS[label]
        ax.text(-0.3, row + 0.5, label, ha="right", va="center", color=color)
    ax.set_title(title)
