"""Training on a GPU never waits for it within an epoch, and gives the same numbers."""

from functools import partial

import numpy as np
import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_flatten

from sklearn_cnn import MotifCNNClassifier
from sklearn_cnn.architectures._sequence_cnn_config import SequenceCNNConfig
from sklearn_cnn.datasets import make_motif_classification
from sklearn_cnn.inputs._device_inputs import DeviceInputs
from sklearn_cnn.inputs._inputs import Inputs
from sklearn_cnn.preprocessing._alphabet import DNA
from sklearn_cnn.training import _train
from sklearn_cnn.training._batches import Batches
from sklearn_cnn.training._losses import BinaryCrossEntropy
from sklearn_cnn.training._micro_batches import micro_batches_of_training
from sklearn_cnn.training._net import Net

SETTINGS = {
    "max_epochs": 3,
    "batch_size": 64,
    "n_filters": 16,
    "kmers": None,
    "motif_bank": None,
    "early_stopping": False,
    "random_state": 0,
}


class NoTransfers(TorchDispatchMode):
    """Raises where an operation takes tensors of two devices, or makes one of one."""

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        out = func(*args, **(kwargs or {}))
        values = tree_flatten((args, kwargs, out))[0]
        # A number as a tensor without axes is an argument of a kernel.
        devices = {v.device.type for v in values if torch.is_tensor(v) and v.ndim}
        if len(devices) > 1:
            raise AssertionError(f"{func} moves values between devices")
        return out


@pytest.mark.parametrize("ragged", [False, True])
@pytest.mark.parametrize("layers", [1, 2])
@pytest.mark.parametrize("pool_size", [1, 2])
def test_no_transfer_within_an_epoch(monkeypatch, ragged, layers, pool_size):
    """Where tensors have no values: to look at one raises."""
    device = torch.device("meta")
    if ragged:
        # Once an epoch, at its beginning, there is a look.
        longest = [30, 30, 29, 30]
        monkeypatch.setattr(DeviceInputs, "longest", lambda *args: longest)
    codes = np.random.default_rng(0).integers(0, 4, (50, 30), dtype=np.uint8)
    lengths = np.where(np.arange(50) % 2, 30, 20)
    inputs = Inputs(codes, DNA, lengths if ragged else None)
    batches = Batches(
        DeviceInputs(inputs, device, torch.float32),
        torch.ones(50, 1, device=device),
        torch.ones(50, device=device),
        batch_size=16,
        complement_order=[3, 2, 1, 0],
        weighted=ragged,
        generator=None,
    )
    config = SequenceCNNConfig(
        n_channels=4,
        n_symbols=4,
        n_outputs=1,
        n_filters=(8,) * layers,
        kernel_sizes=(5,) * layers,
        pool_sizes=(pool_size,) * layers,
        activation="exponential",
        pooling="max_mean",
        dense_units=8,
        length=None if ragged else 30,
        profile=False,
    )
    net = Net(
        config.build(0.2, masked=ragged),
        criterion=BinaryCrossEntropy(0.1),
        optimizer=torch.optim.AdamW,
        micro_batches=micro_batches_of_training(),
        device=device,
        verbose=0,
    ).initialize()
    with NoTransfers():
        for batch in batches:
            net.train_step_single(batch)
            net.optimizer_.step()


def test_transfers_are_noticed():
    x = torch.ones(3, device="meta")
    with NoTransfers():
        with pytest.raises(NotImplementedError, match="no data"):
            x.cpu()
        with pytest.raises(RuntimeError, match="item"):
            x.sum().item()
        with pytest.raises(AssertionError, match="moves values between devices"):
            x.copy_(torch.ones(3))


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA GPU")
class TestOnGPU:
    @pytest.mark.parametrize("ragged", [False, True])
    def test_no_synchronisation_within_an_epoch(self, monkeypatch, ragged):
        X, y = make_motif_classification(300, 60, random_state=0)
        if ragged:
            X = [x[: 40 + i % 20] for i, x in enumerate(X)]
        batches_of_epoch = Batches.__iter__

        def watched(batches):
            # The first batch is made when the epoch begins.
            for i, batch in enumerate(batches_of_epoch(batches)):
                if i == 0:
                    torch.cuda.set_sync_debug_mode("error")
                yield batch
            torch.cuda.set_sync_debug_mode("default")

        monkeypatch.setattr(Batches, "__iter__", watched)
        try:
            MotifCNNClassifier(**SETTINGS, device="cuda").fit(X, y)
        finally:
            torch.cuda.set_sync_debug_mode("default")

    def test_predictions_are_those_of_the_cpu(self):
        X, y = make_motif_classification(500, 60, random_state=0)
        clf = MotifCNNClassifier(**SETTINGS, device="cuda").fit(X, y)
        on_gpu = clf.decision_function(X)
        on_cpu = clf.set_params(device="cpu").decision_function(X)
        np.testing.assert_allclose(on_gpu, on_cpu, atol=2e-3)

    def test_graphs_give_the_same_weights(self, monkeypatch):
        """A capture that fails warns, which is an error here."""
        X, y = make_motif_classification(500, 60, random_state=0)
        with_graphs = MotifCNNClassifier(**SETTINGS, device="cuda").fit(X, y)
        monkeypatch.setattr(_train, "_takes_graphs", lambda *args: False)
        without = MotifCNNClassifier(**SETTINGS, device="cuda").fit(X, y)
        np.testing.assert_allclose(
            with_graphs.decision_function(X), without.decision_function(X), atol=2e-3
        )

    def test_trains_as_well_as_the_cpu(self):
        X, y = make_motif_classification(1000, 60, random_state=0)
        fit = partial(MotifCNNClassifier, **SETTINGS | {"max_epochs": 10})
        scores = [
            fit(device=device).fit(X[:800], y[:800]).score(X[800:], y[800:])
            for device in ("cpu", "cuda")
        ]
        assert abs(scores[0] - scores[1]) < 0.05
