"""Parts of the training data that are held out, and what stays together in them."""

import numpy as np
import pytest

from sklearn_cnn._hold_out import deal_folds, hold_out


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
