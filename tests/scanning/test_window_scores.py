"""Scores of all windows at once against those of `decision_function` one by one."""

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sklearn_cnn import MotifCNNClassifier, MotifCNNRegressor
from sklearn_cnn.preprocessing import SequenceEncoder
from sklearn_cnn.scanning import _window_scores
from sklearn_cnn.scanning._window_scores import WindowScores

LENGTH = 30
QUICK = {"max_epochs": 1, "random_state": 0, "alphabet": "dna"}
ALONE = QUICK | {"linear_models": None, "precision": "float64"}
BANK = "jaspar:plants"


def _letters(rng, n, symbols="ACGT"):
    return "".join(rng.choice(list(symbols), n))


def _fit(estimator, targets, lengths=(LENGTH,), symbols="ACGT"):
    """Fitted on noise; heads that read positions get weights that matter."""
    rng = np.random.default_rng(0)
    X = [_letters(rng, lengths[i % len(lengths)], symbols) for i in range(60)]
    y = targets(rng, len(X))
    estimator.fit(X, y)
    for name, weights in estimator.weights_.items():
        if name.endswith("position_head.linear.weight"):
            weights[:] = rng.normal(size=weights.shape)
    return estimator


def _two(rng, n):
    return np.arange(n) % 2


def _three(rng, n):
    return np.array(["a", "b", "c"])[np.arange(n) % 3]


def _labels(rng, n):
    return rng.integers(0, 2, (n, 4))


def _number(rng, n):
    return 100 + 5 * rng.normal(size=n)


def _numbers(rng, n):
    return 5 * rng.normal(size=(n, 2))


# The network alone, in double precision: the same to 1e-9.
ALONE_CASES = {
    "default": (MotifCNNClassifier(**ALONE), _two),
    "three networks": (MotifCNNClassifier(**ALONE, n_estimators=3, n_filters=6), _two),
    "one strand": (MotifCNNClassifier(**ALONE, reverse_complement=False), _three),
    "even filters": (MotifCNNClassifier(**ALONE, kernel_size=8, n_filters=5), _two),
    "even, one strand": (
        MotifCNNRegressor(
            **ALONE, kernel_size=4, n_filters=5, reverse_complement=False
        ),
        _number,
    ),
    "filters of one letter": (
        MotifCNNClassifier(**ALONE, kernel_size=1, n_filters=5),
        _labels,
    ),
    "relu, maximum": (
        MotifCNNRegressor(**ALONE, activation="relu", pooling="max", n_filters=5),
        _numbers,
    ),
    "mean, hidden layer": (
        MotifCNNClassifier(**ALONE, pooling="mean", dense_units=4, n_filters=5),
        _two,
    ),
    "no positions": (MotifCNNClassifier(**ALONE, position=False), _two),
    "two layers": (
        MotifCNNClassifier(**ALONE, n_filters=(6, 4), kernel_size=(7, 3)),
        _three,
    ),
    "three layers, even": (
        MotifCNNRegressor(
            **ALONE, n_filters=(5, 4, 3), kernel_size=(4, 3, 2), n_estimators=2
        ),
        _numbers,
    ),
    "two layers, one strand": (
        MotifCNNClassifier(
            **ALONE,
            n_filters=(5, 4),
            kernel_size=(4, 2),
            reverse_complement=False,
            pooling="max",
        ),
        _two,
    ),
}
# Beside linear models, which predict in single precision.
STACKED_CASES = {
    "default": (MotifCNNClassifier(**QUICK, motif_bank=BANK), _two),
    "three classes": (
        MotifCNNClassifier(**QUICK, motif_bank=BANK, reverse_complement=False),
        _three,
    ),
    "no positions": (
        MotifCNNClassifier(**QUICK, motif_bank=None, position=False),
        _two,
    ),
    "three layers": (
        MotifCNNClassifier(
            **QUICK, motif_bank=None, n_filters=(6, 5, 4), kernel_size=3
        ),
        _two,
    ),
    "single precision": (
        MotifCNNRegressor(**QUICK, precision="float32", motif_bank=BANK),
        _number,
    ),
}


@pytest.fixture(scope="module")
def fitted():
    cases = {
        f"{kind}: {name}": case
        for kind, group in (("alone", ALONE_CASES), ("stacked", STACKED_CASES))
        for name, case in group.items()
    }
    return {name: _fit(*case) for name, case in cases.items()}


def _one_by_one(estimator, sequence, length, stride):
    starts = range(0, len(sequence) - length + 1, stride)
    windows = [sequence[start : start + length] for start in starts]
    return getattr(estimator, "decision_function", estimator.predict)(windows)


def _assert_same(estimator, sequence, length, stride, tolerance):
    scan = WindowScores(estimator, length, stride)
    assert scan.shared is not None
    expected = _one_by_one(estimator, sequence, length, stride)
    assert expected.std() > 1e-3
    found = scan(sequence)
    assert found.dtype == expected.dtype == np.float64
    np.testing.assert_allclose(found, expected, rtol=0, atol=tolerance)


def _with_gaps(rng, n):
    """Letters with gaps, a few single unknown letters, and lower case."""
    sequence = _letters(rng, n)
    sequence = sequence[:90] + "N" * 50 + sequence[140:200] + "n" + sequence[201:]
    return sequence[:250] + "R" + sequence[251:280].lower() + sequence[280:]


@pytest.mark.parametrize("stride", [1, 7])
@pytest.mark.parametrize("case", ALONE_CASES)
def test_networks_are_the_same(fitted, case, stride):
    sequence = _with_gaps(np.random.default_rng(1), 380)
    _assert_same(fitted[f"alone: {case}"], sequence, LENGTH, stride, 1e-9)


@pytest.mark.parametrize("stride", [1, 10])
@pytest.mark.parametrize("case", STACKED_CASES)
def test_stacked_models_are_the_same(fitted, case, stride):
    sequence = _with_gaps(np.random.default_rng(2), 380)
    _assert_same(fitted[f"stacked: {case}"], sequence, LENGTH, stride, 1e-5)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_model_length_stride_and_letters(fitted, data):
    case = data.draw(st.sampled_from(sorted(fitted)))
    estimator = fitted[case]
    length = LENGTH if estimator.position_ else data.draw(st.integers(20, 70))
    stride = data.draw(st.integers(1, length - 19))
    n = data.draw(st.integers(1, 12))
    extra = data.draw(st.integers(0, stride - 1))
    size = (n - 1) * stride + length + extra
    # Repeats, in which words come often.
    unit = data.draw(st.text("ACGT", min_size=1, max_size=200))
    sequence = (unit * size)[:size]
    if data.draw(st.booleans()):
        place = data.draw(st.integers(0, size - 1))
        sequence = sequence[:place] + "N" + sequence[place + 1 :]
    scan = WindowScores(estimator, length, stride)
    expected = _one_by_one(estimator, sequence, length, stride)
    assert scan.shared is not None
    tolerance = 1e-9 if case.startswith("alone") else 1e-5
    np.testing.assert_allclose(scan(sequence), expected, rtol=0, atol=tolerance)


@pytest.mark.parametrize("position", ["auto", False])
def test_double_precision_throughout(position):
    """With linear models in double precision, as `to_module` has them."""
    estimator = MotifCNNClassifier(
        **QUICK, precision="float64", motif_bank=None, position=position
    )
    _fit(estimator, _two)
    sequence = _letters(np.random.default_rng(3), 300)
    windows = [sequence[i : i + LENGTH] for i in range(0, 271, 4)]
    encoder = SequenceEncoder(alphabet="dna").fit(windows)
    columns = encoder.transform(windows).reshape(len(windows), LENGTH, 4)
    x = torch.tensor(columns.transpose(0, 2, 1)).double()
    with torch.no_grad():
        expected = estimator.to_module()(x)[:, 0].numpy()
    found = WindowScores(estimator, LENGTH, 4)(sequence)
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-9)


def test_proteins():
    symbols = "ACDEFGHIKLMNPQRSTVWY"
    estimator = MotifCNNClassifier(max_epochs=1, random_state=0, alphabet="protein")
    _fit(estimator, _two, symbols=symbols)
    sequence = _letters(np.random.default_rng(4), 200, symbols + "X")
    _assert_same(estimator, sequence, LENGTH, 3, 1e-5)


def test_sequences_of_several_lengths():
    estimator = _fit(MotifCNNClassifier(**ALONE), _two, lengths=(30, 41))
    assert not estimator.position_
    sequence = _with_gaps(np.random.default_rng(5), 400)
    for length in (25, 64, 100):
        _assert_same(estimator, sequence, length, 5, 1e-9)


NOT_SHARED = {
    "layers that see as much": {"n_filters": (4, 4), "kernel_size": (7, 6)},
    "local pooling": {"n_filters": 4, "pool_size": 2},
    "flattened": {"n_filters": 4, "pooling": "flatten"},
}


@pytest.mark.parametrize("name", NOT_SHARED)
def test_other_networks_go_window_by_window(name, monkeypatch):
    monkeypatch.setattr(_window_scores, "_LETTERS", 100)
    estimator = _fit(MotifCNNClassifier(**ALONE, **NOT_SHARED[name]), _two)
    scan = WindowScores(estimator, LENGTH, 10)
    assert scan.shared is None
    sequence = _with_gaps(np.random.default_rng(6), 300)
    expected = _one_by_one(estimator, sequence, LENGTH, 10)
    np.testing.assert_allclose(scan(sequence), expected, rtol=0, atol=1e-12)


def test_windows_without_common_places_go_one_by_one(fitted):
    estimator = fitted["alone: default"]
    assert WindowScores(estimator, LENGTH, LENGTH - 19 + 1).shared is not None
    assert WindowScores(estimator, LENGTH, LENGTH - 19 + 2).shared is None


def test_a_gap_is_predicted_once(fitted, monkeypatch):
    estimator = fitted["alone: default"]
    scan = WindowScores(estimator, LENGTH, 10)
    asked = []
    monkeypatch.setattr(
        scan,
        "predict",
        lambda windows: asked.extend(windows) or estimator.decision_function(windows),
    )
    rng = np.random.default_rng(7)
    scores = scan(_letters(rng, 100) + "N" * 5000 + _letters(rng, 100))
    assert asked.count("N" * LENGTH) == 1
    assert len(asked) == len(set(asked)) < 10
    assert len(scores) == 518
    assert len(set(scores[10:500])) == 1
