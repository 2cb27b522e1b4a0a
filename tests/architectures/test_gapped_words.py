"""Scores of gapped words against sums over Python's strings."""

import numpy as np
import pytest
import torch

from sklearn_cnn.architectures._gapped_words import GappedWords
from sklearn_cnn.preprocessing import reverse_complement
from sklearn_cnn.preprocessing._alphabet import DNA
from sklearn_cnn.preprocessing._codes import encode

COLUMNS = torch.tensor(DNA.columns)
# Three letters of windows of three, five and seven.
MASKS = (0, 1, 2), (0, 2, 4), (0, 3, 6)


def _both_ways(module, sequences):
    """Scores of codes, which those of one-hot columns must equal."""
    codes, _, _ = encode(sequences, DNA)
    codes = torch.from_numpy(codes)
    of_codes = module.features_from_codes(codes, COLUMNS)
    of_columns = module(COLUMNS[codes.int()].transpose(1, 2))
    torch.testing.assert_close(of_columns, of_codes)
    return of_codes.numpy()


def _words(sequence, mask):
    """Words of certain letters that a mask shows, one a window."""
    starts = range(len(sequence) - mask[-1])
    words = ["".join(sequence[start + place] for place in mask) for start in starts]
    return [word for word in words if set(word) <= set("ACGT")]


def _row(word):
    """Number of a word in alphabetical order."""
    return int(word.translate(str.maketrans("ACGT", "0123")), 4)


def test_by_hand():
    weight = torch.zeros(64, 1)
    weight[_row("AGA")] = 1
    weight[_row("CTC")] = 10
    module = GappedWords(4, [(0, 2, 4)], both_strands=False, weight=weight)
    # A.G.A at the first place, C.T.C at the second, and A.G.A again at the fifth.
    assert _both_ways(module, ["ACGTACGTA", "ACGTACG", "ACGT"]).tolist() == [
        [2 * 1 + 10],
        [1 + 10],
        [0],
    ]


def test_against_strings_of_one_strand():
    rng = np.random.default_rng(0)
    sequences = ["".join(rng.choice(list("ACGTN"), 30)) for _ in range(5)]
    sequences += ["ACGTAC", "AC"]
    weight = torch.from_numpy(rng.normal(size=(3 * 64, 2))).float()
    scores = _both_ways(GappedWords(4, MASKS, False, weight=weight), sequences)
    for found, sequence in zip(scores, sequences, strict=True):
        rows = [
            64 * i + _row(word)
            for i, mask in enumerate(MASKS)
            for word in _words(sequence, mask)
        ]
        np.testing.assert_allclose(found, weight[rows].sum(dim=0), atol=1e-5)


def test_against_strings_of_both_strands():
    """A word has the weight of the first in alphabetical order of the two strands."""
    rng = np.random.default_rng(0)
    sequences = ["".join(rng.choice(list("ACGT"), 30)) for _ in range(5)]
    weight = torch.from_numpy(rng.normal(size=(3 * 32, 1))).float()
    scores = _both_ways(GappedWords(4, MASKS, True, weight=weight), sequences)
    every = [a + b + c for a in "ACGT" for b in "ACGT" for c in "ACGT"]
    first = sorted({min(word, reverse_complement([word])[0]) for word in every})
    for found, sequence in zip(scores[:, 0], sequences, strict=True):
        rows = [
            32 * i + first.index(min(word, reverse_complement([word])[0]))
            for i, mask in enumerate(MASKS)
            for word in _words(sequence, mask)
        ]
        assert found == pytest.approx(float(weight[rows].sum()), abs=1e-5)


def test_the_opposite_strand_has_the_same_score():
    torch.manual_seed(0)
    sequences = ["ACGTTGACCATGACGN", "TTTTGACCANNACGTG"]
    module = GappedWords(4, MASKS, True, weight=torch.randn(3 * 32, 1))
    scores = _both_ways(module, sequences)
    np.testing.assert_allclose(
        _both_ways(module, reverse_complement(sequences)), scores, atol=1e-5
    )
    assert not np.allclose(scores[0], scores[1])


def test_padding_changes_nothing():
    torch.manual_seed(0)
    module = GappedWords(4, MASKS, True, weight=torch.randn(3 * 32, 1))
    alone = _both_ways(module, ["ACGTTGACCA"])
    padded = _both_ways(module, ["ACGTTGACCA", "A" * 20])
    np.testing.assert_allclose(padded[0], alone[0], atol=1e-6)


def test_soft_columns_count_nowhere():
    module = GappedWords(4, [(0, 2, 4)], False, weight=torch.ones(64, 1))
    x = COLUMNS[:4].repeat(2, 1).T[None]
    assert module(x).item() == 4
    x[0, :, 2] = torch.tensor([0.9, 0.1, 0, 0])
    # Windows from 0 and 2 on show that letter.
    assert module(x).item() == 2


def test_sequences_shorter_than_a_mask():
    module = GappedWords(4, MASKS, both_strands=False, weight=torch.ones(3 * 64, 2))
    # One window of three letters for the first mask, none for the others.
    assert _both_ways(module, ["ACG"]).tolist() == [[1, 1]]
    assert _both_ways(module, ["AC"]).tolist() == [[0, 0]]
