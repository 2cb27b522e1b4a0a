"""Counts of k-mers against counts by hand and by Python's strings."""

from itertools import product

import numpy as np
import pytest
import torch

from sklearn_cnn.architectures._kmer_counts import KmerCounts
from sklearn_cnn.preprocessing import reverse_complement
from sklearn_cnn.preprocessing._alphabet import DNA
from sklearn_cnn.preprocessing._codes import encode

COLUMNS = torch.tensor(DNA.columns)


def _both_ways(module, sequences):
    """Features of codes, which those of one-hot columns must equal."""
    codes, _, _ = encode(sequences, DNA)
    codes = torch.from_numpy(codes)
    of_codes = module.features_from_codes(codes, COLUMNS)
    of_columns = module(COLUMNS[codes.int()].transpose(1, 2))
    torch.testing.assert_close(of_columns, of_codes)
    return np.expm1(of_codes.numpy())


def test_by_hand():
    counts = _both_ways(KmerCounts(4, 2, both_strands=False), ["ACACA"])[0]
    assert counts.shape == (20,)
    expected = np.zeros(20)
    expected[[0, 1]] = 3, 2  # A, C
    expected[[4 + 1, 4 + 4]] = 2, 2  # AC, CA
    np.testing.assert_allclose(counts, expected, atol=1e-6)


def test_pairs_of_reverse_complements_by_hand():
    """A and T are one feature; AT is its own reverse complement and counts twice."""
    counts = _both_ways(KmerCounts(4, 2, both_strands=True), ["ATT"])[0]
    # A|T, C|G, AA|TT, AC|GT, AG|CT, AT, CA|TG, CC|GG, CG, GA|TC, GC, TA
    np.testing.assert_allclose(counts, [3, 0, 1, 0, 0, 2, 0, 0, 0, 0, 0, 0], atol=1e-6)


@pytest.mark.parametrize("max_k", [1, 3, 6])
def test_against_strings(max_k):
    rng = np.random.default_rng(0)
    sequences = ["".join(rng.choice(list("ACGT"), 30)) for _ in range(5)]
    counts = _both_ways(KmerCounts(4, max_k, both_strands=False), sequences)
    words = [
        "".join(letters)
        for k in range(1, max_k + 1)
        for letters in product("ACGT", repeat=k)
    ]
    expected = [
        [sum(s[i:].startswith(word) for i in range(30)) for word in words]
        for s in sequences
    ]
    np.testing.assert_allclose(counts, expected, atol=1e-5)


def test_the_opposite_strand_has_the_same():
    module = KmerCounts(4, 4, both_strands=True)
    np.testing.assert_array_equal(
        _both_ways(module, ["ACGGTTCA"]),
        _both_ways(module, reverse_complement(["ACGGTTCA"])),
    )


@pytest.mark.parametrize("letter", ["N", "R"])
def test_uncertain_letters_break_k_mers(letter):
    module = KmerCounts(4, 3, both_strands=False)
    counts = _both_ways(module, [f"ACG{letter}TT"])[0]
    assert counts[:4].sum() == pytest.approx(5)
    assert counts[4:20].sum() == pytest.approx(3)  # AC, CG, TT
    assert counts[20:].sum() == pytest.approx(1)  # ACG


def test_padding_and_short_sequences_count_nothing():
    module = KmerCounts(4, 5, both_strands=False)
    counts = _both_ways(module, ["ACG", "ACGTACGTA"])
    np.testing.assert_allclose(counts[0], _both_ways(module, ["ACG"])[0], atol=1e-6)
    assert counts[0].sum() == pytest.approx(3 + 2 + 1)
