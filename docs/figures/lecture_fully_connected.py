"""Flatten and fully connected: all numbers in one column, weighed for each class."""

import matplotlib.pyplot as plt
import numpy as np
from _guide import BLUE
from _lecture import draw_numbers

maps = np.array([[0, 2, 1], [3, 0, 1]])
column = maps.reshape(-1, 1)
weights = np.array([[1, -1], [-1, 1], [0, 1], [-1, 1], [1, 0], [1, -1]])
bias = np.array([1, -2])
logits = column.T @ weights + bias

figure = plt.figure(figsize=(7.8, 3.3), layout="constrained")
axes = figure.subplots(1, 4, width_ratios=(1.5, 1, 1.2, 1.6))
draw_numbers(axes[0], maps, title="2 feature maps\nof 3 positions")
draw_numbers(axes[1], column, title="flatten:\n6 numbers")
draw_numbers(axes[2], weights, title="6 x 2 weights,\none column a class")
ax = axes[3]
ax.axis("off")
sums = (column.T @ weights)[0]
ax.set_title("fully connected:\n2 logits")
for x, name in ((0.75, "unbound"), (1.05, "bound")):
    ax.text(x, 0.86, name, ha="right", size=9)
rows = (("weighted sum", sums), ("bias", bias), ("logit", logits[0]))
for y, (name, values) in zip((0.7, 0.5, 0.22), rows, strict=True):
    color = BLUE if name == "logit" else "black"
    for x, text in ((0.42, name), (0.75, f"{values[0]:+g}"), (1.05, f"{values[1]:+g}")):
        ax.text(x, y, text, ha="right", va="center", color=color)
ax.plot([0, 1.05], [0.36, 0.36], color="black", linewidth=0.8)
ax.set(xlim=(0, 1.08), ylim=(0, 1))
plt.show()
