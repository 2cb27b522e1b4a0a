"""The configurations whose predictions are kept, and what makes them small.

Each returns a dict of named arrays. "weights_", all weights of a model one behind the
other, is for comparing commits on one machine; it is too long to be committed.
"""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import cache
from importlib import import_module
from unittest import mock

import numpy as np
import torch
from torch import nn

from sklearn_cnn import (
    ImageCNNClassifier,
    ImageCNNRegressor,
    MotifCNNClassifier,
    MotifCNNRegressor,
    PretrainedFeatureExtractor,
    inspection,
)
from sklearn_cnn.datasets import make_motif_classification, make_motif_regression

# What depends on the number of rows (or makes trainings long): its value in the
# configurations, and where it stands. After a move the new place joins the old one, so
# that commits from before the move can still be compared.
_PLAN = "sklearn_cnn.training._plan"
_RULES = "sklearn_cnn.training._rules"
_DEFAULTS = "sklearn_cnn._defaults"
THRESHOLDS: dict[str, tuple[int, tuple[str, ...]]] = {
    "rows in one batch": (
        20,
        (
            "sklearn_cnn._base._FULL_BATCH",
            f"{_PLAN}._FULL_BATCH",
            f"{_DEFAULTS}.FULL_BATCH",
        ),
    ),
    "rows of a batch": (
        16,
        (
            "sklearn_cnn._base._BATCH_SIZE",
            f"{_PLAN}._BATCH_SIZE",
            f"{_DEFAULTS}.BATCH_SIZE",
        ),
    ),
    "profiles of a batch": (
        6,
        (
            "sklearn_cnn._base._PROFILE_BATCH_SIZE",
            f"{_PLAN}._PROFILE_BATCH_SIZE",
            f"{_DEFAULTS}.PROFILE_BATCH_SIZE",
        ),
    ),
    "epochs": (
        3,
        (
            "sklearn_cnn._base._MIN_EPOCHS",
            f"{_PLAN}._MIN_EPOCHS",
            f"{_DEFAULTS}.MIN_EPOCHS",
        ),
    ),
    "epochs of few filters": (
        3,
        (
            "sklearn_cnn._base._MIN_EPOCHS_OF_FEW_FILTERS",
            f"{_PLAN}._MIN_EPOCHS_OF_FEW_FILTERS",
            f"{_DEFAULTS}.MIN_EPOCHS_OF_FEW_FILTERS",
        ),
    ),
    "epochs of profiles": (
        2,
        (
            "sklearn_cnn._base._MIN_PROFILE_EPOCHS",
            f"{_PLAN}._MIN_PROFILE_EPOCHS",
            f"{_DEFAULTS}.MIN_PROFILE_EPOCHS",
        ),
    ),
    "steps": (
        12,
        (
            "sklearn_cnn._base._MIN_STEPS",
            f"{_PLAN}._MIN_STEPS",
            f"{_DEFAULTS}.MIN_STEPS",
        ),
    ),
    "rows for a stack": (
        16,
        (
            "sklearn_cnn._base._ENOUGH_TO_STACK",
            f"{_RULES}._ENOUGH_TO_STACK",
            f"{_DEFAULTS}.ENOUGH_TO_STACK",
        ),
    ),
    "outputs of a stack": (
        3,
        (
            "sklearn_cnn._base._MAX_STACKED_OUTPUTS",
            f"{_RULES}._MAX_STACKED_OUTPUTS",
            f"{_DEFAULTS}.MAX_STACKED_OUTPUTS",
        ),
    ),
    "rows of the strand test": (
        50,
        (
            "sklearn_cnn._motif._MAX_TESTED_ROWS",
            "sklearn_cnn.preprocessing._strand_test._MAX_ROWS",
            f"{_DEFAULTS}.MAX_TESTED_ROWS",
        ),
    ),
    "rows for more filters": (
        80,
        (
            "sklearn_cnn._motif._ENOUGH_FOR_MORE_FILTERS",
            f"{_DEFAULTS}.ENOUGH_FOR_MORE_FILTERS",
        ),
    ),
    "rows for fewer epochs": (100, (f"{_DEFAULTS}.MANY_SAMPLES",)),
    "rows to hold some out": (
        100,
        (
            "sklearn_cnn._base._ENOUGH_TO_HOLD_OUT",
            f"{_RULES}._ENOUGH_TO_HOLD_OUT",
            f"{_DEFAULTS}.ENOUGH_TO_HOLD_OUT",
        ),
    ),
    "rows of linear models": (
        120,
        (
            "sklearn_cnn._base._MAX_LINEAR_SAMPLES",
            "sklearn_cnn.stacking._fit_stack._MAX_LINEAR_SAMPLES",
            f"{_DEFAULTS}.MAX_LINEAR_SAMPLES",
        ),
    ),
    "hashes kept": (
        40,
        (
            "sklearn_cnn._training_hashes._MAX_HASHES",
            "sklearn_cnn.inputs._training_hashes._MAX_HASHES",
        ),
    ),
}
SITE = "TGACGTCA"
# Without known motifs and long k-mers, which take seconds; and the network by itself.
LEAN = {"kmers": 3, "motif_bank": None, "random_state": 0}
ALONE = LEAN | {"kmers": None}


CASES: dict[str, Callable[[], dict]] = {}


def _case(function: Callable[[], dict]) -> Callable[[], dict]:
    """Enter a function, by its name, among the configurations."""
    CASES[function.__name__] = function
    return function


def _find(places: tuple[str, ...]) -> list[tuple]:
    """Module, name and value of each of the places that exist."""
    found = []
    for place in places:
        module_name, _, name = place.rpartition(".")
        try:
            module = import_module(module_name)
        except ModuleNotFoundError:
            continue
        if hasattr(module, name):
            found.append((module, name, getattr(module, name)))
    return found


# As users have them.
_REAL = {what: _find(places) for what, (_, places) in THRESHOLDS.items()}


@contextmanager
def lowered_thresholds() -> Iterator[None]:
    """Lower all thresholds inside the block that the package has."""
    with ExitStack() as stack:
        for what, (value, _) in THRESHOLDS.items():
            for module, name, _ in _REAL[what]:
                stack.enter_context(mock.patch.object(module, name, value))
        yield


def compute(name: str) -> dict[str, np.ndarray]:
    """Arrays of a configuration, with thresholds lowered."""
    with lowered_thresholds():
        return CASES[name]()


@_case
def thresholds():
    """Thresholds as users have them, which no other configuration sees."""
    for what, (_, places) in THRESHOLDS.items():
        if not _REAL[what]:
            raise LookupError(
                f"the threshold {what!r} is at none of {', '.join(places)}; add its "
                "new place to THRESHOLDS in tests/reference_cases.py"
            )
    return {what: np.array(found[0][2]) for what, found in _REAL.items()}


def _training(model) -> dict[str, np.ndarray]:
    """What a fit leaves behind: all weights, and the losses of the epochs."""
    arrays = model.weights_.values()
    return {
        "weights_": np.concatenate([np.ravel(array) for array in arrays]),
        "train_loss": np.array([epoch["train_loss"] for epoch in model.history_]),
    }


def _decisions(model, X) -> dict[str, np.ndarray]:
    return {**_training(model), "decision": model.decision_function(X)}


def _predictions(model, X) -> dict[str, np.ndarray]:
    return {**_training(model), "prediction": model.predict(X)}


def _sites(n: int, length: int = 30, **kwargs):
    """Sequences with and without a site; the same for the same arguments."""
    settings = {"motif": SITE, "random_state": 0} | kwargs
    return make_motif_classification(n, length=length, **settings)


def _letters(alphabet: str, n: int, length: int = 24):
    """Random sequences, and how often the first letter stands in them."""
    rng = np.random.RandomState(0)
    letters = rng.choice(list(alphabet), size=(n, length))
    return ["".join(row) for row in letters], (letters == alphabet[0]).sum(axis=1)


def _waves(n: int, *shape: int):
    """Noise; its first half, against its second, tells the class."""
    X = np.random.RandomState(0).normal(size=(n, *shape))
    half = shape[-1] // 2
    return X, X[..., :half].reshape(n, -1).sum(1) > X[..., half:].reshape(n, -1).sum(1)


@_case
def few():
    X, y = _sites(30)
    return _decisions(MotifCNNClassifier(random_state=0).fit(X[:14], y[:14]), X)


@_case
def strings():
    X, y = _sites(60)
    clf = MotifCNNClassifier(random_state=0).fit(X[:45], y[:45])
    return {**_decisions(clf, X[40:]), "proba": clf.predict_proba(X[40:])}


@_case
def many_filters():
    X, y = _sites(110)
    return _decisions(MotifCNNClassifier(**ALONE).fit(X[:90], y[:90]), X[90:])


@_case
def held_out():
    X, y = _sites(125)
    clf = MotifCNNClassifier(**LEAN, early_stopping=True).fit(X[:110], y[:110])
    valid_loss = np.array([epoch["valid_loss"] for epoch in clf.history_])
    return {**_decisions(clf, X[110:]), "valid_loss": valid_loss}


@_case
def many():
    X, y = _sites(160, length=20)
    return _decisions(MotifCNNClassifier(**LEAN).fit(X[:140], y[:140]), X[140:])


@_case
def many_numbers():
    X, y = make_motif_regression(160, length=60, motif=SITE, random_state=0)
    settings = {"kmers": None, "early_stopping": False, "random_state": 0}
    return _predictions(MotifCNNRegressor(**settings).fit(X[:140], y[:140]), X[140:])


@_case
def one_strand():
    # A letter at one place tells the class, which the strand test sees.
    X, _ = _letters("ACGT", 75, length=16)
    y = np.random.RandomState(1).permutation(75) % 2
    X = [x[:4] + "GA"[label] + x[5:] for x, label in zip(X, y, strict=True)]
    clf = MotifCNNClassifier(**LEAN).fit(X[:60], y[:60])
    both = np.array(float(clf.reverse_complement_))
    return {**_decisions(clf, X[60:]), "reverse_complement": both}


@_case
def network_alone():
    X, y = _sites(60)
    return _decisions(MotifCNNClassifier(**ALONE).fit(X[:45], y[:45]), X[40:])


@_case
def rna():
    X, y = _letters("GACU", 60)
    return _predictions(MotifCNNRegressor(**LEAN).fit(X[:45], y[:45]), X[40:])


@_case
def protein():
    X, y = _letters("ACDEFGHIKLMNPQRSTVWY", 60)
    settings = LEAN | {"kmers": 2}
    return _decisions(MotifCNNClassifier(**settings).fit(X, np.minimum(y, 2)), X[40:])


@_case
def unequal():
    X, y = make_motif_regression(60, length=40, motif=SITE, random_state=0)
    X = [x[i % 5 :] for i, x in enumerate(X)]
    return _predictions(MotifCNNRegressor(**LEAN).fit(X[:45], y[:45]), X[40:])


@_case
def other_lengths():
    # Of one length in training; others are centred.
    X, y = _sites(60)
    clf = MotifCNNClassifier(**ALONE).fit(X[:45], y[:45])
    return _decisions(clf, [*X[45:52], *(x[3:] for x in X[52:56]), X[56] + X[57][:5]])


@_case
def signals():
    X, y = _waves(60, 20)
    return _decisions(MotifCNNClassifier(random_state=0).fit(X[:45], y[:45]), X[40:])


@_case
def signals_of_channels():
    X, y = _waves(30, 3, 16)
    return _decisions(MotifCNNClassifier(random_state=0).fit(X[:18], y[:18]), X)


@_case
def images():
    X, y = _waves(50, 8, 8)
    return _decisions(ImageCNNClassifier(random_state=0).fit(X[:36], y[:36]), X[30:])


@_case
def images_of_colours():
    X, _ = _waves(50, 8, 6, 3)
    reg = ImageCNNRegressor(augment=("flip", "shift"), random_state=0)
    return _predictions(reg.fit(X[:36], X[:36, :4].sum((1, 2, 3))), X[30:])


@_case
def profiles_of_classes():
    X, _ = _sites(30)
    y = np.array([[letter in "GC" for letter in x] for x in X])
    clf = MotifCNNClassifier(output="profile", random_state=0).fit(X[:22], y[:22])
    return _decisions(clf, X[26:])


@_case
def profiles_of_numbers():
    X = [x[i % 4 :] for i, x in enumerate(_sites(34)[0])]
    y = [np.cumsum([letter == "A" for letter in x]) - 2.5 for x in X]
    reg = MotifCNNRegressor(output="profile", random_state=0).fit(X[:24], y[:24])
    return {**_training(reg), "prediction": np.concatenate(reg.predict(X[30:]))}


@_case
def profiles_of_counts():
    X, _ = _sites(24)
    y = np.array([[3.0 * (letter == "A") for letter in x] for x in X])
    reg = MotifCNNRegressor(output="profile", random_state=0).fit(X[:18], y[:18])
    return _predictions(reg, X[20:])


@_case
def missing_labels():
    X, y = _labels(60, 2)
    clf = MotifCNNClassifier(missing_labels="mask", **LEAN).fit(X[:45], y[:45])
    return _decisions(clf, X[40:])


@_case
def many_labels():
    X, y = _labels(60, 5)
    clf = MotifCNNClassifier(missing_labels="mask", **LEAN).fit(X[:45], y[:45])
    return _decisions(clf, X[40:])


def _labels(n: int, n_labels: int):
    """Labels whether a letter is frequent, and a tenth of them unknown."""
    X, _ = _letters("ACGT", n)
    counts = np.array([[x[i % 20 :].count("ACGT"[i % 4]) for i in range(5)] for x in X])
    y = (counts > np.median(counts, axis=0)).astype(float)
    y[np.random.RandomState(1).random_sample(y.shape) < 0.1] = np.nan
    return X, y[:, :n_labels]


@_case
def several_targets():
    X, _ = _letters("ACGT", 60)
    y = np.array([[x.count("A"), x[:12].count("G") * 10.0] for x in X])
    reg = MotifCNNRegressor(loss="huber", **LEAN).fit(X[:45], y[:45])
    return _predictions(reg, X[40:])


@_case
def sample_weights():
    X, y = _sites(60)
    weights = np.arange(45) % 4
    clf = MotifCNNClassifier(class_weight={0: 1, 1: 3}, **LEAN)
    return _decisions(clf.fit(X[:45], y[:45], weights), X[40:])


@_case
def groups():
    X, y = _sites(60)
    clf = MotifCNNClassifier(**LEAN).fit(X[:45], y[:45], groups=np.arange(45) // 3)
    return _decisions(clf, X[40:])


@_case
def groups_held_out():
    X, y = _sites(60)
    clf = MotifCNNClassifier(early_stopping=True, monitor="roc_auc", **LEAN)
    clf.fit(X[:45], y[:45], groups=np.arange(45) // 3)
    valid_score = np.array([epoch["valid_score"] for epoch in clf.history_])
    return {**_decisions(clf, X[40:]), "valid_score": valid_score}


@_case
def validation_set():
    X, y = _sites(60)
    clf = MotifCNNClassifier(n_iter_no_change=2, **LEAN)
    clf.fit(X[:40], y[:40], X_val=X[40:55], y_val=y[40:55])
    valid_loss = np.array([epoch["valid_loss"] for epoch in clf.history_])
    return {**_decisions(clf, X[40:]), "valid_loss": valid_loss}


@cache
def _source():
    """A model of two layers, which those on transfer and features start from."""
    X, y = _sites(60, random_state=1)
    layers = {"n_filters": (16, 8), "kernel_size": (9, 5)}
    return MotifCNNClassifier(**layers, **LEAN).fit(X, y)


def _transfer(freeze, settings=ALONE):
    X, y = _sites(40, motif="TGACTCA", random_state=2)
    clf = MotifCNNClassifier(pretrained=_source(), freeze=freeze, **settings)
    return _decisions(clf.fit(X[:30], y[:30]), X[25:])


@_case
def transfer_gradual():
    return _transfer("gradual", LEAN)


@_case
def transfer_trunk():
    return _transfer("trunk")


@_case
def transfer_first_layer():
    return _transfer(1)


@_case
def transfer_all():
    return _transfer(None)


@_case
def transfer_other_task():
    X, y = make_motif_regression(24, length=36, motif=SITE, random_state=2)
    reg = MotifCNNRegressor(pretrained=_source(), **LEAN).fit(X[:14], y[:14])
    return _predictions(reg, X)


@_case
def partial_fit():
    X, y = _sites(60)
    clf = MotifCNNClassifier(random_state=0)
    for rows in (slice(0, 20), slice(20, 45)):
        clf.partial_fit(X[rows], y[rows], classes=[0, 1])
    return _decisions(clf, X[40:])


@_case
def warm_start():
    X, y = _sites(60)
    clf = MotifCNNClassifier(warm_start=True, **LEAN).fit(X[:30], y[:30])
    return _decisions(clf.fit(X[15:45], y[15:45]), X[40:])


@_case
def features_of_motifs():
    X, _ = _sites(4, length=24)
    features = PretrainedFeatureExtractor("jaspar:insects")
    return {
        "best": features.fit_transform(X)[:, ::9],
        "occupancy": features.set_params(pooling="occupancy").fit_transform(X)[:, ::9],
    }


@_case
def features_of_an_estimator():
    X, _ = _sites(4)
    head = PretrainedFeatureExtractor(_source())
    layer = PretrainedFeatureExtractor(_source(), layer="networks.members.0.trunk.0")
    return {
        "head": head.fit_transform(X)[:, ::6],
        "layer": layer.fit_transform(X),
    }


@_case
def features_of_a_module():
    X, _ = _sites(4)
    module = nn.Sequential(nn.Conv1d(4, 3, 5), nn.ReLU(), nn.Conv1d(3, 2, 3))
    with torch.no_grad():
        for i, parameter in enumerate(module.parameters()):
            # Any fixed numbers, of both signs.
            values = torch.sin(torch.arange(parameter.numel()) + i)
            parameter.copy_(values.view_as(parameter))
    pooled = PretrainedFeatureExtractor(module, layer="0")
    flat = PretrainedFeatureExtractor(module, pooling="flatten")
    return {"pooled": pooled.fit_transform(X), "flat": flat.fit_transform(X)}


@cache
def _explained():
    """A model that has found a site, and sequences with it."""
    X, y = _sites(100)
    settings = LEAN | {"kmers": 5, "early_stopping": False, "random_state": 1}
    return MotifCNNClassifier(**settings).fit(X, y), X[y == 1], X, y


@_case
def extracted_motifs():
    clf, _, X, y = _explained()
    motifs = inspection.extract_motifs(clf, X, y, min_sites=5)
    return _of_motifs(motifs)


@_case
def motifs_of_filters():
    X, y = _sites(60, random_state=1)
    motifs = inspection.extract_motifs(_source(), X, y, method="filters", min_sites=3)
    return _of_motifs(motifs)


def _of_motifs(motifs) -> dict[str, np.ndarray]:
    importance = motifs.to_frame()["importance"].to_numpy(dtype=float)
    return {"counts": motifs.counts[0], "importance": importance}


@_case
def attributions():
    clf, positive, _, _ = _explained()
    X = positive[:2]
    names = "ism", "saliency", "gradient_input", "integrated_gradients", "deeplift"
    return {
        name: inspection.attributions(clf, X, name, n_shuffles=2, random_state=0)
        for name in names
    }


@_case
def variants():
    clf, positive, _, _ = _explained()
    X = [*positive[:3]]
    changed = [
        x[:12] + letters + x[14:]
        for x, letters in zip(X, ["A", "CC", "GT"], strict=True)
    ]
    effects = inspection.variant_effects(clf, X, changed)
    return {name: effects[name].to_numpy() for name in effects}
