import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from sklearn_cnn.datasets._free_windows import FreeWindows

NOTHING = np.empty(0, dtype=int)


def test_gc_content():
    free = FreeWindows("AGCTNRCC", NOTHING, NOTHING)
    starts, ends = np.array([[0, 1], [1, 6]]), np.array([[4, 3], [2, 8]])
    assert_allclose(free.gc_content(starts, ends), [[0.5, 1], [1, 1]])


def test_gaps_and_intervals_are_taken():
    #                  0123456789
    free = FreeWindows("NACGTNNRAC", np.array([3, -5]), np.array([4, -1]))
    starts = np.arange(-1, 11)
    assert_array_equal(starts[free.is_free(starts, starts + 1)], [1, 2, 4, 8, 9])
    assert_array_equal(starts[free.is_free(starts, starts + 2)], [1, 8])


def test_letters_without_gaps():
    free = FreeWindows("ACGT", NOTHING, NOTHING)
    starts = np.array([-1, 0, 1])
    assert free.is_free(starts, starts + 4).tolist() == [False, True, False]


@pytest.mark.parametrize("seed", range(20))
def test_free_means_that_no_base_is_taken(seed):
    rng = np.random.default_rng(seed)
    letters = rng.choice(list("ACGTN"), p=[0.245] * 4 + [0.02], size=200)
    starts = rng.integers(-10, 200, size=6)
    ends = starts + rng.integers(1, 30, size=6)
    taken = letters == "N"
    for start, end in zip(starts, ends, strict=True):
        taken[max(start, 0) : max(end, 0)] = True
    free = FreeWindows("".join(letters), starts, ends)
    for start in range(-3, 203):
        for end in range(start + 1, start + 12):
            inside = start >= 0 and end <= 200
            expected = inside and not taken[start:end].any()
            assert free.is_free(start, end) == expected


def test_place():
    free = FreeWindows("A" * 30, NOTHING, NOTHING)
    starts = np.array([[0, 10], [8, 2], [20, 4], [1, 5], [28, 3]])
    suitable = np.array([[0, 1], [1, 1], [1, 0], [0, 0], [1, 1]], dtype=bool)
    lengths = np.array([5, 3, 4, 2, 2])
    # Row 0 would take 10 to 15, which overlaps 8 to 11 of row 1; row 3 has none.
    assert free.place(starts, lengths, suitable).tolist() == [-1, 8, 20, -1, 28]
    taken = [i for i in range(30) if not free.is_free(i, i + 1)]
    assert taken == [8, 9, 10, 20, 21, 22, 23, 28, 29]


def test_place_of_the_same_window_twice():
    free = FreeWindows("A" * 30, NOTHING, NOTHING)
    starts = np.array([[7], [7]])
    placed = free.place(starts, np.array([3, 3]), np.ones((2, 1), dtype=bool))
    assert placed.tolist() == [7, -1]


def test_nothing_to_place():
    free = FreeWindows("A" * 30, NOTHING, NOTHING)
    starts = np.array([[7], [9]])
    placed = free.place(starts, np.array([3, 3]), np.zeros((2, 1), dtype=bool))
    assert placed.tolist() == [-1, -1]
    assert free.is_free(0, 30)
