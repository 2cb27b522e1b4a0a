import itertools

import numpy as np
import pytest
from scipy.stats import ttest_1samp

from sklearn_cnn.datasets import load_splice_junctions
from sklearn_cnn.preprocessing._alphabet import DNA
from sklearn_cnn.preprocessing._codes import encode
from sklearn_cnn.preprocessing._onehot import one_hot
from sklearn_cnn.preprocessing._reverse_complement import reverse_complement
from sklearn_cnn.preprocessing._strand_test import (
    _groups,
    _placed_letters,
    _signed_sums,
    _single_p_values,
    _standardized,
    _three_mers,
    depends_on_strand,
)


def _random(n, length, seed):
    rng = np.random.default_rng(seed)
    return ["".join(rng.choice(list("ACGT"), length)) for _ in range(n)]


def _decide(sequences, y):
    codes, _, _ = encode(sequences, DNA)
    return depends_on_strand(one_hot(codes, DNA), np.asarray(y)[:, None])


def _plant(sequences, site, rng, *, places, both):
    planted = []
    for sequence in sequences:
        word = reverse_complement(site) if both and rng.random() < 0.5 else site
        start = rng.choice(places)
        planted.append(sequence[:start] + word + sequence[start + len(word) :])
    return planted


@pytest.mark.parametrize("places", [[21], range(40)])
@pytest.mark.parametrize("both", [False, True])
def test_a_site_on_one_strand_is_told_from_a_site_on_both(places, both):
    rng = np.random.default_rng(1)
    sequences = _random(400, 50, seed=0)
    y = np.arange(400) % 2
    planted = _plant(sequences, "TGACCTTA", rng, places=places, both=both)
    sequences = list(np.where(y, planted, sequences))
    assert _decide(sequences, y) is not both


def test_strand_bias_that_all_classes_share_does_not_count():
    rng = np.random.default_rng(1)
    sequences = _plant(
        _random(400, 50, seed=0), "TGACCTTA", rng, places=[9], both=False
    )
    assert _decide(sequences, np.arange(400) % 2) is False


def test_false_alarms_are_rare():
    y = np.arange(100) % 2
    # One in a hundred is expected; more than four have a probability of 0.4 %.
    assert sum(_decide(_random(100, 30, seed), y) for seed in range(100)) <= 4


def test_few_samples_are_enough_where_many_places_differ_a_little():
    rng, y = np.random.default_rng(0), np.arange(40) % 2
    # One strand of those of class 1 has more A and C than G and T.
    shares = np.where(y[:, None], [0.35, 0.35, 0.15, 0.15], [0.25] * 4)
    codes = np.array([rng.choice(4, 30, p=share) for share in shares])
    one_hots = np.eye(4)[codes].transpose(0, 2, 1)
    assert depends_on_strand(one_hots, y[:, None])
    # Each place for itself could be chance.
    features = _standardized(_placed_letters(one_hots), np.ones(40))
    p_values = _single_p_values(features * (2 * y - 1)[:, None])
    assert p_values.min() * p_values.size > 0.1


def test_fifty_splice_junctions_are_enough():
    X, y = load_splice_junctions(return_X_y=True)
    found = 0
    for seed in range(20):
        rows = np.random.default_rng(seed).permutation(len(X))[:50]
        codes, _, _ = encode(list(np.asarray(X)[rows]), DNA)
        classes = y[rows][:, None] == np.unique(y)
        found += depends_on_strand(one_hot(codes, DNA), classes)
    assert found >= 18


def test_joint_p_value_is_that_of_all_signs():
    rng = np.random.default_rng(3)
    features, targets = rng.normal(size=(9, 4)), rng.normal(size=(9, 2))
    features[:, 0] += targets[:, 0]
    signs = np.array(list(itertools.product([-1, 1], repeat=9)))
    sums = [(((s[:, None] * features).T @ targets) ** 2).sum() for s in signs]
    exact = np.mean(np.array(sums) >= sums[-1] - 1e-9)
    # Of 999 random signs, the standard error is 1.6 % at most.
    found = sum(_signed_sums(features * target[:, None], 2) for target in targets.T)
    assert abs(np.mean(found >= found[0]) - exact) < 0.04


def test_single_p_values_are_those_of_t_tests():
    products = np.random.default_rng(0).normal(0.3, size=(20, 5))
    expected = ttest_1samp(products, 0).pvalue
    np.testing.assert_allclose(_single_p_values(products), expected, rtol=1e-9)


def test_sequences_that_overlap_count_once():
    """Windows shifted along one stretch: what is true of one is true of all."""
    stretch, others = _random(1, 130, seed=3)[0], _random(80, 50, seed=4)
    windows = [stretch[i : i + 50] for i in range(80)]
    y = np.repeat([1, 0], 80)
    codes, _, _ = encode([*windows, *others], DNA)
    one_hots = one_hot(codes, DNA)
    groups = _groups(one_hots[60:])  # twenty of the windows, a fifth of the rest
    assert len(np.unique(groups[:20])) == 1
    assert len(np.unique(groups[20:])) == 80
    assert _decide([*windows[60:], *others], y[60:]) is False
    # As if they were independent, the words of one stretch would tell.
    features = _standardized(_three_mers(one_hots[60:]), np.ones(100))
    sums = _signed_sums(features * (2 * y[60:] - 1)[:, None], 1)
    assert np.mean(sums >= sums[0]) == 0.001


def test_variants_of_one_sequence_are_samples_each():
    rng, parent = np.random.default_rng(5), _random(1, 60, seed=6)[0]
    codes, _, _ = encode([parent] * 200, DNA)
    places = rng.integers(60, size=(200, 3))
    np.put_along_axis(codes, places, rng.integers(4, size=(200, 3)).astype("u1"), 1)
    groups = _groups(one_hot(codes, DNA))
    assert len(np.unique(groups)) == 200
    y = (codes[:, 10] != codes[0, 10]).astype(float)
    assert depends_on_strand(one_hot(codes, DNA), y[:, None])


@pytest.mark.parametrize("length", [1, 2, 3])
def test_short_and_constant_sequences(length):
    sequences = ["ACG"[:length]] * 6
    assert _decide(sequences, [0, 1] * 3) is False
    assert _decide(sequences[:2], [0, 1]) is False


def test_palindromes_never_depend_on_the_strand():
    half = _random(200, 10, seed=2)
    sequences = [s + reverse_complement(s) for s in half]
    assert _decide(sequences, [s[0] in "AC" for s in half]) is False
    assert _decide(half, [s[0] in "AC" for s in half]) is True


def test_thousands_of_samples_are_tested_together():
    """A weak difference at all places, which a thousand samples do not show."""
    rng, y = np.random.default_rng(0), np.arange(3000) % 2
    # One strand of those of class 1 has a little more A and C than G and T.
    shares = np.where(y[:, None], [0.262, 0.262, 0.238, 0.238], [0.25] * 4)
    bounds = shares.cumsum(axis=1)[:, None]
    codes = (rng.random((3000, 20))[..., None] > bounds).sum(axis=2).clip(max=3)
    one_hots = np.eye(4)[codes].transpose(0, 2, 1)
    assert depends_on_strand(one_hots, y[:, None])
    # Each place for itself could be chance, and so could a thousand samples.
    features = _standardized(_placed_letters(one_hots), np.ones(3000))
    products = features * (2 * y - 1)[:, None]
    p_values = _single_p_values(products)
    assert p_values.min() * p_values.size > 0.1
    of_thousand = _signed_sums(products[:1000], 1)
    assert np.mean(of_thousand >= of_thousand[0]) > 0.01
