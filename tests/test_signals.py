"""Numeric signals of unequal lengths."""

import numpy as np
import pytest
import torch

from sklearn_cnn import MotifCNNClassifier, MotifCNNRegressor
from sklearn_cnn.architectures._standardize import Standardize
from sklearn_cnn.preprocessing._alphabet import DNA
from sklearn_cnn.preprocessing._codes import encode
from sklearn_cnn.preprocessing._onehot import one_hot
from sklearn_cnn.preprocessing._signals import pad_signals


def _small(cls=MotifCNNClassifier, **kwargs):
    settings = {"n_filters": 8, "kernel_size": 5, "max_epochs": 15, "random_state": 0}
    return cls(**settings | kwargs)


def _bumps(n_channels):
    """Signals of 20 to 60 samples around 100; half of them hold a bump."""
    rng = np.random.default_rng(0)
    y = np.arange(120) % 2
    shape = () if n_channels is None else (n_channels,)
    X = [rng.normal(100, 1, (*shape, n)) for n in rng.integers(20, 60, 120)]
    for signal, label in zip(X, y, strict=True):
        start = rng.integers(signal.shape[-1] - 5)
        signal[..., start : start + 5] += 5 * label
    return X, y


@pytest.mark.parametrize("n_channels", [None, 1, 2])
def test_prediction_does_not_depend_on_what_else_there_is(n_channels):
    X, y = _bumps(n_channels)
    clf = _small().fit(X[:90], y[:90])
    assert not clf.position_
    assert clf.length_ is None
    assert clf.score(X[90:], y[90:]) >= 0.9
    together = clf.decision_function(X)
    alone = np.concatenate([clf.decision_function([signal]) for signal in X])
    np.testing.assert_array_equal(alone, together)
    longer = [*X, np.full((*np.shape(X[0])[:-1], 200), 1e6)]
    np.testing.assert_array_equal(clf.decision_function(longer)[:-1], together)


def test_module_reads_one_signal_as_the_estimator_does():
    X, y = _bumps(2)
    clf = _small().fit(X, y)
    module = clf.to_module()
    with torch.no_grad():
        logits = [module(torch.tensor(x, dtype=torch.float32)[None]).item() for x in X]
    np.testing.assert_allclose(clf.decision_function(X), logits, atol=1e-5)


@pytest.mark.parametrize("container", ["tuple", "objects", "lists"])
def test_containers(container):
    X, y = _bumps(None)
    expected = _small(max_epochs=2).fit(X, y).predict_proba(X)
    if container == "objects":
        X_other = np.empty(len(X), dtype=object)
        X_other[:] = X
    else:
        X_other = tuple(X) if container == "tuple" else [x.tolist() for x in X]
    again = _small(max_epochs=2).fit(X_other, y)
    np.testing.assert_array_equal(again.predict_proba(X_other), expected)


def test_one_length_is_an_array():
    X, y = _bumps(None)
    X = np.array([signal[:20] for signal in X])
    of_array, of_list = (_small(max_epochs=2).fit(Z, y) for Z in (X, list(X)))
    assert of_array.position_
    assert of_list.n_features_in_ == 20
    np.testing.assert_array_equal(of_list.predict_proba(X), of_array.predict_proba(X))


def test_full_batch_of_unequal_lengths_weighs_as_repeated():
    X, y = _bumps(None)
    X, y = X[:10], y[:10]
    weighted = _small().fit(X, y, sample_weight=[2] * 5 + [1] * 5)
    repeated = _small().fit(X[:5] + X, np.concatenate([y[:5], y]))
    np.testing.assert_allclose(
        weighted.decision_function(X), repeated.decision_function(X), rtol=1e-6
    )


def test_standardisation_ignores_padding():
    standardize = Standardize(1)
    x = torch.tensor([[[1.0, 3.0, torch.nan]], [[2.0, 6.0, 8.0]]]).double()
    standardize.adapt([(x, torch.tensor([1.0, 1.0]).double())])
    assert standardize.mean.item() == 4
    assert standardize.scale.item() == pytest.approx(np.std([1, 3, 2, 6, 8]))
    standardize.adapt([(x, torch.tensor([1.5, 0.5]).double())])
    assert standardize.mean.item() == pytest.approx((3 * 4 + 16) / 9)


def test_early_stopping_and_partial_fit():
    X, y = _bumps(None)
    clf = _small(max_epochs=3, early_stopping=True).fit(X, y)
    assert np.isfinite([record["valid_loss"] for record in clf.history_]).all()
    # Lengths that differ only among the data for validation are masked as well.
    equal = np.array([signal[:20] for signal in X])
    clf = _small(max_epochs=2, position=False).fit(equal, y, X_val=X, y_val=y)
    assert np.isfinite([record["valid_loss"] for record in clf.history_]).all()
    reg = _small(MotifCNNRegressor).partial_fit(X, y).partial_fit(X[:7], y[:7])
    assert np.isfinite(reg.predict(X)).all()


def test_columns_of_symbols_equal_strings():
    """Unequal one-hot columns are DNA, with both strands and linear branches."""
    rng = np.random.default_rng(0)
    strings = ["".join(rng.choice(list("ACGT"), n)) for n in rng.integers(8, 20, 60)]
    y = np.array(["GA" in x or "TC" in x for x in strings])
    columns = [one_hot(encode([x], DNA)[0], DNA)[0] for x in strings]
    settings = {"max_epochs": 2, "motif_bank": None}
    # Groups, so that both are dealt into the same folds.
    groups = np.arange(60)
    of_strings = _small(**settings).fit(strings, y, groups=groups)
    of_columns = _small(**settings).fit(columns, y, groups=groups)
    assert of_columns.alphabet_ == DNA
    assert of_columns.reverse_complement_ == of_strings.reverse_complement_
    np.testing.assert_allclose(
        of_columns.decision_function(columns),
        of_strings.decision_function(strings),
        rtol=1e-4,
        atol=1e-5,
    )


def test_padding():
    padded, lengths = pad_signals([[1, 2], np.array([[3, 4, 5]])], "X")
    assert padded.tolist() == [[[1, 2, 0]], [[3, 4, 5]]]
    assert lengths.tolist() == [2, 3]


@pytest.mark.parametrize(
    ("X", "match"),
    [
        ([np.ones((2, 5)), np.ones((3, 4))], r"X\[1\] has 3 channels, but X\[0\]"),
        ([np.ones(5), np.ones((2, 4))], r"X\[1\] has 2 .*, but X\[0\] has 1 channel;"),
        ([np.ones((9, 2)), np.ones((7, 2))], r"X\[1\] has 7 channels.*transpose"),
        ([np.ones(5), np.ones(0)], r"X\[1\] has the shape \(0,\)"),
        ([np.ones(5), np.ones((1, 1, 3))], r"X\[1\] has the shape \(1, 1, 3\)"),
        ([np.ones(5), np.array([1, np.nan])], r"X\[1\] contains NaN or infinity"),
        ([[1.0, 2.0], ["a", "b", "c"]], r"X\[1\] does not hold numbers"),
    ],
)
def test_bad_signals_are_named_by_index(X, match):
    with pytest.raises(ValueError, match=match):
        _small().fit(X, [0, 1])


def test_wrong_use_of_lengths():
    X, y = _bumps(None)
    with pytest.raises(ValueError, match="position=True needs sequences of one length"):
        _small(position=True).fit(X, y)
    clf = _small(max_epochs=1).fit(X, y)
    with pytest.raises(ValueError, match=r"X has 2 channels, but .* was fitted on 1"):
        clf.predict(_bumps(2)[0])


@pytest.mark.filterwarnings("ignore:120 of 120 inputs in X are longer")
def test_unequal_lengths_are_centred_where_positions_count():
    X, y = _bumps(None)
    middle = np.array([signal[:20] for signal in X])
    clf = _small(max_epochs=1).fit(middle, y)
    assert clf.position_
    longer = [np.pad(signal, (1 + i % 2, i % 2 + 2)) for i, signal in enumerate(middle)]
    expected = clf.decision_function(middle)
    np.testing.assert_array_equal(clf.decision_function(longer), expected)
    shorter = [signal[2:] if i % 2 else signal for i, signal in enumerate(middle)]
    mean = middle.mean()
    padded = [np.pad(s, (20 - len(s)) // 2, constant_values=mean) for s in shorter]
    found = clf.decision_function(shorter)
    np.testing.assert_allclose(found, clf.decision_function(np.array(padded)))


def test_objects_of_one_length_are_read_as_the_others():
    X, y = _bumps(None)
    clf = _small(max_epochs=1).fit(X, y)
    objects = np.empty(len(X), dtype=object)
    objects[:] = X
    expected = clf.decision_function(X[:1])
    np.testing.assert_array_equal(clf.decision_function(objects[:1]), expected)
