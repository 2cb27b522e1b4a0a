"""The motif regressor on small data whose answers are known."""

import numpy as np
import pytest
import torch

from sklearn_cnn import MotifCNNRegressor
from sklearn_cnn.datasets import make_motif_regression
from sklearn_cnn.preprocessing import reverse_complement
from sklearn_cnn.preprocessing._alphabet import DNA
from sklearn_cnn.preprocessing._codes import encode
from sklearn_cnn.preprocessing._onehot import one_hot


def _small(**kwargs):
    # Plain networks: tests/test_stacking.py has the linear branches.
    plain = {"kmers": None, "motif_bank": None}
    settings = {"n_filters": 16, "kernel_size": 9, "random_state": 0}
    return MotifCNNRegressor(**plain | settings | kwargs)


@pytest.fixture(scope="module")
def strength():
    """Number of sites times their strength, in units far from standard ones."""
    X, y = make_motif_regression(400, length=50, motif="TGACGTCA", random_state=0)
    return X, 1000 + 50 * y


@pytest.fixture(scope="module")
def fitted(strength):
    X, y = strength
    return _small().fit(X[:300], y[:300])


def test_strength_is_learned_in_its_units(strength, fitted):
    X, y = strength
    assert fitted.score(X[300:], y[300:]) >= 0.85
    assert fitted.y_mean_ == pytest.approx(y[:300].mean())
    assert fitted.y_scale_ == pytest.approx(y[:300].std())
    predictions = fitted.predict(X)
    assert predictions.shape == (400,)
    assert predictions.dtype == np.float64


def test_units_do_not_matter(strength):
    X, y = strength
    reg, rescaled = (_small(max_epochs=10).fit(X, t) for t in (y, (y - 1000) / 50))
    expected = 1000 + 50 * rescaled.predict(X)
    np.testing.assert_allclose(reg.predict(X), expected, rtol=1e-4)


def test_many_targets(strength):
    X, y = strength
    lengths = np.array([sequence.count("A") for sequence in X])
    Y = np.column_stack([y, -y, lengths])
    reg = _small(max_epochs=40).fit(X[:300], Y[:300])
    predictions = reg.predict(X)
    assert predictions.shape == (400, 3)
    np.testing.assert_allclose(reg.y_mean_, Y[:300].mean(axis=0))
    np.testing.assert_allclose(
        predictions[:, 0] - 1000, -(predictions[:, 1] + 1000), rtol=0.5, atol=100
    )
    assert reg.score(X[300:], Y[300:]) >= 0.7
    assert reg.to_module()(torch.zeros(1, 4, 50)).shape == (1, 3)


def test_a_column_of_targets_stays_a_column(strength):
    X, y = strength
    column = _small(max_epochs=2).fit(X, y[:, None]).predict(X)
    assert column.shape == (400, 1)
    np.testing.assert_array_equal(
        column[:, 0], _small(max_epochs=2).fit(X, y).predict(X)
    )


def test_both_strands_are_averaged(strength, fitted):
    X, _ = strength
    assert fitted.reverse_complement_
    np.testing.assert_allclose(
        fitted.predict(reverse_complement(X)), fitted.predict(X), rtol=1e-5
    )


def test_strands_that_matter_are_kept_apart(strength):
    X, _ = strength
    y = [sequence.count("A") - sequence.count("T") for sequence in X]
    assert not _small(max_epochs=1).fit(X, y).reverse_complement_


def test_module_predicts_in_the_units_of_the_target(strength, fitted):
    X, _ = strength
    x = torch.from_numpy(one_hot(encode(X, DNA)[0], DNA))
    with torch.no_grad():
        predictions = fitted.to_module()(x)[:, 0]
    np.testing.assert_allclose(predictions, fitted.predict(X), rtol=1e-5)


def test_constant_target():
    X = ["ACGT", "TTTT", "GGCA"] * 5
    reg = _small(max_epochs=2).fit(X, [7.0] * 15)
    assert reg.y_scale_ == 1
    np.testing.assert_allclose(reg.predict(X), 7, atol=2)


def test_weights_shape_mean_and_scale():
    X, y = ["ACGT", "TTTT", "GGCA"], [0.0, 4.0, 100.0]
    reg = _small(max_epochs=1).fit(X, y, sample_weight=[3, 1, 0])
    assert reg.y_mean_ == 1
    assert reg.y_scale_ == pytest.approx(3**0.5)


def test_outliers_pull_less(strength):
    X, y = strength
    wild = y.copy()
    wild[:300:10] += 20_000
    losses = ["absolute_error", "huber", "squared_error"]
    models = [
        _small(loss=loss, max_epochs=40).fit(X[:300], wild[:300]) for loss in losses
    ]
    *robust, squared = (np.abs(m.predict(X[300:]) - y[300:]).mean() for m in models)
    assert max(robust) < 0.7 * squared


def test_targets_of_three_dimensions():
    with pytest.raises(ValueError, match="regression targets are"):
        _small().fit(["ACGT"] * 2, np.zeros((2, 2, 2)))
