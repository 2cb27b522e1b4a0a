"""ReLU: negative values become zero; and the exponential, our first layer for DNA."""

import matplotlib.pyplot as plt
import numpy as np
from _guide import BLUE, GREY, VERMILION, draw_letters
from _lecture import WORD, one_hot, random_sequence, slide

figure, (before, after, functions) = plt.subplots(
    1, 3, figsize=(7.8, 2.9), width_ratios=(1.3, 1.3, 1), layout="constrained"
)
sequence = random_sequence(18, seed=1, at_7=WORD)
neurons = slide(one_hot(WORD), one_hot(sequence))[0] - 4
for ax, values in ((before, neurons), (after, np.maximum(neurons, 0))):
    colors = np.where(values > 0, BLUE, GREY)
    ax.bar(range(len(values)), values, color=colors)
    ax.axhline(0, color="black", linewidth=0.8)
    draw_letters(ax, sequence, -4.6, size=8.5)
    ax.set(xlim=(-1, 18), ylim=(-5.2, 2.4), xticks=[], yticks=[-2, 0, 2])
    ax.spines["bottom"].set_visible(False)
before.set_title("matching letters - 4")
after.set_title("after ReLU")

x = np.linspace(-3, 2, 101)
functions.plot(x, np.maximum(x, 0), color=BLUE, linewidth=2.5)
functions.plot(x, np.exp(x), color=VERMILION, linewidth=2.5)
functions.text(2, 0.3, "ReLU", color=BLUE, ha="right")
functions.text(0.6, 4.3, "exponential", color=VERMILION, ha="right")
functions.set(xlabel="in", ylabel="out", ylim=(-0.3, 7.6))
plt.show()
