"""Feature maps of a real binding site: where each filter responds."""

import matplotlib.pyplot as plt
from _guide import VERMILION

from sklearn_cnn import MotifCNNClassifier
from sklearn_cnn.datasets import load_tf_binding
from sklearn_cnn.inspection import FeatureMapDisplay

X, y = load_tf_binding("CTCF", return_X_y=True)
clf = MotifCNNClassifier(
    n_filters=8,
    activation="relu",
    position=False,
    linear_models=None,
    n_estimators=1,
    max_epochs=10,
    random_state=0,
).fit(X, y)
figure, ax = plt.subplots(figsize=(7.8, 2.6), layout="constrained")
site, motif = X[0][25:77], "CCAGCAGGGGGCAC"
display = FeatureMapDisplay.from_estimator(clf, site, ax=ax)
start = site.index(motif) - 0.5
frame = {"fill": False, "edgecolor": VERMILION, "linewidth": 2.5}
display.axes_[0].axvspan(start, start + len(motif), **frame)
plt.show()
