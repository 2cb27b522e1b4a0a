"""Out of memory on a device: batches are run in parts, and the fit goes on."""

import weakref

import numpy as np
import pytest
import torch
from torch import nn

from sklearn_cnn import MotifCNNClassifier, PretrainedFeatureExtractor
from sklearn_cnn.architectures._kmer_counts import KmerCounts
from sklearn_cnn.architectures._motif_cnn import MotifCNN
from sklearn_cnn.datasets import make_motif_classification
from sklearn_cnn.inputs._device_inputs import DeviceInputs
from sklearn_cnn.inputs._inputs import Inputs
from sklearn_cnn.storage._checkpoint import Checkpoint
from sklearn_cnn.training._batches import Batches
from sklearn_cnn.training._divergence_guard import DivergenceGuard
from sklearn_cnn.training._losses import RegressionLoss
from sklearn_cnn.training._micro_batches import MicroBatches
from sklearn_cnn.training._snapshots import Snapshots
from sklearn_cnn.training._train import TrainingSettings, train

WARNING = r"^the device is out of memory with a batch of {} rows; batches are now run "


def _refuse_above(n_rows, x):
    if len(x) > n_rows:
        raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB")


def test_parts_are_halved_until_they_fit():
    micro_batches = MicroBatches("Nothing changes", "buy memory")
    x = torch.arange(10)
    sizes = []

    def double(part):
        sizes.append(len(part))
        _refuse_above(3, part)
        return 2 * part

    with pytest.warns(UserWarning, match=WARNING.format(10) + ".*Nothing") as caught:
        assert micro_batches.map(double, x).tolist() == (2 * x).tolist()
    assert len(caught) == 1
    # All, halves, quarters.
    assert sizes == [10, 5, 2, 3, 2, 3]
    # The next batch begins with quarters; one of two rows has but two parts.
    micro_batches.map(double, x[:8])
    micro_batches.map(double, x[:2])
    assert sizes[6:] == [2, 2, 2, 2, 1, 1]


@pytest.mark.filterwarnings("ignore:the device is out of memory")
@pytest.mark.parametrize(("n_rows", "sizes"), [(7, [7]), (9, [9, 4])])
def test_what_never_fits_is_an_error_with_advice(n_rows, sizes):
    seen = []

    def refuse(part):
        seen.append(len(part))
        _refuse_above(0, part)

    # No part is as small as three rows.
    micro_batches = MicroBatches("Nothing changes", "buy memory", min_rows=4)
    with pytest.raises(torch.OutOfMemoryError, match=r"2\.00 GiB") as caught:
        micro_batches.map(refuse, torch.zeros(n_rows))
    assert seen == sizes
    at_a_time = {7: 7, 9: 5}[n_rows]
    assert caught.value.__notes__ == [
        f"{at_a_time} rows at a time do not fit into the memory of the device: "
        "buy memory"
    ]


@pytest.mark.filterwarnings("ignore:the device is out of memory")
@pytest.mark.parametrize(
    ("kind", "message"),
    [
        (torch.OutOfMemoryError, "Allocation on device"),
        (RuntimeError, "MPS backend out of memory (MPS allocated: 9.04 GB)"),
        (RuntimeError, "DefaultCPUAllocator: can't allocate memory: you tried to"),
        (RuntimeError, "CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling"),
    ],
)
def test_tensors_are_gone_before_the_next_attempt(kind, message):
    activations = []

    def fail_once(part):
        assert all(tensor() is None for tensor in activations)
        part = part + 1
        activations.append(weakref.ref(part))
        if len(activations) == 1:
            raise kind(message)
        return part.sum(dim=0, keepdim=True)

    assert MicroBatches("", "").map(fail_once, torch.zeros(4)).tolist() == [2, 2]


def test_other_errors_pass():
    def fail(part):
        raise RuntimeError("shapes cannot be multiplied")

    with pytest.raises(RuntimeError, match="multiplied") as caught:
        MicroBatches("", "").map(fail, torch.zeros(4))
    assert not hasattr(caught.value, "__notes__")


class _Refuse(torch.autograd.Function):
    """The identity, which is out of memory on its way back."""

    @staticmethod
    def forward(ctx, x, n_rows):
        ctx.n_rows = n_rows
        return x.view_as(x)

    @staticmethod
    def backward(ctx, gradient):
        _refuse_above(ctx.n_rows, gradient)
        return gradient, None


class _TwoLayers(nn.Module):
    """A network whose first layer runs out of memory once the second has gradients."""

    def __init__(self, n_rows):
        super().__init__()
        self.n_rows = n_rows
        generator = torch.Generator().manual_seed(0)
        for name, shape in {"first": (3, 4), "second": (4, 2)}.items():
            weight = torch.randn(shape, generator=generator, dtype=torch.float64)
            setattr(self, name, nn.Parameter(weight))

    def forward(self, x, weight=None):
        hidden = _Refuse.apply((x[:, :, 0] @ self.first).tanh(), self.n_rows)
        return hidden @ self.second


@pytest.mark.parametrize("loss", ["squared_error", "absolute_error"])
def test_gradients_are_those_of_the_whole_batch(loss):
    rng = np.random.default_rng(0)
    x, targets = rng.normal(size=(40, 3, 1)), rng.normal(size=(40, 2))
    # Some labels are missing, most of them in the first rows.
    targets[:9, 0] = targets[30, 1] = np.nan
    weights = rng.uniform(0.5, 1.5, size=40)
    trained = []
    for n_rows in (20, 6):
        batches = Batches(
            DeviceInputs(Inputs(x), torch.device("cpu"), torch.float64),
            torch.tensor(targets),
            torch.tensor(weights),
            batch_size=20,
            complement_order=None,
            weighted=True,
            generator=torch.Generator().manual_seed(0),
        )
        settings = TrainingSettings(
            max_epochs=3,
            lr=0.1,
            trunk_lr=0.1,
            constant_lr=False,
            weight_decay=0.1,
            mixed=False,
            verbose=0,
            description="",
        )
        micro_batches = MicroBatches("", "")
        network = _TwoLayers(n_rows)
        guard = DivergenceGuard()
        snapshots = Snapshots(Checkpoint(), 0, batches.generator, guard, None)
        run = {"guard": guard, "callbacks": [], "snapshots": snapshots}
        run |= {"micro_batches": micro_batches}
        if n_rows == 20:
            history, *_ = train(network, RegressionLoss(loss), batches, settings, **run)
        else:
            with pytest.warns(UserWarning, match=WARNING.format(20)):
                history, *_ = train(
                    network, RegressionLoss(loss), batches, settings, **run
                )
            assert micro_batches.n_parts == 4
        losses = [record["train_loss"] for record in history]
        trained.append((losses, network.first, network.second))
    whole, in_parts = trained
    assert whole[0][-1] < 0.9 * whole[0][0]
    np.testing.assert_allclose(in_parts[0], whole[0], rtol=1e-12)
    for parameter, of_parts in zip(whole[1:], in_parts[1:], strict=True):
        torch.testing.assert_close(of_parts, parameter, rtol=1e-9, atol=1e-12)


@pytest.fixture(scope="module")
def data():
    return make_motif_classification(90, length=30, motif="TGACGTCA", random_state=0)


def _shrink_device(monkeypatch):
    """Let networks hold 8 rows in training, and 128 in prediction, from now on."""
    forward, sizes = MotifCNN.forward, {True: [], False: []}

    def limited(self, x, weight=None):
        sizes[self.training].append(len(x))
        _refuse_above(8 if self.training else 128, x)
        return forward(self, x, weight)

    monkeypatch.setattr(MotifCNN, "forward", limited)
    return sizes


SETTINGS = {
    "n_filters": (4, 4),
    "kernel_size": (9, 3),
    "max_epochs": 20,
    "random_state": 0,
}
SETTINGS |= {"kmers": 2, "motif_bank": None, "batch_size": 24, "n_estimators": 2}


def test_a_fit_goes_on(data, monkeypatch):
    sizes = _shrink_device(monkeypatch)
    clf = MotifCNNClassifier(**SETTINGS, early_stopping=True)
    with pytest.warns(UserWarning, match="the device is out of memory") as caught:
        clf.fit(*data)
    # One of the training and one of predictions, for both networks and all epochs.
    training, prediction = (str(warning.message) for warning in caught)
    assert "batch normalisation sees the parts" in training
    assert "no more than rounding" in prediction
    assert {warning.filename for warning in caught} == {__file__}
    # 81 rows are batches of 20 or 21: 20 and 10 are too many.
    assert sizes[True][:2] == [21, 10]
    assert set(sizes[True][2:]) == {5, 6}
    # 2**14 positions at a time, padded to 30: 512 rows.
    assert sizes[False][:3] == [512, 256, 128]
    assert set(sizes[False][3:]) == {128}
    losses = [record["train_loss"] for record in clf.history_ if record["member"] == 0]
    assert losses[-1] < 0.95 * losses[0]


def test_predictions_change_by_rounding(data, monkeypatch):
    X, y = data
    clf = MotifCNNClassifier(**SETTINGS).fit(X, y)
    expected = clf.decision_function(X)
    sizes = _shrink_device(monkeypatch)
    with pytest.warns(UserWarning, match="no more than rounding") as caught:
        found = clf.decision_function(X)
    assert len(caught) == 1
    assert set(sizes[False]) == {512, 256, 128}
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-5)


def test_features_of_linear_models(data, monkeypatch):
    X, y = data
    clf = MotifCNNClassifier(**SETTINGS)
    expected = clf.fit(X, y).decision_function(X)
    compute, sizes = KmerCounts.features_from_codes, []

    def limited(self, codes, columns):
        sizes.append(len(codes))
        _refuse_above(50, codes)
        return compute(self, codes, columns)

    monkeypatch.setattr(KmerCounts, "features_from_codes", limited)
    with pytest.warns(UserWarning, match=WARNING.format(90)) as caught:
        clf.fit(X, y)
    assert len(caught) == 1
    # One input tells how many features there are.
    assert sizes == [1, 90, 45, 45]
    with pytest.warns(UserWarning, match=WARNING.format(90)) as caught:
        found = clf.decision_function(X)
    assert len(caught) == 1
    # Counts are whole numbers.
    np.testing.assert_array_equal(found, expected)


def test_batches_too_small_for_batch_normalisation(data, monkeypatch):
    X, y = data
    monkeypatch.setattr(MotifCNN, "forward", lambda self, x, *_: _refuse_above(3, x))
    clf = MotifCNNClassifier(**SETTINGS, linear_models=None)
    with (
        pytest.warns(UserWarning, match=WARNING.format(23)),
        pytest.raises(torch.OutOfMemoryError) as caught,
    ):
        clf.fit(X, y)
    assert caught.value.__notes__[0].startswith("6 rows at a time do not fit")
    assert "lower n_filters" in caught.value.__notes__[0]
    assert not hasattr(clf, "weights_")


def test_features_of_a_pretrained_network(data):
    class Network(nn.Module):
        def __init__(self):
            super().__init__()
            self.layer, self.n_rows = nn.Flatten(), 100

        def forward(self, x):
            x = self.layer(x)
            # Only now: the layer's output has been kept.
            _refuse_above(self.n_rows, x)
            return x

    network = Network()
    extractor = PretrainedFeatureExtractor(network, layer="layer", device="cpu")
    expected = extractor.fit_transform(data[0])
    network.n_rows = 20
    with pytest.warns(UserWarning, match=WARNING.format(64)) as caught:
        found = extractor.transform(data[0])
    assert len(caught) == 1
    np.testing.assert_array_equal(found, expected)
