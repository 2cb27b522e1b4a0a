import re

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.metrics import roc_auc_score
from sklearn.utils import Bunch

from sklearn_cnn.datasets import make_motif_classification
from sklearn_cnn.preprocessing import reverse_complement

COLUMNS = ["sequence", "start", "end", "strand", "motif", "score"]


def details_of(n_samples=200, length=60, motif="TGACTCAT", **parameters):
    return make_motif_classification(
        n_samples, length, motif, return_details=True, random_state=0, **parameters
    )


def planted_letters(details):
    """Each site as it reads on its own strand."""
    letters = []
    for site in details.sites.itertuples():
        text = details.data[site.sequence][site.start : site.end]
        letters.append(reverse_complement(text) if site.strand == "-" else text)
    return letters


def test_sequences_and_labels():
    X, y = make_motif_classification(n_samples=101, length=30, random_state=0)
    assert X.shape == y.shape == (101,)
    assert X.dtype == object
    assert all(type(sequence) is str for sequence in X)
    assert {len(sequence) for sequence in X} == {30}
    assert set("".join(X)) == set("ACGT")
    assert y.dtype.kind == "i"
    assert y.sum() == 50
    assert 0 < y[:50].sum() < 50  # in random order


def test_details():
    X, y = make_motif_classification(200, 60, "TGACTCAT", random_state=0)
    details = details_of()
    assert isinstance(details, Bunch)
    assert_array_equal(details.data, X)
    assert_array_equal(details.target, y)
    assert details.sites.columns.tolist() == COLUMNS
    assert_array_equal(details.sites["sequence"], np.flatnonzero(y))
    assert details.optimal_score.shape == (200,)
    assert details.optimal_score.dtype == np.float64
    assert list(details.motifs) == ["TGACTCAT"]
    assert details.motifs["TGACTCAT"].shape == (8, 4)


@pytest.mark.parametrize(
    ("strand", "expected"), [("both", {"+", "-"}), ("+", {"+"}), ("-", {"-"})]
)
def test_sites_are_where_they_are_said_to_be(strand, expected):
    details = details_of(strand=strand)
    assert set(details.sites["strand"]) == expected
    assert set(planted_letters(details)) == {"TGACTCAT"}
    # Each base has the probability 1 in place of 1/4.
    assert_allclose(details.sites["score"], 8 * np.log(4))


def test_sites_follow_the_matrix():
    counts = np.array([[7, 1, 1, 1], [0, 5, 0, 5], [2, 2, 2, 4]])
    details = details_of(n_samples=8000, motif=counts)
    letters = np.array([list(site) for site in planted_letters(details)])
    for position, row in enumerate(counts / 10):
        found = [np.mean(letters[:, position] == base) for base in "ACGT"]
        assert_allclose(found, row, atol=0.03)
    site = details.sites.iloc[0]
    by_hand = [counts[i]["ACGT".index(x)] / 10 for i, x in enumerate(letters[0])]
    assert_allclose(site["score"], np.log(np.divide(by_hand, 0.25)).sum())
    assert site["motif"] == "motif"


def test_score_of_a_site_is_against_the_letters_of_the_background():
    details = details_of(motif="GC", background="markov")
    assert_allclose(details.sites["score"], -2 * np.log(0.2045))


@pytest.mark.parametrize(
    ("motif", "n_motifs", "labels"),
    [
        ("CTCF", 2, ["CTCF_MA0139.2"]),
        (["CTCF", "CANNTG"], 1, ["CTCF_MA0139.2", "CANNTG"]),
        (["SRF", np.eye(4), "ACCT"], 2, ["SRF_MA0083.3", "motif[1]", "ACCT"]),
    ],
)
def test_several_sites_do_not_touch(motif, n_motifs, labels):
    details = details_of(length=90, motif=motif, n_motifs=n_motifs)
    assert list(details.motifs) == labels
    sites = details.sites
    n_of_each = sites.groupby(["sequence", "motif"]).size()
    assert set(n_of_each) == {n_motifs}
    assert len(n_of_each) == 100 * len(labels)
    widths = sites["motif"].map({k: len(v) for k, v in details.motifs.items()})
    assert_array_equal(sites["end"] - sites["start"], widths)
    gaps = sites["start"] - sites.groupby("sequence")["end"].shift()
    assert gaps.min() == 1


def test_sites_fill_the_region():
    details = details_of(n_samples=2000, region=(20, 35))
    starts = details.sites["start"]
    assert (starts.min(), details.sites["end"].max()) == (20, 35)
    # 8 places of equal chance for 8 of 15 bases.
    assert_allclose(starts.value_counts(normalize=True), 1 / 8, atol=0.035)


def test_no_room_to_spare():
    details = details_of(length=26, n_motifs=3)
    assert_array_equal(np.unique(details.sites["start"]), [0, 9, 18])


def test_given_sequences_make_the_background():
    background = pd.Series(["ACACACACAC" * 100, "GTGTGTGTGT" * 100])
    details = details_of(background=background)
    text = " ".join(details.data[details.target == 0])
    assert text.count("AC") + text.count("CA") > 20 * text.count("AA")


def test_optimal_score_of_a_consensus():
    """As wide as the sequence: all is known, 10 bases of probability 1 or 1/4."""
    details = details_of(length=10, motif="TGACTCATTT", strand="+")
    score = details.optimal_score
    assert_allclose(score[details.target == 1], 10 * np.log(4))
    assert_allclose(score[details.target == 0], np.log(np.finfo(float).tiny))
    assert roc_auc_score(details.target, score) == 1


@pytest.mark.parametrize(
    ("motif", "auroc"),
    [("CTCF", 0.992), ("SRF", 0.9998), ("SP1", 0.990), ("FOXA1", 0.912)],
)
def test_best_possible_auroc(motif, auroc):
    details = details_of(n_samples=4000, length=200, motif=motif)
    found = roc_auc_score(details.target, details.optimal_score)
    assert found == pytest.approx(auroc, abs=0.01)


def test_optimal_score_is_calibrated():
    """Where the score says odds of 1 to 1, half of the sequences have sites."""
    details = details_of(n_samples=8000, length=200, motif="GABPA", background="markov")
    probability = 1 / (1 + np.exp(-details.optimal_score))
    bins = np.digitize(probability, [0.25, 0.5, 0.75])
    for i in range(4):
        in_bin = bins == i
        found, said = details.target[in_bin].mean(), probability[in_bin].mean()
        assert found == pytest.approx(said, abs=4 * 0.5 / np.sqrt(in_bin.sum()))


def test_random_state():
    state = np.random.get_state()[1].copy()  # noqa: NPY002
    X, y = make_motif_classification(random_state=5)
    for seed in (5, np.random.RandomState(5)):
        X_again, y_again = make_motif_classification(random_state=seed)
        assert_array_equal(X_again, X)
        assert_array_equal(y_again, y)
    assert not np.isin(make_motif_classification(random_state=6)[0], X).any()
    assert_array_equal(np.random.get_state()[1], state)  # noqa: NPY002


def test_a_single_sequence():
    details = details_of(n_samples=1)
    assert details.target.tolist() == [0]
    assert details.sites.columns.tolist() == COLUMNS
    assert len(details.sites) == 0


@pytest.mark.parametrize(
    ("parameters", "error", "message"),
    [
        ({"motif": "CTFC"}, ValueError, "motif='CTFC' is neither the id nor the TF "
         "name of a matrix in JASPAR 2026 CORE; close matches: TFEC, CTCF"),
        ({"motif": ["SRF", "?"]}, ValueError, "motif[1]='?' is neither the id"),
        ({"motif": ["SRF", "MA0083"]}, ValueError, "motif lists 'SRF_MA0083.3' twice; "
         "n_motifs gives the number of its sites"),
        ({"motif": np.ones((4, 6))}, ValueError, "transpose it: motif.T"),
        ({"motif": []}, ValueError, "motif must have the shape (width, 4)"),
        ({"n_motifs": 7}, ValueError, "n_motifs=7 sites of the widths [8], with a base "
         "between any two, need 62 bases; length gives 60"),
        ({"region": (50, 57)}, ValueError, "need 8 bases; region gives 7"),
        ({"region": (30, 61)}, ValueError, "region must be two integers (start, end) "
         "with 0 <= start < end <= length=60; got (30, 61)"),
        ({"region": (30, 30)}, ValueError, "got (30, 30)"),
        ({"region": (0.0, 0.5)}, ValueError, "got (0.0, 0.5)"),
        ({"region": (0, 20, 40)}, ValueError, "got (0, 20, 40)"),
        ({"background": "human"}, ValueError, "got 'human'"),
        ({"strand": "forward"}, ValueError, "The 'strand' parameter of "
         "make_motif_classification must be a str among"),
        ({"n_samples": 0}, ValueError, "The 'n_samples' parameter"),
        ({"length": 0}, ValueError, "The 'length' parameter"),
        ({"n_motifs": 0}, ValueError, "The 'n_motifs' parameter"),
    ],
)  # fmt: skip
def test_errors(parameters, error, message):
    with pytest.raises(error, match=re.escape(message)):
        details_of(**parameters)
