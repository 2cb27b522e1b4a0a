"""Sequences become a table: the best score of each motif in each of them."""

import matplotlib.pyplot as plt
import numpy as np
from _guide import bare, draw_letters

from sklearn_cnn import PretrainedFeatureExtractor
from sklearn_cnn.datasets import make_motif_classification

X, y = make_motif_classification(8, length=30, motif="CTCF", random_state=1)
order = np.argsort(-y, kind="stable")
X, y = X[order], y[order]
extractor = PretrainedFeatureExtractor("jaspar:vertebrates")
table = extractor.set_output(transform="pandas").fit_transform(X)
ids = ["CTCF_MA0139.2", "SRF_MA0083.3", "SP1_MA0079.5", "GATA1_MA0035.5"]
table = table[ids]

figure, (left, right) = plt.subplots(1, 2, figsize=(8, 3), width_ratios=(1.25, 1))
for row, sequence in enumerate(X):
    draw_letters(left, sequence, row, size=10)
    right.text(4, row, "bound" if y[row] else "free", va="center")
bare(left).set(xlim=(-1, 31), ylim=(7.5, -0.5), title="sequences")
right.imshow(table, cmap="Blues", vmin=-10, vmax=30, aspect="auto")
for (row, column), score in np.ndenumerate(table):
    color = "white" if score > 15 else "black"
    right.text(column, row, str(round(score)), ha="center", va="center", color=color)
right.set_xticks(range(4), [name.split("_")[0] for name in ids])
right.set_yticks([])
right.tick_params(length=0, labeltop=True, labelbottom=False)
right.spines[:].set_visible(False)
plt.show()
