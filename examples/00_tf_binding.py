"""
Predict where CTCF binds, and see the motif
===========================================

Does the protein CTCF bind this stretch of DNA? 2,000 human sequences of 100 bp: half of
them were bound in an experiment, the other half were not. A CNN beside two baselines, all
as scikit-learn estimators on plain strings, and the motif that the CNN has found.
"""

import argparse
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import StratifiedGroupKFold, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler
from tqdm import tqdm

from sklearn_cnn import MotifCNNClassifier
from sklearn_cnn.datasets import load_jaspar, load_tf_binding
from sklearn_cnn.inspection import MotifDisplay, Motifs, extract_motifs
from sklearn_cnn.preprocessing import (
    SequenceEncoder,
    overlap_groups,
    reverse_complement,
)

parser = argparse.ArgumentParser(description="Predict where CTCF binds.")
parser.add_argument("--output", type=Path, default=Path("tf_binding.png"))
# A notebook has arguments of its own.
output = parser.parse_known_args()[0].output

# %%
# The data
# --------
# Some sequences overlap in the genome. ``groups`` keeps these on one side of every split.

X, y = load_tf_binding("CTCF", return_X_y=True)
groups = overlap_groups(X)
print(f"{len(X)} sequences of {len(X[0])} bp, {y.sum()} of them bound, for example")
print(f"  {X[0]}  {y[0]}\n")

# %%
# Cross-validation beside two baselines
# -------------------------------------
# A site may lie anywhere, on either strand. Logistic regression on one-hot letters knows
# which letter stands where, which is of no use here. On k-mers, counted on both strands,
# it knows which short words there are, but CTCF's motif is longer than these. The score is
# the area under the ROC curve (AUROC): 0.5 is guessing, 1 is perfect.


def both_strands(sequences):
    """Each sequence and its reverse complement, side by side."""
    return sequences + " " + reverse_complement(sequences)


models = {
    "one-hot + logistic regression": make_pipeline(
        SequenceEncoder(), LogisticRegression(C=0.1, max_iter=1000)
    ),
    "k-mers + logistic regression": make_pipeline(
        FunctionTransformer(both_strands),
        CountVectorizer(analyzer="char", ngram_range=(4, 6)),
        StandardScaler(with_mean=False),
        LogisticRegression(C=1e-3, max_iter=1000),
    ),
    "MotifCNNClassifier": MotifCNNClassifier(random_state=0),
}

folds = list(StratifiedGroupKFold(3, shuffle=True, random_state=0).split(X, y, groups))
auroc = pd.DataFrame(columns=list(models), index=range(1, 4), dtype=float)
with tqdm(total=auroc.size, desc="Cross-validation") as bar:
    for name, model in models.items():
        bar.set_postfix_str(name)
        for number, fold in enumerate(folds, start=1):
            score = cross_val_score(model, X, y, cv=[fold], scoring="roc_auc")
            auroc.loc[number, name] = score[0]
            bar.update()
table = auroc.agg(["mean", "sem"]).T
table.columns = ["AUROC", "standard error"]
print(f"\nArea under the ROC curve in 3-fold cross-validation:\n\n{table.round(3)}\n")

# %%
# Fit without known motifs
# ------------------------
# By default the model knows JASPAR's motifs from the start, CTCF's among them. Here the
# question is what the data alone can teach: ``motif_bank=None``. The data set has a test
# part of its own.

clf = MotifCNNClassifier(motif_bank=None, random_state=0, verbose=1).fit(X, y)
X_test, y_test = load_tf_binding("CTCF", "test", return_X_y=True)
score = roc_auc_score(y_test, clf.decision_function(X_test))
print(f"\nWithout known motifs, on the test part: AUROC {score:.3f}\n")

# %%
# The motif that it has found
# ---------------------------
# Sites where substitutions lower the score most are cut out and aligned.

motifs = extract_motifs(clf, X, y, max_samples=200, verbose=1)
print(f"\n{motifs}\n")

# %%
# JASPAR, a collection of motifs from experiments, has CTCF's as MA0139.2. The motif found
# may stand on the other strand, and begin elsewhere: the strand and the offset are taken at
# which the letters' frequencies correlate best with JASPAR's.

known = load_jaspar()["MA0139.2"].frequencies(0)
found, width = motifs.frequencies[0], len(known)
alignments = []
for read in (found, found[::-1, ::-1]):  # A, C, G, T backwards is T, G, C, A.
    padded = np.pad(read, [(width, width), (0, 0)], constant_values=0.25)
    for start in range(1, len(padded) - width):  # Where they overlap.
        part = padded[start : start + width]
        r = np.corrcoef(part.ravel(), known.ravel())[0, 1]
        alignments.append((r, start - width, read))
correlation, start, found = max(alignments, key=lambda alignment: alignment[0])
print(f"Correlation of the two motifs: {correlation:.2f}\n")

# %%
# One picture
# -----------
# Left, the scores with standard errors, from guessing (0.5) on; right, the two motifs as
# logos. A column is as high as what it tells in bits: 2 where the letter never changes.

figure = plt.figure(figsize=(10, 3.4), layout="constrained")
left, right = figure.subfigures(1, 2, width_ratios=[1, 1.35])

ax = left.subplots()
labels = [
    "one-hot,\nlogistic regression",
    "k-mers,\nlogistic regression",
    "MotifCNNClassifier",
]
mean, error = table["AUROC"], table["standard error"]
colors = ["0.6", "0.6", "#0072B2"]
ax.barh(labels, mean - 0.5, left=0.5, xerr=error, color=colors, height=0.6, capsize=4)
for row, end in enumerate(mean + error + 0.01):
    ax.text(end, row, f"{mean.iloc[row]:.2f}", va="center")
ax.set_title("Is CTCF bound here?", loc="left", fontsize="medium")
ax.set(xlabel="AUROC in cross-validation", xlim=(0.5, 1.06))
ax.set_xticks(np.arange(0.5, 1.01, 0.1))
ax.spines[["top", "right"]].set_visible(False)

names = ["The motif that the CNN has found", "CTCF's motif in JASPAR (MA0139.2)"]
pair = Motifs([found, known], names=names)
axes = right.subplots(2, 1)
MotifDisplay.from_motifs(pair, database=None, ax=axes)
first, last = min(0, start) - 0.5, max(len(found), start + width) - 0.5
axes[0].set(xlim=(first, last), xticks=[])
axes[1].set(xlim=(first - start, last - start), xticks=[])

figure.savefig(output, dpi=150)
print(f"Figure: {output}")
