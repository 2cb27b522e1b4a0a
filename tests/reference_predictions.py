"""Predictions of the defaults on simulated data, to notice when they change.

Run as a script after an intended change of defaults, to write the new ones; say in the
changelog why they changed.
"""

import json
from pathlib import Path

import numpy as np

from sklearn_cnn import MotifCNNClassifier, MotifCNNRegressor
from sklearn_cnn.datasets import make_motif_classification, make_motif_regression

PATH = Path(__file__).with_name("reference_predictions.json")


def _few():
    X, y = make_motif_classification(60, length=40, random_state=0)
    return MotifCNNClassifier(random_state=0).fit(X[:50], y[:50]).decision_function(X)


def _many():
    X, y = make_motif_classification(220, length=40, random_state=0)
    clf = MotifCNNClassifier(random_state=0, max_epochs=6).fit(X[:200], y[:200])
    return clf.decision_function(X[200:])


def _unequal():
    X, y = make_motif_regression(120, length=60, random_state=0)
    X = [x[i % 5 :] for i, x in enumerate(X)]
    reg = MotifCNNRegressor(random_state=0, max_epochs=6).fit(X[:100], y[:100])
    return reg.predict(X[100:])


def _signals():
    X = np.random.default_rng(0).normal(size=(120, 20))
    y = X[:, 4] > X[:, 12]
    clf = MotifCNNClassifier(random_state=0, max_epochs=6).fit(X[:100], y[:100])
    return clf.decision_function(X[100:])


CASES = {
    "few": _few,
    "many": _many,
    "unequal": _unequal,
    "signals": _signals,
}

if __name__ == "__main__":
    predictions = {name: np.round(case(), 4).tolist() for name, case in CASES.items()}
    PATH.write_text(json.dumps(predictions, indent=1) + "\n")
