"""Letters at their places, by hand."""

import torch

from sklearn_cnn.architectures._placed_letters import PlacedLetters
from sklearn_cnn.preprocessing._alphabet import DNA
from sklearn_cnn.preprocessing._codes import encode


def _features(module, sequence):
    codes, _, _ = encode([sequence], DNA)
    return module.features_from_codes(
        torch.from_numpy(codes), torch.tensor(DNA.columns)
    )[0]


def test_one_strand():
    features = _features(PlacedLetters(4, both_strands=False), "ACN").view(4, 3)
    assert features.tolist() == [[1, 0, 0.25], [0, 1, 0.25], [0, 0, 0.25], [0, 0, 0.25]]


def test_both_strands():
    """The opposite strand of AAC is GTT."""
    features = _features(PlacedLetters(4, both_strands=True), "AAC").view(4, 3)
    assert features.tolist() == [[1, 1, 0], [0, 0, 1], [1, 0, 0], [0, 1, 1]]


def test_long_sequences_are_averaged():
    features = _features(PlacedLetters(4, both_strands=False), "AC" * 1000).view(4, -1)
    assert features.shape == (4, 1000)
    assert features[:, 0].tolist() == [0.5, 0.5, 0, 0]
