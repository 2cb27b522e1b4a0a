"""One name for one thing, wherever known motifs are asked for."""

import copy
import pickle
import re
import sys

import numpy as np
import pytest
from sklearn.base import clone

from sklearn_cnn import (
    MotifCNNClassifier,
    PretrainedFeatureExtractor,
    load_model,
    save_model,
)
from sklearn_cnn.datasets import (
    load_jaspar,
    make_motif_classification,
    make_motif_regression,
    read_motifs,
)
from sklearn_cnn.datasets._resolve_motifs import resolve_motifs
from sklearn_cnn.inspection import Motifs

CRE = [[0, 0, 0, 9], [0, 0, 9, 0], [9, 0, 0, 0], [0, 9, 0, 0], [0, 0, 9, 0]]
BOX = [[0, 9, 0, 1], [9, 0, 0, 1], [0, 0, 1, 9]]


@pytest.fixture(scope="module")
def found():
    return Motifs([CRE, BOX], names=["CRE", "box"])


@pytest.fixture(scope="module")
def path(found, tmp_path_factory):
    path = tmp_path_factory.mktemp("motifs") / "two.meme"
    found.to_meme(path)
    return path


@pytest.fixture(scope="module")
def forms(found, path):
    """The same motifs in all forms."""
    return {"path": path, "text": str(path), "read": read_motifs(path), "found": found}


def test_names_of_jaspar():
    jaspar = load_jaspar()
    assert resolve_motifs("jaspar", "x") is jaspar
    assert resolve_motifs("jaspar2026", "x") is jaspar
    for group in ("plants", "diatoms"):
        named = resolve_motifs(f"jaspar:{group}", "x")
        np.testing.assert_array_equal(named.ids, load_jaspar(group).ids)
        assert set(named.groups) == {group}


def test_all_forms_are_the_same_matrices(forms):
    for form in forms.values():
        motifs = resolve_motifs(form, "x")
        assert motifs.ids.tolist() == ["CRE", "box"]
        for i, counts in enumerate((CRE, BOX)):
            expected = np.array(counts) / np.sum(counts, axis=1, keepdims=True)
            np.testing.assert_allclose(motifs.frequencies(i, 0), expected, atol=1e-5)


@pytest.mark.parametrize(
    ("motifs", "message"),
    [
        ("hocomoco", "motifs must be 'jaspar', 'jaspar:GROUP' .* no file 'hocomoco'$"),
        ("jaspar:bacteria", "no motif is of the group 'bacteria'; there are diatoms"),
        ("jaspar2025", "motifs='jaspar2025', but the releases of JASPAR are 2014,"),
        (Motifs([]), "motifs holds no motif"),
        (load_jaspar()[:0], "motifs holds no motif"),
        (Motifs([np.ones((3, 20))], alphabet="protein"), "the alphabet 'protein'"),
    ],
)
def test_errors(motifs, message):
    with pytest.raises(ValueError, match=message):
        resolve_motifs(motifs, "motifs")


def test_an_earlier_release_needs_its_package(monkeypatch):
    monkeypatch.setitem(sys.modules, "pyjaspar", None)
    with pytest.raises(ImportError, match="JASPAR 2024 needs pyjaspar"):
        resolve_motifs("jaspar2024:plants", "motifs")


def test_one_matrix_by_id_or_name():
    jaspar = load_jaspar()
    for key in ("CTCF", "ctcf", "MA0139", "MA0139.2"):
        assert jaspar[key].ids.tolist() == ["MA0139.2"]
        np.testing.assert_array_equal(
            jaspar[key].counts(0), jaspar.counts(jaspar.find("MA0139.2"))
        )
    assert repr(jaspar["CTCF"]) == "1 motif of dna: CTCF_MA0139.2"
    few = jaspar[[5, 2]]
    assert few.ids.tolist() == jaspar.ids[[5, 2]].tolist()
    np.testing.assert_array_equal(few.counts(1), jaspar.counts(2))
    assert len(jaspar[:0]) == 0
    with pytest.raises(ValueError, match="neither the id nor the TF name of a matrix"):
        few["CTCF"]


def test_what_was_read_can_be_written(tmp_path, forms):
    gata = load_jaspar()["MA0035.5"]
    for kind in ("meme", "jaspar", "transfac"):
        for motifs in (gata, forms["read"]):
            path = tmp_path / kind
            text = getattr(motifs, f"to_{kind}")(path)
            assert path.read_text() == text
            again = read_motifs(path)
            assert again.ids.tolist() == motifs.ids.tolist()
            assert again.names.tolist() == motifs.names.tolist()
            for i in range(len(motifs)):
                np.testing.assert_allclose(
                    again.frequencies(i, 0), motifs.frequencies(i, 0), atol=2e-5
                )


def test_simulators_plant_all_of_them(forms):
    arrays = make_motif_classification(
        6, 40, [np.array(CRE) + 0.2, np.array(BOX) + 0.2], random_state=0
    )
    for name, form in forms.items():
        details = make_motif_classification(
            6, 40, form, return_details=True, random_state=0
        )
        assert list(details.motifs) == ["CRE", "box"], name
        np.testing.assert_array_equal(details.data, arrays[0])
        X, _ = make_motif_regression(3, 60, [form, "GATA1"], random_state=0)
        assert len(X) == 3
    # A word is a word, though a file may have its name.
    details = make_motif_classification(2, motif="jaspar:diatoms", return_details=True)
    assert list(details.motifs) == [load_jaspar("diatoms").label(0)]


def test_features(forms):
    X = ["TTTTGACGTTTTT", "ACGTACCATACGT"]
    expected = PretrainedFeatureExtractor(forms["path"]).fit_transform(X)
    for form in forms.values():
        extractor = PretrainedFeatureExtractor(form)
        np.testing.assert_allclose(
            clone(extractor).fit_transform(X), expected, atol=1e-4
        )
    names = PretrainedFeatureExtractor(load_jaspar()["GATA1"]).fit(X)
    assert names.get_feature_names_out().tolist() == ["GATA1_MA0035.5"]


@pytest.fixture(scope="module")
def data():
    return make_motif_classification(60, length=30, motif="TGACG", random_state=0)


def fit(bank, data):
    return MotifCNNClassifier(
        n_filters=4, max_epochs=2, kmers=None, motif_bank=bank, n_estimators=2,
        random_state=0,
    ).fit(*data)  # fmt: skip


def test_banks_of_an_estimator(forms, data, tmp_path):
    said = {
        "text": str(forms["path"]),
        "read": "2 motifs of dna: CRE, box",
        "found": "2 motifs of dna: CRE, box",
    }
    expected = fit(forms["path"], data).predict_proba(data[0])
    for name in ("text", "read", "found"):
        clf = fit(forms[name], data)
        assert clf.motif_bank_ == said[name]
        widths = clf.weights_["stack.branches.motifs.features.widths"]
        assert widths.tolist() == [5, 3]
        predicted = clf.predict_proba(data[0])
        np.testing.assert_allclose(predicted, expected, atol=1e-3)
    # What an estimator was given goes where it goes, and fits again.
    save_model(clf, tmp_path / "model.safetensors")
    loaded = load_model(tmp_path / "model.safetensors")
    assert loaded.motif_bank_ == said["found"]
    for again in (loaded, pickle.loads(pickle.dumps(clf)), copy.deepcopy(clf)):
        np.testing.assert_array_equal(again.predict_proba(data[0]), predicted)
        assert repr(resolve_motifs(again.motif_bank, "x")) == said["found"]
    for fresh in (clone(clf), clone(loaded)):
        again = fresh.fit(*data).predict_proba(data[0])
        np.testing.assert_allclose(again, predicted, atol=1e-5)


def test_a_group_as_bank(data):
    clf = fit("jaspar:diatoms", data)
    assert clf.motif_bank_ == "jaspar:diatoms"
    widths = load_jaspar("diatoms").widths
    np.testing.assert_array_equal(
        clf.weights_["stack.branches.motifs.features.widths"], widths
    )
    for bank, message in (
        ("jaspar:bacteria", "no motif is of the group 'bacteria'"),
        ("jaspr", "motif_bank must be 'auto', None, 'jaspar', "),
        (Motifs([np.ones((3, 20))], alphabet="protein"), "motif_bank holds motifs of"),
    ):
        with pytest.raises(ValueError, match=re.escape(message)):
            fit(bank, data)
