"""Sparse fits against scikit-learn's elastic net."""

import time
import warnings
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import torch
from sklearn import linear_model
from sklearn.linear_model import ElasticNet, enet_path
from sklearn.metrics import log_loss, roc_auc_score

from sklearn_cnn.stacking import _elastic_net
from sklearn_cnn.stacking._elastic_net import fit_elastic_net
from sklearn_cnn.stacking._ridge import fit_ridge
from sklearn_cnn.training._losses import (
    BinaryCrossEntropy,
    CrossEntropy,
    RegressionLoss,
)

N, P = 120, 15


@pytest.fixture
def data():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(N, P))
    X = (X - X.mean(0)) / X.std(0)
    return X, 2 * X[:, 0] - X[:, 1] + rng.normal(size=N), np.arange(N) % 5


def _fit(X, y, weights, folds, loss, n_outputs):
    as_tensors = (
        torch.tensor(X, dtype=torch.float64),
        torch.tensor(y),
        torch.tensor(weights, dtype=torch.float64),
        torch.tensor(folds),
    )
    return fit_elastic_net(*as_tensors, loss, n_outputs)


@pytest.fixture
def one_penalty(monkeypatch):
    monkeypatch.setattr(_elastic_net, "_PENALTIES", np.array([[0.1]]))
    monkeypatch.setattr(_elastic_net, "_TOLERANCE", 1e-8)
    return 0.1


def test_is_an_elastic_net(data, one_penalty):
    X, y, folds = data
    fit = _fit(X, y[:, None], np.ones(N), folds, RegressionLoss("squared_error"), 1)
    y = y - y.mean()
    alpha = one_penalty * np.abs(X.T @ y / N).max() / 0.5
    peer = ElasticNet(alpha=alpha, l1_ratio=0.5, tol=1e-8).fit(X, y)
    weight = fit.weight.numpy()[0]
    # The same but for the scale, which is fitted to out-of-fold outputs.
    weight *= np.linalg.norm(peer.coef_) / np.linalg.norm(weight)
    np.testing.assert_allclose(weight, peer.coef_, atol=1e-6)
    assert (peer.coef_ == 0).sum() > P / 2


def test_rows_are_predicted_by_models_without_their_fold(data, one_penalty):
    X, y, folds = data
    loss = RegressionLoss("squared_error")
    fit = _fit(X, y[:, None], np.ones(N), folds, loss, 1)
    changed = y.copy()
    changed[folds == 3] += 100
    other = _fit(X, changed[:, None], np.ones(N), folds, loss, 1)
    first, second = (f.out_of_fold[:, 0].numpy()[folds == 3] for f in (fit, other))
    # Scale and bias differ; the ranking of the fold's own rows does not.
    assert np.corrcoef(first, second)[0, 1] == pytest.approx(1, abs=0.02)


def test_weights_count_as_repetitions(data, one_penalty):
    X, y, folds = data
    twice = np.arange(N) % 3 == 0
    weights = 1.0 + twice
    rows = np.repeat(np.arange(N), 1 + twice)
    loss = RegressionLoss("squared_error")
    weighted = _fit(X, y[:, None], weights, folds, loss, 1)
    repeated = _fit(X[rows], y[rows, None], np.ones(len(rows)), folds[rows], loss, 1)
    # The scale's weak prior counts rows; the direction is the same.
    ratio = weighted.weight[0] / repeated.weight[0]
    ratio = ratio[repeated.weight[0] != 0]
    np.testing.assert_allclose(ratio, ratio[0].item(), rtol=1e-3)


def test_finds_one_feature_among_many_where_a_ridge_penalty_does_not():
    rng = np.random.default_rng(1)
    X = rng.normal(size=(N, 2_000))
    y = (X[:, 7] + 0.5 * rng.normal(size=N) > 0).astype(float)[:, None]
    new = rng.normal(size=(500, 2_000))
    tensors = torch.tensor(X), torch.tensor(y), torch.ones(N, dtype=torch.float64)
    folds = torch.arange(N) % 5
    scores = []
    for fitter in (fit_elastic_net, fit_ridge):
        fit = fitter(*tensors, folds, BinaryCrossEntropy(), 1)
        scores.append(roc_auc_score(new[:, 7] > 0, new @ fit.weight[0].numpy()))
    assert scores[0] > 0.95 > scores[1] + 0.1


@pytest.mark.parametrize("n_classes", [2, 3])
def test_outputs_are_logits(data, n_classes):
    X, z, folds = data
    labels = np.digitize(z, [0] if n_classes == 2 else [-1, 1])
    if n_classes == 2:
        loss, y = BinaryCrossEntropy(), labels.astype(float)[:, None]
    else:
        loss, y = CrossEntropy(), labels
    fit = _fit(X, y, np.ones(N), folds, loss, 1 if n_classes == 2 else 3)
    logits = fit.out_of_fold.numpy()
    if n_classes == 2:
        logits = np.column_stack([0 * logits, logits])
    exponentials = np.exp(logits)
    proba = exponentials / exponentials.sum(axis=1, keepdims=True)
    outputs = X @ fit.weight.numpy().T + fit.bias.numpy()
    np.testing.assert_allclose(outputs.mean(0), fit.out_of_fold.mean(0), atol=0.05)
    shares = np.bincount(labels) / N
    assert log_loss(labels, proba) < 0.7 * -(shares * np.log(shares)).sum()


def test_unknown_targets_get_the_mean_of_the_known(data):
    X, y, folds = data
    loss = RegressionLoss("squared_error")
    y = y[:, None].copy()
    y[::4] = np.nan
    fit = _fit(X, y, np.ones(N), folds, loss, 1)
    assert fit.weight.isfinite().all()
    assert fit.out_of_fold.isfinite().all()
    best = fit.weight[0].abs().argsort(descending=True)[:2]
    assert sorted(best.tolist()) == [0, 1]


def test_targets_that_are_all_alike_give_zeros(data):
    X, _, folds = data
    loss = RegressionLoss("squared_error")
    fit = _fit(X, np.zeros((N, 1)), np.ones(N), folds, loss, 1)
    assert not fit.weight.any()
    assert not fit.out_of_fold.any()


def test_fits_in_threads_leave_no_filters_of_warnings(data, monkeypatch):
    X, y, folds = data
    at_once = []

    def slow(*args, **kwargs):
        at_once.append(1)
        time.sleep(0.02)
        assert len(at_once) == 1
        at_once.pop()
        return enet_path(*args, **kwargs)

    monkeypatch.setattr(linear_model, "enet_path", slow)
    monkeypatch.setattr(_elastic_net, "_PENALTIES", np.array([[0.1]]))
    args = X, y[:, None], np.ones(N), folds, RegressionLoss("squared_error"), 1
    before = list(warnings.filters)
    with ThreadPoolExecutor(3) as pool:
        fits = [pool.submit(_fit, *args) for _ in range(3)]
    assert all(fit.result().weight.isfinite().all() for fit in fits)
    assert warnings.filters == before
