"""Words at their places, by hand."""

import pytest
import torch

from sklearn_cnn.architectures._kmer_counts import KmerCounts
from sklearn_cnn.architectures._placed_letters import PlacedLetters
from sklearn_cnn.architectures._placed_words import PlacedWords
from sklearn_cnn.architectures._side_by_side import SideBySide
from sklearn_cnn.preprocessing._alphabet import DNA
from sklearn_cnn.preprocessing._codes import encode

COLUMNS = torch.tensor(DNA.columns)


def _features(module, *sequences):
    codes, _, _ = encode(sequences, DNA)
    return module.features_from_codes(torch.from_numpy(codes), COLUMNS)


def _by_hand(sequence, max_k):
    """A dict of (word, place) of all words of known letters."""
    return {
        (sequence[i : i + k], i)
        for k in range(1, max_k + 1)
        for i in range(len(sequence) - k + 1)
    }


def _names(length, max_k):
    words, names = [""], []
    for k in range(1, min(max_k, length) + 1):
        words = [word + letter for word in words for letter in "ACGT"]
        names += [(word, i) for word in words for i in range(length - k + 1)]
    return names


@pytest.mark.parametrize("max_k", [1, 2, 3, 9])
def test_words_by_hand(max_k):
    features = _features(PlacedWords(4, max_k), "ACGGT")[0]
    expected = _by_hand("ACGGT", min(max_k, 5))
    assert features.tolist() == [name in expected for name in _names(5, max_k)]


def test_ambiguity_codes_are_shares():
    """R is A or G, and N is anything: AR is AA or AG."""
    module = PlacedWords(4, 2)
    features = dict(
        zip(_names(3, 2), _features(module, "ARN")[0].tolist(), strict=True)
    )
    assert features["AA", 0] == features["AG", 0] == 0.5
    assert features["AC", 0] == features["CA", 0] == 0
    assert features["GT", 1] == 0.125


def test_words_with_an_unknown_letter_are_unknown():
    module = PlacedWords(4, 2)
    known = module.known(torch.tensor([[1.0, 1, 0, 1]]), None)[0]
    expected = {(k, i): 2 not in range(i, i + k) for k in (1, 2) for i in range(5 - k)}
    assert known.tolist() == [expected[len(word), i] for word, i in _names(4, 2)]


def test_single_letters_are_those_of_placed_letters():
    letters, words = PlacedLetters(4, False), PlacedWords(4, 1)
    assert torch.equal(_features(words, "ACGTR"), _features(letters, "ACGTR"))


def test_parts_stand_side_by_side():
    parts = [KmerCounts(4, 2, False), PlacedWords(4, 2)]
    both = SideBySide(parts)
    first, second = (_features(part, "ACGTN") for part in parts)
    features = _features(both, "ACGTN")
    assert torch.equal(features, torch.cat([first, second], dim=1))
    x = COLUMNS[encode(["ACGTN"], DNA)[0].astype(int)].transpose(1, 2)
    torch.testing.assert_close(both(x), features)
    letters = torch.tensor([[1.0, 1, 1, 1, 0]]), torch.ones(1, 5)
    expected = torch.cat([part.known(*letters).expand(1, -1) for part in parts], dim=1)
    assert torch.equal(both.known(*letters), expected)
    for weight, part in zip(both.split(features, x), (first, second), strict=True):
        assert torch.equal(weight, part)
