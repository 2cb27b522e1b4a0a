"""What each way costs: sequences, seconds and memory, by the table of the page."""

from pathlib import Path

import matplotlib.pyplot as plt
import pandas as pd
from _guide import BLUE, GREEN, GREY, VERMILION

# The build runs this file in its folder.
TABLE = Path("../tables/narrow/costs.csv")
NAMES = ["from scratch", "fine-tuned", "features"]
table = pd.read_csv(TABLE, index_col="way", thousands=",")
steps = ["features: extraction", "features: logistic regression"]
# Extraction and regression follow one another, on the same sequences.
table.loc["features"] = table.loc[steps].max()
seconds = ["s, 100", "s, 1,000"]
table.loc["features", seconds] = table.loc[steps, seconds].sum()

panels = [
    ("needs", "sequences needed"),
    ("s, 1,000", "seconds, 1,000 sequences"),
    ("MB", "MB of memory"),
]
figure, axes = plt.subplots(1, 3, figsize=(8, 2.4), sharey=True)
for ax, (column, label) in zip(axes, panels, strict=True):
    values = table.loc[NAMES, column]
    # The source has one size.
    of_source = table.loc["source, once", column.replace("s, 1,000", "s, 100")]
    ax.barh(["source, once"], [of_source], color=GREY)
    ax.barh(NAMES, values, color=[VERMILION, BLUE, GREEN])
    for y, value in enumerate([of_source, *values]):
        ax.text(value, y, f" {value:,g}", va="center")
    ax.margins(x=0.3)
    ax.set(xlabel=label, xticks=[])
    ax.spines["bottom"].set_visible(False)
    ax.tick_params(axis="y", length=0)
axes[0].invert_yaxis()
plt.show()
