"""Translation: the thing moves, its feature map moves along, the maximum stays."""

import matplotlib.pyplot as plt
import numpy as np
from _guide import BLUE, draw_letters
from _lecture import EDGE, WORD, digit, one_hot, random_sequence, slide

figure, axes = plt.subplots(
    2, 3, figsize=(7.8, 4), width_ratios=(1, 1, 2.4), layout="constrained"
)

# An image at the left and at the right of a wider canvas.
for row, shift in zip(axes, (0, 8), strict=True):
    canvas = np.zeros((8, 16))
    canvas[:, shift : shift + 8] = digit()
    feature_map = slide(EDGE, np.pad(canvas, 1))
    row[0].imshow(canvas, cmap="gray_r")
    row[1].imshow(feature_map, cmap="PuOr", vmin=-60, vmax=60)
    row[1].set_xlabel(f"maximum {feature_map.max():g}", color=BLUE)
axes[0, 0].set_title("image")
axes[0, 1].set_title("feature map")
for ax in axes[:, :2].flat:
    ax.set(xticks=[], yticks=[])
    ax.spines[:].set_visible(True)

# The word at two places of a sequence.
for ax, start in zip(axes[:, 2], (4, 18), strict=True):
    sequence = random_sequence(28, seed=1, **{f"at_{start}": WORD})
    feature_map = slide(one_hot(WORD), one_hot(sequence))[0]
    places = np.arange(len(feature_map))
    bars = ax.bar(places, feature_map, color="#bbbbbb")
    best = feature_map.argmax()
    bars[best].set_color(BLUE)
    ax.text(best + 0.8, 5.3, f"maximum {feature_map[best]:g}", color=BLUE)
    draw_letters(ax, sequence, -1, size=9)
    ax.set(xlim=(-1, 28), ylim=(-1.8, 6.5), yticks=[0, 3, 6], xticks=[])
    ax.spines["bottom"].set_position(("data", 0))
    ax.set_ylabel("matches")
axes[0, 2].set_title(f"feature map of {WORD} along a sequence")
plt.show()
