import numpy as np
import pytest

from sklearn_cnn.preprocessing._draw_rows import draw_rows


def draw(n_rows, max_rows, labels=None, seed=0):
    return draw_rows(n_rows, max_rows, np.random.RandomState(seed), labels)


@pytest.mark.parametrize("max_rows", [5, 7])
def test_few_rows_are_all_taken(max_rows):
    np.testing.assert_array_equal(draw(5, max_rows), np.arange(5))


def test_a_random_part():
    rows = draw(1000, 100)
    assert len(set(rows)) == 100
    np.testing.assert_array_equal(rows, np.sort(rows))
    np.testing.assert_array_equal(rows, draw(1000, 100))
    assert set(rows) != set(draw(1000, 100, seed=1))
    # Neither the first ones nor every tenth.
    assert len(set(rows % 10)) == 10
    assert rows.max() > 800


@pytest.mark.parametrize("order", ["alternating", "sorted", "random"])
def test_classes_keep_their_shares(order):
    labels = np.arange(1000) % 4 > 0
    if order == "sorted":
        labels = np.sort(labels)
    elif order == "random":
        labels = np.random.default_rng(0).permutation(labels)
    rows = draw(1000, 200, labels)
    assert len(rows) == 200
    assert labels[rows].sum() == 150


def test_largest_remainders_and_rare_classes():
    labels = np.repeat(["a", "b", "c", "d"], [501, 333, 165, 1])
    # Of ten rows 5.01, 3.33, 1.65 and 0.01: the whole numbers, one of "d", which is
    # the tenth.
    rows = draw(1000, 10, labels)
    assert [sum(labels[rows] == k) for k in "abcd"] == [5, 3, 1, 1]
    # 10.02, 6.66, 3.3 and 0.02: of the twenty, one is left for the largest remainder.
    rows = draw(1000, 21, labels)
    assert [sum(labels[rows] == k) for k in "abcd"] == [10, 7, 3, 1]
