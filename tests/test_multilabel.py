"""Many labels at once."""

import numpy as np
import pytest
from scipy import sparse

from sklearn_cnn import MotifCNNClassifier


def _small(**kwargs):
    # Plain networks: tests/test_stacking.py has the linear branches.
    plain = {"kmers": None, "motif_bank": None}
    settings = {"n_filters": 16, "kernel_size": 9, "random_state": 0}
    return MotifCNNClassifier(**plain | settings | kwargs)


@pytest.fixture(scope="module")
def two_factors():
    """Sequences with either, both or none of two sites, and a label that is never 1."""
    rng = np.random.default_rng(0)
    X = ["".join(rng.choice(list("ACGT"), 60)) for _ in range(400)]
    Y = rng.integers(2, size=(400, 2))
    for i, (first, second) in enumerate(Y):
        for site, present, start in [
            ("TGACGTCA", first, rng.integers(0, 22)),
            ("CCAATGGC", second, rng.integers(30, 52)),
        ]:
            if present:
                X[i] = X[i][:start] + site + X[i][start + 8 :]
    return X, np.column_stack([Y, np.zeros(400, int)])


@pytest.fixture(scope="module")
def fitted(two_factors):
    X, Y = two_factors
    return _small().fit(X[:300], Y[:300])


def test_each_label_is_learned(two_factors, fitted):
    X, Y = two_factors
    predictions = fitted.predict(X[300:])
    assert predictions.shape == (100, 3)
    assert ((predictions == Y[300:]).mean(axis=0) >= 0.9).all()
    assert fitted.multilabel_
    assert fitted.classes_.tolist() == [0, 1, 2]


def test_probabilities_are_one_a_label(two_factors, fitted):
    X, _ = two_factors
    logits, probabilities = fitted.decision_function(X), fitted.predict_proba(X)
    np.testing.assert_allclose(probabilities, 1 / (1 + np.exp(-logits)))
    np.testing.assert_array_equal(fitted.predict(X), probabilities > 0.5)
    assert probabilities[:, 2].max() < 0.2


def test_sparse_indicators(two_factors):
    X, Y = two_factors
    dense, again = (
        _small(max_epochs=2).fit(X, labels) for labels in (Y, sparse.csr_array(Y))
    )
    np.testing.assert_array_equal(again.predict_proba(X), dense.predict_proba(X))


def test_class_weight_is_for_one_label_a_sample(two_factors):
    X, Y = two_factors
    with pytest.raises(ValueError, match="class_weight is for one label a sample"):
        _small(class_weight="balanced").fit(X, Y)


def test_early_stopping_holds_out_rows(two_factors):
    X, Y = two_factors
    clf = _small(max_epochs=3, early_stopping=True).fit(X, Y)
    assert clf.history_[0].keys() >= {"valid_loss", "best"}
