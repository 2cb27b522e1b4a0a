"""Effect of every change of one letter: those within the site count most."""

import matplotlib.pyplot as plt
import numpy as np
from _guide import LETTERS, draw_letters

from sklearn_cnn import MotifCNNClassifier
from sklearn_cnn.datasets import make_motif_classification
from sklearn_cnn.inspection import variant_effects

X, y = make_motif_classification(400, length=60, motif="SRF", random_state=0)
clf = MotifCNNClassifier(n_filters=16, motif_bank=None, random_state=0).fit(X, y)
left, right = X[y == 0][:2]
sequence = left[:25] + "CCATATTAGG" + right[:25]
shown = range(12, 48)
changes = [
    (0, place, sequence[place], new)
    for new in "ACGT"
    for place in shown
    if new != sequence[place]
]
effects = np.zeros((4, 60))
for (_, place, _, new), effect in zip(
    changes, variant_effects(clf, [sequence], changes)["effect"], strict=True
):
    effects["ACGT".index(new), place] = effect

figure, ax = plt.subplots(figsize=(8, 2.3))
image = ax.imshow(effects, cmap="PuOr", vmin=-6, vmax=6, aspect="auto")
draw_letters(ax, sequence, -0.9, size=11, clip_on=True)
ax.plot([24.5, 24.5, 34.5, 34.5, 24.5], [-1.4, 3.5, 3.5, -1.4, -1.4], "k", lw=1.5)
ax.text(29.5, 4.1, "the site", ha="center", va="center")
for row, letter in enumerate("ACGT"):
    ax.text(11, row, letter, color=LETTERS[letter], ha="right", va="center")
ax.set(xlim=(11.4, 47.5), ylim=(4.5, -1.4), xticks=[], yticks=[])
ax.set_ylabel("new letter", labelpad=20)
ax.spines[:].set_visible(False)
figure.colorbar(image, label="effect (logits)")
plt.show()
