import re
from collections import Counter
from itertools import pairwise

import numpy as np
import pandas as pd
import polars as pl
import pytest
from scipy.stats import chisquare

from sklearn_cnn.preprocessing import dinucleotide_shuffle

AMINO_ACIDS = "ACDEFGHIKLMNPQRSTVWY"


def dinucleotides(sequence):
    return Counter(pairwise(sequence))


@pytest.mark.parametrize(
    "letters",
    ["ACGT", "ACGTN", "acgtACGT", "ACGU", AMINO_ACIDS, "HEC", "AB", "A", "äß."],
)
@pytest.mark.parametrize("length", [1, 2, 3, 4, 5, 10, 50, 200])
def test_dinucleotide_counts_are_kept_exactly(letters, length):
    rng = np.random.default_rng(length)
    # Skewed frequencies: some letters occur once, or only at the end.
    weights = rng.dirichlet(np.full(len(letters), 0.5), size=60)
    sequences = [
        "".join(rng.choice(list(letters), size=length, p=one)) for one in weights
    ]
    shuffled = dinucleotide_shuffle(sequences, random_state=0)
    for before, after in zip(sequences, shuffled, strict=True):
        assert dinucleotides(after) == dinucleotides(before)
        assert Counter(after) == Counter(before)
        assert (after[0], after[-1]) == (before[0], before[-1])


@pytest.mark.parametrize("sequence", ["A", "AC", "AAAAAA", "ACGT", "AAACCC", "ACA"])
def test_without_freedom_nothing_changes(sequence):
    assert dinucleotide_shuffle(sequence, random_state=0) == sequence


def all_shuffles(walk, left):
    """Extend a walk by the dinucleotides left, in all ways."""
    if not left:
        yield walk
    for pair in left:
        if pair[0] == walk[-1]:
            yield from all_shuffles(walk + pair[1], left - Counter([pair]))


@pytest.mark.parametrize(
    ("sequence", "n_shuffles"),
    [
        ("ABACA", 2),
        ("ACAGACGAT", 6),
        ("AACAGACA", 12),
        ("ABABCACDA", 12),
        ("AABBACBAC", 12),
        ("ABBBCABCACC", 27),
        ("CACGACAAGTAC", 72),
    ],
)
def test_all_shuffles_are_equally_likely(sequence, n_shuffles):
    possible = list(all_shuffles(sequence[0], dinucleotides(sequence)))
    assert len(possible) == len(set(possible)) == n_shuffles
    found = Counter(dinucleotide_shuffle([sequence] * 20_000, random_state=0))
    assert set(found) == set(possible)
    assert chisquare([found[shuffle] for shuffle in possible]).pvalue > 0.001


def test_long_sequences_are_shuffled():
    sequence = "".join(np.random.default_rng(0).choice(list("ACGT"), size=20_000))
    shuffled = dinucleotide_shuffle(sequence, random_state=0)
    n_same = sum(a == b for a, b in zip(sequence, shuffled, strict=True))
    assert n_same / 20_000 == pytest.approx(0.25, abs=0.02)


@pytest.mark.parametrize(
    "container",
    [
        list,
        tuple,
        np.array,
        lambda s: np.array(s, dtype="S"),
        lambda s: np.array(s)[:, None],
        lambda s: pd.DataFrame({"seq": s}),
        pl.Series,
        lambda s: pl.DataFrame({"seq": s}),
    ],
)
def test_containers_give_object_arrays(container):
    sequences = ["ACGTTGCATTAGACCA", "t", "GGNACGNTACGGA"]
    expected = dinucleotide_shuffle(sequences, random_state=0).tolist()
    result = dinucleotide_shuffle(container(sequences), random_state=0)
    assert isinstance(result, np.ndarray)
    assert result.dtype == object
    assert all(type(sequence) is str for sequence in result)
    assert result.tolist() == expected


def test_single_string():
    shuffled = dinucleotide_shuffle("ACGTTGCATTAGACCA", random_state=0)
    assert type(shuffled) is str
    assert shuffled == dinucleotide_shuffle(["ACGTTGCATTAGACCA"], random_state=0)[0]


def test_pandas_series_keeps_index_and_name():
    series = pd.Series(["AAAA", "AC"], index=["peak1", "peak2"], name="sequence")
    pd.testing.assert_series_equal(dinucleotide_shuffle(series), series)


def test_random_state():
    sequences = ["ACGTTGCATTAGACCATTGACA"] * 20
    state = np.random.get_state()[1].copy()  # noqa: NPY002
    first = dinucleotide_shuffle(sequences, random_state=0).tolist()
    assert dinucleotide_shuffle(sequences, random_state=0).tolist() == first
    generator = np.random.RandomState(0)
    assert dinucleotide_shuffle(sequences, random_state=generator).tolist() == first
    assert dinucleotide_shuffle(sequences, random_state=generator).tolist() != first
    assert len(set(first)) > 1
    np.testing.assert_array_equal(np.random.get_state()[1], state)  # noqa: NPY002


@pytest.mark.parametrize(
    ("sequences", "error", "message"),
    [
        (["AC", ""], ValueError, "sequences[1] is an empty string; each sequence needs "
         "at least one letter"),
        ("", ValueError, "sequences[0] is an empty string"),
        (["AC", None], ValueError, "sequences[1] is missing (None)"),
        (["AC", 5], TypeError, "sequences[1] is of type int"),
        ([], ValueError, "sequences is empty"),
        (7, TypeError, "sequences must be a list, tuple, array"),
    ],
)  # fmt: skip
def test_errors(sequences, error, message):
    with pytest.raises(error, match=re.escape(message)):
        dinucleotide_shuffle(sequences)
