"""Three ways of using a CNN: how good with how few sequences, and what they cost."""

from pathlib import Path
from time import perf_counter

import matplotlib.pyplot as plt
import pandas as pd
from _guide import BLUE, GREEN, GREY, VERMILION
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline

from sklearn_cnn import MotifCNNClassifier, PretrainedFeatureExtractor
from sklearn_cnn.datasets import load_tf_binding

# The build runs this file in its folder.
TABLE = Path("../tables/three_ways.csv")
WAYS = {
    "network from scratch": ("from scratch", VERMILION, "s-"),
    "CTCF's network, fine-tuned": ("fine-tuned", BLUE, "o-"),
    "CTCF's features, logistic regression": ("features", GREEN, "^-"),
    "CTCF's network, unchanged": ("source, unchanged", "black", ":"),
}
figure, (left, right) = plt.subplots(1, 2, figsize=(7.8, 3), width_ratios=(1.2, 1))

table = pd.read_csv(TABLE, index_col="way", dtype=str)
sizes = [int(size.replace(",", "")) for size in table.columns]
for row, (name, color, style) in WAYS.items():
    # A cell is a mean, perhaps marked as of an earlier version, and a standard error.
    means = [float(cell.split()[0].rstrip("†")) for cell in table.loc[row]]
    left.plot(sizes, means, style, color=color, label=name)
left.set_xscale("log")
left.set_xticks(sizes, table.columns)
left.minorticks_off()
left.set(xlabel="sequences of RAD21 to learn from", ylabel="AUROC")
left.legend(loc="lower right", frameon=False, fontsize=9)

# The seconds of one network, measured by the build.
alone = {"linear_models": None, "n_estimators": 1, "random_state": 0}
X, y = load_tf_binding("RAD21", return_X_y=True)
X, _, y, _ = train_test_split(X, y, train_size=100, stratify=y, random_state=0)
source_data = load_tf_binding("CTCF", return_X_y=True)
source = MotifCNNClassifier(n_filters=32, **alone)
fits = [
    ("source (once)", source, source_data, GREY),
    ("from scratch", MotifCNNClassifier(n_filters=32, **alone), (X, y), VERMILION),
    ("fine-tuned", MotifCNNClassifier(pretrained=source, **alone), (X, y), BLUE),
    (
        "features",
        make_pipeline(PretrainedFeatureExtractor(source), LogisticRegression()),
        (X, y),
        GREEN,
    ),
]
for name, model, data, color in fits:
    start = perf_counter()
    model.fit(*data)
    bar = right.barh(name, perf_counter() - start, color=color)
    right.bar_label(bar, fmt="{:.2g}", padding=4)
right.invert_yaxis()
right.margins(x=0.18)
right.set(xlabel="seconds, with 100 sequences")
right.tick_params(axis="y", length=0)
plt.show()
