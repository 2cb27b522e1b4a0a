"""A fitted estimator, its file, and the same estimator elsewhere."""

import matplotlib.pyplot as plt
from _guide import BLUE, GREEN, ORANGE, arrow, bare, box

figure, ax = plt.subplots(figsize=(8, 2.2))
size = {"width": 2.3, "height": 1.4}
box(ax, 1.2, 1, "fitted estimator\n(trained on a GPU)", color=BLUE, **size)
box(ax, 5, 1, "one file\nweights: tensors\nall else: JSON", color=ORANGE, **size)
box(ax, 8.8, 1, "the same estimator\n(on a laptop)", color=GREEN, **size)
arrow(ax, (2.5, 1), (3.7, 1), "save_model")
arrow(ax, (6.3, 1), (7.5, 1), "load_model")
ax.text(5, -0.05, "nothing in it can be executed", ha="center", va="center")
bare(ax).set(xlim=(0, 10), ylim=(-0.3, 1.9))
plt.show()
