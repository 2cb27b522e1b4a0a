"""Mixed precision in the training loop."""

import numpy as np
import pytest
import torch
from sklearn.base import clone
from torch import nn

from sklearn_cnn import ImageCNNClassifier, MotifCNNClassifier
from sklearn_cnn.inputs._device_inputs import DeviceInputs
from sklearn_cnn.inputs._inputs import Inputs
from sklearn_cnn.storage._checkpoint import Checkpoint
from sklearn_cnn.training import _plan, _predict
from sklearn_cnn.training._batches import Batches
from sklearn_cnn.training._device import takes_bfloat16
from sklearn_cnn.training._divergence_guard import DivergenceGuard
from sklearn_cnn.training._micro_batches import micro_batches_of_training
from sklearn_cnn.training._snapshots import Snapshots
from sklearn_cnn.training._train import TrainingSettings, train


class _Line(nn.Module):
    """y = w x, which remembers in which precision it was computed."""

    def __init__(self):
        super().__init__()
        self.linear = nn.Linear(1, 1, bias=False)
        nn.init.zeros_(self.linear.weight)

    def forward(self, x):
        y = self.linear(x[:, :, 0])
        self.computed_in = y.dtype
        return y


class _SquaredError(nn.Module):
    def forward(self, outputs, targets):
        assert outputs.dtype == torch.float32
        return (outputs - targets[0]).square().mean()


@pytest.mark.parametrize(
    ("mixed", "computed_in"), [(False, torch.float32), (True, torch.bfloat16)]
)
def test_products_in_bfloat16_weights_in_float32(mixed, computed_in):
    x = np.linspace(-1, 1, 20, dtype=np.float32).reshape(20, 1, 1)
    batches = Batches(
        DeviceInputs(Inputs(x), torch.device("cpu"), torch.float32),
        torch.tensor(3 * x[:, :, 0]),
        torch.ones(20),
        batch_size=20,
        complement_order=None,
        weighted=False,
        generator=torch.Generator(),
    )
    network = _Line()
    settings = TrainingSettings(
        max_epochs=200,
        lr=0.1,
        trunk_lr=0.1,
        constant_lr=True,
        weight_decay=0.0,
        mixed=mixed,
        verbose=0,
        description="",
    )
    guard = DivergenceGuard()
    train(
        network,
        _SquaredError(),
        batches,
        settings,
        micro_batches=micro_batches_of_training(),
        guard=guard,
        callbacks=[],
        snapshots=Snapshots(Checkpoint(), 0, batches.generator, guard, None),
    )
    assert network.computed_in == computed_in
    assert network.linear.weight.dtype == torch.float32
    # bfloat16 has 8 significant bits.
    assert network.linear.weight.item() == pytest.approx(3, rel=2**-7)


def test_estimators_in_mixed_precision():
    rng = np.random.default_rng(0)
    images = rng.normal(size=(40, 8, 8))
    y = np.arange(40) % 2
    images[y == 1, 2:5, 2:5] += 2
    X = ["".join(rng.choice(list("ACGT"), 12)) + "TGACTCA" * c for c in y]
    settings = {"precision": "mixed", "batch_size": 10, "random_state": 0}
    image = ImageCNNClassifier(n_filters=4, max_epochs=20, **settings)
    motif = MotifCNNClassifier(
        n_filters=4, max_epochs=20, kmers=None, motif_bank=None, lr=0.01, **settings
    )
    for estimator, data in ((image, images), (motif, X)):
        estimator.fit(data, y, sample_weight=1 + y)
        dtypes = {w.dtype for k, w in estimator.weights_.items() if "num_" not in k}
        assert dtypes == {np.dtype(np.float32)}
        assert estimator.score(data, y) >= 0.9


@pytest.mark.parametrize("n_filters", [8, (8, 6)])
def test_mixed_precision_is_near_single_precision(n_filters):
    rng = np.random.default_rng(0)
    X, y = (
        ["".join(rng.choice(list("ACGTN"), 30)) for _ in range(60)],
        np.arange(60) % 2,
    )
    single = MotifCNNClassifier(
        n_filters=n_filters,
        kernel_size=9,
        max_epochs=20,
        batch_size=20,
        kmers=None,
        motif_bank=None,
        n_estimators=1,
        random_state=0,
    )
    mixed = clone(single).set_params(precision="mixed").fit(X, y)
    found = mixed.decision_function(X)
    single.fit(X, y)
    assert np.corrcoef(found, single.decision_function(X))[0, 1] > 0.99
    # The same weights in single precision, as in to_module.
    expected = mixed.set_params(precision="float32").decision_function(X)
    np.testing.assert_allclose(found, expected, atol=0.05 * expected.std())
    # Networks of one layer for letters look their scores up in prediction.
    is_mixed = takes_bfloat16(torch.device("cpu")) and n_filters != 8
    assert (found != expected).any() == is_mixed


def test_mixed_is_single_precision_where_the_processor_lacks_bfloat16(monkeypatch):
    for module in (_plan, _predict):
        monkeypatch.setattr(module, "takes_bfloat16", lambda device: False)
    rng = np.random.default_rng(0)
    X, y = ["".join(rng.choice(list("ACGT"), 20)) for _ in range(30)], np.arange(30) % 2
    estimator = MotifCNNClassifier(
        n_filters=4, max_epochs=1, batch_size=10, kmers=None, motif_bank=None
    ).set_params(n_estimators=1, random_state=0)
    expected = estimator.fit(X, y).decision_function(X)
    estimator.set_params(precision="mixed")
    np.testing.assert_array_equal(estimator.fit(X, y).decision_function(X), expected)


@pytest.mark.parametrize("precision", ["auto", "float32", "float64"])
def test_no_bfloat16_unless_asked_for(precision, monkeypatch):
    entered = []
    autocast = torch.autocast.__enter__
    monkeypatch.setattr(
        torch.autocast,
        "__enter__",
        lambda self: entered.append(self._enabled) or autocast(self),
    )
    X, y = ["ACGTACGTAC", "TTTTTTTTTT"] * 10, [0, 1] * 10
    MotifCNNClassifier(
        n_filters=4, max_epochs=1, kmers=None, motif_bank=None, precision=precision
    ).fit(X, y).predict(X)
    assert not any(entered)
