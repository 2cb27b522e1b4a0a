"""Scores of all sets: ours beside published ones, the gkm-SVM and k-mers."""

from pathlib import Path

import matplotlib.pyplot as plt
import pandas as pd

# The build runs this file in its folder.
ROOT = Path.cwd().parents[1]
KINDS = {
    "tf": "Transcription factors, by source",
    "tf_small": "Transcription factors, 800 sequences (DREAM5)",
    "promoters": "Promoters and splice sites",
    "rna": "RNA-binding proteins",
    "peptides": "Peptides",
    "numbers": "Numbers instead of classes",
}
# Column of the table, label, marker, colour: colour-blind readers tell them apart.
METHODS = (
    ("kmer", "k-mers", "x", "#7F7F7F"),
    ("gkmsvm", "gapped k-mer SVM", "^", "#009E73"),
    ("published", "best published", "D", "#E69F00"),
    ("ours", "ours", "o", "#0072B2"),
)


def read_scores() -> pd.DataFrame:
    """One row a set, with its kind, short name and a number a method."""
    table = pd.read_csv(ROOT / "docs" / "tables" / "accuracy.csv")
    table["set"] = table["set"].str.removesuffix(" (cross-validated)")
    # The largest number in "0.983 ± 0.000 †", or in "gkm-SVM 0.971, FastSK 0.970".
    for column, *_ in METHODS:
        numbers = table[column].astype(str).str.extractall(r"([01]\.\d+)")[0]
        table[column] = numbers.astype(float).groupby(level=0).max()
    return table.merge(pd.read_csv(ROOT / "benchmarks" / "sets.csv"), on="set")


def draw(axes, scores: pd.DataFrame, title: str) -> None:
    """One row a set, the best of ours at the top."""
    scores = scores.sort_values("ours")
    rows = range(len(scores))
    values = scores[[column for column, *_ in METHODS]]
    axes.hlines(rows, values.min(axis=1), values.max(axis=1), "0.85", zorder=0)
    for column, label, marker, colour in METHODS:
        style = {"marker": marker, "color": colour, "s": 22}
        if column == "ours":
            # An open ring hides no other score below it.
            style.update(s=60, facecolors="none", linewidths=2)
        axes.scatter(scores[column], rows, label=label, **style)
    axes.set_yticks(rows, scores["name"], fontsize=8)
    axes.set_ylim(-0.7, len(scores) - 0.3)
    axes.set_title(title, loc="left", fontsize=9, fontweight="bold")
    axes.tick_params(axis="x", labelsize=8)
    axes.grid(axis="x", color="0.92")
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)


scores = read_scores()
groups = [scores[scores["kind"] == kind] for kind in KINDS]
figure, panels = plt.subplots(
    len(KINDS),
    figsize=(7, 11.5),
    height_ratios=[len(group) + 1 for group in groups],
    layout="constrained",
)
for axes, group, title in zip(panels, groups, KINDS.values(), strict=True):
    draw(axes, group, title)
    axes.set_xlim(0.59, 1.01)
for axes in panels[:-2]:
    axes.tick_params(axis="x", labelbottom=False)
panels[-2].set_xlabel("AUROC on held-out sequences (1 is perfect)", fontsize=9)
panels[-1].set_xlabel("Spearman's correlation", fontsize=9)
handles, labels = panels[0].get_legend_handles_labels()
figure.legend(handles[::-1], labels[::-1], loc="outside upper center", ncols=4)
