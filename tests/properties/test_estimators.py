"""Properties of what a model predicts, whatever else is in X."""

import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sklearn_cnn import MotifCNNClassifier

SEQUENCES = st.lists(
    st.text("ACGTNacgtR", min_size=1, max_size=25), min_size=1, max_size=6
)


@pytest.fixture(scope="module")
def clf():
    rng = np.random.default_rng(0)
    X = ["".join(rng.choice(list("ACGT"), n)) for n in rng.integers(5, 20, 40)]
    small = {"n_filters": 4, "max_epochs": 2, "kmers": 2, "motif_bank": None}
    clf = MotifCNNClassifier(**small, alphabet="dna", random_state=0)
    return clf.fit(X, np.arange(40) % 2)


@given(SEQUENCES)
@settings(max_examples=40)
def test_predictions_do_not_depend_on_other_rows(clf, X):
    proba = clf.predict_proba(X)
    assert np.isfinite(proba).all()
    np.testing.assert_allclose(proba.sum(axis=1), 1)
    backwards = clf.predict_proba(X[::-1])[::-1]
    np.testing.assert_allclose(backwards, proba, atol=1e-6)
    alone = [clf.predict_proba([x])[0] for x in X]
    np.testing.assert_allclose(alone, proba, atol=1e-6)
    np.testing.assert_array_equal(clf.predict_proba([x.upper() for x in X]), proba)


LABELS = st.lists(st.integers(0, 2), min_size=3, max_size=8)


@given(
    LABELS, st.lists(st.text("ACGT", min_size=1, max_size=6), min_size=8, max_size=8)
)
@settings(max_examples=15)
def test_fits_of_few_samples(y, X):
    X = X[: len(y)]
    clf = MotifCNNClassifier(
        n_filters=2, max_epochs=1, linear_models=None, alphabet="dna", random_state=0
    )
    if len(set(y)) == 1:
        with pytest.raises(ValueError, match="y holds one class only"):
            clf.fit(X, y)
        return
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        proba = clf.fit(X, y).predict_proba(X)
        again = clf.fit(X, y).predict_proba(X)
    assert np.isfinite(proba).all()
    assert proba.shape == (len(y), len(set(y)))
    np.testing.assert_array_equal(proba, again)
