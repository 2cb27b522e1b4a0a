"""Fitted attributes are what the docstrings say, whatever way a fit took."""

import inspect
from functools import partial

import numpy as np
import pandas as pd
import pytest
from numpydoc.docscrape import NumpyDocString
from torch import nn

from sklearn_cnn import (
    ImageCNNClassifier,
    ImageCNNRegressor,
    MotifCNNClassifier,
    MotifCNNRegressor,
    PretrainedFeatureExtractor,
    load_model,
    save_model,
)
from sklearn_cnn.preprocessing import SequenceEncoder
from sklearn_cnn.preprocessing._alphabet import Alphabet

TYPES = {
    "Alphabet": Alphabet,
    "None": type(None),
    "bool": bool,
    "dict": dict,
    "float": float,
    "int": int,
    "list": list,
    "ndarray": np.ndarray,
    "object": object,
    "str": str,
    "tuple": tuple,
}
# Those that are not always there, and when they are.
OPTIONAL = {
    "optimizer_state_",
    "n_features_in_",
    "feature_names_in_",
    "training_hashes_",
    "source_",
    "fingerprint_",
}

rng = np.random.default_rng(0)
SEQUENCES = ["".join(rng.choice(list("ACGT"), 20)) for _ in range(60)]
RAGGED = [x[: 8 + i % 12] for i, x in enumerate(SEQUENCES)]
PROTEINS = ["".join(rng.choice(list("ACDEFGHIKLMNPQRSTVWY"), 12)) for _ in range(60)]
FRAME = pd.DataFrame({"sequence": SEQUENCES})
CODES = np.array([["ACGT".index(c) for c in x] for x in SEQUENCES], dtype=np.uint8)
ONE_HOT = np.eye(4)[CODES].transpose(0, 2, 1)
SIGNALS = rng.normal(size=(60, 16))
RAGGED_SIGNALS = [x[: 8 + i % 8] for i, x in enumerate(SIGNALS)]
IMAGES = rng.integers(0, 256, (20, 6, 6))
Y = np.arange(60) % 2
Z = rng.random((60, 20))
LABELS = np.column_stack([Y, 1 - Y])

_quick = {"n_filters": 2, "max_epochs": 1, "random_state": 0}
classifier = partial(MotifCNNClassifier, **_quick, kernel_size=5, motif_bank=None)
regressor = partial(MotifCNNRegressor, **_quick, kernel_size=5, motif_bank=None)
profile = {"output": "profile", "motif_bank": "auto"}
image_classifier = partial(ImageCNNClassifier, **_quick)


def _warm(estimator, X, y):
    return estimator.set_params(warm_start=True).fit(X, y).fit(X, y)


def _fit_then_partial_fit(estimator, X, y):
    return estimator.fit(X, y).partial_fit(X[:9], y[:9])


def _fine_tuned(estimator, X, y):
    source = classifier().fit(X[:30], y[:30])
    estimator.set_params(n_filters="auto", kernel_size="auto", pretrained=source)
    return estimator.fit(X[30:], y[30:])


STRINGS = {"training_hashes_"}
COLUMNS = {"n_features_in_"}
# What is fitted, the optional attributes that it has, and the value of kmers_.
MOTIF_PATHS = {
    "stack": (lambda: classifier().fit(SEQUENCES, Y), STRINGS, 6),
    "few samples": (lambda: classifier().fit(SEQUENCES[:9], Y[:9]), STRINGS, None),
    "few samples, known motifs": (
        lambda: classifier(motif_bank="auto").fit(SEQUENCES[:9], Y[:9]),
        STRINGS,
        None,
    ),
    "a rare class": (
        lambda: classifier(kmers=3).fit(SEQUENCES, Y * (np.arange(60) < 4)),
        STRINGS,
        None,
    ),
    "two groups": (
        lambda: classifier().fit(SEQUENCES, Y, groups=np.arange(60) // 30),
        STRINGS,
        None,
    ),
    "many outputs": (
        lambda: regressor().fit(SEQUENCES, rng.random((60, 21))),
        STRINGS,
        None,
    ),
    "several targets": (lambda: regressor().fit(SEQUENCES, Z[:, :2]), STRINGS, 6),
    "labels": (lambda: classifier().fit(SEQUENCES, LABELS), STRINGS, 6),
    "early stopping": (
        lambda: classifier(early_stopping=np.True_).fit(SEQUENCES, Y),
        STRINGS,
        6,
    ),
    "validation data": (
        lambda: regressor(monitor="r2").fit(SEQUENCES, Y, X_val=SEQUENCES, y_val=Y),
        STRINGS,
        6,
    ),
    "warm start": (lambda: _warm(classifier(), SEQUENCES, Y), STRINGS, 6),
    "fine-tuned": (
        lambda: _fine_tuned(classifier(), SEQUENCES, Y),
        STRINGS,
        6,
    ),
    "partial_fit": (
        lambda: classifier().partial_fit(SEQUENCES, Y, classes=[0, 1]),
        STRINGS | {"optimizer_state_"},
        None,
    ),
    "partial_fit of a regressor": (
        lambda: regressor(motif_bank="auto").partial_fit(SEQUENCES, Y),
        STRINGS | {"optimizer_state_"},
        None,
    ),
    "partial_fit after fit": (
        lambda: _fit_then_partial_fit(classifier(), SEQUENCES, Y),
        STRINGS | {"optimizer_state_"},
        6,
    ),
    "unequal lengths": (lambda: classifier().fit(RAGGED, Y), STRINGS, 6),
    "proteins": (lambda: regressor().fit(PROTEINS, Y), STRINGS, 3),
    "own symbols": (
        lambda: classifier(alphabet="ACGT").fit(SEQUENCES, Y),
        STRINGS,
        6,
    ),
    "a frame": (
        lambda: classifier().fit(FRAME, Y),
        STRINGS | COLUMNS | {"feature_names_in_"},
        6,
    ),
    "codes": (
        lambda: classifier(alphabet="dna").fit(CODES, Y),
        STRINGS | COLUMNS,
        6,
    ),
    "one-hot columns": (lambda: classifier().fit(ONE_HOT, Y), set(), 6),
    "signals": (lambda: classifier().fit(SIGNALS, Y), COLUMNS, None),
    "unequal signals": (lambda: regressor().fit(RAGGED_SIGNALS, Y), set(), None),
    "channels": (
        lambda: classifier().fit(SIGNALS.reshape(60, 2, 8), Y),
        set(),
        None,
    ),
    "profiles": (lambda: regressor(**profile).fit(SEQUENCES, Z), STRINGS, None),
    "profiles of classes": (
        lambda: classifier(**profile).fit(SEQUENCES, (Z > 0.5).astype(int)),
        STRINGS,
        None,
    ),
    "profiles in parts": (
        lambda: regressor(**profile).partial_fit(SEQUENCES, Z),
        STRINGS | {"optimizer_state_"},
        None,
    ),
    "NumPy's numbers": (
        lambda: MotifCNNClassifier(
            n_filters=[np.int64(2)],
            kernel_size=np.int32(5),
            kmers=np.int64(2),
            motif_bank=None,
            position=np.False_,
            reverse_complement=np.True_,
            max_epochs=np.int64(1),
        ).fit(SEQUENCES, Y),
        STRINGS,
        2,
    ),
}
OTHER_PATHS = {
    "images": (lambda: image_classifier().fit(IMAGES, Y[:20]), set()),
    "images in parts": (
        lambda: image_classifier().partial_fit(IMAGES, Y[:20], classes=[0, 1]),
        {"optimizer_state_"},
    ),
    "rows of pixels": (
        lambda: ImageCNNRegressor(**_quick, image_shape=[6, 6]).fit(
            IMAGES.reshape(20, 36), Y[:20]
        ),
        COLUMNS,
    ),
    "a frame of pixels": (
        lambda: ImageCNNRegressor(**_quick).partial_fit(
            pd.DataFrame(IMAGES[:, 0]).rename(columns="pixel{}".format), Y[:20]
        ),
        COLUMNS | {"feature_names_in_", "optimizer_state_"},
    ),
    "known motifs as features": (
        lambda: PretrainedFeatureExtractor("jaspar:diatoms").fit(FRAME),
        COLUMNS | {"feature_names_in_", "source_", "fingerprint_"},
    ),
    "a network's features": (
        lambda: PretrainedFeatureExtractor(
            classifier().fit(SEQUENCES[:20], Y[:20])
        ).fit(SEQUENCES),
        {"source_"},
    ),
    "a module's features": (
        lambda: PretrainedFeatureExtractor(nn.Conv1d(4, 2, 3)).fit(ONE_HOT),
        set(),
    ),
    "encoder": (lambda: SequenceEncoder().fit(SEQUENCES), set()),
    "encoder of a frame": (
        lambda: SequenceEncoder().fit(FRAME),
        COLUMNS | {"feature_names_in_"},
    ),
}


def _documented(estimator) -> dict:
    """Type of each attribute, as the docstring writes it."""
    docstring = NumpyDocString(inspect.getdoc(type(estimator)))
    return {entry.name: entry.type for entry in docstring["Attributes"]}


def _is_of_type(value, text: str) -> bool:
    """Whether a value is of a type as docstrings write it."""
    return any(_is_of_one_type(value, kind) for kind in text.split(" or "))


def _is_of_one_type(value, kind: str) -> bool:
    name, _, entries = kind.partition(" of ")
    if name not in TYPES or (type(value) is not TYPES[name] and name != "object"):
        return False
    match name, entries.split()[:1]:
        case "tuple" | "list", [entry]:
            return all(type(item) is TYPES[entry] for item in value)
        case "dict", _:
            keys, values = (TYPES[word] for word in entries.split(" to "))
            return all(type(k) is keys and type(v) is values for k, v in value.items())
        case "ndarray", ["uint64"]:
            return value.dtype == np.uint64
        case "ndarray", ["str"]:
            return all(type(item) is str for item in value.tolist())
    return True


def _check(estimator, optional):
    documented = _documented(estimator)
    fitted = {
        name: value
        for name, value in vars(estimator).items()
        if name.endswith("_") and not name.startswith("_")
    }
    assert fitted.keys() <= documented.keys()
    assert documented.keys() - OPTIONAL <= fitted.keys()
    assert fitted.keys() & OPTIONAL == optional
    for name, value in fitted.items():
        assert _is_of_type(value, documented[name]), (name, documented[name], value)
    if hasattr(estimator, "feature_names_in_"):
        assert estimator.feature_names_in_.shape == (estimator.n_features_in_,)
    if hasattr(estimator, "history_"):
        epochs = [record["epoch"] for record in estimator.history_]
        assert estimator.n_iter_ == max(epochs)


@pytest.mark.parametrize("path", MOTIF_PATHS)
def test_motif_estimators(path, tmp_path):
    fit, optional, kmers = MOTIF_PATHS[path]
    estimator = fit()
    _check(estimator, optional)
    save_model(estimator, tmp_path / "model.safetensors")
    _check(load_model(tmp_path / "model.safetensors"), optional)
    assert estimator.kmers_ == kmers
    assert estimator.motif_bank_ is None
    branches = {k.split(".")[2] for k in estimator.weights_ if ".branches." in k}
    assert ("kmers" in branches) == (kmers is not None)
    is_ragged = path.startswith("unequal")
    assert (estimator.length_ is None) == is_ragged
    assert estimator.channel_means_.shape == (estimator.n_channels_,)
    if path in ("signals", "channels"):
        means = SIGNALS.reshape(60, estimator.n_channels_, -1).mean(axis=(0, 2))
        np.testing.assert_allclose(estimator.channel_means_, means, atol=1e-12)
    else:
        assert not estimator.channel_means_.any()


@pytest.mark.parametrize("path", OTHER_PATHS)
def test_other_estimators(path):
    fit, optional = OTHER_PATHS[path]
    _check(fit(), optional)
