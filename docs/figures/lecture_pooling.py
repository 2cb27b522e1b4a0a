"""Max pooling: the strongest of each block, in an image and along a sequence."""

import matplotlib.pyplot as plt
import numpy as np
from _lecture import draw_numbers
from matplotlib.patches import Rectangle

image = np.array([[1, 0, 2, 3], [4, 6, 6, 8], [3, 1, 1, 0], [1, 2, 2, 4]])
track = np.array([[0, 2, 1, 0, 3, 6, 0, 1, 0, 0, 2, 1]])
of_image = image.reshape(2, 2, 2, 2).max(axis=(1, 3))
of_track = track.reshape(1, 3, 4).max(axis=2)

figure = plt.figure(figsize=(7.8, 2.9), layout="constrained")
axes = figure.subplot_mosaic(
    [["image", "image maxima", "track"], ["image", "image maxima", "track maxima"]],
    width_ratios=(1, 1, 2.2),
)
draw_numbers(axes["image"], image, limit=8, title="4 x 4 positions")
draw_numbers(
    axes["image maxima"], of_image, limit=8, block=(2, 2), title="maxima of 2 x 2"
)
draw_numbers(axes["track"], track, limit=8, title="12 positions of a sequence")
draw_numbers(axes["track maxima"], of_track, limit=8, block=(1, 4), title="maxima of 4")
frame = {"fill": False, "linewidth": 2, "zorder": 3}
for corner in ((0, 0), (0, 2), (2, 0), (2, 2)):
    axes["image"].add_patch(Rectangle(corner, 2, 2, **frame))
    axes["image maxima"].add_patch(Rectangle(corner, 2, 2, **frame))
for start in (0, 4, 8):
    axes["track"].add_patch(Rectangle((start, 0), 4, 1, **frame))
    axes["track maxima"].add_patch(Rectangle((start, 0), 4, 1, **frame))
for ax in axes.values():
    ax.margins(0.02)
plt.show()
