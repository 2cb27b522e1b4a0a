"""What a fit holds in memory: bytes a letter, and what stays of the samples."""

import pickle
import tracemalloc

import numpy as np
import pandas as pd
import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from sklearn_cnn import MotifCNNClassifier, _defaults, _fit
from sklearn_cnn.datasets import GenomeWindows
from sklearn_cnn.inputs import _training_hashes
from sklearn_cnn.preprocessing import _stored_sequences
from sklearn_cnn.stacking import _branches

# So many that a batch for linear models (512 rows) is smaller than the training set.
N, LENGTH = 700, 400
# Of a small network, so that what counts is what the sequences need.
SMALL = {
    "n_filters": 2,
    "kernel_size": 5,
    "position": False,
    "alphabet": "dna",
    "reverse_complement": True,
    "batch_size": 16,
    "max_epochs": 1,
    "early_stopping": False,
    "linear_models": None,
    "n_estimators": 1,
    "device": "cpu",
    "random_state": 0,
}


class LargestTensors(TorchDispatchMode):
    """Bytes of the largest tensor of each dtype that an operation returns inside."""

    def __init__(self):
        super().__init__()
        self.n_bytes = {}

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        returned = func(*args, **(kwargs or {}))
        for tensor in filter(torch.is_tensor, tree_leaves(returned)):
            n_bytes = tensor.untyped_storage().nbytes()
            largest = self.n_bytes.get(tensor.dtype, 0)
            self.n_bytes[tensor.dtype] = max(largest, n_bytes)
        return returned


def _make_sequences(n, length):
    letters = np.random.default_rng(0).choice(list("ACGT"), (n, length))
    return ["".join(row) for row in letters], np.arange(n) % 2


@pytest.fixture(scope="module")
def data():
    X, y = _make_sequences(N, LENGTH)
    # What the first fit of a process imports is not counted.
    MotifCNNClassifier(**SMALL).fit(X[:50], y[:50])
    return X, y


@pytest.mark.parametrize(
    ("parameters", "n_trained_on"),
    [
        pytest.param({}, N, id="all"),
        pytest.param({"early_stopping": True}, N * 9 // 10, id="held-out"),
        pytest.param(
            {"linear_models": "auto", "kmers": 1, "motif_bank": None},
            N * 4 // 5,
            id="fold-left-out",
        ),
    ],
)
def test_a_letter_is_a_byte(data, parameters, n_trained_on, one_thread):
    X, y = data
    clf = MotifCNNClassifier(**SMALL).set_params(**parameters)
    tracemalloc.start()
    try:
        with LargestTensors() as largest:
            clf.fit(X, y)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    n_letters = N * LENGTH
    # NumPy and Python: codes, a copy while they are made or divided, and little else.
    assert n_letters < peak < 4 * n_letters
    # PyTorch: codes on the device, and one-hot columns of a batch at a time.
    assert largest.n_bytes[torch.uint8] == n_trained_on * LENGTH
    one_hot_of_all = 4 * 4 * n_letters
    assert largest.n_bytes[torch.float32] < one_hot_of_all / 2


@pytest.mark.parametrize("kind", ["windows", "mapped"])
def test_a_fit_does_not_hold_the_letters(kind, data, tmp_path, monkeypatch):
    n, length = 40, 25_600
    monkeypatch.setattr(_stored_sequences, "_LETTERS_AT_ONCE", 2 * length)
    letters = np.random.default_rng(0).choice(list(b"ACGT"), n * length)
    letters = letters.astype(np.uint8)
    X = tmp_path / "genome.fa"
    X.write_bytes(b">chr1\n" + letters.tobytes() + b"\n")
    starts = np.arange(n) * length
    peaks = {"chrom": "chr1", "start": starts, "end": starts + length}
    X = GenomeWindows(pd.DataFrame(peaks), X, length=length)
    if kind == "mapped":
        np.save(tmp_path / "codes.npy", X.codes())
        X = np.load(tmp_path / "codes.npy", mmap_mode="r")
    parameters = {"alphabet": "dna", "batch_size": 2, "reverse_complement": True}
    clf = MotifCNNClassifier(
        **SMALL | parameters | {"pooling": "max", "dense_units": None}
    )
    y = np.arange(n) % 2
    tracemalloc.start()
    try:
        with LargestTensors() as largest:
            clf.fit(X, y)
            clf.predict(X)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    # In memory it is more than all letters; see above.
    assert peak < n * length * 3 / 4
    assert largest.n_bytes[torch.uint8] <= 2 * length


def test_the_training_set_holds_codes(data, monkeypatch):
    X, y = data
    seen = []

    def train_members(plan, maker, samples, *args, **kwargs):
        seen.append(samples)
        return _train_members(plan, maker, samples, *args, **kwargs)

    _train_members = _fit.train_members
    monkeypatch.setattr(_fit, "train_members", train_members)
    MotifCNNClassifier(**SMALL).fit(X[:100], y[:100])
    (samples,) = seen
    codes = samples.inputs.values
    assert (codes.dtype, codes.nbytes) == (np.uint8, 100 * LENGTH)
    others = samples.rows, samples.hashes, samples.weights, samples.targets
    assert [array.nbytes for array in others] == [100 * 8] * 4


def test_linear_models_hold_features_of_a_part_of_the_samples(data, monkeypatch):
    X, y = data
    seen = []

    def fit_ridge(features, *args):
        seen.append(features)
        return _fit_ridge(features, *args)

    _fit_ridge = _branches.fit_ridge
    monkeypatch.setattr(_branches, "fit_ridge", fit_ridge)
    monkeypatch.setattr(_defaults, "MAX_LINEAR_SAMPLES", 60)
    clf = MotifCNNClassifier(**SMALL).set_params(
        linear_models="auto", kmers=2, motif_bank=None
    )
    clf.fit(X[:100], y[:100])
    (features,) = seen
    # Of 4 letters and 16 pairs, those of opposite strands are one: 2 and 10.
    assert features.shape == (60, 2 + 10)
    assert features.dtype == torch.float32


def test_what_stays_does_not_grow_with_the_samples(monkeypatch):
    monkeypatch.setattr(_training_hashes, "_MAX_HASHES", 150)
    n_bytes = []
    for n in (100, 1000):
        X, y = _make_sequences(n, 20)
        clf = MotifCNNClassifier(**SMALL).set_params(
            linear_models="auto", kmers=1, motif_bank=None
        )
        clf.fit(X, y)
        assert clf.training_hashes_.nbytes == 8 * min(n, 150)
        data = pickle.dumps(clf)
        assert b"torch" not in data
        n_bytes.append(len(data) - clf.training_hashes_.nbytes)
    # But for the digits of numbers.
    assert abs(n_bytes[1] - n_bytes[0]) < 100
