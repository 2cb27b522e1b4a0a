"""Simulated sequences: class 1 has a site, on either strand, at a known place."""

import matplotlib.pyplot as plt
from _guide import BLUE, VERMILION, bare, draw_letters

from sklearn_cnn.datasets import make_motif_classification

data = make_motif_classification(
    8, length=48, motif="WGATAR", return_details=True, random_state=1
)
figure, ax = plt.subplots(figsize=(8, 2.8))
for row, sequence in enumerate(data.data):
    draw_letters(ax, sequence, row, size=10)
    ax.text(49, row, data.target[row], ha="center", va="center", weight="bold")
for site in data.sites.itertuples():
    color = BLUE if site.strand == "+" else VERMILION
    ax.barh(site.sequence, site.end - site.start, left=site.start - 0.5, color=color)
    ax.patches[-1].set(alpha=0.25, height=0.9)
ax.text(49, -1, "y", ha="center", va="center", weight="bold")
for x, color, strand in ((0, BLUE, "this"), (18, VERMILION, "the opposite")):
    ax.text(x, -1, f"site on {strand} strand", color=color, va="center")
bare(ax).set(xlim=(-1, 50), ylim=(7.6, -1.6))
plt.show()
