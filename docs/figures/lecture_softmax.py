"""Softmax: the logits of a sequence become probabilities that add up to one."""

import matplotlib.pyplot as plt
from _guide import BLUE
from sklearn.model_selection import train_test_split

from sklearn_cnn import MotifCNNClassifier
from sklearn_cnn.datasets import load_splice_junctions

X, y = load_splice_junctions(return_X_y=True)
X, X_test, y, y_test = train_test_split(X, y, train_size=600, random_state=0)
clf = MotifCNNClassifier(
    n_filters=16, linear_models=None, n_estimators=1, max_epochs=5, random_state=0
).fit(X, y)
logits = clf.decision_function(X_test[:1])[0]
probabilities = clf.predict_proba(X_test[:1])[0]

figure, (left, right) = plt.subplots(
    1, 2, figsize=(7.8, 2.6), sharey=True, layout="constrained"
)
names = ["an exon ends", "an intron ends", "neither"]
for ax, values, title in (
    (left, logits, "logits"),
    (right, probabilities, "probabilities: softmax of the logits"),
):
    bars = ax.barh(names, values, color=BLUE)
    ax.bar_label(bars, fmt="{:.2f}", padding=4)
    ax.margins(x=0.25)
    ax.axvline(0, color="black", linewidth=0.8)
    ax.set(title=title, xticks=[])
    ax.spines[["left", "bottom"]].set_visible(False)
    ax.tick_params(axis="y", length=0)
left.invert_yaxis()
plt.show()
