"""Motif scores against Biopython's, by group and from files."""

import pickle

import numpy as np
import pytest
from Bio import motifs as bio
from Bio.Seq import Seq

from sklearn_cnn import PretrainedFeatureExtractor, _pretrained
from sklearn_cnn.datasets._motif_database import load_jaspar

TOY = """>MY.1 AC
A [ 9 0 ]
C [ 0 9 ]
G [ 0 0 ]
T [ 0 0 ]
>MY.2 G
A [ 0 ]
C [ 0 ]
G [ 9 ]
T [ 0 ]
"""


@pytest.fixture
def toy(tmp_path):
    path = tmp_path / "toy.jaspar"
    path.write_text(TOY)
    return path


def _sequences(n, length):
    rng = np.random.default_rng(0)
    return ["".join(rng.choice(list("ACGT"), length)) for _ in range(n)]


def test_scores_agree_with_biopython():
    """Both poolings, of its scores at all places of both strands."""
    jaspar, X = load_jaspar(), _sequences(3, 40)
    best = PretrainedFeatureExtractor("jaspar").fit_transform(X)
    all_places = PretrainedFeatureExtractor("jaspar", pooling="occupancy")
    occupancy = all_places.fit_transform(X)
    for j in range(0, len(jaspar), 60):
        counts = dict(zip("ACGT", jaspar.counts(j).T, strict=True))
        matrix = bio.Motif(counts=counts).counts
        pssm = matrix.normalize(pseudocounts=0.2).log_odds()
        for i, sequence in enumerate(X):
            strands = pssm, pssm.reverse_complement()
            scores = np.concatenate(
                [np.atleast_1d(s.calculate(Seq(sequence))) for s in strands]
            ).astype(float)
            assert best[i, j] == pytest.approx(scores.max(), abs=1e-4)
            expected = np.log2((2**scores).sum())
            assert occupancy[i, j] == pytest.approx(expected, abs=1e-4)


def test_groups_are_columns_of_all():
    X = _sequences(2, 30)
    everything = PretrainedFeatureExtractor("jaspar").set_output(transform="pandas")
    of_fungi = PretrainedFeatureExtractor("jaspar:fungi").set_output(transform="pandas")
    scores = of_fungi.fit_transform(X)
    assert scores.shape == (2, 193)
    assert "GAL4_MA0299.1" in scores
    assert scores.equals(everything.fit_transform(X)[scores.columns])


def test_a_file_by_hand(toy):
    """A site scores log2(9.2 / 9.8 * 4) a letter, any other letter log2(.2 / 9.8 * 4).

    GTTT reads AAAC on the other strand, which has AC; AA matches half.
    """
    hit, miss = np.log2(4 * 9.2 / 9.8), np.log2(4 * 0.2 / 9.8)
    extractor = PretrainedFeatureExtractor(toy)
    scores = extractor.fit_transform(["GTTT", "TTTT"])
    np.testing.assert_allclose(scores, [[2 * hit, hit], [hit + miss, miss]], rtol=1e-5)
    assert extractor.get_feature_names_out().tolist() == ["AC_MY.1", "G_MY.2"]
    # GT, TT and TT miss twice; on the other strand are AA, AA and AC.
    extractor.set_params(pooling="occupancy")
    windows = [2 * miss] * 3 + [hit + miss] * 2 + [2 * hit]
    expected = np.log2(np.exp2(windows).sum())
    scores = extractor.fit_transform(["GTTT"])
    np.testing.assert_allclose(scores[0, 0], expected, rtol=1e-5)


def test_a_file_is_not_needed_after_fit(toy, monkeypatch):
    toy = toy.rename(toy.with_name("jaspar.txt"))
    monkeypatch.chdir(toy.parent)
    # A path, not the name "jaspar".
    extractor = PretrainedFeatureExtractor("jaspar.txt").fit(["ACGT"])
    expected = extractor.transform(["GTTT"])
    toy.unlink()
    again = pickle.loads(pickle.dumps(extractor))
    np.testing.assert_array_equal(again.transform(["GTTT"]), expected)


def test_memory_tells_names_of_equal_matrices_apart(toy, tmp_path):
    for name in ("AC", "other"):
        toy.write_text(TOY.replace(" AC", f" {name}"))
        extractor = PretrainedFeatureExtractor(toy, memory=tmp_path / "kept")
        extractor.fit(["ACGT"])
        assert extractor.get_feature_names_out()[0] == f"{name}_MY.1"


def test_short_sequences_have_the_lowest_score():
    jaspar = load_jaspar()
    log_odds, widths = jaspar.log_odds()
    lowest = np.add.reduceat(log_odds.min(axis=1), np.cumsum(widths) - widths)
    for pooling in ("max", "occupancy"):
        extractor = PretrainedFeatureExtractor("jaspar", pooling=pooling)
        scores = extractor.fit_transform(["ACG"])
        np.testing.assert_allclose(scores[0, widths > 3], lowest[widths > 3], rtol=1e-5)


def test_errors(tmp_path):
    with pytest.raises(
        ValueError, match=r"no motif is of the group 'mammals'; .*fungi"
    ):
        PretrainedFeatureExtractor("jaspar:mammals").fit(["ACGT"])
    with pytest.raises(ValueError, match="precision='float64', but motifs"):
        PretrainedFeatureExtractor("jaspar", precision="float64").fit(["ACGT"])
    (tmp_path / "text").write_text("Hello")
    with pytest.raises(ValueError, match=r"begins with 'Hello'; a motif file"):
        PretrainedFeatureExtractor(tmp_path / "text").fit(["ACGT"])


def test_pickles_of_jaspar_hold_no_matrices(monkeypatch):
    """They are in the package, and another release of them is noticed."""
    extractor = PretrainedFeatureExtractor("jaspar:fungi").fit(["ACGT"])
    expected, data = extractor.transform(["GATAAG"]), pickle.dumps(extractor)
    np.testing.assert_array_equal(pickle.loads(data).transform(["GATAAG"]), expected)
    plants = load_jaspar().of_group("plants")
    monkeypatch.setattr(_pretrained, "resolve_motifs", lambda model, name: plants)
    with pytest.raises(ValueError, match="'jaspar:fungi' is not what it was in fit"):
        pickle.loads(data).transform(["GATAAG"])
