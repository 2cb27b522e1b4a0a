"""Containers of inputs, targets, weights and groups: in all of them the same model."""

from collections import UserList, deque
from fractions import Fraction

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
import torch

from sklearn_cnn import (
    MotifCNNClassifier,
    MotifCNNRegressor,
    PretrainedFeatureExtractor,
)

N = 30
RNG = np.random.default_rng(0)
SEQUENCES = ["".join(x) for x in RNG.choice(list("ACGT"), (N, 12))]
SIGNALS = RNG.normal(size=(N, 12))
CLASSES = np.arange(N) % 2
NAMES = np.where(CLASSES, "b", "a")
WEIGHTS = RNG.random(N) + 0.5
WEIGHTS[3] = 0
GROUPS = np.array([f"g{i % 10}" for i in range(N)])


class Lazy:
    """Offers an array and a length and nothing else."""

    def __init__(self, values):
        self.values = np.asarray(values)

    def __len__(self):
        return len(self.values)

    def __array__(self, dtype=None, copy=None):
        return np.asarray(self.values, dtype=dtype)


def _small(kind=MotifCNNClassifier, **kwargs):
    plain = {"n_filters": 2, "kernel_size": 3, "kmers": None, "motif_bank": None}
    return kind(**plain | {"max_epochs": 1, "random_state": 0} | kwargs)


def _assert_same_model(model, other):
    for name, weights in model.weights_.items():
        np.testing.assert_array_equal(weights, other.weights_[name], err_msg=name)
    assert model.history_ == other.history_


EVERYWHERE = {
    "pyarrow": pa.array,
    "chunks": lambda a: pa.chunked_array([a[:5], a[5:]]),
    "pandas arrays": lambda a: pd.Series(a).convert_dtypes().array,
    "arrow arrays of pandas": lambda a: (
        pd.Series(a).convert_dtypes(dtype_backend="pyarrow").array
    ),
    "indexes": pd.Index,
    "lazy": Lazy,
    "UserList": UserList,
    "deque": deque,
    "polars": pl.Series,
}


@pytest.fixture(scope="module")
def from_lists():
    return _fit_with_everything(list)


def _fit_with_everything(container):
    X, y, groups = (container(a) for a in (SEQUENCES, NAMES.tolist(), GROUPS.tolist()))
    weights = container(WEIGHTS.tolist())
    clf = _small(early_stopping=True, monitor="accuracy")
    return clf.fit(X, y, sample_weight=weights, groups=groups)


@pytest.mark.parametrize("container", EVERYWHERE.values(), ids=EVERYWHERE)
def test_everything_in_one_container(from_lists, container):
    clf = _fit_with_everything(container)
    _assert_same_model(clf, from_lists)
    assert clf.classes_.tolist() == ["a", "b"]
    X, y = container(SEQUENCES), container(NAMES.tolist())
    np.testing.assert_array_equal(clf.predict(X), from_lists.predict(SEQUENCES))
    weights = container(WEIGHTS.tolist())
    expected = from_lists.score(SEQUENCES, NAMES, sample_weight=WEIGHTS)
    assert clf.score(X, y, sample_weight=weights) == pytest.approx(expected)


@pytest.mark.parametrize("container", [pa.array, Lazy, UserList])
def test_validation_data(container):
    X, y, w = SEQUENCES[:9], NAMES[:9].tolist(), WEIGHTS[:9].tolist()

    def fit(c):
        val = {"X_val": c(X), "y_val": c(y), "sample_weight_val": c(w)}
        return _small().fit(SEQUENCES, NAMES, **val)

    _assert_same_model(fit(container), fit(list))


@pytest.mark.parametrize("container", [pa.array, Lazy])
def test_partial_fit(container):
    expected = _small().partial_fit(SEQUENCES, NAMES, ["a", "b"])
    given = (container(a) for a in (SEQUENCES, NAMES.tolist(), ["a", "b"]))
    _assert_same_model(_small().partial_fit(*given), expected)


@pytest.mark.parametrize("container", [pa.array, Lazy, UserList])
def test_features(from_lists, container):
    extractor = PretrainedFeatureExtractor(from_lists)
    expected = extractor.fit_transform(SEQUENCES)
    features = extractor.fit(container(SEQUENCES)).transform(container(SEQUENCES))
    np.testing.assert_array_equal(features, expected)


SIGNAL_CONTAINERS = {
    "lazy": Lazy,
    "pyarrow lists": lambda a: pa.array(list(a)),
    "pyarrow table": lambda a: pa.table({f"t{i}": x for i, x in enumerate(a.T)}),
    "polars lists": lambda a: pl.Series(a.tolist()),
    "polars arrays": lambda a: pl.Series(a.tolist(), dtype=pl.Array(pl.Float64, 12)),
    "series of series": lambda a: pd.Series([pd.Series(x) for x in a]),
    "UserList of arrays": UserList,
    "tensor": torch.tensor,
    "list of tensors": lambda a: [torch.tensor(x) for x in a],
    "masked array without a mask": np.ma.array,
}


@pytest.mark.parametrize("kind", SIGNAL_CONTAINERS.values(), ids=SIGNAL_CONTAINERS)
def test_signals(kind):
    weights = CLASSES + 0.0  # Rows are picked.
    expected = _small(MotifCNNRegressor).fit(SIGNALS, WEIGHTS, sample_weight=weights)
    model = _small(MotifCNNRegressor).fit(kind(SIGNALS), WEIGHTS, sample_weight=weights)
    _assert_same_model(model, expected)
    predicted = model.predict(kind(SIGNALS))
    np.testing.assert_array_equal(predicted, expected.predict(SIGNALS))


@pytest.mark.parametrize("list_of", [pa.array, torch.tensor, pd.Series, pl.Series])
def test_signals_of_unequal_lengths(list_of):
    X = [x[: 6 + i % 6] for i, x in enumerate(SIGNALS)]
    expected = _small().fit(X, CLASSES)
    _assert_same_model(_small().fit([list_of(x) for x in X], CLASSES), expected)
    nested = pl.Series([x.tolist() for x in X])
    _assert_same_model(_small().fit(nested, CLASSES), expected)


def _cells(values):
    """Rows of two arrays each, as a 2-D array of objects."""
    cells = np.empty((len(values), 2), dtype=object)
    for i, x in enumerate(values):
        cells[i] = [x, x[: 6 + i % 6]]
    return cells


@pytest.mark.parametrize(
    ("table", "match"),
    [
        (pd.DataFrame({"a": list(SIGNALS)}), r"np.stack\(row\) for row in X.to_numpy"),
        (pd.DataFrame({"a": [pd.Series(x) for x in SIGNALS]}), r"for row in X.to_num"),
        (pl.DataFrame({"a": SIGNALS.tolist()}), r"np.stack\(row\) for row in X.to_n"),
        (_cells(SIGNALS), r"pass \[np.stack\(row\) for row in X\]"),
    ],
)
def test_tables_of_arrays(table, match):
    with pytest.raises(ValueError, match=f"X is a table of arrays;.*{match}"):
        _small().fit(table, CLASSES)


def test_remedy_for_tables_of_arrays():
    table = pd.DataFrame({"a": list(SIGNALS), "b": [pd.Series(x) for x in SIGNALS]})
    clf = _small().fit([np.stack(row) for row in table.to_numpy()], CLASSES)
    assert (clf.n_channels_, clf.length_) == (2, 12)


LABELS = {
    "int objects": CLASSES.astype(object),
    "numpy int objects": np.array([*map(np.int64, CLASSES), None], object)[:-1],
    "float objects": CLASSES.astype(float).astype(object),
    "bool objects": CLASSES.astype(bool).astype(object),
    "string objects": NAMES.astype(object),
    "Series of int objects": pd.Series(CLASSES, dtype=object),
    "Int64": pd.Series(CLASSES, dtype="Int64"),
    "boolean": pd.array(CLASSES.astype(bool), dtype="boolean"),
    "arrow ints": pd.Series(CLASSES, dtype=pd.ArrowDtype(pa.int64())),
    "arrow bools": pa.array(CLASSES.astype(bool)),
    "categories": pd.Categorical(CLASSES),
}


@pytest.mark.parametrize("y", LABELS.values(), ids=LABELS)
def test_labels(y):
    clf = _small(early_stopping=True, monitor="accuracy").fit(SEQUENCES, y)
    values = np.asarray(y.tolist() if hasattr(y, "tolist") else y.to_pylist())
    assert clf.classes_.tolist() == np.unique(values).tolist()
    assert type(clf.classes_.tolist()[0]) is type(values.tolist()[0])
    assert clf.score(SEQUENCES, y) == np.mean(clf.predict(SEQUENCES) == values)


def test_indicators_in_objects():
    y = np.stack([CLASSES, 1 - CLASSES], axis=1)
    expected = _small().fit(SEQUENCES, y)
    _assert_same_model(_small().fit(SEQUENCES, y.astype(object)), expected)
    as_lists = pa.array(y.tolist())
    _assert_same_model(_small().fit(SEQUENCES, as_lists), expected)
    assert expected.score(SEQUENCES, as_lists) == expected.score(SEQUENCES, y)


def test_labels_of_other_types():
    y = np.array([Fraction(int(i)) for i in CLASSES])
    match = r"Unknown label type: y holds objects of the type Fraction.*y\.astype\(str"
    with pytest.raises(ValueError, match=match):
        _small().fit(SEQUENCES, y)


@pytest.mark.parametrize("name", ["X", "y", "sample_weight", "groups"])
def test_masks(name):
    mask = np.arange(N) < 4
    given = {"X": SIGNALS, "y": CLASSES, "sample_weight": WEIGHTS, "groups": CLASSES}
    mask = np.broadcast_to(mask, given[name].T.shape).T
    given[name] = np.ma.array(given[name], mask=mask)
    with pytest.raises(ValueError, match=f"{name} is a masked array in which"):
        _small().fit(**given)


def test_targets_of_regressors():
    y = SIGNALS[:, :2]
    expected = _small(MotifCNNRegressor).fit(SEQUENCES, y)
    for other in (
        pa.array(y.tolist()),
        pl.Series(y.tolist()),
        pd.Series(list(y)),
        pa.table({"a": y[:, 0], "b": y[:, 1]}),
    ):
        again = _small(MotifCNNRegressor).fit(SEQUENCES, other)
        # Sums may be taken in another order.
        np.testing.assert_allclose(
            again.predict(SEQUENCES), expected.predict(SEQUENCES)
        )
        assert again.score(SEQUENCES, other) == pytest.approx(
            expected.score(SEQUENCES, y)
        )
    ragged = [np.ones(5), np.ones(4)] * (N // 2)
    with pytest.raises(ValueError, match=r"y holds arrays of unequal.*output='profil"):
        _small(MotifCNNRegressor).fit(SEQUENCES, ragged)


def test_profiles():
    expected = _small(MotifCNNRegressor, output="profile").fit(SEQUENCES, SIGNALS)
    missing = SIGNALS.copy()
    missing[:, 2] = np.nan
    with_nan = _small(MotifCNNRegressor, output="profile").fit(SEQUENCES, missing)
    frame = pd.DataFrame(missing).astype("Float64")
    for y, model in (
        (pa.array(SIGNALS.tolist()), expected),
        (pl.Series(SIGNALS.tolist()), expected),
        (UserList(SIGNALS), expected),
        (frame.mask(frame.isna()), with_nan),
    ):
        again = _small(MotifCNNRegressor, output="profile").fit(SEQUENCES, y)
        _assert_same_model(again, model)
        assert model.score(SEQUENCES, y) == again.score(SEQUENCES, y)
