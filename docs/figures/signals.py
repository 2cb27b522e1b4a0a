"""A wave in noise, and what one filter of the network gives at each place."""

import matplotlib.pyplot as plt
import numpy as np
import torch
from _guide import BLUE, GREY, LIGHT

from sklearn_cnn import MotifCNNClassifier

rng = np.random.default_rng(0)
X = rng.normal(size=(200, 80))
y = np.tile(["noise", "wave"], 100)
starts = rng.integers(60, size=200)
for row in range(1, 200, 2):
    X[row, starts[row] : starts[row] + 20] += 2 * np.sin(np.linspace(0, 4 * np.pi, 20))
clf = MotifCNNClassifier(n_filters=(16, 16), random_state=0).fit(X, y)

# The feature map that differs most between signals with a wave and without.
network = clf.to_module().members[0]
with torch.no_grad():
    maps = network.standardize(torch.tensor(X[:, None]).float())
    for block in network.trunk:
        maps = block(maps)
top = maps.amax(dim=2).numpy()
best = np.argmax((top[1::2].mean(axis=0) - top[::2].mean(axis=0)) / top.std(axis=0))

row = 3
figure, axes = plt.subplots(2, 1, figsize=(8, 3.6), sharex=True)
axes[0].plot(X[row], color=GREY)
axes[0].set_ylabel("signal")
axes[1].fill_between(range(80), maps[row, best], color=BLUE, alpha=0.6)
axes[1].set(ylabel="feature map", xlabel="position", xlim=(0, 79))
for ax in axes:
    ax.axvspan(starts[row], starts[row] + 19, color=LIGHT, zorder=0)
    ax.set_yticks([0])
axes[0].text(starts[row] + 21, 2.5, "here is the wave", va="center")
plt.show()
