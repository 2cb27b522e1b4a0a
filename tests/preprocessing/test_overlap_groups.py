from itertools import combinations

import numpy as np
import pandas as pd
import pytest
from scipy.sparse.csgraph import connected_components

from sklearn_cnn.preprocessing import overlap_groups, reverse_complement


def words_of(sequence: str, k: int, both_strands: bool = True) -> set[str]:
    strands = [sequence]
    if both_strands:
        strands.append(reverse_complement(sequence, "dna"))
    return {s[i : i + k] for s in strands for i in range(len(s) - k + 1)}


@pytest.mark.parametrize("k", [5, 6])
def test_groups_are_those_of_shared_words(k):
    rng = np.random.default_rng(k)
    X = ["".join(rng.choice(list("ACGT"), size=n)) for n in rng.integers(4, 12, 60)]
    links = np.eye(60)
    for i, j in combinations(range(60), 2):
        shared = words_of(X[i], k) & words_of(X[j], k)
        links[i, j] = bool(shared) or X[i] == X[j]
    expected = connected_components(links, directed=False)[1]
    assert 1 < len(np.unique(expected)) < 60
    np.testing.assert_array_equal(overlap_groups(X, k=k), expected)


@pytest.mark.parametrize("k", [31, 32, 40])
def test_long_words(k):
    rng = np.random.default_rng(0)
    a, b, c = ("".join(row) for row in rng.choice(list("ACGT"), (3, 60)))
    start = b[: k - 1]
    X = [a, reverse_complement(f"{start}A{a[-k:]}"), f"{start}C{c[-k:]}", f"{start}G"]
    # A word of k letters links, one of k - 1 does not.
    assert overlap_groups(X, k=k).tolist() == [0, 0, 1, 2]
    assert overlap_groups(X, k=k - 1).tolist() == [0, 0, 0, 0]


def test_strands_of_dna_only():
    assert overlap_groups(["AACCTG", "CAGGTT"], k=5).tolist() == [0, 0]
    assert overlap_groups(["AACCUG", "CAGGUU"], k=5).tolist() == [0, 1]


def test_proteins():
    X = ["MKVLAWERTY", "GGGMKVLAWE", "MKVLAWQ"]
    assert overlap_groups(X, k=7).tolist() == [0, 0, 1]
    assert overlap_groups(X, k=6).tolist() == [0, 0, 0]


def test_ambiguous_letters_link_nothing():
    assert overlap_groups(["AANTTGC", "CCNTTAC", "TTNTT"], k=3).tolist() == [0, 1, 2]


def test_shorter_than_a_word():
    assert overlap_groups(["ACG", "ACGT", "acg"]).tolist() == [0, 1, 0]


def test_containers():
    X = ["GATTACAGG", "CCCCCCCC", "TTACAGGTT"]
    for container in (tuple(X), np.array(X), pd.Series(X), pd.DataFrame({"x": X})):
        assert overlap_groups(container, k=5).tolist() == [0, 1, 0]


def test_more_letters_than_are_read_at_a_time(monkeypatch):
    monkeypatch.setattr("sklearn_cnn.preprocessing._overlap_groups._CHUNK", 20)
    X = ["GATTACAGG", "CCCCCCCC", "TTTTTTTT", "CGCGCGCGC", "TTACAGGTT"]
    assert overlap_groups(X, k=5).tolist() == [0, 1, 2, 3, 0]


@pytest.mark.parametrize(
    ("arguments", "match"),
    [
        ({"sequences": ["ACGT"], "k": 0}, r"'k'.*\[1, inf\).*0"),
        ({"sequences": ["ACGT", "ACJT"], "alphabet": "dna"}, r"sequences\[1\].*'J'"),
        ({"sequences": []}, "sequences"),
    ],
)
def test_bad_input(arguments, match):
    with pytest.raises(ValueError, match=match):
        overlap_groups(**arguments)
