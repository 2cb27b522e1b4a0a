"""Stored models name what is public; what older versions stored can be read."""

import doctest
import importlib
import inspect
import pickle
import pickletools
import zipfile

import numpy as np
import pytest
import skops.io

import sklearn_cnn
from sklearn_cnn import (
    ImageCNNClassifier,
    MotifCNNClassifier,
    MotifCNNRegressor,
    PretrainedFeatureExtractor,
)
from sklearn_cnn._base import BaseCNN
from sklearn_cnn._pretrained import _FAMILIES
from sklearn_cnn.datasets import read_motifs
from sklearn_cnn.inspection import Motifs
from sklearn_cnn.metrics import pearson_per_window_scorer
from sklearn_cnn.preprocessing import SequenceEncoder

ROOMS = ("", ".datasets", ".inspection", ".metrics", ".preprocessing", ".scanning")
PUBLIC = [
    (f"sklearn_cnn{room}", name)
    for room in ROOMS
    for name in importlib.import_module(f"sklearn_cnn{room}").__all__
]
X, Y = ["ACGTTGCA", "TTGACGTC"] * 5, [0, 1] * 5
QUICK = {"n_filters": 2, "max_epochs": 1, "random_state": 0}


def _is_published(value) -> bool:
    return inspect.isclass(value) or inspect.isroutine(value)


@pytest.mark.parametrize(("room", "name"), PUBLIC)
def test_public_things_are_of_their_room(room, name):
    value = getattr(importlib.import_module(room), name)
    if _is_published(value):
        assert value.__module__ == room
        assert pickle.loads(pickle.dumps(value)) is value
        assert f"{room}\n{name}".encode() in pickle.dumps(value, protocol=0)


@pytest.fixture(scope="module")
def clf():
    return MotifCNNClassifier(**QUICK).fit(X, Y)


def _stored(clf):
    """One of each kind of thing that users pickle."""
    regressor = MotifCNNRegressor(**QUICK, monitor=pearson_per_window_scorer)
    images = ImageCNNClassifier(**QUICK).fit(np.zeros((4, 8, 8)), [0, 1, 0, 1])
    motifs = Motifs([[[9, 0, 0, 0], [0, 9, 0, 0]]])
    return [
        clf,
        regressor.fit(X, Y),
        images,
        SequenceEncoder().fit(X),
        PretrainedFeatureExtractor(clf).fit(X),
        motifs,
    ]


def _names(value) -> set[str]:
    """What a pickle names."""
    operations = pickletools.genops(pickle.dumps(value, protocol=0))
    return {argument for code, argument, _ in operations if code.name == "GLOBAL"}


def test_pickles_name_what_is_public(clf, tmp_path):
    path = tmp_path / "motifs.meme"
    path.write_text(
        "MEME version 4\n\nALPHABET= ACGT\n\nMOTIF one\n"
        "letter-probability matrix: alength= 4 w= 2\n1 0 0 0\n0 1 0 0\n"
    )
    extractor = PretrainedFeatureExtractor(path).fit(X)
    names = set().union(*map(_names, [*_stored(clf), extractor, read_motifs(path)]))
    ours = {name for name in names if name.startswith("sklearn_cnn")}
    assert not [name for name in ours if "._" in name]
    assert "sklearn_cnn MotifCNNClassifier" in ours
    assert "sklearn_cnn.preprocessing Alphabet" in ours
    assert "sklearn_cnn.datasets MotifDatabase" in ours
    assert "sklearn_cnn.metrics pearson_per_window" in ours


@pytest.mark.parametrize("kind", _FAMILIES, ids=lambda kind: kind.__name__)
def test_what_an_extractor_holds_is_named_by_its_room(kind):
    # Of estimators, the subclasses are stored; of modules, what the user wrote.
    if kind is not BaseCNN and kind.__module__.startswith("sklearn_cnn"):
        assert "._" not in kind.__module__
        assert getattr(importlib.import_module(kind.__module__), kind.__name__) is kind


def test_messages_name_what_is_public():
    with pytest.raises(ValueError, match=r"'sklearn_cnn\.datasets\.MotifSet'"):
        MotifCNNClassifier(**QUICK, motif_bank=3).fit(X, Y)


def test_pickles_with_the_names_of_files(clf):
    data = pickle.dumps(clf, protocol=0)
    old = data.replace(b"csklearn_cnn\n", b"csklearn_cnn._motif\n")
    old = old.replace(
        b"csklearn_cnn.preprocessing\n", b"csklearn_cnn.preprocessing._alphabet\n"
    )
    assert old.count(b"._") > data.count(b"._")
    again = pickle.loads(old)
    assert type(again) is MotifCNNClassifier
    np.testing.assert_array_equal(again.predict_proba(X), clf.predict_proba(X))


def test_skops_files_with_the_names_of_files(clf, tmp_path):
    new, old = tmp_path / "new.skops", tmp_path / "old.skops"
    skops.io.dump(clf, new)
    with zipfile.ZipFile(new) as source, zipfile.ZipFile(old, "w") as target:
        for name in source.namelist():
            data = source.read(name)
            if name == "schema.json":
                data = data.replace(b'"sklearn_cnn"', b'"sklearn_cnn._motif"')
            target.writestr(name, data)
    types = skops.io.get_untrusted_types(file=old)
    assert "sklearn_cnn._motif.MotifCNNClassifier" in types
    again = skops.io.load(old, trusted=types)
    np.testing.assert_array_equal(again.predict_proba(X), clf.predict_proba(X))


def test_examples_are_found():
    found = doctest.DocTestFinder().find(sklearn_cnn, globs={})
    with_examples = {test.name for test in found if test.examples}
    classes = {n for n in sklearn_cnn.__all__ if n[0].isupper()}
    assert {f"sklearn_cnn.{name}" for name in classes} <= with_examples


def test_what_looks_into_functions_and_methods_still_works():
    assert "max_epochs" in inspect.signature(MotifCNNClassifier).parameters
    assert inspect.getsource(MotifCNNClassifier.fit).strip().startswith("@_fit_context")
    assert "def read_motifs" in inspect.getsource(read_motifs)
    assert inspect.getdoc(MotifCNNRegressor).startswith("CNN regressor for DNA")
