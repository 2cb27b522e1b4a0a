"""Fitted estimators as files: what comes back is what was saved, to the last bit."""

import copy
import hashlib
import io
import json
import os
import pickle
import stat
from pathlib import Path

import joblib
import numpy as np
import pandas as pd
import pytest
import safetensors.numpy
import skops.io
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import f1_score, log_loss, make_scorer
from sklearn.pipeline import make_pipeline
from skorch.callbacks import EpochTimer

import sklearn_cnn
from sklearn_cnn import (
    ImageCNNClassifier,
    ImageCNNRegressor,
    MotifCNNClassifier,
    MotifCNNRegressor,
    load_model,
    metrics,
    save_model,
)
from sklearn_cnn.metrics import pearson_global_scorer, pearson_per_window_scorer
from sklearn_cnn.preprocessing._alphabet import DNA
from sklearn_cnn.preprocessing._codes import encode
from sklearn_cnn.preprocessing._onehot import one_hot
from sklearn_cnn.storage._format import pack

PROBA = "predict_proba"


def _small(**kwargs):
    # Plain networks: tests/test_stacking.py has the linear branches.
    plain = {"kmers": None, "motif_bank": None}
    settings = {"n_filters": (8,), "kernel_size": 5, "max_epochs": 2, "random_state": 0}
    return MotifCNNClassifier(**plain | settings | kwargs)


def _dna(X, y):
    return _small(class_weight="balanced").fit(X, y), X


def _two_layers_of_few(X, y):
    # Up to 64 samples train in double precision.
    return _small(n_filters=(8, 4), dense_units=None).fit(X[:64], y[:64]), X


def _bool_labels(X, y):
    return _small(precision="float64").fit(X, y == "bound"), X


def _unequal_lengths(X, y):
    X = [x[: 40 - i % 7] for i, x in enumerate(X)]
    return _small().fit(X, y), X


def _own_symbols(X, y):
    X = [x.translate(str.maketrans("ACGT", "acHE")) for x in X]
    return _small(alphabet="acHE").fit(X, y), X


def _frame(X, y):
    X = pd.DataFrame({"sequence": X})
    return _small().fit(X, y), X


def _signal(X, y):
    X = 1000 + np.random.default_rng(0).normal(size=(300, 40))
    return _small().fit(X, np.arange(300) % 2), X


def _signal_frame(X, y):
    X = pd.DataFrame(np.random.default_rng(0).normal(size=(300, 2)), columns=["a", "b"])
    return _small().fit(X, np.arange(300) % 2), X


def _dna_beside_a_track(X, y):
    track = np.random.default_rng(0).normal(size=(300, 1, 40)) + 7
    X = np.concatenate([one_hot(encode(X, DNA)[0], DNA), track], axis=1)
    return _small(alphabet="dna").fit(X, y), X


def _multilabel(X, y):
    return _small().fit(X, np.column_stack([y == "bound", y == "open"])), X


def _ensemble_stopped_early(X, y):
    clf = _small(n_estimators=2, early_stopping=True, monitor="accuracy")
    return clf.fit(X, y), X


def _partly_fitted(X, y):
    return _small().partial_fit(X, y, classes=np.unique(y)), X


def _regressor(X, y):
    return MotifCNNRegressor(n_filters=8, max_epochs=2).fit(X, np.arange(300.0)), X


def _many_targets(X, y):
    Y = np.random.default_rng(0).normal(size=(300, 2))
    return MotifCNNRegressor(n_filters=8, max_epochs=2, motif_bank=None).fit(X, Y), X


def _stack_with_known_motifs(X, y):
    settings = {"kmers": 2, "motif_bank": "jaspar:diatoms", "n_estimators": 2}
    return _small(**settings).fit(X[:100], y[:100]), X


def _fine_tuned(X, y):
    settings = {"n_filters": "auto", "kernel_size": "auto"}
    clf = _small(pretrained=_small().fit(X[:100], y[:100]), **settings)
    # An estimator is not stored among the parameters.
    return clf.fit(X[100:200], y[100:200]).set_params(pretrained=None), X[200:]


def _profiles_of_numbers(X, y):
    profiles = np.random.default_rng(0).random((60, 40))
    reg = MotifCNNRegressor(output="profile", n_filters=4, max_epochs=2, random_state=0)
    return reg.fit(X[:60], profiles), X


def _profiles_of_classes(X, y):
    profiles = np.random.default_rng(0).integers(0, 2, (60, 40))
    return _small(output="profile").fit(X[:60], profiles), X


def _images(X, y):
    X = np.random.default_rng(0).integers(0, 256, (60, 9, 8, 3), dtype=np.uint8)
    clf = ImageCNNClassifier(n_filters=4, max_epochs=2, random_state=0)
    return clf.fit(X, np.arange(60) % 3), X


def _frame_of_pixels(X, y):
    X = pd.DataFrame(np.random.default_rng(0).random((60, 36)).round(2))
    X.columns = [f"pixel{i}" for i in range(36)]
    reg = ImageCNNRegressor(image_shape=(6, 6), n_filters=4, max_epochs=2)
    return reg.set_params(random_state=0).fit(X, np.arange(60.0)), X


@pytest.fixture(
    scope="module",
    params=[
        _dna,
        _multilabel,
        _ensemble_stopped_early,
        _partly_fitted,
        _regressor,
        _many_targets,
        _two_layers_of_few,
        _bool_labels,
        _unequal_lengths,
        _own_symbols,
        _frame,
        _signal,
        _signal_frame,
        _dna_beside_a_track,
        _stack_with_known_motifs,
        _fine_tuned,
        _profiles_of_numbers,
        _profiles_of_classes,
        _images,
        _frame_of_pixels,
    ],
    ids=lambda make: make.__name__,
)
def model(request, planted):
    """A fitted estimator and inputs that it can predict."""
    return request.param(*planted)


@pytest.fixture
def fitted(fitted_once):
    return copy.deepcopy(fitted_once)


@pytest.fixture(scope="module")
def fitted_once(planted):
    return _small().fit(*planted)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "model.safetensors"


def _with_save_model(estimator, path):
    save_model(estimator, path)
    return load_model(path)


def _with_open_files(estimator, path):
    with path.open("wb") as file:
        save_model(estimator, file)
    return load_model(io.BytesIO(path.read_bytes()))


def _with_pickle(estimator, path):
    path.write_bytes(pickle.dumps(estimator))
    return pickle.loads(path.read_bytes())


def _with_joblib(estimator, path):
    joblib.dump(estimator, path)
    return joblib.load(path)


def _with_joblib_memory_map(estimator, path):
    joblib.dump(estimator, path)
    return joblib.load(path, mmap_mode="r")


def _with_skops(estimator, path):
    skops.io.dump(estimator, path)
    types = skops.io.get_untrusted_types(file=path)
    configs = "ImageCNNConfig", "SequenceCNNConfig"
    public = {"sklearn_cnn.preprocessing.Alphabet"}
    public |= {f"sklearn_cnn.architectures.{name}" for name in configs}
    public |= {f"sklearn_cnn.{name}" for name in sklearn_cnn.__all__}
    assert set(types) <= public
    return skops.io.load(path, trusted=types)


WAYS = [
    _with_save_model,
    _with_open_files,
    _with_pickle,
    _with_joblib,
    _with_joblib_memory_map,
    _with_skops,
]


def assert_same(actual, expected):
    """Equal in value and type, arrays also in dtype; NaN equals NaN."""
    if isinstance(expected, np.ndarray):
        assert isinstance(actual, np.ndarray)
        assert actual.dtype == expected.dtype
        np.testing.assert_array_equal(actual, expected, strict=True)
        return
    assert type(actual) is type(expected)
    if isinstance(expected, dict):
        assert actual.keys() == expected.keys()
        for key, value in expected.items():
            assert_same(actual[key], value)
    elif isinstance(expected, (list, tuple)):
        assert len(actual) == len(expected)
        for one, other in zip(actual, expected, strict=True):
            assert_same(one, other)
    elif isinstance(expected, float):
        assert repr(actual) == repr(expected)
    else:
        assert actual == expected


def _predictions(estimator, X):
    """All that an estimator says of X."""
    names = ["predict", "decision_function", "predict_proba"]
    return {n: getattr(estimator, n)(X) for n in names if hasattr(estimator, n)}


def _read_by_hand(path):
    """Header and tensors of a safetensors file, by the letter of its description."""
    data = path.read_bytes()
    size = int.from_bytes(data[:8], "little")
    header, buffer = json.loads(data[8 : 8 + size]), data[8 + size :]
    metadata = header.pop("__metadata__")
    dtypes = {"F32": "<f4", "F64": "<f8", "I64": "<i8"}
    tensors, covered = {}, 0
    for name, entry in header.items():
        start, end = entry["data_offsets"]
        values = np.frombuffer(buffer[start:end], dtypes[entry["dtype"]])
        tensors[name] = values.reshape(entry["shape"])
        covered += end - start
    assert covered == len(buffer)
    return metadata, tensors


def _record(path):
    """What the header says of the estimator, without version and hash."""
    record = json.loads(_read_by_hand(path)[0]["sklearn_cnn"])
    return {k: v for k, v in record.items() if k not in ("format_version", "sha256")}


def _rewrite(path, record):
    """The same tensors, another record, with a hash of these."""
    path.write_bytes(pack(record, _read_by_hand(path)[1]))


def _rewrite_text(path, text):
    """The same tensors, another text."""
    tensors = _read_by_hand(path)[1]
    safetensors.numpy.save_file(tensors, path, {"sklearn_cnn": text})


class TestRoundTrips:
    @pytest.mark.parametrize("way", WAYS)
    def test_predictions_and_state_are_the_same(self, model, way, path):
        estimator, X = model
        again = way(estimator, path)
        assert_same(vars(again), vars(estimator))
        assert_same(_predictions(again, X), _predictions(estimator, X))
        assert_same(clone(again).get_params(), estimator.get_params())
        data = path.read_bytes()
        assert b"sklearn_cnn" in data
        assert b"torch" not in data
        assert b"skorch" not in data

    def test_deep_copies(self, model):
        estimator, X = model
        again = copy.deepcopy(estimator)
        assert_same(vars(again), vars(estimator))
        assert_same(_predictions(again, X), _predictions(estimator, X))
        weights = again.weights_["0.trunk.0.conv.weight"]
        assert not np.shares_memory(
            weights, estimator.weights_["0.trunk.0.conv.weight"]
        )

    def test_read_only_arrays_can_be_saved(self, model, path, tmp_path):
        estimator, X = model
        mapped = _with_joblib_memory_map(estimator, tmp_path / "model.joblib")
        again = _with_save_model(mapped, path)
        assert_same(_predictions(again, X), _predictions(estimator, X))

    def test_position_and_length(self, planted, path):
        again = _with_save_model(_unequal_lengths(*planted)[0], path)
        assert again.position_ is False
        assert again.length_ is None

    def test_standardisation_is_kept(self, planted, path):
        estimator, X = _signal(*planted)
        again = _with_save_model(estimator, path)
        mean = again.weights_["0.standardize.mean"]
        np.testing.assert_allclose(mean, [[X.mean()]], rtol=1e-6)

    def test_a_loaded_model_can_be_fitted(self, planted, fitted, path):
        X, y = planted
        again = _with_save_model(fitted, path)
        assert all(array.flags.writeable for array in again.weights_.values())
        assert_same(
            again.fit(X[:50], y[:50]).weights_, fitted.fit(X[:50], y[:50]).weights_
        )

    @pytest.mark.parametrize(
        "labels",
        [
            np.array([-1, 1], dtype=np.int8),
            np.array([1, 2**64 - 1], dtype=np.uint64),
            np.array([2.0, 7.0], dtype=np.float32),
            np.array([False, True]),
            np.array(["a", "naïve 🧬"]),
            np.array(["a", "bound"], dtype=object),
            np.array(["2026-01-01", "2026-01-02"], dtype="datetime64[D]"),
            np.array(["2026-01-01", "2026-01-02"], dtype="datetime64[ns]"),
        ],
        ids=lambda labels: str(labels.dtype),
    )
    def test_any_type_of_label(self, planted, labels, path):
        X, y = planted
        estimator = _small().fit(X, labels[(y == "bound").astype(int)])
        again = _with_save_model(estimator, path)
        assert_same(again.classes_, labels)
        assert_same(again.predict(X), estimator.predict(X))

    @pytest.mark.parametrize(
        "value",
        [
            None,
            True,
            2**80,
            -0.0,
            0.1,
            float("nan"),
            float("inf"),
            -float("inf"),
            'quotes ", newlines \n, DNA 🧬 and half a pair \ud83e',
            (128, (64, 32)),
            [1, [2.5, None]],
            {"bound": 1.0, "none": 5.0},
            {0: 1.0, 1: 5.0},
            {True: 1.0, (1, 2): float("inf")},
            {"__type__": "tuple", "items": [1]},
            np.array([[1, 2], [3, 4]], dtype=np.int8),
        ],
        ids=repr,
    )
    def test_values_of_parameters(self, fitted, value, path):
        fitted.set_params(class_weight=value)
        again = _with_save_model(fitted, path)
        assert_same(again.class_weight, value)

    @pytest.mark.parametrize(
        ("value", "stored"),
        [
            (np.float64(0.1), 0.1),
            (np.float32(0.1), 0.10000000149011612),
            (np.int64(3), 3),
            (np.True_, True),
            (np.str_("dna"), "dna"),
            ({np.int64(0): np.float64(2)}, {0: 2.0}),
            (Path("bank.meme"), "bank.meme"),
        ],
        ids=repr,
    )
    def test_values_that_become_plain(self, fitted, value, stored, path):
        fitted.set_params(class_weight=value)
        assert_same(_with_save_model(fitted, path).class_weight, stored)

    @pytest.mark.parametrize(
        "array",
        [
            np.array([0.1, np.nan, -np.inf], dtype=np.float32),
            np.asfortranarray(np.arange(6.0).reshape(2, 3)),
            np.arange(6)[::2],
            np.array(2.5),
            np.empty((0, 3)),
            np.array([2.5], dtype=">f8"),
            np.array([["a", "bc"]], dtype=object),
        ],
        ids=repr,
    )
    def test_fitted_attributes_to_come(self, fitted, array, path):
        fitted.target_mean_ = array
        assert_same(_with_save_model(fitted, path).target_mean_, array)

    def test_diverged_training(self, fitted, path):
        fitted.history_ = [{"member": 0, "epoch": 1, "train_loss": float("nan")}]
        assert_same(_with_save_model(fitted, path).history_, fitted.history_)

    def test_weights_in_any_order_of_memory(self, fitted, path):
        expected = copy.deepcopy(fitted.weights_)
        fitted.weights_ = {k: np.asarray(v, order="F") for k, v in expected.items()}
        assert not fitted.weights_["0.trunk.0.conv.weight"].flags.c_contiguous
        assert_same(_with_save_model(fitted, path).weights_, expected)

    @pytest.mark.parametrize(
        "monitor",
        [
            pearson_per_window_scorer,
            pearson_global_scorer,
            # Clones hold copies.
            clone(MotifCNNRegressor(monitor=pearson_global_scorer)).monitor,
            make_scorer(log_loss, greater_is_better=False, response_method=PROBA),
        ],
        ids=["per window", "global", "copy", "scikit-learn"],
    )
    def test_scorers_with_a_name(self, fitted, monitor, path):
        fitted.set_params(monitor=monitor)
        again = _with_save_model(fitted, path)
        assert repr(again.monitor) == repr(monitor)
        assert again.monitor._score_func is monitor._score_func
        name = _record(path)["parameters"]["monitor"]["name"]
        assert name in ("neg_log_loss", *metrics.__all__)

    def test_random_state_instances_are_left_out(self, fitted, path):
        fitted.set_params(random_state=np.random.RandomState(0))
        again = _with_save_model(fitted, path)
        assert again.random_state is None
        assert isinstance(fitted.random_state, np.random.RandomState)


class TestFile:
    def test_is_tensors_and_json(self, fitted, path):
        save_model(fitted, path)
        metadata, tensors = _read_by_hand(path)
        assert_same(tensors, fitted.weights_)
        assert metadata.keys() == {"sklearn_cnn"}
        record = json.loads(metadata["sklearn_cnn"], parse_constant=pytest.fail)
        assert record.keys() == {
            "format_version",
            "sha256",
            "package_version",
            "class",
            "parameters",
            "fitted",
        }
        assert record["format_version"] == 2
        # The hash of the file with zeros in the place of the hash.
        digest = record["sha256"].encode()
        data = path.read_bytes()
        assert data.count(digest) == 1
        blank = data.replace(digest, b"0" * 64)
        assert hashlib.sha256(blank).hexdigest().encode() == digest
        assert record["package_version"] == sklearn_cnn.__version__
        assert record["class"] == "MotifCNNClassifier"
        assert record["parameters"].keys() == fitted.get_params().keys()
        assert record["parameters"]["kernel_size"] == 5
        assert record["parameters"]["n_filters"] == {"__type__": "tuple", "items": [8]}
        assert record["fitted"]["history_"] == fitted.history_
        assert record["fitted"]["classes_"] == {
            "__type__": "array",
            "dtype": "<U5",
            "shape": [3],
            "values": ["bound", "none", "open"],
        }
        assert record["fitted"]["alphabet_"] == {
            "__type__": "alphabet",
            "name": "dna",
            "symbols": "ACGT",
        }

    def test_safetensors_opens_it(self, fitted, path):
        save_model(fitted, path)
        assert_same(safetensors.numpy.load_file(path), fitted.weights_)
        with safetensors.safe_open(path, framework="pt") as file:
            assert file.metadata().keys() == {"sklearn_cnn"}
            assert set(file.keys()) == fitted.weights_.keys()

    def test_equal_models_make_equal_files(self, fitted, tmp_path):
        first, second = tmp_path / "first", tmp_path / "second"
        save_model(fitted, str(first))
        save_model(load_model(str(first)), second)
        assert first.read_bytes() == second.read_bytes()

    @pytest.mark.skipif(os.name != "posix", reason="POSIX permissions")
    def test_has_the_usual_permissions(self, fitted, path):
        save_model(fitted, path)
        plain = path.with_name("plain")
        plain.touch()
        assert stat.S_IMODE(path.stat().st_mode) == stat.S_IMODE(plain.stat().st_mode)

    @pytest.mark.skipif(os.name != "posix", reason="symbolic links")
    def test_a_link_stays_a_link(self, fitted, path):
        link = path.with_name("latest")
        link.symlink_to(path.name)
        save_model(fitted, link)
        assert link.is_symlink()
        assert load_model(path).n_iter_ == 2


# A subclass that takes its parent's name is not the public class.
_Renamed = type("MotifCNNClassifier", (MotifCNNClassifier,), {"__module__": "mine"})


class TestFailedSaves:
    @pytest.fixture
    def old(self, fitted, path):
        """Bytes of an older file at `path`, which must survive."""
        save_model(fitted, path)
        fitted.set_params(lr=0.5)
        return path.read_bytes()

    @pytest.fixture(autouse=True)
    def _old_file_is_whole(self, old, path):
        yield
        assert path.read_bytes() == old
        assert [*path.parent.iterdir()] == [path]

    @pytest.mark.parametrize("step", ["fsync", "replace"])
    @pytest.mark.parametrize("error", [OSError, KeyboardInterrupt])
    def test_stopped(self, fitted, path, monkeypatch, step, error):
        def stop(*args):
            raise error("stopped")

        monkeypatch.setattr(os, step, stop)
        with pytest.raises(error, match="stopped"):
            save_model(fitted, path)

    def test_no_space_left(self, fitted, path, old):
        resource = pytest.importorskip("resource")
        limits = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (len(old) // 2, limits[1]))
        try:
            with pytest.raises(OSError, match="File too large"):
                save_model(fitted, path)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, limits)

    @pytest.mark.parametrize(
        ("value", "found"),
        [
            (_small(), "a MotifCNNClassifier"),
            ([len], "a builtin_function_or_method 'len'"),
            ({1, 2}, "a set"),
            (1j, "a complex"),
            (np.longdouble(1), "a longdouble"),
            ({0: np.zeros(2, dtype=complex)}, "an array of dtype complex128"),
            (np.array(["a", None], dtype=object), "an array of dtype object"),
        ],
        ids=repr,
    )
    def test_parameters_that_cannot_be_stored(self, fitted, path, value, found):
        fitted.set_params(class_weight=value)
        match = f"the parameter 'class_weight' holds {found}, .* replace it by set_par"
        with pytest.raises(ValueError, match=match):
            save_model(fitted, path)

    @pytest.mark.parametrize(
        ("monitor", "found"),
        [
            (lambda clf, X, y: 0.0, "a function '.*<lambda>'"),
            (make_scorer(f1_score, pos_label="a"), r"a _Scorer make_scorer\(f1_score"),
        ],
        ids=["function", "scorer"],
    )
    def test_scorers_without_a_name(self, fitted, path, monitor, found):
        fitted.set_params(monitor=monitor)
        match = rf"parameter 'monitor' holds {found}.* set_params\(monitor='loss'\)"
        with pytest.raises(ValueError, match=match):
            save_model(fitted, path)

    def test_a_missing_folder(self, fitted, path):
        folder = path.parent / "models"
        with pytest.raises(FileNotFoundError, match="folder is missing") as caught:
            save_model(fitted, folder / "model.safetensors")
        assert caught.value.filename == str(folder)

    def test_a_folder_is_no_file(self, fitted, path):
        with pytest.raises(IsADirectoryError, match=r"is a folder.*(?<!tmp)'$"):
            save_model(fitted, path.parent)

    def test_errors_name_the_file_that_was_asked_for(self, fitted, path, monkeypatch):
        def refuse(name, mode):
            raise PermissionError(13, "Permission denied", name)

        monkeypatch.setattr("builtins.open", refuse)
        with pytest.raises(PermissionError) as caught:
            save_model(fitted, path)
        assert caught.value.filename == str(path)

    def test_attributes_that_cannot_be_stored(self, fitted, path):
        fitted.encoder_ = LogisticRegression()
        match = "the fitted attribute 'encoder_' holds a LogisticReg.*use joblib or sko"
        with pytest.raises(ValueError, match=match):
            save_model(fitted, path)

    @pytest.mark.parametrize(
        ("estimator", "found"),
        [
            (LogisticRegression(), r"sklearn.linear_model._logistic.LogisticRegres"),
            (make_pipeline(_small()), r"sklearn.pipeline.Pipeline"),
            (_Renamed(), "mine.MotifCNNClassifier"),
            (MotifCNNClassifier, "abc.ABCMeta"),
            (None, "builtins.NoneType"),
        ],
    )
    def test_other_estimators(self, path, estimator, found):
        match = f"takes a fitted .*MotifCNNClassifier .*of sklearn_cnn; got .*{found}"
        with pytest.raises(TypeError, match=match):
            save_model(estimator, path)

    def test_not_fitted(self, path):
        with pytest.raises(NotFittedError, match="MotifCNNClassifier instance is not"):
            save_model(_small(), path)

    def test_bad_paths(self, fitted, path):
        with pytest.raises(FileNotFoundError, match="no_folder"):
            save_model(fitted, path.parent / "no_folder" / "model")
        with pytest.raises(IsADirectoryError):
            save_model(fitted, path.parent)
        with pytest.raises(TypeError, match=r"os\.PathLike"):
            save_model(fitted, None)


class TestBadFiles:
    def test_missing(self, path):
        with pytest.raises(FileNotFoundError) as caught:
            load_model(path)
        assert caught.value.filename == str(path)
        with pytest.raises(IsADirectoryError):
            load_model(path.parent)

    @pytest.mark.parametrize(
        ("kept", "match"),
        [
            (0, "not a safetensors file, or it is cut short"),
            (4, "not a safetensors file, or it is cut short"),
            (100, "not a safetensors file, or it is cut short"),
            (-5, "damaged: it is cut short: 5 bytes are missing; get a fresh copy"),
        ],
    )
    def test_cut_short(self, fitted, path, kept, match):
        save_model(fitted, path)
        path.write_bytes(path.read_bytes()[:kept])
        with pytest.raises(ValueError, match=rf"model.safetensors' is {match}"):
            load_model(path)

    def test_pickles_are_not_opened(self, fitted, path):
        path.write_bytes(pickle.dumps(fitted))
        with pytest.raises(ValueError, match="is not a safetensors file"):
            load_model(path)

    @pytest.mark.parametrize("metadata", [None, {"format": "pt"}])
    def test_of_others(self, path, metadata):
        safetensors.numpy.save_file({"w": np.zeros(2)}, path, metadata)
        with pytest.raises(ValueError, match="not one that save_model wrote"):
            load_model(path)

    def test_of_a_newer_format(self, fitted, path):
        save_model(fitted, path)
        news = {"format_version": 3, "package_version": "9.8", "fitted": "?"}
        _rewrite(path, _record(path) | news)
        match = (
            r"written by sklearn_cnn 9.8 in version 3 of the format, but this "
            r"sklearn_cnn, .*, reads up to version 2; install a newer sklearn_cnn"
        )
        with pytest.raises(ValueError, match=match):
            load_model(path)

    @pytest.mark.parametrize(
        "name", ["os.system", "BaseCNN", "save_model", "__version__", "LogisticRegres"]
    )
    def test_only_public_estimators_come_out(self, fitted, path, name):
        save_model(fitted, path)
        _rewrite(path, _record(path) | {"class": name})
        match = f"holds a '{name}', but this .* has .*MotifCNNClassifier.* only"
        with pytest.raises(ValueError, match=match):
            load_model(path)

    def test_unknown_parameters(self, fitted, path):
        save_model(fitted, path)
        record = _record(path)
        record["parameters"] |= {"stride": 2, "groups": 1}
        _rewrite(path, record)
        match = "the MotifCNNClassifier of this .* does not know: groups, stride"
        with pytest.raises(ValueError, match=match):
            load_model(path)

    def test_parameters_added_since_take_their_defaults(self, planted, fitted, path):
        X, _ = planted
        save_model(fitted.set_params(label_smoothing=0.2), path)
        record = _record(path)
        assert record["parameters"].pop("label_smoothing") == 0.2
        _rewrite(path, record)
        again = load_model(path)
        assert again.label_smoothing == 0.05
        assert_same(again.decision_function(X), fitted.decision_function(X))

    @pytest.mark.parametrize(
        ("text", "reason"),
        [
            ("{", "JSONDecodeError"),
            ("[]", "TypeError"),
            ("{}", "KeyError: 'package_version'"),
        ],
    )
    def test_damaged_text(self, fitted, path, text, reason):
        save_model(fitted, path)
        _rewrite_text(path, text)
        with pytest.raises(
            ValueError, match=f"model.safetensors' is damaged.*{reason}"
        ):
            load_model(path)

    @pytest.mark.parametrize(
        ("part", "news", "reason"),
        [
            ("parameters", {"n_filters": {"__type__": "pickle"}}, "type 'pickle'"),
            ("fitted", {"predict": 1}, "attributes end with an underscore"),
            (
                "fitted",
                {"alphabet_": {"__type__": "alphabet", "name": "dna", "symbols": "TG"}},
                "the alphabet 'dna' has the symbols 'TG' in the file and 'ACGT' here",
            ),
            (
                "fitted",
                {
                    "classes_": {
                        "__type__": "array",
                        "dtype": "<i8",
                        "shape": [3],
                        "values": [0, 1],
                    }
                },
                "cannot reshape",
            ),
        ],
    )
    def test_damaged_values(self, fitted, path, part, news, reason):
        save_model(fitted, path)
        record = _record(path)
        record[part] |= news
        _rewrite(path, record)
        with pytest.raises(
            ValueError, match=f"model.safetensors' is damaged.*{reason}"
        ):
            load_model(path)


class Later(MotifCNNClassifier):
    """What an estimator may look like in a later version."""

    def __init__(self, *, max_epochs=2, callbacks=None, pretrained=None):
        super().__init__(max_epochs=max_epochs, kmers=None, motif_bank=None)
        self.callbacks = callbacks
        self.pretrained = pretrained


class TestLaterVersions:
    @pytest.fixture(autouse=True)
    def _later(self, monkeypatch):
        monkeypatch.setattr(sklearn_cnn, "Later", Later, raising=False)
        monkeypatch.setattr(sklearn_cnn, "__all__", [*sklearn_cnn.__all__, "Later"])

    def test_callbacks_are_left_out(self, planted, path):
        X, y = planted
        callbacks = [EpochTimer()]
        estimator = Later(callbacks=callbacks).fit(X, y)
        again = _with_save_model(estimator, path)
        assert type(again) is Later
        assert again.callbacks is None
        assert estimator.callbacks is callbacks
        assert_same(again.decision_function(X), estimator.decision_function(X))

    @pytest.mark.filterwarnings("ignore:.*the sequences in X were in the training set")
    def test_pretrained_is_a_path_in_files(self, planted, fitted, path):
        estimator = Later(pretrained=fitted).fit(*planted)
        assert _with_save_model(estimator, path).pretrained is None
        estimator.set_params(pretrained="source.safetensors")
        assert _with_save_model(estimator, path).pretrained == "source.safetensors"
