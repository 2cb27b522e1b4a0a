"""From peaks on a genome to windows: positives at the summits, negatives elsewhere."""

import matplotlib.pyplot as plt
import numpy as np
from _guide import BLUE, GREY, VERMILION, bare

x = np.linspace(0, 100, 1001)
summits = np.array([14, 38, 80])
reads = np.exp(-(((x[:, None] - summits) / 3) ** 2)) @ [1.0, 0.7, 0.9]
noise = np.random.default_rng(0).normal(size=(x.size + 40)).cumsum()
reads += 0.02 * np.abs(noise[40:] - noise[:-40])

figure, ax = plt.subplots(figsize=(8, 2.9))
ax.fill_between(x, 1 + reads, 1, color=GREY, alpha=0.5, lw=0)
ax.text(54, 1.65, "reads of an experiment", color=GREY, ha="center")
ax.plot([0, 100], [0.8, 0.8], color="black", lw=3)
ax.text(66, 0.55, "genome", ha="center")
for summit, free in zip(summits, (26, 52, 93), strict=True):
    ax.plot([summit] * 2, [1, 2.05], color=BLUE, lw=1, ls=":")
    for center, color, name in ((summit, BLUE, "1"), (free, VERMILION, "0")):
        ax.plot([center - 4, center + 4], [0.8, 0.8], color=color, lw=9)
        ax.annotate(
            f"y = {name}",
            (center, 0.7),
            (center, 0.2),
            ha="center",
            color=color,
            arrowprops={"arrowstyle": "<|-", "color": color},
        )
ax.text(14, 2.15, "summit of a peak", color=BLUE, ha="center")
ax.text(0, -0.25, "positives: windows around summits (read_peaks)", color=BLUE)
ax.text(100, -0.25, "negatives: free windows (sample_negatives)", color=VERMILION)
ax.texts[-1].set_ha("right")
bare(ax).set(ylim=(-0.35, 2.4), xlim=(-1, 101))
plt.show()
