"""Linear branches and stacks against scikit-learn and closed forms."""

import numpy as np
import pytest
import torch
from scipy.special import expit
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.metrics import log_loss

from sklearn_cnn.stacking import _ridge
from sklearn_cnn.stacking._ridge import fit_ridge, fit_stacking_weights
from sklearn_cnn.training._losses import (
    BinaryCrossEntropy,
    CrossEntropy,
    RegressionLoss,
)

N, P = 200, 10


@pytest.fixture
def data():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(N, P))
    return X, X[:, 0] - X[:, 1] + rng.normal(size=N), rng.integers(0, 5, N)


def _fit(X, y, weights, folds, loss, n_outputs):
    as_tensors = (
        torch.tensor(X, dtype=torch.float64),
        torch.tensor(y),
        torch.tensor(weights, dtype=torch.float64),
        torch.tensor(folds),
    )
    return fit_ridge(*as_tensors, loss, n_outputs)


@pytest.fixture
def one_penalty(monkeypatch):
    """A variance of 2, and as many iterations as it takes."""
    monkeypatch.setattr(_ridge, "_VARIANCES", (2.0,))
    # scikit-learn does not penalise the intercept.
    monkeypatch.setattr(_ridge, "_BIAS_VARIANCE", 1e9)
    monkeypatch.setattr(_ridge._minimise, "__defaults__", (500,))
    return 2.0


def test_is_logistic_regression(data, one_penalty):
    X, z, folds = data
    y = (z > 0).astype(float)[:, None]
    fit = _fit(X, y, np.ones(N), folds, BinaryCrossEntropy(), 1)
    peer = LogisticRegression(C=one_penalty / P, tol=1e-10).fit(X, y[:, 0])
    np.testing.assert_allclose(fit.weight.numpy(), peer.coef_, atol=1e-4)
    np.testing.assert_allclose(fit.bias.numpy(), peer.intercept_, atol=1e-4)


def test_rows_are_predicted_by_models_without_their_fold(data, one_penalty):
    X, z, folds = data
    fit = _fit(X, z[:, None], np.ones(N), folds, RegressionLoss("squared_error"), 1)
    seen = folds != 3
    # Per row, the loss is the square and the penalty P / (variance * N) / 2.
    alpha = P / (one_penalty * N) / 2 * seen.sum()
    peer = Ridge(alpha=alpha).fit(X[seen], z[seen])
    np.testing.assert_allclose(
        fit.out_of_fold[~seen, 0].numpy(), peer.predict(X[~seen]), atol=1e-4
    )


def test_a_weight_of_two_is_the_row_twice(data, one_penalty):
    X, z, folds = data
    weights = np.random.default_rng(1).integers(1, 3, N)
    y = np.digitize(z, [-1, 1])
    weighted = _fit(X, y, weights / weights.mean(), folds, CrossEntropy(), 3)
    twice = np.repeat(np.arange(N), weights)
    # The prior stays that of N rows.
    scale = len(twice) / N
    _ridge._VARIANCES = (one_penalty / scale,)
    repeated = _fit(
        X[twice], y[twice], np.ones(len(twice)), folds[twice], CrossEntropy(), 3
    )
    np.testing.assert_allclose(weighted.weight, repeated.weight, atol=1e-4)
    np.testing.assert_allclose(
        weighted.out_of_fold[twice], repeated.out_of_fold, atol=1e-3
    )


def test_penalty_follows_the_signal(data):
    """Pure noise is shrunk to nearly nothing, a strong signal is not."""
    X, _, folds = data
    noise = np.random.default_rng(2).normal(size=(N, 1))
    loss = RegressionLoss("squared_error")
    of_noise = _fit(X, noise, np.ones(N), folds, loss, 1)
    of_signal = _fit(X, 5 * X[:, :1], np.ones(N), folds, loss, 1)
    assert of_noise.weight.square().sum() < 0.1
    assert of_signal.weight[0, 0] == pytest.approx(5, abs=0.3)


def test_labels_of_one_kind_stay_finite(data):
    X, _, folds = data
    fit = _fit(X, np.ones((N, 1)), np.ones(N), folds, BinaryCrossEntropy(), 1)
    assert 3 < fit.bias.item() < 20


class TestStack:
    def test_trusts_the_part_that_knows(self):
        rng = np.random.default_rng(0)
        z = 2 * rng.normal(size=2000)
        y = (rng.random(2000) < expit(z)).astype(float)[:, None]
        parts = np.stack([z, rng.normal(size=2000), -z])[:, :, None]
        weight, bias = fit_stacking_weights(
            torch.tensor(parts),
            torch.tensor(y),
            torch.ones(2000, dtype=torch.float64),
            BinaryCrossEntropy(),
            shared=False,
        )
        # No weight is negative, so the part that is wrong counts nothing.
        np.testing.assert_allclose(weight[:, 0], [1, 0, 0], atol=0.12)
        assert abs(bias.item()) < 0.2

    def test_is_not_worse_than_its_parts(self):
        rng = np.random.default_rng(1)
        z = rng.normal(size=500)
        y = (z + rng.normal(size=500) > 0).astype(float)
        parts = np.stack([3 * z + rng.normal(size=500) for _ in range(2)])
        weight, bias = fit_stacking_weights(
            torch.tensor(parts[:, :, None]),
            torch.tensor(y[:, None]),
            torch.ones(500, dtype=torch.float64),
            BinaryCrossEntropy(),
            shared=False,
        )
        stacked = weight[:, 0].numpy() @ parts + bias.item()
        assert log_loss(y, expit(stacked)) < min(
            log_loss(y, expit(part)) for part in parts
        )

    def test_classes_share_weights(self):
        rng = np.random.default_rng(2)
        parts = rng.normal(size=(2, 300, 3))
        parts[0] *= 3
        y = (parts[0] + rng.gumbel(size=(300, 3))).argmax(axis=1)
        weight, _ = fit_stacking_weights(
            torch.tensor(parts),
            torch.tensor(y),
            torch.ones(300, dtype=torch.float64),
            CrossEntropy(),
            shared=True,
        )
        np.testing.assert_allclose(weight, [[1] * 3, [0] * 3], atol=0.25)
        assert (weight == weight[:, :1]).all()

    def test_labels_without_error_stay_finite(self):
        z = np.linspace(-1, 1, 100)
        weight, _ = fit_stacking_weights(
            torch.tensor(z[None, :, None]),
            torch.tensor((z > 0).astype(float)[:, None]),
            torch.ones(100, dtype=torch.float64),
            BinaryCrossEntropy(),
            shared=False,
        )
        assert 1 < weight.item() < 30
