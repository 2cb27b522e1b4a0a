"""Sequences of unequal lengths, padded to one table; the padding is masked."""

import matplotlib.pyplot as plt
from _guide import GREY, LIGHT, bare, draw_letters

sequences = [
    "GGCATGACGTCATTAGC",
    "TTACGATGACGTCA",
    "CAGGTTAACCGATAGCTTGCA",
    "ATGACGTCAGG",
]
longest = max(map(len, sequences))
figure, ax = plt.subplots(figsize=(8, 2.4))
for row, sequence in enumerate(sequences):
    n = len(sequence)
    draw_letters(ax, sequence, row, size=14)
    ax.barh(row, longest - n, left=n - 0.5, height=0.9, color=LIGHT, hatch="//", ec="w")
ax.text(17, 3, "padding: counts for nothing", color=GREY, ha="center", va="center")
ax.texts[-1].set_bbox({"color": "white", "pad": 2})
for row, label in enumerate(["bound", "bound", "free", "bound"]):
    ax.text(longest + 0.5, row, label, va="center")
ax.text(longest + 0.5, -0.9, "y", va="center", weight="bold")
ax.text(0, -0.9, "X", ha="center", va="center", weight="bold")
bare(ax).set(xlim=(-1, longest + 3), ylim=(3.6, -1.3))
plt.show()
