"""Motifs that were read, found or are in the package: the same calls on all."""

import copy
import pickle

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from sklearn_cnn.datasets import MotifSet, load_jaspar, read_motifs
from sklearn_cnn.datasets._motif_database import MotifDatabase
from sklearn_cnn.inspection import Motifs

# MA0004.1 and MA0035.5, of 20 and of 9,022 sites.
KEYS = ["MA0004.1", "MA0035.5"]
ARNT = [
    [4, 16, 0, 0],
    [19, 0, 1, 0],
    [0, 20, 0, 0],
    [0, 0, 20, 0],
    [0, 0, 0, 20],
    [0, 0, 20, 0],
]


@pytest.fixture(scope="module")
def origins(tmp_path_factory):
    """The same two motifs in each way that users get them."""
    jaspar = load_jaspar()
    embedded = jaspar[[jaspar.find(key) for key in KEYS]]
    path = tmp_path_factory.mktemp("motifs") / "two.jaspar"
    embedded.to_jaspar(path)
    found = Motifs(list(embedded.counts), names=KEYS)
    return {"jaspar": embedded, "read": read_motifs(path), "found": found}


@pytest.fixture(scope="module", params=["jaspar", "read", "found"])
def motifs(request, origins):
    return origins[request.param]


def test_what_is_known_of_each(motifs):
    assert isinstance(motifs, MotifSet)
    assert (motifs.alphabet, motifs.symbols, len(motifs)) == ("dna", "ACGT", 2)
    assert list(motifs.ids) == KEYS
    assert list(motifs.names) in (KEYS, ["Arnt", "GATA1"])
    assert motifs.widths.tolist() == [6, len(motifs.counts[1])]
    assert_array_equal(motifs.counts[0], ARNT)
    assert_allclose(motifs.frequencies[0], np.array(ARNT) / 20)
    assert motifs.consensus[0] == "CACGTG"
    # Two bits a position, less the entropy of 4 and 16 of 20 and of 19 and 1 of 20.
    entropy = -sum(p * np.log2(p) for p in (0.2, 0.8, 0.95, 0.05))
    assert motifs.information.shape == (2,)
    assert motifs.information[0] == pytest.approx(12 - entropy)


def test_matrices_are_sequences(motifs):
    for matrices in (motifs.counts, motifs.frequencies):
        assert len(matrices) == 2
        assert_array_equal(matrices[-1], list(matrices)[1])
        assert_array_equal(matrices[:1][0], matrices[np.int64(0)])
        with pytest.raises(IndexError):
            matrices[2]


def test_chosen_ones(motifs):
    for key in (0, [0], slice(0, 1), np.array([True, False]), "MA0004.1", "ma0004"):
        chosen = motifs[key]
        assert type(chosen) is type(motifs)
        assert list(chosen.ids) == KEYS[:1]
        assert_array_equal(chosen.counts[0], ARNT)
    assert list(motifs[[1, 0]].ids) == KEYS[::-1]
    assert [one.ids[0] for one in motifs] == KEYS
    assert motifs.find("MA0035") == 1
    assert motifs.label(1) in ("MA0035.5", "GATA1_MA0035.5")
    with pytest.raises(IndexError):
        motifs[2]


def test_an_unknown_name(motifs):
    for kind in (KeyError, ValueError):
        with pytest.raises(kind, match=r"^(no motif is named )?'XYZ'"):
            motifs["XYZ"]
    assert motifs.lookup("XYZ") is None


def test_tables_and_files(motifs, tmp_path):
    table = motifs.to_frame()
    assert table.columns[:4].tolist() == ["name", "consensus", "width", "information"]
    assert table["name"].tolist() == list(motifs.names)
    assert repr(motifs).startswith("2 motifs of dna")
    for kind in ("meme", "jaspar", "transfac"):
        path = tmp_path / kind
        assert getattr(motifs, f"to_{kind}")(path) == path.read_text()
        assert list(read_motifs(path).ids) == KEYS
    assert [entry[0] for entry in motifs.entries()] == KEYS


def test_an_id_in_capitals_beside_the_same_in_small_letters():
    motifs = Motifs([np.eye(4), np.ones((2, 4))], names=["a", "A"])
    assert (motifs.find("A"), motifs.find("a")) == (1, 0)


def test_the_annotation_of_a_database(origins):
    table = origins["jaspar"].to_frame()
    assert table["id"].tolist() == KEYS
    assert table["family"][1] == "C4-GATA-related"
    assert set(origins["read"].to_frame()["family"]) == {""}


def test_calls_of_earlier_versions(origins):
    for motifs in (origins["jaspar"], origins["read"]):
        assert_array_equal(motifs.counts(0), ARNT)
        assert_array_equal(motifs.counts(i=1), motifs.counts[1])
        # A pseudocount of 0.8: (4 + 0.2) / 20.8.
        assert motifs.frequencies(0)[0, 0] == pytest.approx(4.2 / 20.8)
        assert_array_equal(motifs.frequencies(1, 0), motifs.frequencies[1])


def test_pickles_of_earlier_versions(origins):
    # They name the class, and hold these attributes.
    embedded, found = origins["jaspar"], origins["found"]
    state = vars(embedded)
    assert set(state) == {
        "ids", "names", "classes", "families", "groups", "species", "widths",
        "stacked_counts", "source", "alphabet",
    }  # fmt: skip
    assert set(vars(found)) == {
        "_alphabet", "_counts", "_names", "_annotation", "_sites"
    }  # fmt: skip
    for motifs in (embedded, found):
        old = type(motifs).__new__(type(motifs))
        vars(old).update(vars(motifs))
        for again in (old, copy.copy(motifs), pickle.loads(pickle.dumps(motifs))):
            assert repr(again) == repr(motifs)
            assert_array_equal(again.counts[0], ARNT)
    assert pickle.loads(b"csklearn_cnn.datasets\nMotifDatabase\n.") is MotifDatabase
    assert pickle.loads(b"csklearn_cnn.datasets\nMotifSet\n.") is MotifSet
    assert pickle.loads(b"csklearn_cnn.inspection\nMotifs\n.") is Motifs
