"""Parts of the training data that are held out, and what stays together in them."""

import numpy as np
import pytest

from sklearn_cnn.training._hold_out import assign_folds, hold_out


def test_groups_stay_together_and_classes_are_spread():
    rng = np.random.default_rng(0)
    labels = (rng.random(200) < 0.1).astype(float)
    groups = np.arange(200)
    groups[100:] = groups[:100]
    labels[100:] = labels[:100]
    folds = assign_folds(groups, labels, 5, random_state=0)
    np.testing.assert_array_equal(folds[:100], folds[100:])
    assert np.bincount(folds).tolist() == [40] * 5
    positives = np.bincount(folds[labels == 1], minlength=5)
    assert np.ptp(positives) <= 2


def test_same_seed_same_folds():
    first, again, other = (
        assign_folds(np.arange(50), None, 5, random_state=seed) for seed in (0, 0, 1)
    )
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)


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

    @pytest.mark.parametrize("fraction", [0.1, 0.15, 0.4])
    @pytest.mark.parametrize("n_rare", [1, 2, 300])
    def test_share_is_kept_with_groups_and_rare_classes(self, fraction, n_rare):
        n = 3000
        labels = np.r_[np.zeros(n - n_rare), np.ones(n_rare)]
        groups = np.random.default_rng(0).integers(0, 800, n)
        _, held_out = hold_out(
            n, fraction=fraction, labels=labels, groups=groups, random_state=0
        )
        assert len(held_out) == pytest.approx(fraction * n, abs=5)

    def test_a_share_that_groups_do_not_allow_is_said(self):
        groups = np.repeat([0, 1], [60, 40])
        with pytest.warns(UserWarning, match="40% of the samples are held out"):
            rows, held_out = hold_out(
                100, fraction=0.1, labels=None, groups=groups, random_state=0
            )
        assert held_out.tolist() == list(range(60, 100))
        assert rows.tolist() == list(range(60))

    def test_one_of_two_groups_trains_whatever_the_fraction(self):
        groups = np.arange(20) % 2
        rows, held_out = hold_out(
            20, fraction=0.7, labels=None, groups=groups, random_state=0
        )
        assert len(rows) == len(held_out) == 10

    @pytest.mark.parametrize("n_large", [40, 120])
    def test_a_large_group_leaves_a_share_of_the_others(self, n_large):
        groups = np.r_[np.zeros(n_large), np.arange(1, 201 - n_large)]
        _, held_out = hold_out(
            200, fraction=0.1, labels=None, groups=groups, random_state=0
        )
        assert len(held_out) in range(15, 41)


def test_large_groups_end_up_in_different_folds():
    groups = np.repeat(np.arange(5), 20)
    groups = np.r_[groups, np.arange(5, 105)]
    folds = assign_folds(groups, None, 5, random_state=0)
    assert np.bincount(folds).tolist() == [40] * 5
