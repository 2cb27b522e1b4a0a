import numpy as np
import pytest

from sklearn_cnn.preprocessing._draw_rows import draw_rows


def test_few_rows_are_all_taken():
    assert draw_rows(5, 5, 0).tolist() == [0, 1, 2, 3, 4]


@pytest.mark.parametrize("labels", [None, np.arange(1000) % 2])
def test_rows_are_drawn_once_each_in_order_and_anew_by_seed(labels):
    rows = draw_rows(1000, 300, 0, labels)
    assert len(set(rows)) == 300
    assert np.all(np.diff(rows) > 0)
    assert np.array_equal(rows, draw_rows(1000, 300, 0, labels))
    assert not np.array_equal(rows, draw_rows(1000, 300, 1, labels))


@pytest.mark.parametrize("labels", [None, np.arange(1000) % 7])
def test_fewer_rows_are_among_more(labels):
    fewer, more = (set(draw_rows(1000, n, 3, labels)) for n in (100, 350))
    assert fewer < more


@pytest.mark.parametrize("order", ["alternating", "sorted", "shuffled"])
def test_classes_keep_their_shares_in_any_order(order):
    labels = np.repeat(["a", "b", "c"], [600, 300, 100])
    if order == "shuffled":
        labels = np.random.default_rng(0).permutation(labels)
    elif order == "alternating":
        labels = np.tile(["a"] * 6 + ["b"] * 3 + ["c"], 100)
    drawn = labels[draw_rows(1000, 200, 0, labels)]
    counts = dict(zip(*np.unique(drawn, return_counts=True), strict=True))
    assert counts == {"a": 120, "b": 60, "c": 20}


def test_a_rare_class_is_there():
    labels = np.r_[np.zeros(9999), 1]
    assert 9999 in draw_rows(10_000, 50, 0, labels)


def test_any_class_may_come_where_not_all_can():
    labels = np.arange(1000) % 50
    drawn = [set(labels[draw_rows(1000, 5, seed, labels)]) for seed in range(100)]
    assert all(len(classes) == 5 for classes in drawn)
    assert set.union(*drawn) == set(range(50))
