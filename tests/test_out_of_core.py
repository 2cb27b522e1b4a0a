"""A fit on what stays in a file is the fit on the same rows in memory, bit by bit."""

import os

import numpy as np
import pandas as pd
import pytest
import torch
from sklearn.model_selection import GridSearchCV, GroupKFold, cross_val_score

from sklearn_cnn import MotifCNNClassifier, MotifCNNRegressor
from sklearn_cnn.datasets import GenomeWindows
from sklearn_cnn.inputs._device_inputs import DeviceInputs
from sklearn_cnn.inputs._inputs import Inputs
from sklearn_cnn.inspection import attributions
from sklearn_cnn.preprocessing import SequenceEncoder, _stored_sequences
from sklearn_cnn.preprocessing._alphabet import DNA
from sklearn_cnn.preprocessing._stored_sequences import StoredCodes
from sklearn_cnn.storage import _checkpoint
from sklearn_cnn.training import _members

N, LENGTH = 300, 20
SMALL = {
    "n_filters": 2,
    "kernel_size": 5,
    "batch_size": 32,
    "max_epochs": 2,
    "early_stopping": False,
    "linear_models": None,
    "n_estimators": 1,
    "device": "cpu",
    "random_state": 0,
}


class Chunked:
    """A stand-in for an array of zarr or HDF5, which gives slices of rows."""

    chunks = (50, LENGTH)

    def __init__(self, table):
        self.table = table
        self.shape, self.dtype = table.shape, table.dtype

    def __getitem__(self, rows):
        assert isinstance(rows, slice)
        return self.table[rows]


@pytest.fixture(scope="module")
def windows(tmp_path_factory):
    rng = np.random.default_rng(0)
    path = tmp_path_factory.mktemp("genome") / "genome.fa"
    genome = {c: "".join(rng.choice(list("ACGT"), 900)) for c in ("chr1", "chr2")}
    path.write_text("".join(f">{c}\n{letters}\n" for c, letters in genome.items()))
    chroms, starts = rng.choice(list(genome), N), rng.integers(0, 880, N)
    letters = [genome[c][i : i + LENGTH] for c, i in zip(chroms, starts, strict=True)]
    peaks = pd.DataFrame(
        {
            "chrom": chroms,
            "start": starts,
            "end": starts + LENGTH,
            "strand": rng.choice(["+", "-"], N),
            "y": ["GC" in x[5:15] for x in letters],
        }
    )
    return GenomeWindows(peaks, path, length=LENGTH, labels="y")


@pytest.fixture(autouse=True)
def small_parts(monkeypatch):
    """Seven rows at a time."""
    monkeypatch.setattr(_stored_sequences, "_LETTERS_AT_ONCE", 7 * LENGTH)


@pytest.fixture(scope="module")
def tables(windows, tmp_path_factory):
    """Codes in memory, mapped from a file and in chunks; some rows are shorter."""
    codes = SequenceEncoder(encoding="codes").fit_transform(list(windows))
    codes = codes.astype(np.uint8)
    codes[::3, 15:] = DNA.padding_code
    path = tmp_path_factory.mktemp("codes") / "codes.npy"
    np.save(path, codes)
    return {
        "memory": codes,
        "mapped": np.load(path, mmap_mode="r"),
        "chunked": Chunked(codes),
    }


def check_same(fitted, other, X, X_other):
    assert fitted.weights_.keys() == other.weights_.keys()
    for key, weights in fitted.weights_.items():
        assert np.array_equal(weights, other.weights_[key]), key
    assert fitted.history_ == other.history_
    hashes = (getattr(x, "training_hashes_", None) for x in (fitted, other))
    assert np.array_equal(*hashes)
    outputs = fitted._predict_outputs(X), other._predict_outputs(X_other)
    assert np.array_equal(*outputs, equal_nan=True)


@pytest.mark.parametrize(
    "parameters",
    [
        pytest.param({}, id="one-network"),
        pytest.param({"early_stopping": True, "monitor": "roc_auc"}, id="held-out"),
        pytest.param(
            {"linear_models": "auto", "kmers": 2, "motif_bank": None}, id="stack"
        ),
        pytest.param({"position": False, "reverse_complement": False}, id="free"),
        pytest.param({"batch_size": "auto"}, id="one-batch"),
    ],
)
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_windows_as_strings(parameters, windows):
    X = list(windows)
    in_memory = MotifCNNClassifier(**SMALL | parameters).fit(X, windows.labels)
    stored = MotifCNNClassifier(**SMALL | parameters).fit(windows, windows.labels)
    check_same(in_memory, stored, X, windows)


@pytest.mark.parametrize("kind", ["mapped", "chunked"])
@pytest.mark.parametrize("stacks", [False, True])
def test_tables_of_codes(kind, stacks, tables, windows):
    parameters = SMALL | {"alphabet": "dna"}
    if stacks:
        parameters |= {"linear_models": "auto", "kmers": 2, "motif_bank": None}
    y = windows.labels
    in_memory = MotifCNNClassifier(**parameters)
    in_memory.fit(tables["memory"], y, groups=np.arange(N))
    stored = MotifCNNClassifier(**parameters)
    stored.fit(tables[kind], y, groups=np.arange(N))
    assert in_memory.length_ is stored.length_ is None
    assert in_memory.n_features_in_ == stored.n_features_in_ == LENGTH
    check_same(in_memory, stored, tables["memory"], tables[kind])


def test_profiles(tables, windows):
    parameters = SMALL | {"alphabet": "dna", "output": "profile"}
    lengths = (tables["memory"] != DNA.padding_code).sum(axis=1)
    y = [np.arange(length) % 3.0 for length in lengths]
    in_memory = MotifCNNRegressor(**parameters).fit(tables["memory"], y)
    stored = MotifCNNRegressor(**parameters).fit(tables["mapped"], y)
    check_same(in_memory, stored, tables["memory"], tables["mapped"])
    assert [len(profile) for profile in stored.predict(tables["mapped"])] == list(
        lengths
    )


def test_whole_numbers_of_other_types(tables, windows, tmp_path):
    clf = MotifCNNClassifier(**SMALL, alphabet="dna")
    clf.fit(tables["memory"], windows.labels)
    expected = clf.decision_function(tables["memory"])
    np.save(tmp_path / "codes.npy", tables["memory"].astype(np.int64))
    mapped = np.load(tmp_path / "codes.npy", mmap_mode="r")
    assert np.array_equal(clf.decision_function(mapped), expected)
    stored = MotifCNNClassifier(**SMALL, alphabet="dna").fit(mapped, windows.labels)
    check_same(clf, stored, tables["memory"], mapped)


def test_validation_data_weights_and_groups(windows):
    X, y = list(windows), windows.labels
    arguments = {
        "sample_weight": np.arange(200) % 3,
        "y_val": y[200:],
        "groups": windows[:200].table["chrom"],
    }
    parameters = SMALL | {"early_stopping": True}
    in_memory = MotifCNNClassifier(**parameters)
    in_memory.fit(X[:200], y[:200], X_val=X[200:], **arguments)
    stored = MotifCNNClassifier(**parameters)
    stored.fit(windows[:200], y[:200], X_val=windows[200:], **arguments)
    check_same(in_memory, stored, X, windows)
    in_memory.set_params(early_stopping=False).partial_fit(X, y)
    stored.set_params(early_stopping=False).partial_fit(windows, y)
    check_same(in_memory, stored, X, windows)


def test_scores_and_searches(windows):
    X, y = list(windows), windows.labels
    clf, groups = MotifCNNClassifier(**SMALL), windows.table["chrom"]
    options = {"groups": groups, "cv": GroupKFold(2)}
    stored = cross_val_score(clf, windows, y, **options)
    assert np.array_equal(stored, cross_val_score(clf, X, y, **options))
    search = GridSearchCV(clf, {"n_filters": [1, 2]}, cv=2).fit(windows, y)
    expected = GridSearchCV(clf, {"n_filters": [1, 2]}, cv=2).fit(X, y)
    scores = (s.cv_results_["mean_test_score"] for s in (search, expected))
    assert np.array_equal(*scores)


def test_other_functions_read_all(windows):
    clf = MotifCNNClassifier(**SMALL).fit(windows, windows.labels)
    chosen = windows[:5]
    assert np.array_equal(attributions(clf, chosen), attributions(clf, list(chosen)))
    encoder = SequenceEncoder().fit(chosen)
    assert np.array_equal(encoder.transform(chosen), encoder.transform(list(chosen)))


def test_windows_of_another_length(windows):
    clf = MotifCNNClassifier(**SMALL, position=True).fit(windows, windows.labels)
    shorter = GenomeWindows(windows.table, windows._path, length=10)
    expected = clf.decision_function(list(shorter))
    assert np.array_equal(clf.decision_function(shorter), expected)
    kept = MotifCNNClassifier(**SMALL | {"early_stopping": True}, position=True)
    kept.fit(windows, windows.labels, X_val=shorter, y_val=windows.labels)


def test_a_fit_goes_on_from_its_checkpoint(windows, tmp_path, monkeypatch):
    parameters = SMALL | {"n_estimators": 2, "checkpoint": tmp_path}
    whole = MotifCNNClassifier(**parameters | {"checkpoint": None})
    whole.fit(windows, windows.labels)

    class KilledError(Exception):
        pass

    train, calls = _members.train, []

    def killed(*args, **kwargs):
        calls.append(0)
        if len(calls) == 2:
            raise KilledError
        return train(*args, **kwargs)

    monkeypatch.setattr(_members, "train", killed)
    monkeypatch.setattr(_checkpoint, "_INTERVAL", 0)
    clf = MotifCNNClassifier(**parameters)
    with pytest.raises(KilledError):
        clf.fit(windows, windows.labels)
    clf.fit(windows, windows.labels)
    # The first network, the second one in vain, and the second one.
    assert len(calls) == 3
    check_same(whole, clf, windows, windows)


def test_other_devices_take_the_codes_part_by_part(tables):
    values = StoredCodes(tables["mapped"])
    lengths = np.full(N, LENGTH)
    inputs = DeviceInputs(Inputs(values, DNA, lengths), torch.device("meta"), None)
    assert inputs.values.shape == (N, LENGTH)
    assert (inputs.values.dtype, inputs.values.device.type) == (torch.uint8, "meta")


@pytest.mark.skipif(not os.path.isdir("/proc/self/fd"), reason="no /proc")
def test_the_file_ends_with_the_fit(windows):
    def n_open():
        return len(os.listdir("/proc/self/fd"))

    before = n_open()
    MotifCNNClassifier(**SMALL).fit(windows, windows.labels).predict(windows)
    assert n_open() == before


def test_what_does_not_go(windows, tables, tmp_path):
    clf, y = MotifCNNClassifier(**SMALL), windows.labels
    with pytest.raises(ValueError, match="X is empty; at least one sequence"):
        clf.fit(windows[:0], y[:0])
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        clf.fit(windows, y[:-1])
    rna = MotifCNNClassifier(**SMALL, alphabet="rna")
    with pytest.raises(ValueError, match="the letter 'T' at position"):
        rna.fit(windows, y)
    signals = MotifCNNClassifier(**SMALL).fit(np.eye(N, LENGTH), y)
    with pytest.raises(ValueError, match="X holds strings, but the estimator was"):
        signals.predict(windows)
    codes = tables["memory"].copy()
    codes[100, 3] = 99
    np.save(tmp_path / "codes.npy", codes)
    mapped = np.load(tmp_path / "codes.npy", mmap_mode="r")
    dna = MotifCNNClassifier(**SMALL, alphabet="dna")
    with pytest.raises(ValueError, match=r"X\[100, 3\] is 99, but with alphabet="):
        dna.fit(mapped, y)
    dna.fit(tables["memory"], y)
    with pytest.raises(ValueError, match=r"X\[98:105\]\[2, 3\] is 99, but with"):
        dna.predict(mapped)


def test_mapped_columns_are_no_codes(windows, tmp_path):
    """A map of one-hot columns is read as it is from memory."""
    columns = SequenceEncoder().fit_transform(list(windows)).astype(np.int8)
    np.save(tmp_path / "columns.npy", columns)
    mapped = np.load(tmp_path / "columns.npy", mmap_mode="r")
    parameters = SMALL | {"alphabet": "dna"}
    in_memory = MotifCNNClassifier(**parameters).fit(columns, windows.labels)
    other = MotifCNNClassifier(**parameters).fit(mapped, windows.labels)
    check_same(in_memory, other, columns, mapped)


def test_a_genome_that_goes_during_a_fit_is_not_missed(windows, tmp_path):
    """The codes are in a file of the fit's own; before, there is a clear error."""
    path = tmp_path / "genome.fa"
    path.write_bytes(windows._path.read_bytes())
    moved = GenomeWindows(windows.table, path, length=LENGTH)
    path.unlink()
    clf = MotifCNNClassifier(**SMALL)
    with pytest.raises(FileNotFoundError, match="is no longer there"):
        clf.fit(moved, windows.labels)
    assert not hasattr(clf, "weights_")
