"""Which rows are in memory as floats at a time, and in which precision."""

import numpy as np
import pytest
import torch
from skorch.callbacks import Callback

from sklearn_cnn import MotifCNNClassifier, MotifCNNRegressor, _defaults
from sklearn_cnn.inputs._inputs import Inputs


class _BatchSizes(Callback):
    sizes = []  # Of the class, as the callback is copied.

    def on_batch_begin(self, net, batch=None, training=None, **kwargs):
        _BatchSizes.sizes.append(len(batch[1][1]))


def _inputs_of(n, length):
    return Inputs(np.zeros((n, 1, length), dtype=np.uint8))


@pytest.mark.parametrize(
    ("length", "expected", "without_gradients"),
    [(10, 64, 64), (3125, 64, 64), (50_000, 4, 32), (10**6, 4, 4)],
)
def test_fewer_rows_of_longer_inputs(length, expected, without_gradients):
    inputs = _inputs_of(1, length)
    assert inputs.rows_at_once(64) == expected
    assert inputs.rows_at_once(64, gradients=False) == without_gradients
    assert inputs.rows_at_once(2) == 2


def test_chunks_hold_each_row_once(monkeypatch):
    monkeypatch.setattr(_defaults, "POSITIONS_AT_ONCE", 60)
    values = np.arange(20, dtype=np.uint8).reshape(20, 1, 1).repeat(10, axis=2)
    values.setflags(write=False)
    chunks = list(Inputs(values).chunks(np.arange(20.0)))
    assert [len(x) for x, _ in chunks] == [6, 6, 6, 2]
    assert all(x.dtype == torch.uint8 for x, _ in chunks)
    assert torch.cat([w for _, w in chunks]).tolist() == list(range(20))


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({}, [5, 5, 5, 5]),  # At most 6.
        ({"batch_size": 10}, [10, 10]),
        ({"batch_size": 10**9}, [20]),
    ],
)
def test_few_long_inputs_go_in_smaller_batches(monkeypatch, settings, expected):
    monkeypatch.setattr(_defaults, "POSITIONS_AT_ONCE", 60)
    _BatchSizes.sizes = []
    X = np.random.default_rng(0).normal(size=(20, 10))
    clf = MotifCNNClassifier(
        n_filters=2, max_epochs=1, callbacks=[_BatchSizes()], **settings
    )
    clf.fit(X, np.arange(20) % 2)
    assert _BatchSizes.sizes == expected
    # A set that fits into a batch is trained in double precision.
    assert clf.weights_["0.trunk.0.conv.weight"].dtype == np.float32


@pytest.mark.parametrize("n", [20, 80])
@pytest.mark.parametrize(
    ("precision", "expected"),
    [("auto", torch.float32), ("float32", torch.float32), ("float64", torch.float64)],
)
def test_modules_are_single_precision_unless_double_was_asked_for(
    n, precision, expected
):
    X = np.random.default_rng(0).normal(size=(n, 10))
    reg = MotifCNNRegressor(n_filters=2, max_epochs=1, precision=precision)
    module = reg.fit(X, X[:, 0]).to_module()
    tensors = (*module.parameters(), *module.buffers())
    assert {t.dtype for t in tensors if t.is_floating_point()} == {expected}
    with torch.no_grad():
        outputs = module(torch.tensor(X[:, None], dtype=expected)).numpy()
    np.testing.assert_allclose(outputs[:, 0], reg.predict(X), rtol=1e-4, atol=1e-5)


def test_values_that_single_precision_loses():
    rng = np.random.default_rng(0)
    X, y = 1e8 + rng.normal(size=(80, 10)), np.arange(80) % 2
    clf = MotifCNNClassifier(
        n_filters=2, max_epochs=1, n_estimators=2, precision="float32"
    )
    match = r"channel 0 of X differ too little .*; subtract .*precision='float64'"
    with pytest.warns(UserWarning, match=match) as warned:
        clf.fit(X, y)
    assert len(warned) == 1
    assert warned[0].filename == __file__
    double = clf.set_params(precision="float64", random_state=0).fit(X, y)
    shifted = double.decision_function(X)
    near = double.fit(X - 1e8, y).decision_function(X - 1e8)
    np.testing.assert_allclose(shifted, near, atol=1e-6)
