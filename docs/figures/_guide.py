"""What the figures of the guide share."""

from matplotlib.patches import FancyBboxPatch

# Colours that the colour-blind can tell apart (Okabe and Ito).
BLUE, VERMILION, GREEN, ORANGE = "#0072B2", "#D55E00", "#009E73", "#E69F00"
GREY, LIGHT = "#777777", "#DDDDDD"
LETTERS = {"A": GREEN, "C": BLUE, "G": ORANGE, "T": VERMILION, "N": GREY}


def draw_letters(ax, sequence, y, *, start=0, **style):
    """Draw a sequence at height y, the first letter at `start`."""
    style = {"family": "monospace", "weight": "bold", "ha": "center"} | style
    for x, letter in enumerate(sequence, start):
        ax.text(x, y, letter, va="center", color=LETTERS[letter], **style)


def bare(ax):
    """Leave out the axes."""
    ax.set(xticks=[], yticks=[])
    ax.spines[:].set_visible(False)
    return ax


def box(ax, x, y, text, *, width, height, color, **style):
    """Draw a rectangle around (x, y) with a text in it."""
    corner = x - width / 2, y - height / 2
    patch = ax.add_patch(
        FancyBboxPatch(
            corner, width, height, boxstyle="round,pad=0.02", color=color, alpha=0.2
        )
    )
    ax.text(x, y, text, ha="center", va="center", **style)
    return patch


def arrow(ax, start, end, text=""):
    """Draw an arrow, with a text above its middle."""
    ax.annotate(
        "", end, start, arrowprops={"arrowstyle": "-|>", "color": GREY, "lw": 2}
    )
    middle = (start[0] + end[0]) / 2, (start[1] + end[1]) / 2
    ax.annotate(
        text, middle, (0, 6), textcoords="offset points", ha="center", color=GREY
    )
