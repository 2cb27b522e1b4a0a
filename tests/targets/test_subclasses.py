"""Subclasses of the estimators that change what is predicted."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.special import expit, softmax

from sklearn_cnn import MotifCNNClassifier, MotifCNNRegressor
from sklearn_cnn.metrics import pearson_per_window

RNG = np.random.default_rng(0)
X = RNG.normal(size=(12, 10))
SMALL = {"n_filters": 2, "kernel_size": 3, "max_epochs": 1, "random_state": 0}


class _Shifted(MotifCNNClassifier):
    """Logits are higher by 1 to 10, along their last axis, than those learned."""

    def decision_function(self, X):
        logits = super().decision_function(X)
        return logits + np.linspace(1, 10, logits.shape[-1])


class _Reversed(MotifCNNRegressor):
    def predict(self, X):
        return -super().predict(X)


@pytest.mark.parametrize(
    ("kind", "y"),
    [
        ("two", np.arange(12) % 2),
        ("three", np.arange(12) % 3),
        ("labels", np.arange(36).reshape(12, 3) % 2),
        ("profile", np.arange(120).reshape(12, 10) % 2),
    ],
)
def test_what_is_predicted_follows_from_the_decision_function(kind, y):
    output = "profile" if kind == "profile" else "auto"
    clf = _Shifted(output=output, **SMALL).fit(X, y)
    logits = clf.decision_function(X)
    by_hand, label = expit(logits), (logits > 0).astype(int)
    if kind == "two":
        by_hand = np.column_stack([1 - by_hand, by_hand])
    elif kind == "three":
        by_hand, label = softmax(logits, axis=1), logits.argmax(axis=1)
    assert_allclose(clf.predict_proba(X), by_hand, atol=1e-12)
    assert_array_equal(clf.predict(X), label)
    if kind == "profile":
        assert clf.score(X, y) == pearson_per_window(y, by_hand)


def test_a_score_of_profiles_follows_from_the_prediction():
    y = RNG.normal(size=(12, 10))
    plain, other = (
        kind(output="profile", **SMALL).fit(X, y)
        for kind in (MotifCNNRegressor, _Reversed)
    )
    assert other.score(X, y) == pytest.approx(-plain.score(X, y))
