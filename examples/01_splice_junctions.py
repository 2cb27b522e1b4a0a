"""
Learn splice junctions from real DNA
====================================

Where does an exon end? Human DNA around an exon-intron boundary (EI), around an
intron-exon boundary (IE) and elsewhere (N): 3,190 sequences of 60 bp. A CNN beside two
baselines, all as scikit-learn estimators on plain strings.
"""

import argparse
import time
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import classification_report
from sklearn.model_selection import StratifiedGroupKFold, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from tqdm import tqdm

from sklearn_cnn import MotifCNNClassifier
from sklearn_cnn.datasets import load_splice_junctions
from sklearn_cnn.inspection import TrainingHistoryDisplay
from sklearn_cnn.preprocessing import SequenceEncoder

parser = argparse.ArgumentParser(description="Learn splice junctions from real DNA.")
parser.add_argument("--output", type=Path, default=Path("splice_junctions.png"))
# A notebook has arguments of its own.
output = parser.parse_known_args()[0].output

# %%
# The data
# --------
# A third is held out. ``groups`` keeps identical sequences on one side of every split.

splice = load_splice_junctions()
X, y, groups = splice.data, splice.target, splice.groups
print(f"{len(X)} sequences of {len(X[0])} bp, for example\n  {X[0]}  {y[0]}")

folds = StratifiedGroupKFold(n_splits=3, shuffle=True, random_state=0)
train, test = next(folds.split(X, y, groups))

# %%
# Cross-validation beside two baselines
# -------------------------------------
# Logistic regression on k-mer counts knows what is in a sequence but not where; on
# one-hot letters it knows which letter stands where, but no combinations.

models = {
    "k-mers + logistic regression": make_pipeline(
        CountVectorizer(analyzer="char", ngram_range=(3, 5)),
        StandardScaler(with_mean=False),
        LogisticRegression(C=0.01, max_iter=1000),
    ),
    "one-hot + logistic regression": make_pipeline(
        SequenceEncoder(), LogisticRegression(C=0.1, max_iter=1000)
    ),
    "MotifCNNClassifier": MotifCNNClassifier(random_state=0),
}

rows = []
with tqdm(total=len(models) * folds.n_splits, desc="Cross-validation") as bar:
    for name, model in models.items():
        bar.set_postfix_str(name)
        accuracy, start = [], time.perf_counter()
        for fold in folds.split(X[train], y[train], groups[train]):
            accuracy += list(cross_val_score(model, X[train], y[train], cv=[fold]))
            bar.update()
        rows.append(
            {
                "model": name,
                "accuracy": np.mean(accuracy),
                "standard error": np.std(accuracy, ddof=1) / np.sqrt(len(accuracy)),
                "seconds a fold": (time.perf_counter() - start) / len(accuracy),
            }
        )
table = pd.DataFrame(rows).set_index("model")
print(f"\nAccuracy in {folds.n_splits}-fold cross-validation:\n")
print(table.round({"accuracy": 3, "standard error": 3, "seconds a fold": 1}), "\n")

# %%
# Fit, and look at sequences held out
# -----------------------------------

clf = MotifCNNClassifier(random_state=0, verbose=1).fit(X[train], y[train])
print("\nOn the sequences held out:\n")
print(classification_report(y[test], clf.predict(X[test]), digits=3))

# %%
# What the first layer looks for
# ------------------------------
# The six filters of the largest weights in the first of three networks. A donor site
# reads G|GTAAGT, an acceptor site a run of C and T, then CAG|G.

filters = clf.weights_["0.trunk.0.conv.weight"]
strongest = np.argsort(-np.square(filters).sum(axis=(1, 2)))[:6]

figure = plt.figure(figsize=(10, 5.6), layout="constrained")
left, right = figure.subfigures(1, 2, width_ratios=[1, 1.5])

display = TrainingHistoryDisplay.from_estimator(clf, ax=left.subplots())
display.ax_.set_title("Training history of three networks")

right.suptitle("Six filters of the first layer (weights)")
limit = np.abs(filters[strongest]).max()
axes = right.subplots(3, 2, sharex=True, sharey=True)
for ax, index in zip(axes.flat, strongest, strict=True):
    image = ax.imshow(
        filters[index], cmap="PuOr_r", vmin=-limit, vmax=limit, aspect="auto"
    )
    ax.set_title(f"filter {index}", fontsize="small")
    ax.set_yticks(range(4), clf.alphabet_.symbols)
for ax in axes[-1]:
    ax.set_xlabel("position in the filter (bp)")
right.colorbar(image, ax=axes, shrink=0.6, label="weight")

figure.savefig(output, dpi=150)
print(f"Figure: {output}")
