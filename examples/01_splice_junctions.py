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

import logomaker
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
from sklearn_cnn.inspection import TrainingHistoryDisplay, attributions
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
# What does it look at?
# ---------------------
# Each letter is as tall as the logit that its mutation takes away, in the mean over the
# junctions held out (in-silico mutagenesis). The known signals of splicing appear: introns
# begin with GT, as in AG|GTAAGT, and end with AG, behind a run of C and T.

figure = plt.figure(figsize=(10, 4.6), layout="constrained")
left, right = figure.subfigures(1, 2, width_ratios=[1, 2.2])

display = TrainingHistoryDisplay.from_estimator(clf, ax=left.subplots())
display.ax_.set_title("Training history of three networks", fontsize="medium")

symbols = clf.alphabet_.symbols
colors = dict(zip(symbols, ["#009E73", "#0072B2", "#E69F00", "#D55E00"], strict=True))
axes = right.subplots(2, 1, sharex=True)
for ax, (label, title) in zip(
    axes, [("EI", "exon | intron"), ("IE", "intron | exon")], strict=True
):
    junctions = X[test][y[test] == label]
    effects = attributions(clf, junctions, target=label)  # Zero for the letter there.
    letters = SequenceEncoder().fit_transform(junctions).reshape(-1, 60, 4)
    heights = letters * -effects.sum(axis=1)[:, :, None] / 3
    logo = pd.DataFrame(
        heights.mean(axis=0), columns=list(symbols), index=range(-30, 30)
    )
    logomaker.Logo(logo.loc[-22:9], ax=ax, color_scheme=colors, flip_below=False)
    ax.axvline(-0.5, color="0.5", linestyle=":", linewidth=1)
    ax.set_title(title, loc="left", fontsize="medium")
    ax.set_ylabel("attribution (logit)")
    ax.spines[["top", "right"]].set_visible(False)
axes[1].set_xlabel("position, counted from the junction (bp)")

figure.savefig(output, dpi=150)
print(f"Figure: {output}")
