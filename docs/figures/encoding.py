"""A sequence as a matrix: one column a letter, one row a nucleotide."""

import matplotlib.pyplot as plt
import numpy as np
from _guide import LETTERS, draw_letters

from sklearn_cnn.preprocessing import SequenceEncoder

sequence = "GATTACATGACNCA"
columns = SequenceEncoder(alphabet="dna").fit_transform([sequence])
matrix = columns.reshape(len(sequence), 4).T

figure, ax = plt.subplots(figsize=(8, 2.7))
ax.imshow(matrix, cmap="Blues", vmin=0, vmax=1.5)
for (row, column), value in np.ndenumerate(matrix):
    text = f"{value:.2f}" if 0 < value < 1 else f"{value:.0f}"
    color = "white" if value == 1 else "black"
    ax.text(column, row, text, ha="center", va="center", size=9, color=color)
draw_letters(ax, sequence, -0.9, size=14)
for row, letter in enumerate("ACGT"):
    ax.text(-0.9, row, letter, color=LETTERS[letter], va="center", weight="bold")
ax.set_xticks(np.arange(0.5, 13), [])
ax.set_yticks(np.arange(-0.5, 4), [])
ax.grid(color="white", linewidth=2)
ax.tick_params(length=0)
ax.spines[:].set_visible(False)
ax.set_ylim(3.5, -1.4)
plt.show()
