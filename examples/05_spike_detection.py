"""
Detect spikes in noisy signals
==============================

A neuron fires: for a moment the voltage rises and falls. Somewhere in half of 2,000 noisy
recordings there is such a spike. Which ones? The first notebook of a course on deep
learning in genomics (https://gene46100.hakyimlab.org) asks this, since a spike in a signal
is to a filter what a motif is in DNA.
"""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split

from sklearn_cnn import MotifCNNClassifier

rng = np.random.default_rng(0)
spike = 0.5 * np.array([0.2, 0.7, 1.0, 0.7, 0.2])
X, y = rng.normal(scale=0.1, size=(2000, 100)), rng.integers(0, 2, 2000)
starts = rng.integers(0, 96, 2000)
for i in np.flatnonzero(y):
    X[i, starts[i] : starts[i] + 5] += spike

# %%
# Two models
# ----------
# Logistic regression has a weight for each of the 100 samples, so it would have to learn
# the spike 96 times. The CNN slides its filters along the signal and shares their weights.

rows = np.arange(len(X))
train, test = train_test_split(rows, test_size=500, random_state=0)
models = {
    "logistic regression": LogisticRegression(),
    "CNN": MotifCNNClassifier(random_state=0),
}
table = pd.Series(
    {
        name: m.fit(X[train], y[train]).score(X[test], y[test])
        for name, m in models.items()
    }
)
print(table.round(3).to_string())

# %%
# What it sees
# ------------
# Signals of the test set with the probability that the CNN gives a spike. Below, for the
# three filters of the first layer that respond most strongly, the mean of the 100 windows
# that excite each of them most: spikes, at different places in the window.

clf = models["CNN"]
probability = clf.predict_proba(X[test])[:, 1]
filters = clf.weights_["0.trunk.0.conv.weight"][:, 0]
windows = np.lib.stride_tricks.sliding_window_view(X[train], 9, axis=1).reshape(-1, 9)
responses = windows @ filters.T
strongest = np.argsort(-responses.max(axis=0))[:3]
exciting = [windows[np.argsort(-responses[:, j])[:100]].mean(axis=0) for j in strongest]

figure, axes = plt.subplot_mosaic(
    [["a", "b"], ["c", "d"], ["filters", "filters"]],
    figsize=(8, 6.5),
    layout="constrained",
)
shown = [*np.flatnonzero(y[test] == 1)[:2], *np.flatnonzero(y[test] == 0)[:2]]
for name, i in zip("abcd", shown, strict=True):
    axis = axes[name]
    axis.plot(X[test[i]], color="0.35", linewidth=1)
    if y[test[i]]:
        start = starts[test[i]]
        axis.axvspan(start - 1, start + 5, color="#E69F00", alpha=0.4, linewidth=0)
    truth = "a spike (shaded)" if y[test[i]] else "no spike"
    axis.set_title(f"{truth}; CNN: {probability[i]:.1%}", fontsize=10)
    axis.set(ylim=(-0.5, 0.9), xlabel="sample", ylabel="signal")
colors = ["#0072B2", "#D55E00", "#009E73"]
for row, color in zip(exciting, colors, strict=True):
    axes["filters"].plot(row, "o-", color=color)
axes["filters"].axhline(0, color="0.7", linewidth=0.8, zorder=0)
axes["filters"].set_title("What excites three filters of the first layer", fontsize=10)
axes["filters"].set(xlabel="sample of the window", ylabel="mean signal")
plt.show()
