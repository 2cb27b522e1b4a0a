"""Odd sizes and units: predictions are finite, or an error says what is wrong."""

import numpy as np
import pytest

from sklearn_cnn import ImageCNNClassifier, MotifCNNClassifier, MotifCNNRegressor

RNG = np.random.default_rng(0)
QUICK = {"n_filters": 4, "max_epochs": 2, "random_state": 0}
LETTERS = QUICK | {"kernel_size": 5, "motif_bank": None, "kmers": 2}


def _sequences(n, length=12):
    return ["".join(x) for x in RNG.choice(list("ACGT"), (n, length))]


@pytest.mark.parametrize("unit", [1e-300, 1e-30, 1e30, 1e300])
@pytest.mark.parametrize("kind", ["numbers", "profiles", "rates"])
def test_targets_of_any_size(kind, unit):
    X = _sequences(60)
    y = RNG.normal(size=60 if kind == "numbers" else (60, 12))
    y = abs(y) if kind == "rates" else y
    settings = LETTERS if kind == "numbers" else QUICK | {"output": "profile"}
    predicted = MotifCNNRegressor(**settings).fit(X, y * unit).predict(X)
    assert np.isfinite(predicted).all()
    assert 0 < abs(predicted / unit).max() < 100


@pytest.mark.parametrize("n", [2, 3, 5, 10, 49, 50, 51, 64, 65])
@pytest.mark.parametrize("early_stopping", ["auto", True])
def test_few_samples(n, early_stopping):
    X, y = _sequences(n), np.arange(n) % 2
    clf = MotifCNNClassifier(**LETTERS, early_stopping=early_stopping)
    assert np.isfinite(clf.fit(X, y).decision_function(X)).all()
    # Of a class with one sample, none can be held out and learned from as well.
    clf.fit(X, np.arange(n) == 0)
    assert np.isfinite(clf.decision_function(X)).all()


@pytest.mark.filterwarnings("ignore:The number of unique classes")
def test_one_sample_a_class():
    X = _sequences(70)
    clf = MotifCNNClassifier(**LETTERS).fit(X, np.arange(70))
    assert clf.predict_proba(X).shape == (70, 70)
    np.testing.assert_allclose(clf.predict_proba(X).sum(axis=1), 1)


@pytest.mark.parametrize("length", range(1, 9))
def test_short_inputs(length):
    X, y = _sequences(60, length), np.arange(60) % 2
    clf = MotifCNNClassifier(**LETTERS).fit(X, y)
    assert np.isfinite(clf.decision_function(X)).all()
    chain = MotifCNNClassifier(**LETTERS, pool_size=4, pooling="flatten").fit(X, y)
    assert np.isfinite(chain.decision_function(X)).all()
    images = RNG.random((20, length, 1))
    clf = ImageCNNClassifier(**QUICK).fit(images, np.arange(20) % 2)
    assert np.isfinite(clf.decision_function(images)).all()


@pytest.mark.parametrize("targets", [np.zeros(60), np.full(60, 3.0), np.full(60, -1e9)])
def test_constant_targets(targets):
    X = _sequences(60)
    predicted = MotifCNNRegressor(**LETTERS).fit(X, targets).predict(X)
    np.testing.assert_allclose(predicted, targets, atol=0.5, rtol=1e-3)


def test_the_same_sequence_in_both_classes():
    X = ["ACGTTGCA"] * 60
    clf = MotifCNNClassifier(**LETTERS).fit(X, np.arange(60) % 2)
    proba = clf.predict_proba(X)
    assert np.isfinite(proba).all()
    assert len(np.unique(proba[:, 0])) == 1


@pytest.mark.parametrize("unit", [1e200, 1e300])
def test_signals_that_no_precision_holds(unit):
    X = RNG.normal(size=(70, 12)) * unit
    with pytest.raises(FloatingPointError, match="look for extreme values in X"):
        MotifCNNClassifier(**QUICK).fit(X, np.arange(70) % 2)
