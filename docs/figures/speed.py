"""Training and prediction: how many times as fast as the same module by skorch."""

from pathlib import Path

import matplotlib.pyplot as plt
import pandas as pd

# The build runs this file in its folder.
ROOT = Path.cwd().parents[1]

table = pd.read_csv(ROOT / "docs" / "tables" / "narrow" / "speed.csv")
ratios = table["skorch"].str.removesuffix(" x").astype(float)

fig, ax = plt.subplots(figsize=(7, 3.6), layout="constrained")
bars = ax.barh(table["what"], ratios, color="#0072B2")
ax.bar_label(bars, table["skorch"], padding=4)
ax.axvline(1, color="#D55E00", linewidth=2)
ax.annotate(
    *("skorch", (1, 1)),
    xycoords=("data", "axes fraction"),
    xytext=(0, 4),
    textcoords="offset points",
    ha="center",
    color="#D55E00",
)
ax.invert_yaxis()
ax.set_xlabel("times as fast as skorch on the same network")
ax.set_xlim(0, 1.15 * ratios.max())
ax.spines[["top", "right"]].set_visible(False)
plt.show()
