"""The optimal scores against Bayes' theorem over all sequences of a short length."""

from itertools import pairwise, product

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy.stats import chisquare

from sklearn_cnn.datasets._background import Background
from sklearn_cnn.datasets._optimal_score import expected_strength, log_likelihood_ratio
from sklearn_cnn.datasets._site_model import make_site_model, random_subsets

LENGTH = 6
ALL_CODES = np.indices((4,) * LENGTH, dtype=np.uint8).reshape(LENGTH, -1).T
LOWEST = np.log(np.finfo(float).tiny)

PAIR = np.array([[0.6, 0.2, 0.15, 0.05], [0.1, 0.1, 0.1, 0.7]])
TRIPLE = np.array([[5, 1, 2, 1], [1, 1, 9, 2], [3, 1, 1, 4]])
SINGLE = np.array([[0.1, 0.6, 0.1, 0.2]])
# Letters after A favour T and so on: neither symmetric nor alike on both strands.
SEQUENCES = ["ATATGATTACA", "CCATGATC", "GATTGCAT"]

CASES = {
    "one site": {"motif": TRIPLE},
    "one site as wide as the sequence": {"motif": np.tile(PAIR, (3, 1))},
    "human background": {"motif": TRIPLE, "background": "markov"},
    "fitted background": {"motif": PAIR, "background": SEQUENCES},
    "forward": {"motif": PAIR, "background": SEQUENCES, "strand": "+"},
    "reverse": {"motif": PAIR, "background": SEQUENCES, "strand": "-"},
    "region": {"motif": PAIR, "background": SEQUENCES, "region": (1, 5)},
    "left end": {"motif": PAIR, "background": SEQUENCES, "region": (0, 3)},
    "two sites": {"motif": PAIR, "background": SEQUENCES, "n_motifs": 2},
    "three sites": {"motif": SINGLE, "background": SEQUENCES, "n_motifs": 3},
    "two motifs": {"motif": [PAIR, TRIPLE], "background": SEQUENCES},
    "two motifs, two sites of one": {
        "motif": [SINGLE, "AN"],
        "background": SEQUENCES,
        "counts": (2, 1),
    },
    "consensus": {"motif": "CAR", "background": SEQUENCES},
    "two sites of a consensus": {"motif": "CA", "n_motifs": 2},
}


def probability_of_all(background: Background) -> np.ndarray:
    """P(sequence | background) of all sequences: (4, 4, ..., 4)."""
    probability = background.letters
    for _ in range(LENGTH - 1):
        probability = probability[..., None] * background.transitions
    return probability


def placements(model, counts):
    """All ways to place the sites: lists of (motif, start, strand)."""
    motifs = [j for j, n in enumerate(counts) for _ in range(n)]
    starts = [range(model.low, model.high - model.widths[j] + 1) for j in motifs]
    for places in product(*starts):
        in_order = sorted(zip(places, motifs, strict=True))
        if all(b >= a + model.widths[j] + 1 for (a, j), (b, _) in pairwise(in_order)):
            strands = "+-" if model.strand == "both" else model.strand
            for chosen in product(strands, repeat=len(motifs)):
                yield list(zip(motifs, places, chosen, strict=True))


def site_tensor(matrix, strand):
    """P(letters on the forward strand | a site): (4, ..., 4), one axis a position."""
    tensor = np.zeros((4,) * len(matrix))
    for letters in product("ACGT", repeat=len(matrix)):
        site = "".join(letters)
        if strand == "-":
            site = site[::-1].translate(str.maketrans("ACGT", "TGCA"))
        probability = np.prod(
            [row["ACGT".index(x)] for row, x in zip(matrix, site, strict=True)]
        )
        tensor[tuple("ACGT".index(x) for x in letters)] = probability
    return tensor


def strength_tensor(matrix, strand, letters):
    """Log-odds score of a site with these letters; 0 where it is impossible."""
    with np.errstate(divide="ignore", invalid="ignore"):
        background = site_tensor(np.tile(letters, (len(matrix), 1)), strand)
        strength = np.log(site_tensor(matrix, strand) / background)
    return np.where(np.isneginf(strength), 0, strength)


def at(tensor, start):
    """The tensor of a site with an axis for each letter of the sequence."""
    after = LENGTH - start - tensor.ndim
    return tensor.reshape((1,) * start + tensor.shape + (1,) * after)


def by_enumeration(model, counts):
    """P(sequence | sites) and the same times the strength, for all sequences."""
    background = probability_of_all(model.background)
    total, weighted = np.zeros((2, *background.shape))
    ways = list(placements(model, counts))
    for sites in ways:
        covered = [start + i for j, start, _ in sites for i in range(model.widths[j])]
        probability = background.sum(axis=tuple(covered), keepdims=True)
        strength = 0
        for j, start, strand in sites:
            matrix = model.matrices[j]
            probability = probability * at(site_tensor(matrix, strand), start)
            strength = strength + at(
                strength_tensor(matrix, strand, model.background.letters), start
            )
        total += probability
        weighted += probability * strength
    return total / len(ways), weighted / len(ways)


def site_model(
    motif, n_motifs=1, background="uniform", strand="both", region=None, length=LENGTH
):
    return make_site_model(motif, length, n_motifs, background, strand, region)


@pytest.fixture(params=CASES.values(), ids=CASES.keys())
def model_and_counts(request):
    parameters = dict(request.param)
    counts = parameters.pop("counts", None)
    model = site_model(**parameters)
    n_motifs = parameters.get("n_motifs", 1)
    return model, counts or (n_motifs,) * len(model.matrices)


def test_log_likelihood_ratio(model_and_counts):
    model, counts = model_and_counts
    with_sites, _ = by_enumeration(model, counts)
    assert_allclose(with_sites.sum(), 1)
    with np.errstate(divide="ignore"):
        expected = np.log(with_sites / probability_of_all(model.background)).ravel()
    score = log_likelihood_ratio(ALL_CODES, model, counts)
    possible = np.isfinite(expected)
    assert_allclose(score[possible], expected[possible], rtol=0, atol=1e-9)
    assert np.all(score[~possible] == LOWEST)


def test_expected_strength(model_and_counts):
    model, most = model_and_counts
    total, weighted = 0, 0
    for counts in product(*(range(n + 1) for n in most)):
        with_sites, times_strength = by_enumeration(model, counts)
        total = total + with_sites
        weighted = weighted + times_strength
    expected = (weighted / total).ravel()
    strength = expected_strength(ALL_CODES, model, most)
    assert_allclose(strength, expected, rtol=0, atol=1e-9)


def test_textbook_formula():
    """One site, uniform background: the mean over the windows of prod p / (1/4)."""
    model = site_model(PAIR, strand="+", length=3)
    # Windows AT and TT: 0.6 * 0.7 * 16 and 0.05 * 0.7 * 16.
    score = log_likelihood_ratio(np.array([[0, 3, 3]], np.uint8), model, (1,))
    assert_allclose(score, np.log((6.72 + 0.56) / 2))


def test_blocks_do_not_matter(monkeypatch):
    model = site_model([PAIR, TRIPLE], background="markov")
    whole = log_likelihood_ratio(ALL_CODES, model, (1, 1))
    monkeypatch.setattr("sklearn_cnn.datasets._optimal_score._BLOCK", 1000)
    assert_allclose(log_likelihood_ratio(ALL_CODES, model, (1, 1)), whole, rtol=1e-13)


def test_many_wide_sites_do_not_overflow():
    """20 sites of 33 bases: a likelihood ratio of 4**660, beyond any float."""
    length = 20 * 34 - 1
    model = site_model("A" * 33, n_motifs=20, strand="+", length=length)
    codes = np.zeros((1, length), np.uint8)
    # Without a spare base there is one placement; its 660 bases count 4 each.
    assert_allclose(log_likelihood_ratio(codes, model, (20,)), 660 * np.log(4))


def test_planted_sequences_follow_the_model():
    model = site_model([PAIR, "C"], background=SEQUENCES, region=(0, 5))
    rng = np.random.RandomState(0)
    codes = model.background.sample(100_000, LENGTH, rng)
    model.plant(codes, np.ones((100_000, 2), int), rng)
    expected, _ = by_enumeration(model, (1, 1))
    counts = np.bincount(codes @ 4 ** np.arange(LENGTH)[::-1], minlength=4**LENGTH)
    # Bins of few sequences are joined, as the test needs.
    order = np.argsort(expected.ravel())
    bins = np.floor(np.cumsum(expected.ravel()[order]) * 999.999).astype(int)
    observed = np.bincount(bins, counts[order], minlength=1000)
    in_bins = np.bincount(bins, expected.ravel()[order], minlength=1000)
    filled = in_bins > 0
    p = chisquare(observed[filled], 100_000 * in_bins[filled]).pvalue
    assert counts[expected.ravel() == 0].sum() == 0
    assert 0.001 < p < 0.999


def test_random_subsets_are_uniform():
    subsets = random_subsets(60_000, 3, 6, np.random.RandomState(0))
    assert np.all(np.diff(subsets, axis=1) > 0)
    assert (subsets.min(), subsets.max()) == (0, 5)
    _, counts = np.unique(subsets, axis=0, return_counts=True)
    assert len(counts) == 20  # 6 over 3
    assert chisquare(counts).pvalue > 0.001
