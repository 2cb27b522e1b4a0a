"""Correlation of profiles, by hand and beside SciPy."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import pearsonr
from sklearn.base import BaseEstimator

from sklearn_cnn.metrics import (
    pearson_global,
    pearson_global_scorer,
    pearson_per_window,
    pearson_per_window_scorer,
)


def _ragged(*profiles):
    objects = np.empty(len(profiles), dtype=object)
    for i, profile in enumerate(profiles):
        objects[i] = np.array(profile, dtype=float)
    return objects


@pytest.fixture
def random_profiles():
    rng = np.random.default_rng(0)
    true = rng.normal(size=(30, 40))
    return true, true + rng.normal(size=(30, 40)) + np.arange(30)[:, None]


def test_by_hand():
    # Deviations (-1, 0, 1) with (-1, 1, 0): 1 / 2; (-1, 1) with (1, -1): -1.
    y_true, y_pred = _ragged([1, 2, 3], [0, 4]), _ragged([1, 3, 2], [9, 7])
    assert pearson_per_window(y_true, y_pred) == pytest.approx((0.5 - 1) / 2)
    weighted = pearson_per_window(y_true, y_pred, sample_weight=[3, 1])
    assert weighted == pytest.approx((3 * 0.5 - 1) / 4)


def test_global_by_hand():
    # Means 2 and 2; products of deviations 2 + 0 + 0 + 2; squares 8 and 2.
    assert pearson_global([[0, 2], [2, 4]], [[1, 2], [2, 3]]) == pytest.approx(1)
    # Deviations (-1, 1, -1, 1) with (1, 1, -1, -1).
    assert pearson_global([[0, 2], [0, 2]], [[3, 3], [1, 1]]) == pytest.approx(0)
    # The weights 3 and 1 repeat the first window: deviations from 1 and 2.5.
    weighted = pearson_global([[0, 2], [0, 2]], [[3, 3], [0, 2]], sample_weight=[3, 1])
    repeated = pearsonr([0, 2] * 4, [3, 3] * 3 + [0, 2]).statistic
    assert weighted == pytest.approx(repeated)


def test_as_in_scipy(random_profiles):
    y_true, y_pred = random_profiles
    expected = [pearsonr(*pair).statistic for pair in zip(y_true, y_pred, strict=True)]
    assert pearson_per_window(y_true, y_pred) == pytest.approx(np.mean(expected))
    expected = pearsonr(y_true.ravel(), y_pred.ravel()).statistic
    assert pearson_global(y_true, y_pred) == pytest.approx(expected)
    frames = pd.DataFrame(y_true), pd.DataFrame(y_pred)
    assert pearson_global(*frames) == pytest.approx(expected)


@pytest.mark.parametrize("metric", [pearson_per_window, pearson_global])
def test_a_weight_of_two_is_the_window_twice(metric, random_profiles):
    y_true, y_pred = random_profiles
    twice = np.repeat(np.arange(30), np.arange(30) % 3)
    weighted = metric(y_true, y_pred, sample_weight=np.arange(30) % 3)
    assert weighted == pytest.approx(metric(y_true[twice], y_pred[twice]))


@pytest.mark.parametrize("value", [0.0, 0.1, 1e9])
def test_constant_windows_count_zero(value):
    constant, wave = np.full(300, value), np.sin(np.arange(300))
    assert pearson_per_window([constant, wave], [wave, wave]) == pytest.approx(0.5)
    assert pearson_per_window([wave, wave], [wave, constant]) == pytest.approx(0.5)
    assert pearson_global([constant], [wave]) == 0


@pytest.mark.parametrize("metric", [pearson_per_window, pearson_global])
def test_unknown_positions_are_left_out(metric):
    y_true, y_pred = [[1, np.nan, 2, 3]], [[1, 100, 3, 2]]
    assert metric(y_true, y_pred) == pytest.approx(0.5)
    # A window without any known position has no correlation.
    y_true, y_pred = [*y_true, [np.nan] * 3], [*y_pred, [1, 2, 3]]
    expected = 0.25 if metric is pearson_per_window else 0.5
    assert metric(y_true, y_pred) == pytest.approx(expected)


@pytest.mark.parametrize("metric", [pearson_per_window, pearson_global])
def test_bad_input(metric):
    with pytest.raises(ValueError, match=r"y_true\[1\] has shape \(2,\) and y_pred"):
        metric([[1, 2], [3, 4]], [[1, 2], [3, 4, 5]])
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        metric([[1, 2], [3, 4]], [[1, 2]])
    with pytest.raises(ValueError, match="y_pred contains NaN"):
        metric([[1, 2]], [[1, np.nan]])
    with pytest.raises(ValueError, match="y_true contains infinity"):
        metric([[1, np.inf]], [[1, 2]])
    with pytest.raises(ValueError, match=r"y_true\[0\] has shape \(\)"):
        metric([1, 2], [1, 2])


class _Echo(BaseEstimator):
    """Predicts what it is given."""

    def fit(self, X, y=None):
        return self

    def predict(self, X):
        return X


def test_scorers(random_profiles):
    y_true, y_pred = random_profiles
    weights = np.arange(30.0)
    for scorer, metric in (
        (pearson_per_window_scorer, pearson_per_window),
        (pearson_global_scorer, pearson_global),
    ):
        score = scorer(_Echo(), y_pred, y_true, sample_weight=weights)
        assert score == metric(y_true, y_pred, sample_weight=weights)


@pytest.mark.parametrize("offset", [0, 1e6, 1e10])
def test_units_and_offsets_do_not_matter(offset, random_profiles):
    """Up to what is rounded: 1e10 and thousandths share 16 digits."""
    true, predicted = random_profiles
    expected = pearson_per_window(true, predicted)
    moved = pearson_per_window(true * 1e-3 + offset, predicted)
    assert moved == pytest.approx(expected, abs=1e-3)
    assert pearson_global(true + offset, predicted) == pytest.approx(
        pearson_global(true, predicted), abs=1e-5
    )


@pytest.mark.parametrize("name", ["y_true", "y_pred"])
def test_masked_values_are_named(name, random_profiles):
    profiles = dict(zip(("y_true", "y_pred"), random_profiles, strict=True))
    profiles[name] = np.ma.masked_greater(profiles[name], 1)
    with pytest.raises(ValueError, match=rf"^{name} is a masked array .* samples$"):
        pearson_per_window(**profiles)
