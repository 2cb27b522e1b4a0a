import re

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.metrics import r2_score

from sklearn_cnn.datasets import make_motif_regression


def details_of(n_samples=300, length=200, motif="CTCF", **parameters):
    return make_motif_regression(
        n_samples, length, motif, return_details=True, random_state=0, **parameters
    )


def test_sequences_and_target():
    X, y = make_motif_regression(50, 80, "SRF", random_state=0)
    assert X.shape == y.shape == (50,)
    assert X.dtype == object
    assert {len(sequence) for sequence in X} == {80}
    assert y.dtype == np.float64
    details = make_motif_regression(50, 80, "SRF", return_details=True, random_state=0)
    assert_array_equal(details.data, X)
    assert_array_equal(details.target, y)


def test_target_is_the_sum_of_the_strengths():
    details = details_of(motif=["CTCF", "GABPA"])
    sums = details.sites.groupby("sequence")["score"].sum()
    assert_allclose(details.target, sums.reindex(range(300), fill_value=0))
    assert np.any(details.target == 0)
    assert list(details.motifs) == ["CTCF_MA0139.2", "GABPA_MA0062.4"]


def test_every_number_of_sites_is_equally_likely():
    details = details_of(n_samples=4000, motif="TGACGTCA", n_motifs=3)
    # Each site counts 8 log 4.
    n_sites = np.rint(details.target / (8 * np.log(4))).astype(int)
    assert_allclose(details.target, n_sites * 8 * np.log(4))
    assert_allclose(np.bincount(n_sites) / 4000, 1 / 4, atol=0.03)
    found = details.sites["sequence"].value_counts().reindex(range(4000), fill_value=0)
    assert_array_equal(found.sort_index(), n_sites)


def test_noise():
    # The noise is drawn last: the sequences and their sites are the same without it.
    quiet, noisy = details_of(n_samples=4000), details_of(n_samples=4000, noise=2.0)
    assert_array_equal(quiet.data, noisy.data)
    noise = noisy.target - quiet.target
    assert noise.mean() == pytest.approx(0, abs=0.15)
    assert noise.std() == pytest.approx(2, abs=0.1)
    assert_array_equal(quiet.optimal_score, noisy.optimal_score)


@pytest.mark.parametrize(("motif", "r2"), [("CTCF", 0.989), ("GABPA", 0.932)])
def test_best_possible_r2(motif, r2):
    details = details_of(n_samples=2000, motif=motif)
    found = r2_score(details.target, details.optimal_score)
    assert found == pytest.approx(r2, abs=0.01)


def test_optimal_score_is_the_conditional_mean():
    """Its residuals are zero on average, whatever the score is."""
    details = details_of(n_samples=8000, motif="GABPA", background="markov")
    residuals = details.target - details.optimal_score
    for part in np.array_split(np.argsort(details.optimal_score), 4):
        allowed = 4 * residuals[part].std() / np.sqrt(len(part))
        assert residuals[part].mean() == pytest.approx(0, abs=allowed)


def test_random_state():
    first = make_motif_regression(noise=1, random_state=5)
    second = make_motif_regression(noise=1, random_state=5)
    assert_array_equal(first[0], second[0])
    assert_array_equal(first[1], second[1])


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"noise": -1.0}, "The 'noise' parameter of make_motif_regression must be a "
         "float in the range [0.0, inf)"),
        ({"motif": "CTFC"}, "close matches: TFEC, CTCF"),
        ({"n_motifs": 20}, "n_motifs=20 sites of the widths [15], with a base between "
         "any two, need 319 bases; length gives 200"),
        ({"strand": "?"}, "The 'strand' parameter of make_motif_regression"),
    ],
)  # fmt: skip
def test_errors(parameters, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        details_of(**parameters)
