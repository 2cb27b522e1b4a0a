"""Folds that are dealt out."""

import numpy as np

from sklearn_cnn._hold_out import deal_folds


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
