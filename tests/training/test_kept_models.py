"""Models that are kept from one prediction to the next."""

import copy
import gc
import pickle
import weakref
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from sklearn.base import clone

from sklearn_cnn import ImageCNNClassifier, MotifCNNClassifier, _base
from sklearn_cnn.datasets import make_motif_classification
from sklearn_cnn.training import _kept_models

X, Y = make_motif_classification(60, length=20, random_state=0)
SMALL = {"n_filters": 4, "kernel_size": 5, "max_epochs": 1, "random_state": 0}


@pytest.fixture
def clf():
    return MotifCNNClassifier(**SMALL, kmers=2, motif_bank=None).fit(X, Y)


@pytest.fixture
def n_built(monkeypatch):
    """List that grows by one for each model that is built."""
    built = []

    def build_model(*args):
        built.append(True)
        return real(*args)

    real = _base.build_model
    monkeypatch.setattr(_base, "build_model", build_model)
    return built


def test_one_is_built_for_many_predictions(clf, n_built):
    expected = clf.decision_function(X)
    for row in range(3):
        alone = clf.decision_function(X[row : row + 1])
        np.testing.assert_array_equal(alone, expected[row : row + 1])
    clf.predict_proba(X)
    assert len(n_built) == 1


def test_one_for_each_choice_of_strands(clf, n_built):
    for strands in ("both", "forward", "both", "forward"):
        clf._predict_outputs(X, strands)
    assert len(n_built) == 2


@pytest.mark.parametrize(
    "name", ["0.trunk.0.conv.weight", "stack.branches.kmers.linear.weight"]
)
def test_a_change_in_place_is_noticed(clf, name):
    before = clf.decision_function(X)
    clf.weights_[name][:] = 0
    after = clf.decision_function(X)
    assert not np.array_equal(before, after)
    # As of an estimator that has never predicted.
    np.testing.assert_array_equal(after, copy.deepcopy(clf).decision_function(X))


def test_a_new_fit_is_noticed(clf):
    clf.decision_function(X)
    clf.set_params(random_state=1).fit(X, Y)
    fresh = clone(clf).fit(X, Y)
    np.testing.assert_array_equal(clf.decision_function(X), fresh.decision_function(X))


def test_neither_attributes_nor_pickles_have_them(clf):
    before = pickle.dumps(clf)
    clf.decision_function(X)
    assert pickle.dumps(clf) == before
    assert b"torch" not in before


def test_they_are_freed_with_the_estimator(clf):
    other = copy.deepcopy(clf)
    other.decision_function(X)
    model = weakref.ref(*_kept_models._KEPT[other][1].values())
    gc.collect()
    assert model() is not None
    del other
    gc.collect()
    assert model() is None


def test_threads_share_them(clf):
    expected = clf.decision_function(X)
    clf = copy.deepcopy(clf)
    with ThreadPoolExecutor(4) as pool:
        futures = [pool.submit(clf.decision_function, X[i:]) for i in range(16)]
        for i, future in enumerate(futures):
            np.testing.assert_array_equal(future.result(), expected[i:])


def test_images(n_built):
    images = np.random.default_rng(0).random((20, 6, 6))
    clf = ImageCNNClassifier(n_filters=2, max_epochs=1, random_state=0)
    clf.fit(images, np.arange(20) % 2)
    expected, n_before = clf.decision_function(images), len(n_built)
    np.testing.assert_array_equal(clf.decision_function(images[:1]), expected[:1])
    assert len(n_built) == n_before
