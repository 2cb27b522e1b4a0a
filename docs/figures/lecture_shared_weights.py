"""Independent weights of a fully connected layer, shared ones of a convolution."""

import matplotlib.pyplot as plt
from _guide import BLUE, GREEN, GREY, VERMILION

N_INPUTS, N_HIDDEN, WIDTH = 8, 6, 3
HEIGHT = 4
figure, (dense, shared) = plt.subplots(
    1, 2, figsize=(7.8, 3.4), layout="constrained", sharey=True
)

for ax in (dense, shared):
    ax.plot(range(N_INPUTS), [0] * N_INPUTS, "o", color="black", markersize=11)
    ax.set(xlim=(-1.3, 8.2), ylim=(-1.3, 5.2))
    ax.axis("off")
for ax, color in ((dense, GREY), (shared, BLUE)):
    hidden = [place + 1 for place in range(N_HIDDEN)]
    ax.plot(hidden, [HEIGHT] * N_HIDDEN, "o", color=color, markersize=11, zorder=3)

for unit in range(N_HIDDEN):
    for place in range(N_INPUTS):
        dense.plot([place, unit + 1], [0, HEIGHT], color=GREY, linewidth=0.9, zorder=0)
    for weight, color in enumerate((BLUE, VERMILION, GREEN)):
        ends = [unit + weight, unit + 1]
        shared.plot(ends, [0, HEIGHT], color=color, linewidth=2.5, zorder=0)

dense.set_title("fully connected: all weights are independent")
shared.set_title("convolution: the same three weights everywhere")
for ax, count in (
    (dense, f"{N_INPUTS} x {N_HIDDEN} = {N_INPUTS * N_HIDDEN} weights"),
    (shared, f"{WIDTH} weights"),
):
    ax.text(3.5, -0.9, f"{N_INPUTS} inputs", ha="center")
    ax.text(3.5, HEIGHT + 0.6, f"{N_HIDDEN} hidden neurons: {count}", ha="center")
plt.show()
