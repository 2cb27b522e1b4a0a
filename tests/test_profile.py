"""A value for every position: `output="profile"`."""

import pickle

import numpy as np
import pandas as pd
import polars as pl
import pytest
import torch
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV, cross_val_score

from sklearn_cnn import (
    MotifCNNClassifier,
    MotifCNNRegressor,
    load_model,
    save_model,
)
from sklearn_cnn.metrics import (
    pearson_global,
    pearson_global_scorer,
    pearson_per_window,
    pearson_per_window_scorer,
)
from sklearn_cnn.preprocessing import reverse_complement
from sklearn_cnn.preprocessing._alphabet import DNA
from sklearn_cnn.preprocessing._codes import encode
from sklearn_cnn.preprocessing._onehot import one_hot
from sklearn_cnn.targets._number_profiles import NumberProfiles
from sklearn_cnn.training._losses import RegressionLoss

SITE = "TGACCTCA"
N_TRAIN = 240
# Three layers of widths 9, 5 and 5 reach 4 + 2 + 2 positions to either side.
REACH = 8


def _small(kind=MotifCNNRegressor, **kwargs):
    settings = {
        "output": "profile",
        "n_filters": 16,
        "kernel_size": (9, 5, 5),
        "lr": 0.02,
        "max_epochs": 12,
        "batch_size": 16,
        "random_state": 0,
    }
    return kind(**settings | kwargs)


def _planted(lengths, seed=0):
    """DNA with a site of height 5 on the strand written down, 0 elsewhere."""
    rng = np.random.default_rng(seed)
    X, y = [], []
    for length in lengths:
        start = rng.integers(0, length - len(SITE))
        end = start + len(SITE)
        x = "".join(rng.choice(list("ACGT"), length))
        X.append(x[:start] + SITE + x[end:])
        y.append(np.zeros(length))
        y[-1][start:end] = 5
    return X, y


@pytest.fixture(scope="module")
def planted():
    X, y = _planted([60] * 300)
    return X, np.array(y)


@pytest.fixture(scope="module")
def fitted(planted):
    X, y = planted
    return _small().fit(X[:N_TRAIN], y[:N_TRAIN])


@pytest.fixture(scope="module")
def unequal():
    """Profiles of 30, 47 and 100 positions, as an object array."""
    X, profiles = _planted([30, 47, 100] * 100)
    y = np.empty(300, dtype=object)
    for i, profile in enumerate(profiles):
        y[i] = profile
    return X, y


@pytest.fixture(scope="module")
def fitted_unequal(unequal):
    X, y = unequal
    return _small().fit(X[:N_TRAIN], y[:N_TRAIN])


def test_positions_of_a_motif_are_learned(planted, fitted):
    X, y = planted
    predicted = fitted.predict(X[N_TRAIN:])
    assert predicted.shape == (60, 60)
    assert predicted.dtype == np.float64
    assert pearson_per_window(y[N_TRAIN:], predicted) >= 0.9
    assert pearson_global(y[N_TRAIN:], predicted) >= 0.9
    assert np.abs(predicted - y[N_TRAIN:]).mean() < 0.5


def test_score_is_the_mean_correlation_per_window(planted, fitted):
    X, y = planted
    weights = np.arange(60.0)
    expected = pearson_per_window(
        y[N_TRAIN:], fitted.predict(X[N_TRAIN:]), sample_weight=weights
    )
    assert fitted.score(X[N_TRAIN:], y[N_TRAIN:], weights) == expected


def test_one_mean_and_one_scale(planted, fitted):
    _, y = planted
    assert fitted.y_mean_.shape == fitted.y_scale_.shape == ()
    assert fitted.y_mean_ == pytest.approx(y[:N_TRAIN].mean())
    assert fitted.y_scale_ == pytest.approx(y[:N_TRAIN].std())


def test_a_shifted_sequence_has_a_shifted_profile(planted, fitted):
    X, _ = planted
    shifted = [x[7:] + x[:7] for x in X[:20]]
    predicted, of_shifted = fitted.predict(X[:20]), fitted.predict(shifted)
    inside = slice(7 + REACH, 60 - REACH)
    np.testing.assert_allclose(
        of_shifted[:, REACH : 60 - REACH - 7], predicted[:, inside], atol=1e-5
    )


def test_any_length_is_predicted(planted, fitted):
    X, _ = planted
    long = "".join(X[:5])
    (profile,) = fitted.predict([long])
    assert profile.shape == (300,)
    (short,) = fitted.predict([X[1]])
    np.testing.assert_allclose(
        profile[60 + REACH : 120 - REACH], short[REACH:-REACH], atol=1e-5
    )


def test_strands(planted):
    X, y = planted
    settings = {"max_epochs": 2, "n_estimators": 2}
    both = _small(reverse_complement=True, **settings).fit(X, y)
    predicted = both.predict(X[:30])
    turned = both.predict(reverse_complement(X[:30]))[:, ::-1]
    np.testing.assert_allclose(turned, predicted, atol=1e-5)
    one = _small(reverse_complement=False, **settings).fit(X, y)
    turned = one.predict(reverse_complement(X[:30]))[:, ::-1]
    assert np.abs(turned - one.predict(X[:30])).max() > 0.1


def test_one_network_has_exactly_turned_profiles(unequal):
    X, y = unequal
    both = _small(reverse_complement=True, max_epochs=1).fit(X, y)
    predicted = both.predict(X)
    for profile, turned in zip(
        predicted, both.predict(reverse_complement(X)), strict=True
    ):
        np.testing.assert_allclose(turned[::-1], profile, atol=1e-5)


def test_training_turns_profiles_with_the_strand(planted):
    """Sites on both strands, half of each: what one strand teaches serves the other."""
    X, y = planted
    both = _small(reverse_complement=True).fit(X[:N_TRAIN], y[:N_TRAIN])
    turned = reverse_complement(X[N_TRAIN:])
    assert both.score(turned, y[N_TRAIN:, ::-1]) >= 0.9


def test_one_strand_is_read_by_default(fitted):
    assert not fitted.reverse_complement_
    signals, y = np.zeros((4, 1, 10)), np.zeros((4, 10))
    with pytest.raises(ValueError, match="reverse_complement=True needs DNA"):
        _small(reverse_complement=True).fit(signals, y)


def test_full_batch_is_free_of_chance_and_turns_profiles(planted):
    X, y = planted
    settings = {"reverse_complement": True, "batch_size": "auto", "max_epochs": 3}
    reg = _small(**settings).fit(X[:30], y[:30])
    turned = _small(**settings).fit(reverse_complement(X[:30]), y[:30, ::-1])
    np.testing.assert_allclose(reg.predict(X), turned.predict(X), rtol=1e-6)


def test_unequal_lengths(unequal, fitted_unequal):
    X, y = unequal
    predicted = fitted_unequal.predict(X[N_TRAIN:])
    assert predicted.dtype == object
    assert [len(p) for p in predicted] == [len(x) for x in X[N_TRAIN:]]
    assert fitted_unequal.score(X[N_TRAIN:], y[N_TRAIN:]) >= 0.9
    assert fitted_unequal.y_mean_ == pytest.approx(np.concatenate(y[:N_TRAIN]).mean())


def test_a_prediction_does_not_depend_on_the_others(unequal, fitted_unequal):
    X, _ = unequal
    together = fitted_unequal.predict(X[:30])
    for i, x in enumerate(X[:30]):
        np.testing.assert_array_equal(fitted_unequal.predict([x])[0], together[i])


def test_padding_changes_nothing(unequal):
    """Lists and object arrays, and training beside a long sequence of weight zero."""
    X, y = unequal
    reg = _small(max_epochs=1).fit(X, y)
    as_list = _small(max_epochs=1).fit(X, list(y))
    np.testing.assert_array_equal(reg.predict(X)[0], as_list.predict(X)[0])
    X_long, y_long = [*X, "A" * 500], [*y, np.full(500, 1e9)]
    weights = np.append(np.ones(300), 0)
    weighted = _small(max_epochs=1).fit(X_long, y_long, sample_weight=weights)
    np.testing.assert_array_equal(reg.predict(X)[0], weighted.predict(X)[0])


def test_unknown_positions_are_not_learned(planted):
    X, y = planted
    holed = y.copy()
    holed[:, ::7] = np.nan
    reg = _small(max_epochs=1).fit(X, holed)
    known = ~np.isnan(holed)
    assert reg.y_mean_ == pytest.approx(holed[known].mean())
    assert reg.y_scale_ == pytest.approx(holed[known].std())
    assert np.isfinite(reg.predict(X)).all()


def test_weights_count(planted):
    X, y = planted
    weights = np.where(np.arange(300) < 100, 2.0, 0.0)
    reg = _small(max_epochs=1).fit(X, y, sample_weight=weights)
    assert reg.y_mean_ == pytest.approx(y[:100].mean())
    same = _small(max_epochs=1).fit(X[:100], y[:100])
    np.testing.assert_array_equal(reg.predict(X), same.predict(X))


@pytest.mark.parametrize("monitor", ["loss", pearson_per_window_scorer])
@pytest.mark.parametrize("kind", [MotifCNNRegressor, MotifCNNClassifier])
def test_early_stopping(monitor, kind, unequal):
    X, y = unequal
    if kind is MotifCNNClassifier:
        y = [(profile > 0).astype(int) for profile in y]
    model = _small(kind, early_stopping=True, monitor=monitor, max_epochs=3).fit(X, y)
    assert np.isfinite(model.history_[-1]["valid_loss"])
    given = _small(kind, monitor=monitor, max_epochs=2)
    given.fit(X[:200], y[:200], X_val=X[200:], y_val=y[200:])
    if monitor != "loss":
        best = max(record["valid_score"] for record in given.history_)
        assert monitor(given, X[200:], y[200:]) == pytest.approx(best, abs=1e-6)


def test_partial_fit_and_warm_start(planted):
    X, y = planted
    reg = _small(max_epochs=2)
    for _ in range(6):
        reg.partial_fit(X[:N_TRAIN], y[:N_TRAIN])
    assert reg.score(X[N_TRAIN:], y[N_TRAIN:]) >= 0.8
    going_on = _small(max_epochs=1, warm_start=True).fit(X, y)
    first = going_on.history_[0]["train_loss"]
    assert going_on.fit(X, y).history_[-1]["train_loss"] < first
    expected = going_on.predict(X)
    going_on.set_params(output="auto", kmers=None, motif_bank=None)
    np.testing.assert_array_equal(going_on.predict(X), expected)
    with pytest.raises(ValueError, match="architecture, but output has changed"):
        going_on.fit(X, y)


def test_module_gives_profiles_in_the_units_of_the_target(planted, fitted):
    X, y = planted
    x = torch.from_numpy(one_hot(encode(X, DNA)[0], DNA))
    with torch.no_grad():
        predicted = fitted.to_module()(x)
    assert predicted.shape == (300, 60)
    np.testing.assert_allclose(predicted, fitted.predict(X), atol=1e-5)
    both = _small(reverse_complement=True, max_epochs=1).fit(X, y)
    with torch.no_grad():
        forward = both.to_module("forward")(x)
        opposite = both.to_module("forward")(x.flip(1, 2)).flip(1)
    # The strands' logarithms of rates are averaged.
    expected = (forward * opposite).sqrt()
    np.testing.assert_allclose(both.predict(X), expected, rtol=1e-4)


def test_copies_predict_the_same(unequal, fitted_unequal, tmp_path):
    X, y = unequal
    save_model(fitted_unequal, tmp_path / "model.safetensors")
    expected = fitted_unequal.predict(X)
    for copy in (
        load_model(tmp_path / "model.safetensors"),
        pickle.loads(pickle.dumps(fitted_unequal)),
        clone(fitted_unequal).fit(X[:N_TRAIN], y[:N_TRAIN]),
    ):
        for one, other in zip(copy.predict(X), expected, strict=True):
            np.testing.assert_array_equal(one, other)


def test_searches_score_profiles(unequal):
    X, y = unequal
    grid = {"lr": [1e-6, 0.02]}
    scoring = {"window": pearson_per_window_scorer, "all": pearson_global_scorer}
    search = GridSearchCV(
        _small(max_epochs=5), grid, cv=2, scoring=scoring, refit="window"
    )
    search.fit(X, y)
    assert search.best_params_ == {"lr": 0.02}
    worst, best = search.cv_results_["mean_test_all"]
    assert best > worst + 0.3
    labels = np.empty(300, dtype=object)
    for i, profile in enumerate(y):
        labels[i] = profile > 0
    clf = _small(MotifCNNClassifier, max_epochs=6)
    scores = cross_val_score(clf, X, labels, cv=2)
    assert scores.mean() > 0.8


@pytest.mark.parametrize(
    ("labels", "is_series"), [((0, 1), False), (("background", "bound"), True)]
)
def test_classifier(labels, is_series, planted):
    X, y = planted
    y = np.array(labels)[(y > 0).astype(int)]
    if is_series:
        y = pd.DataFrame(y)
    clf = _small(MotifCNNClassifier).fit(X[:N_TRAIN], y[:N_TRAIN])
    assert clf.classes_.tolist() == list(labels)
    assert not clf.multilabel_
    y = np.asarray(y)
    logits, proba = clf.decision_function(X), clf.predict_proba(X)
    assert logits.shape == proba.shape == (300, 60)
    np.testing.assert_allclose(proba, 1 / (1 + np.exp(-logits)))
    predicted = clf.predict(X)
    np.testing.assert_array_equal(predicted, np.array(labels)[(proba > 0.5) * 1])
    assert (predicted == y)[N_TRAIN:].mean() > 0.97
    expected = pearson_per_window(y[N_TRAIN:] == labels[1], proba[N_TRAIN:])
    assert clf.score(X[N_TRAIN:], y[N_TRAIN:]) == expected > 0.9
    x = torch.from_numpy(one_hot(encode(X, DNA)[0], DNA))
    with torch.no_grad():
        np.testing.assert_allclose(clf.to_module()(x), logits, atol=1e-4)


def test_classifier_of_unequal_lengths_with_missing_labels(unequal):
    X, y = unequal
    y = [np.where(profile > 0, "bound", "free").astype(object) for profile in y]
    for profile in y:
        profile[:5] = None
    clf = _small(MotifCNNClassifier)
    for _ in range(8):
        clf.partial_fit(X[:N_TRAIN], y[:N_TRAIN], classes=["bound", "free"])
    predicted, proba = clf.predict(X), clf.predict_proba(X)
    for i in range(30):
        assert len(predicted[i]) == len(X[i])
        np.testing.assert_array_equal(predicted[i] == "free", proba[i] > 0.5)
    assert clf.score(X[N_TRAIN:], y[N_TRAIN:]) > 0.8


def test_probabilities_are_not_smoothed(planted):
    """Of 1 % bound positions that nothing predicts, 1 % is what is predicted."""
    X, _ = planted
    y = np.random.default_rng(0).random((300, 60)) < 0.01
    clf = _small(MotifCNNClassifier, n_filters=2, label_smoothing=0.5).fit(X, y)
    assert clf.predict_proba(X).mean() == pytest.approx(0.01, abs=0.005)


def test_a_frame_of_labels_is_scored_like_an_array(planted):
    X, y = planted
    clf = _small(MotifCNNClassifier, n_filters=4, max_epochs=2).fit(X, y > 0)
    assert clf.score(X, pd.DataFrame(y > 0)) == clf.score(X, y > 0)


def test_signals_have_profiles():
    """Where a wave goes up."""
    rng = np.random.default_rng(0)
    X = np.cumsum(rng.normal(size=(200, 50)), axis=1)
    y = np.diff(X, axis=1, append=X[:, -1:])
    X = X[:, None]
    reg = _small().fit(X[:150], y[:150])
    assert not reg.reverse_complement_
    assert reg.score(X[150:], y[150:]) >= 0.9
    assert reg.predict(X[:2, :, :20]).shape == (2, 20)


def test_layers():
    X, y = _planted([20] * 4)
    settings = {"output": "profile", "max_epochs": 1}
    fitted = [
        MotifCNNRegressor(n_filters=n, kernel_size=k, **settings).fit(X, y)
        for n, k in (("auto", (3, 5)), ((4, 2, 2), "auto"), (4, "auto"), (4, 3))
    ]
    depths = [len(reg.n_filters_) for reg in fitted]
    assert depths == [len(reg.kernel_size_) for reg in fitted] == [2, 3, 4, 1]
    default = MotifCNNRegressor(**settings).fit(X, y)
    assert len(default.n_filters_) == len(default.kernel_size_) == 4
    assert default.kmers_ is default.motif_bank_ is None


@pytest.mark.parametrize(
    "kind", [MotifCNNRegressor, MotifCNNClassifier], ids=["regressor", "classifier"]
)
def test_lengths_must_agree(kind):
    X = ["ACGT", "ACG", "AC"]
    y = [[0, 1, 0, 1], [0, 1, 0], [0, 1]]
    wrong = [y[0], [0, 1], y[2]]
    model = _small(kind, max_epochs=1)
    with pytest.raises(ValueError, match=r"y\[1\] holds 2 values, but X\[1\] has 3 po"):
        model.fit(X, wrong)
    with pytest.raises(ValueError, match=r"y_val\[1\] holds 2 values, but X_val\[1\]"):
        model.fit(X, y, X_val=X, y_val=wrong)
    with pytest.raises(ValueError, match=r"y\[0\] has shape \(\); with output='prof"):
        model.fit(X, [0, 1, 0])
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        model.fit(X, y[:2])
    # An index is that of the user, whatever the weights leave out.
    with pytest.raises(ValueError, match=r"y\[1\] holds 2 values"):
        model.fit(X, wrong, sample_weight=[0, 1, 1])


def test_bad_values():
    X, y = ["ACGT", "ACGA"], np.zeros((2, 4))
    with pytest.raises(ValueError, match="y contains infinity"):
        _small().fit(X, y + np.inf)
    with pytest.raises(ValueError, match="y is NaN at all positions"):
        _small().fit(X, y + np.nan)
    with pytest.raises(ValueError, match="y holds one class only"):
        _small(MotifCNNClassifier).fit(X, y)
    with pytest.raises(
        ValueError, match=r"two labels, but y holds 8: \[0.*\.\.\.; for numbers use"
    ):
        _small(MotifCNNClassifier).fit(X, np.arange(8).reshape(2, 4))
    with pytest.raises(ValueError, match="class_weight is for one label a sample"):
        _small(MotifCNNClassifier, class_weight="balanced").fit(X, [[0, 0, 1, 1]] * 2)


@pytest.mark.parametrize(
    "parameter", [{"position": True}, {"kmers": 3}, {"motif_bank": "jaspar"}]
)
def test_what_profiles_cannot_have(parameter):
    (name,) = parameter
    with pytest.raises(ValueError, match=f"{name}=.* does not go with output='prof"):
        _small(**parameter).fit(["ACGT"] * 2, np.eye(2, 4))


def test_rates_stay_finite():
    task = NumberProfiles(np.array(2.0), np.array(1.0), "poisson")
    rates = task.in_units(np.array([[0.0, 1e6]]))
    assert rates[0, 0] == 2
    assert np.isfinite(rates).all()


def test_loss_of_numbers_from_zero_on(planted, fitted):
    """Poisson's: positive predictions, whose mean is that of the targets."""
    X, y = planted
    assert fitted.loss_ == "poisson"
    predicted = fitted.predict(X[:N_TRAIN])
    assert predicted.min() > 0
    assert predicted.mean() == pytest.approx(y[:N_TRAIN].mean(), rel=0.1)
    settings = {"max_epochs": 1, "warm_start": True}
    shifted = _small(**settings).fit(X, y - 1)
    assert shifted.loss_ == "squared_error"
    with pytest.raises(ValueError, match="loss='poisson', but the first fit was with"):
        shifted.set_params(loss="poisson").fit(X, y)
    shifted.set_params(loss="huber").fit(X, y)
    assert shifted.loss_ == "huber"
    with pytest.raises(ValueError, match=r"'poisson' needs .* from -1\.0 to 4"):
        _small(loss="poisson").fit(X, y - 1)
    with pytest.raises(ValueError, match=r"'poisson' needs .* from 0\.0 to 0"):
        _small(loss="poisson").fit(X, 0 * y)
    with pytest.raises(ValueError, match="loss='poisson' is for profiles"):
        MotifCNNRegressor(loss="poisson").fit(X, y[:, 0])


def test_poisson_loss_is_least_at_the_mean():
    """Of a constant rate, at log(2) for numbers of mean 2: 2 - 2 log(2)."""
    loss, weights = RegressionLoss("poisson"), torch.ones(1)
    y = torch.tensor([[1.0, 3.0, torch.nan, 2.0]])
    values = [loss(torch.full((1, 4), o), (y, weights)) for o in np.log([1.9, 2, 2.1])]
    assert values[1].item() == pytest.approx(2 - 2 * np.log(2))
    assert values[1] < min(values[0], values[2])


def test_profiles_in_a_table_of_one_column(planted):
    X, y = planted
    regressor = MotifCNNRegressor(
        n_filters=2, max_epochs=1, output="profile", n_estimators=1, random_state=0
    )
    expected = regressor.fit(X[:20], y[:20]).predict(X[:2])
    table = pd.DataFrame({"profile": list(y[:20])})
    for profiles in (table, table.to_numpy(), pl.DataFrame({"y": y[:20].tolist()})):
        np.testing.assert_array_equal(
            regressor.fit(X[:20], profiles).predict(X[:2]), expected
        )
