"""A fit that is killed and started again ends as if nothing had happened."""

import json
import signal
import subprocess
import sys
import textwrap
from functools import partial

import numpy as np
import pytest
import torch
from safetensors.numpy import load_file
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV
from skorch.callbacks import EpochTimer

from sklearn_cnn import (
    ImageCNNClassifier,
    ImageCNNRegressor,
    MotifCNNClassifier,
    MotifCNNRegressor,
    load_model,
    save_model,
)
from sklearn_cnn.datasets import make_motif_classification
from sklearn_cnn.stacking import _fit_stack
from sklearn_cnn.storage import _checkpoint

SEQUENCES, LABELS = make_motif_classification(120, length=30, random_state=0)
OTHERS, OTHER_LABELS = make_motif_classification(60, length=30, random_state=1)
RNG = np.random.default_rng(0)
SIGNALS = RNG.normal(size=(60, 20))
IMAGES = RNG.random((60, 8, 8))
MANY = np.column_stack([LABELS, 1 - LABELS]).astype(float)
MANY[:9, 0] = np.nan
LEAN = {"n_filters": 4, "kernel_size": 5, "max_epochs": 3, "batch_size": 32}
LEAN |= {"random_state": 0}
ALONE = LEAN | {"linear_models": None, "n_estimators": 2}
SOURCE = MotifCNNClassifier(**ALONE).fit(
    *make_motif_classification(60, length=30, random_state=2)
)
VALIDATION = {"X_val": OTHERS, "y_val": OTHER_LABELS}


class Killed(BaseException):
    """Stands in for the end of the process."""


class Borrowed(torch.nn.Sequential):
    """A network that others trained, in which dropout draws."""

    def __init__(self):
        torch.manual_seed(0)
        super().__init__(
            torch.nn.Conv1d(4, 4, 5),
            torch.nn.BatchNorm1d(4),
            torch.nn.ReLU(),
            torch.nn.Dropout(0.3),
        )


FITS = {
    "stack": (
        MotifCNNClassifier(**LEAN, kmers=2, motif_bank=None),
        (SEQUENCES, LABELS),
        {},
    ),
    "early stopping": (
        MotifCNNClassifier(**LEAN, kmers=2, motif_bank=None, early_stopping=True),
        (SEQUENCES, LABELS),
        {},
    ),
    "stops early": (
        MotifCNNClassifier(
            **(ALONE | {"max_epochs": 9, "lr": 0.3}),
            monitor="roc_auc",
            n_iter_no_change=1,
        ),
        (SEQUENCES, LABELS),
        VALIDATION,
    ),
    "two phases": (
        MotifCNNClassifier(**LEAN, pretrained=SOURCE, linear_models=None),
        (SEQUENCES, LABELS),
        VALIDATION,
    ),
    "borrowed": (
        MotifCNNClassifier(
            pretrained=Borrowed(),
            max_epochs=3,
            batch_size=32,
            linear_models=None,
            random_state=0,
        ),
        (SEQUENCES, LABELS),
        {},
    ),
    "many labels": (
        MotifCNNClassifier(**ALONE, missing_labels="mask"),
        (SEQUENCES, MANY),
        {"sample_weight": np.linspace(1, 2, 120)},
    ),
    "numbers": (MotifCNNRegressor(**ALONE), (SIGNALS, SIGNALS[:, 0]), {}),
    "one batch": (
        MotifCNNRegressor(n_filters=4, max_epochs=5, random_state=0),
        (SIGNALS, SIGNALS[:, 0]),
        {},
    ),
    "profiles": (
        MotifCNNRegressor(**ALONE, output="profile"),
        (SEQUENCES, RNG.poisson(2, size=(120, 30))),
        {},
    ),
    "images": (
        ImageCNNClassifier(
            n_filters=(4, 4),
            max_epochs=3,
            batch_size=16,
            augment=("shift", "flip"),
            n_estimators=2,
            random_state=0,
        ),
        (IMAGES, np.arange(60) % 3),
        {},
    ),
    "numbers of images": (
        ImageCNNRegressor(n_filters=(4,), max_epochs=3, batch_size=16, random_state=0),
        (IMAGES, IMAGES.mean(axis=(1, 2))),
        {"groups": np.arange(60) // 2},
    ),
}


@pytest.fixture(autouse=True)
def _write_always(monkeypatch):
    monkeypatch.setattr(_checkpoint, "_INTERVAL", 0)


@pytest.fixture
def killed_at(monkeypatch, one_thread):
    """Count steps of the optimiser, and kill the fit at one of them."""
    step = torch.optim.AdamW.step
    state = {"done": 0, "last": None}

    def counted(self, *args, **kwargs):
        if state["done"] == state["last"]:
            raise Killed
        state["done"] += 1
        return step(self, *args, **kwargs)

    monkeypatch.setattr(torch.optim.AdamW, "step", counted)

    def kill_at(last=None):
        state.update(done=0, last=last)
        return state

    return kill_at


def _assert_same(one, other) -> None:
    assert one.weights_.keys() == other.weights_.keys()
    for key, array in one.weights_.items():
        np.testing.assert_array_equal(array, other.weights_[key], err_msg=key)
    assert one.history_ == other.history_
    assert one.n_iter_ == other.n_iter_


def _entries(folder):
    return [path for path in folder.iterdir() if path.is_dir()]


@pytest.mark.parametrize("kind", FITS)
def test_a_killed_fit_goes_on_bit_by_bit(kind, tmp_path, killed_at):
    estimator, data, others = FITS[kind]
    counter = killed_at()
    whole = clone(estimator).fit(*data, **others)
    n_steps = counter["done"]
    # The longest epoch; a set that is held out makes it shorter.
    batch = estimator.batch_size
    one_epoch = 1 if batch == "auto" else -(-len(data[0]) // batch)
    estimator = clone(estimator).set_params(checkpoint=tmp_path)
    for last in np.linspace(0, n_steps - 1, 3).astype(int):
        killed_at(last)
        with pytest.raises(Killed):
            clone(estimator).fit(*data, **others)
        assert len(_entries(tmp_path)) == 1
        counter = killed_at()
        again = clone(estimator).fit(*data, **others)
        assert last + counter["done"] <= n_steps + one_epoch
        _assert_same(again, whole)
        assert not _entries(tmp_path)


def test_killed_time_and_again(tmp_path, killed_at):
    """Each of the fits does no more than two epochs."""
    estimator, data, _ = FITS["stack"]
    whole = clone(estimator).fit(*data)
    estimator = clone(estimator).set_params(checkpoint=tmp_path)
    n_kills = 0
    while True:
        killed_at(6)
        try:
            again = clone(estimator).fit(*data)
            break
        except Killed:
            n_kills += 1
    assert n_kills > 3
    _assert_same(again, whole)


def test_a_warm_start_goes_on(tmp_path, killed_at):
    settings = ALONE | {"warm_start": True}
    first = MotifCNNClassifier(**settings).fit(SEQUENCES, LABELS)
    state = dict(vars(first))
    whole = first.fit(SEQUENCES, LABELS)
    estimator = MotifCNNClassifier(**settings, checkpoint=tmp_path)
    for last in (5, 13, 20):
        vars(estimator).update(state, checkpoint=tmp_path)
        killed_at(last)
        with pytest.raises(Killed):
            estimator.fit(SEQUENCES, LABELS)
        assert estimator.weights_ is state["weights_"]
        killed_at()
        _assert_same(estimator.fit(SEQUENCES, LABELS), whole)
    # The first fit is another one, and does not meet what this one left.
    vars(estimator).update(state, checkpoint=tmp_path)
    killed_at(20)
    with pytest.raises(Killed):
        estimator.fit(SEQUENCES, LABELS)
    counter = killed_at()
    MotifCNNClassifier(**settings, checkpoint=tmp_path).fit(SEQUENCES, LABELS)
    assert counter["done"] == 2 * 3 * 4
    assert len(_entries(tmp_path)) == 1


def test_without_a_seed_the_drawn_one_is_kept(tmp_path, killed_at):
    settings = ALONE | {"random_state": None, "checkpoint": tmp_path}
    killed_at(9)
    with pytest.raises(Killed):
        MotifCNNClassifier(**settings).fit(SEQUENCES, LABELS)
    (entry,) = _entries(tmp_path)
    with (entry / "state.safetensors").open("rb") as file:
        seed = _checkpoint.unpack(file, "state")[0]["seed"]
    counter = killed_at()
    again = MotifCNNClassifier(**settings).fit(SEQUENCES, LABELS)
    assert counter["done"] < 2 * 3 * 4
    known = MotifCNNClassifier(**(ALONE | {"random_state": seed}))
    _assert_same(again, known.fit(SEQUENCES, LABELS))
    other = MotifCNNClassifier(**settings).fit(SEQUENCES, LABELS)
    assert other.history_ != again.history_


def test_linear_models_are_not_fitted_twice(tmp_path, monkeypatch, killed_at):
    estimator, data, _ = FITS["stack"]
    whole = clone(estimator).fit(*data)
    fit_branch, fitted = _fit_stack.fit_branch, []

    def killed(*args):
        if len(fitted) == 1:
            raise Killed
        fitted.append(args[0])
        return fit_branch(*args)

    monkeypatch.setattr(_fit_stack, "fit_branch", killed)
    estimator = clone(estimator).set_params(checkpoint=tmp_path)
    with pytest.raises(Killed):
        clone(estimator).fit(*data)

    def counted(*args):
        fitted.append(args[0])
        return fit_branch(*args)

    monkeypatch.setattr(_fit_stack, "fit_branch", counted)
    counter = killed_at()
    again = clone(estimator).fit(*data)
    assert [type(f).__name__ for f in fitted] == ["KmerCounts", "PlacedLetters"]
    assert counter["done"] == 0
    _assert_same(again, whole)


def test_ctrl_c_leaves_the_entry(tmp_path, monkeypatch, one_thread):
    whole = MotifCNNClassifier(**ALONE).fit(SEQUENCES, LABELS)
    step, done = torch.optim.AdamW.step, []

    def interrupted(self, *args, **kwargs):
        done.append(1)
        if len(done) == 7:
            raise KeyboardInterrupt
        return step(self, *args, **kwargs)

    monkeypatch.setattr(torch.optim.AdamW, "step", interrupted)
    clf = MotifCNNClassifier(**ALONE, checkpoint=tmp_path)
    with pytest.warns(UserWarning, match="interrupted"):
        clf.fit(SEQUENCES, LABELS)
    assert clf.n_iter_ == 1
    assert len(_entries(tmp_path)) == 1
    _assert_same(clf.fit(SEQUENCES, LABELS), whole)
    assert not _entries(tmp_path)


def test_what_an_entry_says(tmp_path, killed_at):
    clf = MotifCNNClassifier(**ALONE, checkpoint=tmp_path / "new" / "folder")
    killed_at(15)
    with pytest.raises(Killed):
        clf.fit(SEQUENCES, LABELS)
    (entry,) = _entries(tmp_path / "new" / "folder")
    about = json.loads((entry / "fit.json").read_text())
    assert about["estimator"] == repr(clf)
    assert about["n_samples"] == 120
    # No pickle: any reader of the format opens the arrays.
    arrays = load_file(entry / "state.safetensors")
    assert arrays["network 0/0.trunk.0.conv.weight"].shape == (4, 4, 5)
    with pytest.raises(ValueError, match="holds a fit under way, not a model"):
        load_model(entry / "state.safetensors")


def test_fits_at_the_same_time_have_entries_of_their_own(tmp_path):
    about = {"class": "MotifCNNClassifier"}
    with (
        _checkpoint.open_checkpoint(tmp_path, about, "abc") as first,
        _checkpoint.open_checkpoint(tmp_path, about, "abc") as second,
    ):
        assert first.entry != second.entry
        first.keep("part", {"of": "first"}, {"a": np.arange(3)})
        second.keep("part", {"of": "second"}, {})
        second.is_finished = True
    assert _entries(tmp_path) == [first.entry]
    with _checkpoint.open_checkpoint(tmp_path, about, "abc") as again:
        values, arrays = again.part("part")
        assert values == {"of": "first"}
        np.testing.assert_array_equal(arrays["a"], np.arange(3))


CHANGES = {
    "lr": ({"lr": 1e-3}, SEQUENCES, LABELS, {}),
    "seed": ({"random_state": 1}, SEQUENCES, LABELS, {}),
    "generator": (
        {"random_state": np.random.RandomState(0)},
        SEQUENCES,
        LABELS,
        {},
    ),
    "source": ({"pretrained": SOURCE}, SEQUENCES, LABELS, {}),
    "inputs": ({}, [*SEQUENCES[:-1], SEQUENCES[0]], LABELS, {}),
    "targets": ({}, SEQUENCES, 1 - LABELS, {}),
    "names of classes": ({}, SEQUENCES, np.array(["a", "b"])[LABELS], {}),
    "weights": ({}, SEQUENCES, LABELS, {"sample_weight": np.linspace(1, 2, 120)}),
    "groups": ({}, SEQUENCES, LABELS, {"groups": np.arange(120)}),
    "validation": ({}, SEQUENCES, LABELS, VALIDATION),
}


@pytest.mark.parametrize("change", CHANGES)
def test_another_fit_has_another_entry(change, tmp_path, killed_at):
    base = ALONE | {"checkpoint": tmp_path}
    killed_at(5)
    with pytest.raises(Killed):
        MotifCNNClassifier(**base).fit(SEQUENCES, LABELS)
    parameters, X, y, others = CHANGES[change]
    killed_at(5)
    with pytest.raises(Killed):
        MotifCNNClassifier(**(base | parameters)).fit(X, y, **others)
    assert len(_entries(tmp_path)) == 2
    # These change no result.
    counter = killed_at()
    MotifCNNClassifier(**base, verbose=0, callbacks=[]).fit(list(SEQUENCES), LABELS)
    assert counter["done"] < 2 * 3 * 4
    assert len(_entries(tmp_path)) == 1


def test_a_search_goes_on(tmp_path, killed_at):
    grid = {"lr": [1e-3, 1e-2]}
    search = GridSearchCV(MotifCNNClassifier(**ALONE), grid, cv=2, error_score="raise")
    whole = clone(search).fit(SEQUENCES, LABELS).cv_results_["mean_test_score"]
    search.set_params(estimator__checkpoint=tmp_path)
    killed_at(20)
    with pytest.raises(Killed):
        clone(search).fit(SEQUENCES, LABELS)
    assert len(_entries(tmp_path)) == 1
    killed_at()
    again = search.fit(SEQUENCES, LABELS).cv_results_["mean_test_score"]
    np.testing.assert_array_equal(again, whole)
    assert not _entries(tmp_path)


def test_callbacks_cannot_be_stored(tmp_path):
    clf = MotifCNNClassifier(**ALONE, callbacks=[EpochTimer()], checkpoint=tmp_path)
    with pytest.warns(UserWarning, match="checkpoint is ignored, since the state of"):
        clf.fit(SEQUENCES, LABELS)
    assert not list(tmp_path.iterdir())


def test_a_monitor_without_a_name(tmp_path):
    clf = MotifCNNClassifier(
        **ALONE, monitor=lambda clf, X, y: 1.0, checkpoint=tmp_path
    )
    with pytest.warns(UserWarning, match="the parameter monitor cannot be hashed"):
        clf.fit(SEQUENCES, LABELS, **VALIDATION)


@pytest.mark.parametrize("damage", ["cut", "bit", "empty"])
def test_a_damaged_state_starts_afresh(damage, tmp_path, killed_at):
    whole = MotifCNNClassifier(**ALONE).fit(SEQUENCES, LABELS)
    clf = MotifCNNClassifier(**ALONE, checkpoint=tmp_path)
    killed_at(15)
    with pytest.raises(Killed):
        clf.fit(SEQUENCES, LABELS)
    state = _entries(tmp_path)[0] / "state.safetensors"
    data = bytearray(state.read_bytes())
    data[-9] ^= 1
    damaged = {"cut": data[:-40], "bit": data, "empty": b""}
    state.write_bytes(damaged[damage])
    killed_at()
    with pytest.warns(UserWarning, match="starts afresh, since its checkpoint"):
        clf.fit(SEQUENCES, LABELS)
    _assert_same(clf, whole)


def test_a_full_disk_ends_no_fit(tmp_path, monkeypatch):
    def full(path, data):
        raise OSError(28, "No space left on device", path)

    monkeypatch.setattr(_checkpoint, "write_whole", full)
    clf = MotifCNNClassifier(**ALONE, checkpoint=tmp_path)
    with pytest.warns(UserWarning, match=r"could not be written: .*No space left"):
        clf.fit(SEQUENCES, LABELS)
    _assert_same(clf, MotifCNNClassifier(**ALONE).fit(SEQUENCES, LABELS))


def test_a_folder_that_is_none(tmp_path):
    (tmp_path / "file").write_text("")
    clf = MotifCNNClassifier(**ALONE, checkpoint=tmp_path / "file")
    with pytest.raises(OSError, match=r"checkpoint='.*file' cannot be used"):
        clf.fit(SEQUENCES, LABELS)
    assert not hasattr(clf, "weights_")


def test_model_files_do_not_name_the_folder(tmp_path):
    clf = MotifCNNClassifier(**ALONE, checkpoint=tmp_path / "checkpoints")
    save_model(clf.fit(SEQUENCES, LABELS), tmp_path / "model.safetensors")
    assert load_model(tmp_path / "model.safetensors").checkpoint is None


PROGRAM = textwrap.dedent(
    """
    import os, signal, sys
    import torch
    from sklearn_cnn import MotifCNNClassifier, save_model
    from sklearn_cnn.datasets import make_motif_classification
    from sklearn_cnn.storage import _checkpoint

    torch.set_num_threads(int(sys.argv[3]))
    _checkpoint._INTERVAL = 0
    folder, last = sys.argv[1], int(sys.argv[2])
    step, done = torch.optim.AdamW.step, []

    def killed(self, *args, **kwargs):
        done.append(1)
        if len(done) == last:
            os.kill(os.getpid(), signal.SIGKILL)
        return step(self, *args, **kwargs)

    torch.optim.AdamW.step = killed
    X, y = make_motif_classification(120, length=30, random_state=0)
    clf = MotifCNNClassifier(
        n_filters=4, kernel_size=5, max_epochs=3, batch_size=32, random_state=0,
        linear_models=None, n_estimators=2, checkpoint=folder,
    )
    save_model(clf.fit(X, y), folder + "/model.safetensors")
    """
)


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="there is no SIGKILL here")
def test_a_killed_process_goes_on_in_another(tmp_path):
    run = partial(subprocess.run, timeout=300, check=False)
    program = [sys.executable, "-c", PROGRAM, str(tmp_path)]
    n_threads = str(torch.get_num_threads())  # Rounding depends on it.
    assert run([*program, "17", n_threads]).returncode == -signal.SIGKILL
    assert len(_entries(tmp_path)) == 1
    assert run([*program, "0", n_threads]).returncode == 0
    assert not _entries(tmp_path)
    again = load_model(tmp_path / "model.safetensors")
    _assert_same(again, MotifCNNClassifier(**ALONE).fit(SEQUENCES, LABELS))
