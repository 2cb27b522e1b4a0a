"""Neither units nor offsets change what is learned."""

import numpy as np
import pytest
import torch

from sklearn_cnn import MotifCNNClassifier, MotifCNNRegressor
from sklearn_cnn.datasets import make_motif_classification
from sklearn_cnn.inspection import attributions
from sklearn_cnn.preprocessing._signals import needs_double
from sklearn_cnn.targets._mean_and_scale import mean_and_scale

RNG = np.random.default_rng(0)
N = 90  # More than one batch: in single precision.
SIGNALS = RNG.normal(size=(N, 12))
TARGETS = SIGNALS[:, 5] + 0.1 * RNG.normal(size=N)


def _small(kind=MotifCNNRegressor, **kwargs):
    settings = {"n_filters": 4, "kernel_size": 3, "max_epochs": 2, "random_state": 0}
    return kind(**settings | kwargs)


@pytest.mark.parametrize("unit", [1e-200, 1e-13, 1e13, 1e200])
@pytest.mark.parametrize("y", [TARGETS, SIGNALS[:, :2]], ids=["one", "two"])
def test_mean_and_scale_in_any_unit(y, unit):
    weights = RNG.random(N)
    mean, scale = mean_and_scale(y * unit, weights)
    expected = np.average(y, axis=0, weights=weights)
    np.testing.assert_allclose(mean / unit, expected)
    variance = np.average((y - expected) ** 2, axis=0, weights=weights)
    np.testing.assert_allclose(scale / unit, np.sqrt(variance))


@pytest.mark.parametrize("constant", [0.0, 0.1, -1e-13, 1e8 / 3, 1e200])
def test_a_constant_target_has_scale_1(constant):
    mean, scale = mean_and_scale(np.full(1001, constant), RNG.random(1001))
    assert (mean, scale) == (constant, 1)
    y = np.stack([np.full(N, constant), TARGETS], axis=1)
    y[3] = np.nan
    mean, scale = mean_and_scale(y, np.ones(N))
    assert (mean[0], scale[0]) == (constant, 1)
    assert scale[1] == pytest.approx(np.delete(TARGETS, 3).std())


def test_a_large_offset_of_a_target_keeps_its_variation():
    # 1e-5 beside 1e8 is 700 steps of double precision.
    mean, scale = mean_and_scale(1e8 + 1e-5 * TARGETS, np.ones(N))
    assert scale == pytest.approx(1e-5 * TARGETS.std(), rel=1e-2)
    assert mean == pytest.approx(1e8)


@pytest.mark.parametrize("unit", [1e-13, 1e13])
def test_targets_in_any_unit(unit):
    expected = _small().fit(SIGNALS, TARGETS).predict(SIGNALS)
    predicted = _small().fit(SIGNALS, TARGETS * unit).predict(SIGNALS) / unit
    np.testing.assert_allclose(predicted, expected, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("loss", ["squared_error", "poisson"])
def test_profiles_in_any_unit(loss):
    profiles = np.abs(SIGNALS)
    model = _small(output="profile", loss=loss)
    expected = model.fit(SIGNALS, profiles).predict(SIGNALS)
    predicted = model.fit(SIGNALS, profiles * 1e-13).predict(SIGNALS) / 1e-13
    np.testing.assert_allclose(predicted, expected, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("offset", [1e8, -1e6])
def test_a_large_offset_of_a_signal(offset):
    """Single precision would round all of the signal away."""
    X = np.stack([SIGNALS, RNG.normal(size=SIGNALS.shape)], axis=1)
    expected = _small(precision="float64").fit(X, TARGETS).predict(X)
    X = X + np.array([[offset], [0]])
    model = _small().fit(X, TARGETS)
    assert model.weights_["0.trunk.0.conv.weight"].dtype == np.float64
    np.testing.assert_allclose(model.predict(X), expected, atol=1e-4)


@pytest.mark.parametrize("n", [N, 40])
def test_modules_keep_what_single_precision_would_lose(n):
    """Double precision, where a large mean would swallow signals or predictions."""
    X, y = SIGNALS[:n], TARGETS[:n]
    for X_offset, y_offset in ((0, 0), (1e8, 0), (0, 1e9)):
        model = _small().fit(X + X_offset, y + y_offset)
        module = model.to_module()
        single = X_offset == y_offset == 0
        dtype = torch.float32 if single else torch.float64
        assert {p.dtype for p in module.parameters()} == {dtype}
        x = torch.tensor((X + X_offset)[:, None], dtype=dtype)
        predicted = module(x).detach().numpy()[:, 0]
        expected = model.predict(X + X_offset)
        np.testing.assert_allclose(predicted - y_offset, expected - y_offset, atol=1e-5)
    asked_for = _small(precision="float32").fit(X, y + 1e9).to_module()
    assert next(asked_for.parameters()).dtype == torch.float32


def test_attributions_whatever_the_offset_of_targets():
    """Beside a mean of 1e9, single precision knows no differences below 64."""
    X = ["".join(RNG.choice(list("ACGT"), 12)) for _ in range(N)]
    settings = {"kmers": 2, "motif_bank": None}
    expected, attributed = (
        attributions(_small(**settings).fit(X, y), X[:3], "deeplift", random_state=0)
        for y in (TARGETS, TARGETS + 2.0**30)
    )
    np.testing.assert_allclose(attributed, expected, atol=1e-4)


@pytest.mark.parametrize(
    ("X", "needed"),
    [
        (1e8 + SIGNALS[:, None], True),
        (-1e5 + SIGNALS[:, None], True),
        (100 + SIGNALS[:, None], False),
        (1e-13 * SIGNALS[:, None], False),
        (1e13 * SIGNALS[:, None], False),
        (1e-42 * SIGNALS[:, None], True),
        (1e39 * SIGNALS[:, None], True),
        (np.full((4, 1, 5), 1e8), False),  # Constant: there is nothing to lose.
        (np.full((4, 1, 5), 200, dtype=np.uint8), False),
        (np.array([[[1e8, 1e8 + 1, np.nan]]]), True),
    ],
)
def test_where_double_precision_is_needed(X, needed):
    assert needs_double(X) is needed


@pytest.mark.parametrize("unit", [1e-42, 1e-13, 1e39])
def test_signals_in_any_unit(unit):
    expected = _small(precision="float64").fit(SIGNALS, TARGETS).predict(SIGNALS)
    predicted = _small().fit(SIGNALS * unit, TARGETS).predict(SIGNALS * unit)
    np.testing.assert_allclose(predicted, expected, atol=1e-4)


@pytest.mark.parametrize("unit", [1e-20, 1e20])
def test_weights_in_any_unit(unit):
    weights = RNG.random(N) + 0.1
    expected = _small().fit(SIGNALS, TARGETS, sample_weight=weights)
    model = _small().fit(SIGNALS, TARGETS, sample_weight=weights * unit)
    np.testing.assert_allclose(
        model.predict(SIGNALS), expected.predict(SIGNALS), rtol=1e-4, atol=1e-5
    )


def test_balanced_classes_count_weights():
    """A sample of weight 2 is two samples for ``class_weight="balanced"``, too."""
    X, y = SIGNALS[:20], np.arange(20) % 4 == 0
    clf = _small(MotifCNNClassifier, class_weight="balanced", label_smoothing=0)
    twice = clf.fit(np.concatenate([X, X[:5]]), np.r_[y, y[:5]]).decision_function(X)
    weighted = clf.fit(X, y, sample_weight=[2] * 5 + [1] * 15).decision_function(X)
    np.testing.assert_allclose(weighted, twice, atol=1e-6)


@pytest.mark.parametrize("unit", [2.0**-1000, 2.0**-100, 2.0**100, 2.0**1000])
def test_only_ratios_of_sample_weights_count(unit):
    X, y = make_motif_classification(80, length=30, random_state=0)
    weights = np.random.default_rng(0).uniform(0.5, 2, 80)
    settings = {"n_filters": 4, "max_epochs": 2, "motif_bank": None, "kmers": 2}
    clf = MotifCNNClassifier(**settings, class_weight="balanced", random_state=0)
    expected = clf.fit(X, y, sample_weight=weights).decision_function(X)
    assert np.isfinite(expected).all()
    clf.fit(X, y, sample_weight=weights * unit)
    np.testing.assert_array_equal(clf.decision_function(X), expected)
