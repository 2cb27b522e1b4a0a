"""Mixed precision in the training loop."""

import numpy as np
import pytest
import torch
from torch import nn

from sklearn_cnn import ImageCNNClassifier, MotifCNNClassifier
from sklearn_cnn.inputs._device_inputs import DeviceInputs
from sklearn_cnn.inputs._inputs import Inputs
from sklearn_cnn.storage._checkpoint import Checkpoint
from sklearn_cnn.training._batches import Batches
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
