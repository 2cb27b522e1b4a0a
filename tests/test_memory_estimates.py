"""What a fit or a prediction will hold is estimated first: too much is an error."""

import ctypes
import gc
import re
import sys
from functools import partial

import numpy as np
import pytest

# Fits import it when they need it, and it takes room.
import sklearn.linear_model  # noqa: F401
import torch

from sklearn_cnn import ImageCNNClassifier, MotifCNNClassifier, MotifCNNRegressor
from sklearn_cnn._defaults import gapped_masks
from sklearn_cnn.architectures._gapped_words import GappedWords
from sklearn_cnn.architectures._kmer_counts import KmerCounts
from sklearn_cnn.architectures._motif_bank import MotifBank
from sklearn_cnn.architectures._motif_cnn import MotifCNN
from sklearn_cnn.inputs._inputs import Inputs
from sklearn_cnn.preprocessing import _memory
from sklearn_cnn.preprocessing._alphabet import DNA
from sklearn_cnn.stacking._branches import fit_branch, require_memory_for_branch
from sklearn_cnn.training._losses import BinaryCrossEntropy
from sklearn_cnn.training._micro_batches import MicroBatches
from sklearn_cnn.training._progress import Steps

RNG = np.random.default_rng(0)
ALONE = {"max_epochs": 1, "early_stopping": False, "n_estimators": 1, "device": "cpu"}
ALONE |= {"random_state": 0, "n_filters": 2, "batch_size": 16}
SEQUENCES = {"linear_models": None, "alphabet": "dna", "reverse_complement": False}


def _make_sequences(n, length):
    letters = np.random.default_rng(0).choice(list("ACGT"), (n, length))
    return ["".join(row) for row in letters]


def _fit(X, *, cls=MotifCNNClassifier, y=None, **parameters):
    defaults = ALONE if cls is ImageCNNClassifier else ALONE | SEQUENCES
    y = np.arange(len(X)) % 2 if y is None else y
    return cls(**(defaults | parameters)).fit(X, y)


@pytest.fixture
def free(monkeypatch):
    """Say how many bytes are free, however few."""
    monkeypatch.setattr(_memory, "_FEW", 0)

    def set_free(n_bytes):
        monkeypatch.setattr(_memory, "available_memory", lambda: n_bytes)

    return set_free


def _estimate(call, free):
    """Megabytes that a call says it needs."""
    # Enough for codes and outputs.
    free(15e6)
    with pytest.raises(MemoryError) as caught:
        call()
    free(None)
    number, unit = re.search(r"at least ([\d.,]+) (MB|GB)", str(caught.value)).groups()
    return float(number.replace(",", "")) * {"MB": 1, "GB": 1000}[unit]


def _peak(call):
    """Megabytes by which a call makes this process grow, for a while."""
    # What was freed before is given back, and the peak forgotten.
    gc.collect()
    ctypes.CDLL(None).malloc_trim(0)
    with open("/proc/self/clear_refs", "w") as file:
        file.write("5")
    before = _status("VmRSS")
    call()
    return _status("VmHWM") - before


def _status(name):
    with open("/proc/self/status") as file:
        return int(re.search(rf"{name}:\s+(\d+) kB", file.read())[1]) / 1000


def _fit_branch(features, n, check_alone):
    codes = RNG.integers(0, 4, size=(n, 100), dtype=np.uint8)
    inputs, device = Inputs(codes, DNA), torch.device("cpu")
    if check_alone:
        require_memory_for_branch("kmers", features, inputs, 3, 1, device)
        return
    targets = torch.arange(n)[:, None] % 2.0
    fit_branch(
        features,
        *(inputs, targets, torch.ones(n), torch.arange(n) % 3),
        *(BinaryCrossEntropy(), 1, Steps("", "step", 0), MicroBatches("", "")),
    )


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
@pytest.mark.parametrize(
    ("X", "parameters"),
    [
        pytest.param(_make_sequences(32, 2000), {"n_filters": 700}, id="many-filters"),
        pytest.param(
            _make_sequences(32, 3000),
            {"n_filters": (128,) * 3, "pool_size": (4, 4, 1)},
            id="layers",
        ),
        pytest.param(
            [s[: 3000 - 20 * i] for i, s in enumerate(_make_sequences(32, 3000))],
            {"n_filters": 700},
            id="unequal-lengths",
        ),
        pytest.param(
            _make_sequences(40, 2000),
            {"n_filters": 64, "batch_size": "auto", "reverse_complement": True},
            id="one-batch-of-both-strands",
        ),
        pytest.param(
            _make_sequences(32, 500),
            {"n_filters": 64, "pooling": "flatten", "dense_units": 512},
            id="many-weights",
        ),
        pytest.param(
            RNG.normal(size=(32, 96, 96)),
            {"cls": ImageCNNClassifier, "n_filters": (64, 64)},
            id="images",
        ),
        pytest.param(
            _make_sequences(16, 1500),
            {
                "cls": MotifCNNRegressor,
                "output": "profile",
                "n_filters": 128,
                "y": RNG.normal(size=(16, 1500)),
            },
            id="profiles",
        ),
    ],
)
def test_training_holds_what_was_estimated(X, parameters, free):
    fit = partial(_fit, X, **parameters)
    estimate = _estimate(fit, free)
    assert estimate > 60
    peak = _peak(fit)
    assert estimate < peak < 2.2 * estimate


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
@pytest.mark.parametrize(
    ("features", "n"),
    [
        pytest.param(KmerCounts(4, 6, both_strands=True), 6000, id="kmers"),
        pytest.param(
            GappedWords(4, gapped_masks(6000, 100), both_strands=True),
            6000,
            id="gapped-words",
        ),
        pytest.param(
            MotifBank(RNG.normal(size=(8000, 4)), [4] * 2000, both_strands=False),
            300,
            id="elastic-net-of-motifs",
        ),
    ],
)
def test_linear_models_hold_what_was_estimated(features, n, free):
    small = MotifBank(RNG.normal(size=(32, 4)), [4] * 8, both_strands=False)
    _fit_branch(small, 30, False)  # What the first one loads does not count.
    estimate = _estimate(partial(_fit_branch, features, n, True), free)
    assert estimate > 25
    # What the elastic net's products leave is given back sooner or later.
    assert estimate < _peak(partial(_fit_branch, features, n, False)) < 3 * estimate


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
@pytest.mark.parametrize("part", ["activations", "outputs"])
def test_prediction_holds_what_was_estimated(part, free):
    if part == "activations":
        X = _make_sequences(1, 100_000)
        model = _fit(_make_sequences(20, 50), n_filters=256, position=False)
    else:
        X, y = _make_sequences(2000, 1000), RNG.normal(size=(20, 50))
        model = _fit(
            _make_sequences(20, 50), y=y, cls=MotifCNNRegressor, output="profile"
        )
    predict = partial(model._predict_outputs, X)
    estimate = _estimate(predict, free)
    peak = _peak(predict)
    assert estimate > 40
    assert estimate < peak < 2.2 * estimate


@pytest.mark.parametrize(
    ("X", "parameters", "message"),
    [
        (
            _make_sequences(40, 50),
            {"n_filters": 1000, "precision": "float64"},
            # 40 are 3 batches of 13 or 14; of double precision, 1000 filters give 5.2
            # MB for each of conv, norm and exp, and both gradients of the last.
            r"training on batches of 13 inputs of 50 positions .* batch_size or "
            r"n_filters, raise pool_size, .* precision='float32'$",
        ),
        (
            _make_sequences(20, 100),
            {"n_filters": 20, "pooling": "flatten", "dense_units": 500},
            # 20 x 100 x 500 weights of 4 bytes, their gradients and moments.
            r"at least 1[67] MB .* n_filters or dense_units, .* than 'flatten'$",
        ),
        (
            ["A", "C" * 500_000] * 10,
            {},
            # A byte a letter, and a byte to say where there is one.
            r"^padding the 20 sequences of X to the 500,000 letters of the longest "
            r"would take at least 20 MB of memory, but 10 MB are free; cut long",
        ),
        (
            [np.zeros(10), np.zeros(100_000)] * 10,
            {"alphabet": "auto", "reverse_complement": "auto"},
            r"^padding the 20 signals of X to the 100,000 pos.* at least 16 MB",
        ),
        (
            _make_sequences(600, 60),
            {"linear_models": "auto", "kmers": 6, "motif_bank": None},
            # 4^1 + ... + 4^6 k-mers of 4 bytes, held twice.
            r"^the linear model 'kmers', with 5,460 features of 600 samples, would "
            r"take at least 26 MB .* lower number of kmers, or linear_models=None$",
        ),
    ],
)
def test_what_does_not_fit_is_refused(X, parameters, message, free):
    free(10e6)
    with pytest.raises(MemoryError, match=message):
        _fit(X, **parameters)


def test_what_fits_is_not_refused(free):
    X = _make_sequences(40, 50)
    estimate = _estimate(partial(_fit, X, n_filters=6000), free)
    free((estimate + 1) * 1e6)
    assert hasattr(_fit(X, n_filters=6000), "weights_")
    free((estimate - 1) * 1e6)
    with pytest.raises(MemoryError):
        _fit(X, n_filters=6000)
    # No one knows, as on macOS and Windows.
    free(None)
    assert hasattr(_fit(X, n_filters=6000), "weights_")


def test_a_prediction_takes_smaller_batches(free, monkeypatch):
    X = _make_sequences(40, 50)
    # Networks of one layer have another way to predict.
    clf = _fit(X, n_filters=(100, 4))
    forward, sizes = MotifCNN.forward, []

    def counted(self, x, weight=None):
        sizes.append(len(x))
        return forward(self, x, weight)

    monkeypatch.setattr(MotifCNN, "forward", counted)
    expected = clf.decision_function(X)
    # 2**14 positions at a time are 256 rows of 50; one takes 2 x 100 x 50 x 4 bytes.
    assert sizes == [256]
    free(16 * 40_000)
    np.testing.assert_allclose(clf.decision_function(X), expected, rtol=1e-5, atol=1e-6)
    assert sizes[1:] == [16, 16, 16]
    free(39_999)
    with pytest.raises(MemoryError, match=r"^predicting an input of 50 pos"):
        clf.decision_function(X)
    free(3 * 8 * len(X) - 1)
    with pytest.raises(MemoryError, match=r"^predicting 40 inputs with 1 out"):
        clf.decision_function(X)
