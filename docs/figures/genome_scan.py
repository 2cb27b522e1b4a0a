"""Scores along a chromosome rise where sites of SRF were planted."""

import matplotlib.pyplot as plt
import numpy as np
from _guide import BLUE, GREY, VERMILION

from sklearn_cnn import MotifCNNClassifier
from sklearn_cnn.datasets import make_motif_classification
from sklearn_cnn.scanning import call_peaks, scan_genome

X, y = make_motif_classification(400, length=60, motif="SRF", random_state=0)
clf = MotifCNNClassifier(n_filters=16, motif_bank=None, random_state=0).fit(X, y)
chromosome = "".join(np.random.default_rng(1).choice(list("ACGT"), 1600))
sites = 300, 820, 1250
for site in sites:
    chromosome = chromosome[:site] + "CCATATTAGG" + chromosome[site + 10 :]
track = scan_genome(clf, {"chr1": chromosome}, stride=10)
threshold = -1.5
peaks = call_peaks(track, threshold)

scores = track.scores["chr1"]
middles = np.arange(len(scores)) * 10 + 30
figure, ax = plt.subplots(figsize=(8, 2.8))
ax.plot(middles, scores, color=BLUE, lw=1.5)
ax.axhline(threshold, color=GREY, ls=":", lw=1.5)
ax.text(1610, threshold, "threshold", color=GREY, va="center")
top, bottom = scores.max() + 1.5, scores.min() - 1.5
for site in sites:
    ax.plot(site + 5, top, "v", color=VERMILION)
ax.text(1610, top, "planted sites", color=VERMILION, va="center")
ax.hlines([bottom] * len(peaks), peaks["start"], peaks["end"], color=BLUE, lw=7)
ax.text(1610, bottom, "peaks called", color=BLUE, va="center")
ax.set(xlabel="base of the chromosome", ylabel="score (logits)")
ax.set(xlim=(0, 1600), ylim=(bottom - 1, top + 1), xticks=range(0, 1501, 250))
ax.spines[["top", "right"]].set_visible(False)
plt.show()
