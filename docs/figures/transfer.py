"""Fine-tuning: trained filters are taken over, and learn on from few sequences."""

import matplotlib.pyplot as plt
from _guide import BLUE, GREY, ORANGE, VERMILION, arrow, bare, box

figure, ax = plt.subplots(figsize=(8, 2.6))
rows = [
    (2, "source: many sequences", "filters", "head", VERMILION),
    (0.5, "target: few sequences", "the same filters", "new head", ORANGE),
]
for y, data, filters, head, color in rows:
    box(ax, 1.3, y, data, width=2.6, height=0.8, color=GREY)
    box(ax, 4.9, y, filters, width=2.4, height=0.8, color=BLUE)
    box(ax, 8.3, y, head, width=1.8, height=0.8, color=color)
    arrow(ax, (2.7, y), (3.6, y))
    arrow(ax, (6.2, y), (7.3, y))
arrow(ax, (4.9, 1.5), (4.9, 1))
ax.text(5.1, 1.25, "pretrained=", va="center", color=GREY)
bare(ax).set(xlim=(-0.1, 9.4), ylim=(0, 2.5))
plt.show()
