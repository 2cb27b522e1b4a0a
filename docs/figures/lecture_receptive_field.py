"""Local receptive fields: one hidden neuron looks at a small region of its input."""

import matplotlib.pyplot as plt
from _guide import BLUE, GREY, draw_letters
from _lecture import digit, random_sequence
from matplotlib.patches import Circle, Rectangle

figure, (left, right) = plt.subplots(
    1, 2, figsize=(7.8, 3.2), width_ratios=(1, 1.25), layout="constrained"
)

# An image: 3 x 3 pixels at its left side, and the neuron of their centre.
left.imshow(digit(), cmap="gray_r", extent=(0, 8, 8, 0))
left.add_patch(Rectangle((0, 2), 3, 3, fill=False, color=BLUE, linewidth=3))
neuron = (12.5, 3.5)
for row in range(8):
    for column in range(8):
        center = (11 + column, row + 0.5)
        is_neuron = (row, column) == (3, 1)
        left.add_patch(
            Circle(
                (center[0] + 0.5, center[1]),
                0.4,
                facecolor=BLUE if is_neuron else "white",
                edgecolor=BLUE if is_neuron else GREY,
            )
        )
for corner in ((3, 2), (3, 5)):
    left.plot([corner[0], neuron[0] - 0.3], [corner[1], neuron[1]], color=BLUE)
left.text(4, -0.6, "8 x 8 pixels", ha="center")
left.text(15, -0.6, "8 x 8 hidden neurons", ha="center")
left.text(9.5, 9.6, "it sees 3 x 3 pixels", ha="center", color=BLUE)
left.set(xlim=(-0.2, 19.2), ylim=(10.4, -1.6))

# A sequence: eight letters, and the neuron below them.
sequence = random_sequence(24, seed=3)
draw_letters(right, sequence, 1, size=12)
right.add_patch(Rectangle((7.5, 0.86), 8, 0.28, fill=False, color=BLUE, linewidth=3))
for place in range(24):
    is_neuron = place == 12
    right.plot(
        place,
        0,
        marker="o",
        markersize=9,
        markerfacecolor=BLUE if is_neuron else "white",
        markeredgecolor=BLUE if is_neuron else GREY,
    )
for corner in (7.5, 15.5):
    right.plot([corner, 12], [0.86, 0.08], color=BLUE)
right.text(11.5, 1.3, "24 letters", ha="center")
right.text(11.5, -0.3, "24 hidden neurons", ha="center")
right.text(17, 0.45, "it sees 8 letters", color=BLUE)
right.set(xlim=(-1, 24), ylim=(-0.6, 1.6))
for ax in (left, right):
    ax.axis("off")
plt.show()
