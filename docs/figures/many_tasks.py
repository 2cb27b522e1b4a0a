"""A table of labels, of which some are unknown."""

import matplotlib.pyplot as plt
import numpy as np
from _guide import BLUE, LIGHT
from matplotlib.colors import ListedColormap
from matplotlib.patches import Patch

factors = ["CTCF", "RAD21", "SRF", "YY1", "GABPA", "JUND"]
rng = np.random.default_rng(3)
Y = (rng.random((6, 22)) < 0.35).astype(float)
Y[0] = np.where(rng.random(22) < 0.8, Y[1], Y[0])
Y[rng.random(Y.shape) < 0.1] = np.nan
Y[3, 9:] = np.nan

figure, ax = plt.subplots(figsize=(8, 2.7))
ax.set_facecolor("white")
ax.pcolormesh(Y, cmap=ListedColormap([LIGHT, BLUE]), edgecolor="white", linewidth=2)
for row, column in np.argwhere(np.isnan(Y)):
    ax.text(column + 0.5, row + 0.5, "?", ha="center", va="center")
ax.set(xticks=[], yticks=np.arange(6) + 0.5, yticklabels=factors, xlabel="sequences")
ax.tick_params(length=0)
ax.spines[:].set_visible(False)
ax.invert_yaxis()
kinds = [Patch(color=BLUE, label="1: bound"), Patch(color=LIGHT, label="0: not bound")]
figure.legend(handles=kinds, loc="outside upper right", ncols=2, frameon=False)
plt.show()
