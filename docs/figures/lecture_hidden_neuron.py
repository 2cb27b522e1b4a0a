"""A hidden neuron: a weighted sum of what it sees, plus a bias, in numbers."""

import matplotlib.pyplot as plt
from _guide import BLUE
from _lecture import EDGE, WORD, digit, draw_numbers, one_hot

patch, image_bias = digit()[2:5, :3].astype(int), -10
letters, word_bias = "TATAGA", -4

figure, axes = plt.subplots(
    2,
    4,
    figsize=(7.8, 4.4),
    width_ratios=(1.5, 1.5, 1.5, 1.6),
    layout="constrained",
)
rows = (
    (patch, EDGE, image_bias, ""),
    (one_hot(letters).astype(int), one_hot(WORD).astype(int), word_bias, "ACGT"),
)
for row, what, (values, weights, bias, labels) in zip(
    axes, ("pixels", "letters"), rows, strict=True
):
    products = values * weights
    draw_numbers(row[0], values, labels=labels, title=what)
    draw_numbers(row[1], weights, title="weights")
    draw_numbers(row[2], products, title=f"{what} times weights")
    total = products.sum()
    row[3].axis("off")
    lines = (
        ("sum of products", total, "black"),
        ("bias", bias, "black"),
        ("hidden neuron", total + bias, BLUE),
    )
    for y, (name, value, color) in zip((0.75, 0.5, 0.2), lines, strict=True):
        row[3].text(0.75, y, name, ha="right", va="center", color=color)
        row[3].text(1.0, y, f"{value:+g}", ha="right", va="center", color=color)
    row[3].plot([0.1, 1.0], [0.35, 0.35], color="black", linewidth=0.8)
    row[3].set(xlim=(0, 1), ylim=(0, 1))
plt.show()
