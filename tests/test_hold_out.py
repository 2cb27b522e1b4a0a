"""Parts of the training data that are held out, and what stays together in them."""

import numpy as np
import pytest

from sklearn_cnn._hold_out import deal_folds, group_related, hold_out
from sklearn_cnn.preprocessing._codes import encode
from sklearn_cnn.training._inputs import Inputs


def test_groups_stay_together_and_classes_are_spread():
    rng = np.random.default_rng(0)
    labels = (rng.random(200) < 0.1).astype(float)
    groups = np.arange(200)
    groups[100:] = groups[:100]
    labels[100:] = labels[:100]
    folds = deal_folds(groups, labels, 5, random_state=0)
    np.testing.assert_array_equal(folds[:100], folds[100:])
    assert np.bincount(folds).tolist() == [40] * 5
    positives = np.bincount(folds[labels == 1], minlength=5)
    assert np.ptp(positives) <= 2


def test_same_seed_same_folds():
    first, again, other = (
        deal_folds(np.arange(50), None, 5, random_state=seed) for seed in (0, 0, 1)
    )
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)


def _inputs(X) -> Inputs:
    codes, lengths, alphabet = encode(X, "dna")
    return Inputs(codes, alphabet, lengths)


def _random_sequences(n: int, length: int) -> list[str]:
    rng = np.random.default_rng(0)
    return ["".join(row) for row in rng.choice(list("ACGT"), (n, length))]


class TestGroupRelated:
    def test_windows_that_overlap_are_of_one_group(self):
        X = _random_sequences(40, 60)
        X[7] = X[3][29:] + X[7][31:]  # The last 31 letters.
        X[9] = X[4][30:] + X[9][30:]  # The last 30.
        groups = group_related(_inputs(X))
        assert groups[7] == groups[3]
        assert len(np.unique(groups)) == 39

    def test_unrelated(self):
        assert group_related(_inputs(_random_sequences(40, 60))) is None

    def test_all_equal(self):
        assert group_related(_inputs(["ACGT" * 10] * 20)) is None

    def test_variants_of_one_sequence_are_split_but_for_equal_ones(self):
        X = _random_sequences(40, 60)
        for i in range(10, 20):
            X[i] = X[0][:45] + X[i][45:]
        X[19] = X[18]
        groups = group_related(_inputs(X))
        assert groups[19] == groups[18]
        assert len(np.unique(groups)) == 39

    def test_arrays_are_related_if_they_are_equal(self):
        values = np.random.default_rng(0).normal(size=(20, 2, 9))
        assert group_related(Inputs(values)) is None
        values[13] = values[2]
        groups = group_related(Inputs(values))
        assert groups[13] == groups[2]
        assert len(np.unique(groups)) == 19


class TestHoldOut:
    @pytest.mark.parametrize("n_groups", [20, 150, 200])
    @pytest.mark.parametrize("with_labels", [True, False])
    def test_groups_stay_on_one_side(self, n_groups, with_labels):
        groups = np.arange(200) % n_groups
        labels = (groups % 5 == 0).astype(float)
        rows, held_out = hold_out(
            200,
            fraction=0.2,
            labels=labels if with_labels else None,
            groups=groups,
            random_state=0,
        )
        assert sorted([*rows, *held_out]) == list(range(200))
        assert not set(groups[rows]) & set(groups[held_out])
        assert 30 <= len(held_out) <= 52
        if with_labels:
            assert labels[held_out].mean() == pytest.approx(0.2, abs=0.05)
