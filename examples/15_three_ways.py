"""
Three ways, one question
========================

Where on DNA does RAD21 bind, when few of its sites are known? A CNN can help in three
ways: **train it from scratch**; **fine-tune** a network that has learned a related
question (transfer learning); or give what such a network computes, its **features**, to
another model, here a logistic regression (feature extraction). Here they stand side by
side, and beside them a logistic regression on counts of k-mers, without any network.

RAD21 is part of cohesin, the ring that slides along DNA and stands where CTCF stops it.
So the related question is where CTCF binds, and of CTCF many sites are known.
"""

import time

import matplotlib.pyplot as plt
import pandas as pd
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from tqdm import tqdm

from sklearn_cnn import MotifCNNClassifier, PretrainedFeatureExtractor
from sklearn_cnn.datasets import load_tf_binding

# %%
# The sequences
# -------------
# CTCF and RAD21 are often found at the very same place. A network trained on CTCF would
# then have seen the sequences that it is tested on. So
# :func:`~sklearn_cnn.datasets.load_tf_binding` leaves out those of RAD21 that share 31
# letters in a row with CTCF's training part, on either strand, and the source learns from
# that part alone.

X_source, y_source = load_tf_binding("CTCF", "train", return_X_y=True)
X, y = load_tf_binding("RAD21", "train", return_X_y=True)
X_test, y_test = load_tf_binding("RAD21", "test", return_X_y=True)
print(f"CTCF, the source: {len(X_source)} sequences, {y_source.mean():.0%} bound")
print(f"RAD21, to train:  {len(X)} sequences, {y.mean():.0%} bound")
print(f"RAD21, to test:   {len(X_test)} sequences, {y_test.mean():.0%} bound")

# %%
# The source
# ----------
# All ways are compared as networks: ``linear_models=None`` leaves out the linear models
# that stand beside the network by default. 32 filters and small batches keep it quick.

settings = {"n_filters": 32, "batch_size": 16, "linear_models": None}
start = time.perf_counter()
source = MotifCNNClassifier(**settings, max_epochs=5, random_state=0)
source.fit(X_source, y_source)
source_seconds = time.perf_counter() - start

# %%
# The ways
# --------
# A fine-tuned network has the filters of its source.


def logistic_regression(features):
    """Logistic regression on features that were brought to one scale."""
    scaler = StandardScaler(with_mean=False)
    return make_pipeline(features, scaler, LogisticRegression(C=0.01, max_iter=1000))


def make_ways(seed):
    """The models, unfitted."""
    tuning = settings | {"n_filters": "auto", "pretrained": source}
    return {
        "from scratch": MotifCNNClassifier(**settings, random_state=seed),
        "fine-tuned": MotifCNNClassifier(**tuning, random_state=seed),
        "features": logistic_regression(PretrainedFeatureExtractor(source)),
        "k-mers": logistic_regression(
            CountVectorizer(analyzer="char", ngram_range=(3, 5))
        ),
    }


# %%
# 30, 100 and 300 sequences
# -------------------------
# They are drawn three times from the training part of RAD21, classes in their proportions;
# each draw is given to all ways. All are scored on the same test part, by the area under
# the ROC curve (AUROC): 0.5 is guessing, 1 a perfect ranking.

sizes = (30, 100, 300)
rows = []
for draw in tqdm(range(3), desc="Draws"):
    for n in sizes:
        X_few, _, y_few, _ = train_test_split(
            X, y, train_size=n, stratify=y, random_state=draw
        )
        for way, model in make_ways(draw).items():
            start = time.perf_counter()
            model.fit(X_few, y_few)
            seconds = time.perf_counter() - start
            score = roc_auc_score(y_test, model.predict_proba(X_test)[:, 1])
            rows.append((way, n, score, seconds))

runs = pd.DataFrame(rows, columns=["way", "sequences", "AUROC", "seconds"])
by_size = runs.groupby(["way", "sequences"], sort=False)
scores = by_size["AUROC"].agg(["mean", "sem"]).unstack()
print("AUROC, mean and standard error (sem) over three draws:\n")
print(scores.round(3).to_string())

# %%
# What does the source know already, before it has seen a single sequence of RAD21? Its
# probability of being bound by CTCF, taken for that of being bound by RAD21:

unchanged = roc_auc_score(y_test, source.predict_proba(X_test)[:, 1])
print(f"AUROC of the source, unchanged: {unchanged:.3f}")

# %%
# What it costs
# -------------
# Seconds of one fit, mean of the draws, on the machine that built this page. The source
# is trained once, whatever it is used for afterwards.

print(by_size["seconds"].mean().unstack().round(2).to_string())
print(f"\nTraining of the source, once: {source_seconds:.1f} seconds")

# %%
# A fit of the logistic regressions is a matter of a fraction of a second; fine-tuning takes
# about as long as training from scratch, since it makes as many steps.
#
# What one sees
# -------------
# - From scratch, a network must find CTCF's motif in the few sequences. It is ahead of
#   k-mers, but needs hundreds of sequences to come near the other two ways.
# - Fine-tuned, or as features, the source's filters do with 30 sequences what 300 do not
#   give from scratch.
# - The source does so even as it is, without any sequence of RAD21 (dotted): in these
#   data, what marks a site of CTCF marks one of RAD21. Features add nothing to that;
#   fine-tuning gains a little as sequences get more. So ask the source first, and do not
#   expect as much where two questions are less alike.
#
# On the right is the top of the left panel, enlarged. Bars are standard errors over the
# draws.

styles = {
    "from scratch": ("#D55E00", "s"),
    "fine-tuned": ("#0072B2", "o"),
    "features": ("#009E73", "^"),
    "k-mers": ("0.45", "D"),
}
figure, axes = plt.subplots(1, 2, figsize=(9, 4.4), layout="constrained")
for ax in axes:
    for way, (color, marker) in styles.items():
        mean, error = scores.loc[way, "mean"], scores.loc[way, "sem"]
        ax.errorbar(
            sizes, mean, error, color=color, marker=marker, capsize=3, label=way
        )
    ax.axhline(unchanged, color="black", linestyle=":", label="source, unchanged")
    ax.set(xscale="log", xlabel="sequences of RAD21 in training")
    ax.set_xticks(sizes, map(str, sizes))
    ax.minorticks_off()
    ax.spines[["top", "right"]].set_visible(False)
axes[0].set(title="all", ylabel="AUROC on the test part", ylim=(0.7, 1.005))
axes[1].set(title="the top, enlarged", ylim=(0.96, 1.0005))
figure.legend(
    *axes[0].get_legend_handles_labels(),
    loc="outside lower center",
    ncols=5,
    frameon=False,
)
plt.show()

# %%
# Without a source of one's own
# -----------------------------
# ``"tf-trunk"`` is a small network in the package that has learned where other factors
# bind: neither CTCF nor RAD21, and no sequence that shares 31 letters with these. Both
# ways, in ten lines:

X_few, _, y_few, _ = train_test_split(X, y, train_size=100, stratify=y, random_state=0)
settings = {"linear_models": None, "random_state": 0}
by_name = {
    "from scratch": MotifCNNClassifier(**settings),
    "fine-tuned": MotifCNNClassifier(pretrained="tf-trunk", **settings),
    "features": logistic_regression(PretrainedFeatureExtractor("tf-trunk")),
}
for way, model in by_name.items():
    proba = model.fit(X_few, y_few).predict_proba(X_test)[:, 1]
    print(f"{way:>12}: AUROC {roc_auc_score(y_test, proba):.3f} from 100 sequences")

# %%
# With 1,000 sequences, and with the default estimator
# ----------------------------------------------------
# The same with 64 filters, more epochs of the source, and more sequences, and with the
# default estimator, which has k-mers and JASPAR's motifs beside the network. The motif of
# CTCF is one of these: with 100 sequences the default finds it without a source, too.
#
# .. csv-table:: AUROC on the test part, by the number of sequences of RAD21
#    :file: ../tables/three_ways.csv
#    :header-rows: 1
#
# (Mean and standard error over three draws; ``benchmarks/three_ways.py``.) Pairs of factors
# that have less in common are on the page about :doc:`fine-tuning </user_guide/transfer>`.
