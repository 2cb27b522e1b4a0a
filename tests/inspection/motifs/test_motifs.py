import numpy as np
import pandas as pd
import pytest

from sklearn_cnn.datasets import read_motifs
from sklearn_cnn.inspection import Motifs

COUNTS = [
    np.array([[9, 0, 1, 0], [0, 0, 5, 5], [0, 10, 0, 0], [3, 2, 3, 2]]),
    np.array([[0.5, 0, 0, 12], [0, 7.5, 5, 0]]),
]


@pytest.fixture
def motifs():
    annotation = pd.DataFrame({"importance": [2.0, 0.5]})
    sites = pd.DataFrame(
        {"motif": ["motif_1", "motif_1", "motif_2"], "start": [1, 2, 3]}
    )
    return Motifs(COUNTS, annotation=annotation, sites=sites)


def test_numbers_by_hand(motifs):
    np.testing.assert_allclose(motifs.frequencies[0][0], [0.9, 0, 0.1, 0])
    entropy = -(0.9 * np.log2(0.9) + 0.1 * np.log2(0.1))
    last = 2 + 2 * 0.3 * np.log2(0.3) + 2 * 0.2 * np.log2(0.2)
    np.testing.assert_allclose(motifs.information[0], 2 - entropy + 1 + 2 + last)
    # 9 of 10: A; G and T: K; all: C; no two with three quarters: N. 12.5: T; C 7.5 of
    # 12.5 is less than twice the G's 5: S.
    assert motifs.consensus == ["AKCN", "TS"]
    assert len(motifs) == 2
    assert motifs.to_frame()["width"].tolist() == [4, 2]


def test_chosen_ones_keep_what_is_known(motifs):
    second = motifs["motif_2"]
    assert (second.names, second.to_frame()["importance"][0]) == (["motif_2"], 0.5)
    assert second.sites["start"].tolist() == [3]
    assert motifs[1].names == motifs[-1:].names == motifs[[1]].names == ["motif_2"]
    assert [one.consensus[0] for one in motifs] == ["AKCN", "TS"]
    assert repr(Motifs([])) == "0 motifs of dna"
    assert "AKCN" in repr(motifs)


def test_they_do_not_change(motifs):
    with pytest.raises(ValueError, match="read-only"):
        motifs.counts[0][0, 0] = 1
    table = motifs.sites
    table["start"] = 0
    motifs.names.append("x")
    assert motifs.sites["start"].tolist() == [1, 2, 3]
    assert len(motifs.names) == 2


@pytest.mark.parametrize("alphabet", ["dna", "rna"])
@pytest.mark.parametrize("kind", ["meme", "jaspar", "transfac"])
def test_files_are_read_again(tmp_path, alphabet, kind):
    motifs = Motifs(COUNTS, alphabet=alphabet, names=["my motif", "b"])
    path = tmp_path / "motifs.txt"
    text = getattr(motifs, f"to_{kind}")(path)
    assert path.read_text(encoding="utf-8") == text
    read = read_motifs(path)
    assert read.ids.tolist() == ["my_motif", "b"]
    for i, frequencies in enumerate(motifs.frequencies):
        np.testing.assert_allclose(read.frequencies(i, 0), frequencies, atol=1e-6)
    # Sums of counts are the number of sites, which MEME's format rounds.
    assert [read.counts(i).sum(axis=1).max() for i in (0, 1)] == pytest.approx(
        [10, 12 if kind == "meme" else 12.5]
    )


def test_proteins_and_own_symbols():
    counts = np.zeros((2, 20))
    counts[0, [2, 11]] = 4, 4  # D and N, together B
    counts[1] = 1
    motifs = Motifs([counts], alphabet="protein")
    assert motifs.consensus == ["BX"]
    np.testing.assert_allclose(motifs.information, np.log2(20) - 1)
    text = motifs.to_meme()
    assert "ALPHABET= ACDEFGHIKLMNPQRSTVWY" in text
    assert "alength= 20 w= 2 nsites= 20" in text
    own = Motifs([[[1, 0], [1, 1]]], alphabet="xy")
    assert own.consensus == ["x."]
    for write in (own.to_meme, own.to_jaspar, motifs.to_jaspar, motifs.to_transfac):
        with pytest.raises(ValueError, match="format is for"):
            write()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (([[[1, 2, 3]]],), r"counts\[0\] must have the shape \(width, 4\).*\(1, 3\)"),
        (([np.ones((2, 4)), [[1, 1, 1, -1]]],), r"counts\[1\] must hold finite"),
        (([[[1, 0, 0, 0], [0, 0, 0, 0]]],), "no counts at position 1"),
    ],
)
def test_matrices_that_are_none(arguments, message):
    with pytest.raises(ValueError, match=message):
        Motifs(*arguments)


def test_names_and_tables_that_do_not_fit(motifs):
    with pytest.raises(ValueError, match="names must differ"):
        Motifs(COUNTS, names=["a", "a"])
    with pytest.raises(ValueError, match="1 names for 2 motifs"):
        Motifs(COUNTS, names=["a"])
    with pytest.raises(ValueError, match="annotation has 1 rows for 2"):
        Motifs(COUNTS, annotation=pd.DataFrame({"a": [1]}))
    with pytest.raises(KeyError, match="no motif is named 'x'; there are"):
        motifs["x"]
