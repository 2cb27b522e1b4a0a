"""Feature maps of two layers, of one sequence with two words."""

import matplotlib.pyplot as plt
import numpy as np

from sklearn_cnn import MotifCNNClassifier
from sklearn_cnn.inspection import FeatureMapDisplay

WORDS = "TGACCT", "CCAATG"
rng = np.random.default_rng(0)
y, X = np.arange(1000) % 2, []
for label in y:
    spacing = 5 if label else rng.choice([2, 3, 4, 6, 7, 8])
    letters = rng.choice(list("ACGT"), 40)
    start = rng.integers(20)
    letters[start : start + 6] = list(WORDS[0])
    letters[start + 6 + spacing : start + 12 + spacing] = list(WORDS[1])
    X.append("".join(letters))
clf = MotifCNNClassifier(
    n_filters=16,
    kernel_size=(7, 13),
    pooling="max",
    lr=0.01,
    max_epochs=10,
    reverse_complement=False,
    position=False,
    linear_models=None,
    random_state=1,
).fit(X, y)

sequence = X[5]
_, axes = plt.subplots(2, 1, figsize=(7, 5.2), layout="constrained")
for layer, ax in enumerate(axes, start=1):
    display = FeatureMapDisplay.from_estimator(
        clf, sequence, layer=layer, max_filters=8, ax=ax
    )
    ax.set_title(f"layer {layer}", loc="left", fontsize="medium")
    for word in WORDS:
        start = sequence.index(word) - 0.5
        display.axes_[0].axvspan(
            start, start + len(word), fill=False, edgecolor="#D55E00", linewidth=1.5
        )
plt.show()
