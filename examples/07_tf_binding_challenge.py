"""
Where along a sequence does a factor bind?
==========================================

The TF-binding challenge of the course GENE 46100 at the University of Chicago (its material
is CC BY 4.0; https://gene46100.hakyimlab.org/post/2025-03-25-unit00/tf-binding-challenge)
gives windows of 300 bases and asks for a score at every base. This example writes files of
the challenge's format with simulated sites, so that it runs anywhere; with the real files,
begin at the second part.
"""

from pathlib import Path
from tempfile import TemporaryDirectory

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from sklearn.model_selection import GridSearchCV, KFold

from sklearn_cnn import MotifCNNRegressor
from sklearn_cnn.datasets import read_tf_challenge
from sklearn_cnn.metrics import (
    pearson_global,
    pearson_per_window,
    pearson_per_window_scorer,
)
from sklearn_cnn.preprocessing import reverse_complement

# %%
# Files as the course has them
# ----------------------------
# Each window has one to three sites: a consensus with up to two letters changed, each of
# which costs 2 of its score of 11, on either strand.

rng = np.random.default_rng(0)
folder = TemporaryDirectory()
SITE, LENGTH = list("ATGACTCAGC"), 300


def simulate(chromosome, n_windows):
    """Write sequences (one a line) and scores (one column a window), gzipped."""
    sequences, scores = [], np.zeros((LENGTH, n_windows))
    for column in scores.T:
        window = rng.choice(list("ACGT"), LENGTH)
        for start in rng.choice(range(0, LENGTH - 10, 10), rng.integers(1, 4), False):
            site, n_changed = np.array(SITE), rng.integers(3)
            site[rng.choice(10, n_changed, False)] = rng.choice(list("ACGT"), n_changed)
            column[start : start + 10] = 11 - 2 * (site != SITE).sum()
            if rng.random() < 0.5:
                site = np.array(list(reverse_complement("".join(site), "dna")))
            window[start : start + 10] = site
        sequences.append("".join(window))
    names = [f"{chromosome}_{300 * i}_{300 * i + 299}" for i in range(n_windows)]
    table = pd.DataFrame({"sequence": sequences, "window_name": names})
    path = Path(folder.name)
    table.to_csv(path / f"{chromosome}_sequences.txt.gz", sep="\t", index=False)
    frame = pd.DataFrame(scores, columns=names)
    frame.to_csv(path / f"{chromosome}_scores.txt.gz", sep="\t", index=False)


simulate("chr1", 800)
simulate("chr2", 200)

# %%
# Read, tune, predict
# -------------------
# ``output="profile"`` asks for a value at every position. Simulated sites look the same from
# both strands, which is worth saying; the scores of the course do not, so leave
# ``reverse_complement`` out there. The search compares two networks on folds of the training
# chromosome; the other one is left for the end.

files = Path(folder.name)
X, y = read_tf_challenge(
    files / "chr1_sequences.txt.gz", files / "chr1_scores.txt.gz", return_X_y=True
)
print(f"{len(X)} sequences, scores of shape {y.shape}, {(y > 0).mean():.1%} in sites")

search = GridSearchCV(
    MotifCNNRegressor(
        output="profile", reverse_complement=True, max_epochs=8, random_state=0
    ),
    {"n_filters": [(16,), (32, 16, 16)]},
    scoring=pearson_per_window_scorer,
    cv=KFold(2, shuffle=True, random_state=0),
)
search.fit(X, y)
table = pd.DataFrame(search.cv_results_)[["param_n_filters", "mean_test_score"]]
print(
    f"\nMean r per window on held-out folds:\n{table.round(3).to_string(index=False)}"
)

X_test = read_tf_challenge(files / "chr2_sequences.txt.gz").data
predicted = search.predict(X_test)

# %%
# The file that is handed in
# --------------------------
# One column a window and one row a base, tab-separated: the transpose.

submission = pd.DataFrame(predicted.T, columns=X_test.index)
submission.to_csv(files / "chr2_predictions.txt.gz", sep="\t", index=False)
print(f"\n{submission.iloc[:3, :4].round(2)}\n{submission.shape}")

# %%
# True and predicted profiles
# ---------------------------
# Whoever runs the challenge has the scores of the test windows, and correlates.

target = read_tf_challenge(
    files / "chr2_sequences.txt.gz", files / "chr2_scores.txt.gz"
).target
print(f"r per window {pearson_per_window(target, predicted):.3f}")
print(f"global r     {pearson_global(target, predicted):.3f}")

figure, axes = plt.subplots(4, 1, figsize=(9, 6), sharex=True, layout="constrained")
for i, ax in enumerate(axes):
    ax.fill_between(range(LENGTH), target[i], color="0.8", step="mid", label="true")
    ax.plot(predicted[i], color="C1", lw=1.2, label="predicted")
    ax.set_title(X_test.index[i], fontsize="small", loc="left")
    ax.set(ylim=(-1, 17), yticks=[0, 5, 10, 15], xlim=(0, LENGTH - 1))
axes[0].legend(loc="upper right", ncols=2, frameon=False, fontsize="small")
axes[-1].set_xlabel("base of the window")
figure.supylabel("score")
plt.show()

folder.cleanup()
