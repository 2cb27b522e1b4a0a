"""The profile of a sequence that was held out: as measured, and as predicted."""

import matplotlib.pyplot as plt
import numpy as np
from _guide import BLUE, LIGHT, draw_letters

from sklearn_cnn import MotifCNNRegressor

rng = np.random.default_rng(0)
X, y = [], np.zeros((200, 60))
for profile in y:
    letters = rng.choice(list("ACGT"), 60)
    for start in rng.choice([0, 15, 30, 45], 2, replace=False) + rng.integers(
        6, size=2
    ):
        letters[start : start + 8] = list("TGACCTCA")
        profile[start : start + 8] = 5
    X.append("".join(letters))
reg = MotifCNNRegressor(output="profile", n_filters=16, random_state=0)
reg.fit(X[:150], y[:150])

row = 150
figure, ax = plt.subplots(figsize=(8, 2.8))
ax.fill_between(range(60), y[row], step="mid", color=LIGHT, label="measured")
ax.plot(reg.predict([X[row]])[0], color=BLUE, lw=2, label="predicted")
draw_letters(ax, X[row], -0.7, size=8.5)
ax.set(ylim=(-1.1, 6.8), xlim=(-1, 60), yticks=[0, 5], xticks=[], ylabel="signal")
ax.spines["bottom"].set_visible(False)
ax.legend(loc="upper right", ncols=2, frameon=False)
plt.show()
