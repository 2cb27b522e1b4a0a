"""Scores of two classes that ask which of them is positive."""

import numpy as np
import pytest
from sklearn.metrics import (
    average_precision_score,
    brier_score_loss,
    f1_score,
    get_scorer,
    make_scorer,
    precision_score,
)

from sklearn_cnn import MotifCNNClassifier, MotifCNNRegressor
from sklearn_cnn.metrics import pearson_per_window_scorer
from sklearn_cnn.training._monitor import resolve_scorer

RNG = np.random.default_rng(0)
X = RNG.normal(size=(40, 10))
X[::2, 3] += 3
TRUTH = np.arange(40) % 3 % 2


def _small(**kwargs):
    settings = {"n_filters": 2, "kernel_size": 3, "max_epochs": 1, "random_state": 0}
    return MotifCNNClassifier(**settings | kwargs)


def _score(monitor, y):
    """The monitored score, and the model that has it."""
    clf = _small(monitor=monitor).fit(X, y, X_val=X, y_val=y)
    return clf.history_[0]["valid_score"], clf


def test_score_of_classes_for_numbers():
    reg = MotifCNNRegressor(monitor="roc_auc", n_filters=2, max_epochs=1)
    with pytest.raises(ValueError, match=r"monitor='roc_auc' does not go with this"):
        reg.fit(X, TRUTH, X_val=X, y_val=TRUTH)


@pytest.mark.parametrize(
    "labels", [("none", "site"), (False, True), (0, 1), (-1, 1), (2, 5)]
)
@pytest.mark.parametrize(
    ("monitor", "by_hand"),
    [
        ("f1", lambda y, p: f1_score(y, p > 0.5)),
        ("precision", lambda y, p: precision_score(y, p > 0.5, zero_division=0)),
        ("average_precision", average_precision_score),
        ("neg_brier_score", lambda y, p: -brier_score_loss(y, p)),
    ],
)
@pytest.mark.filterwarnings("ignore:Precision is ill-defined")
def test_the_second_class_is_positive(labels, monitor, by_hand):
    score, clf = _score(monitor, np.array(labels)[TRUTH])
    assert score == pytest.approx(by_hand(TRUTH, clf.predict_proba(X)[:, 1]))


def test_a_class_of_its_own_choice():
    y = np.array(["none", "site"])[TRUTH]
    scorer = make_scorer(f1_score, pos_label="none")
    score, clf = _score(scorer, y)
    assert score == f1_score(TRUTH == 0, clf.predict(X) == "none")
    assert resolve_scorer(scorer, clf) is scorer


def test_the_label_1_is_positive_where_there_is_one():
    # As scikit-learn has it.
    y = np.array([1, 2])[TRUTH]
    score, clf = _score("f1", y)
    assert score == get_scorer("f1")(clf, X, y) == f1_score(y, clf.predict(X))


def test_scorers_that_do_not_ask():
    y = np.array(["none", "site"])[TRUTH]
    _, clf = _score("accuracy", y)
    for name in ("accuracy", "roc_auc", "f1_macro", "neg_log_loss"):
        assert resolve_scorer(name, clf)._kwargs == get_scorer(name)._kwargs

    def own(estimator, X, y):
        return 0.0

    assert resolve_scorer(own, clf) is own
    many = _small().fit(X, np.stack([TRUTH, 1 - TRUTH], axis=1))
    assert resolve_scorer("average_precision", many)._kwargs == {}
    assert get_scorer("f1")._kwargs == {"average": "binary"}


@pytest.mark.parametrize("missing_labels", ["raise", "mask"])
def test_profiles_are_scored_whole_where_labels_are_missing(missing_labels):
    y = RNG.normal(size=(40, 10))
    y[:, 4] = np.nan
    reg = MotifCNNRegressor(
        n_filters=2,
        kernel_size=3,
        max_epochs=1,
        output="profile",
        missing_labels=missing_labels,
        monitor=pearson_per_window_scorer,
        random_state=0,
    ).fit(X, y, X_val=X, y_val=y)
    assert reg.history_[0]["valid_score"] == pytest.approx(reg.score(X, y))
