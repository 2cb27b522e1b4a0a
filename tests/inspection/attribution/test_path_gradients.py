"""Gradients along paths, against dense sampling and differences of features."""

import numpy as np
import pytest
import torch

from sklearn_cnn.architectures._gapped_words import GappedWords
from sklearn_cnn.architectures._kmer_counts import KmerCounts
from sklearn_cnn.architectures._motif_bank import MotifBank
from sklearn_cnn.architectures._placed_letters import PlacedLetters
from sklearn_cnn.architectures._placed_words import PlacedWords
from sklearn_cnn.architectures._side_by_side import SideBySide
from sklearn_cnn.inspection.attribution._path_gradients import (
    _share_as_best,
    feature_path_gradient,
)
from sklearn_cnn.preprocessing._alphabet import DNA
from sklearn_cnn.preprocessing._codes import encode


def _columns(sequences):
    codes, _, _ = encode(sequences, DNA)
    columns = torch.tensor(DNA.columns)
    return columns[torch.from_numpy(codes).int()].transpose(1, 2)


def test_the_upper_envelope_by_hand():
    """Lines 0 + 4 t, 1 + t and 2 - t: they take over at t = 1/2, first the third."""
    first, last = torch.tensor([[0.0, 1, 2]]), torch.tensor([[4.0, 2, 1]])
    # 2 - t meets 4 t at 0.4, before it meets 1 + t at 0.5.
    expected = torch.tensor([[0.6, 0.0, 0.4]])
    torch.testing.assert_close(_share_as_best(first, last), expected)


def test_the_upper_envelope_by_sampling():
    torch.manual_seed(0)
    first, last = torch.randn(50, 30), torch.randn(50, 30)
    last[:10] = first[:10]  # Nothing moves.
    first[10:20, 1] = first[10:20, 0]  # Ties.
    t = (torch.arange(20_000) + 0.5)[:, None] / 20_000
    sampled = torch.stack(
        [
            torch.bincount(torch.lerp(a, b, t).argmax(dim=1), minlength=30) / len(t)
            for a, b in zip(first, last, strict=True)
        ]
    )
    torch.testing.assert_close(_share_as_best(first, last), sampled, rtol=0, atol=2e-4)


def _gapped_words(both_strands):
    masks = (0, 1, 2, 3, 4, 5, 6), (0, 2, 3, 4, 5, 6, 8), (0, 3, 4, 7, 10, 11, 14)
    features = GappedWords(4, masks, both_strands)
    return features.with_weight(torch.randn(features.n_words, 2))


@pytest.mark.parametrize("both_strands", [False, True])
@pytest.mark.parametrize(
    "kind", ["kmers", "gapped", "motifs", "places", "words", "side by side"]
)
def test_complete_for_each_feature(kind, both_strands):
    torch.manual_seed(0)
    widths = [3, 1, 6, 15]
    features = {
        "kmers": KmerCounts(4, 5, both_strands),
        "gapped": _gapped_words(both_strands),
        "motifs": MotifBank(np.random.default_rng(0).normal(size=(25, 4)), widths,
                            both_strands),
        "places": PlacedLetters(4, both_strands),
        "words": PlacedWords(4, 3),
        "side by side": SideBySide([KmerCounts(4, 3, both_strands),
                                    PlacedWords(4, 4)]),
    }[kind]  # fmt: skip
    start = _columns(["ACGTACGGTTACCA", "TTTTTTTTTTTTTT", "ACGGACCANRGGTA"])
    end = _columns(["TTTTACGTACGTTT", "TTTTTATTTTTTTT", "NNACGNATRGGTAC"])
    before, after = features(start), features(end)
    for weight in torch.randn(3, before.shape[1]):
        weight = weight.expand(3, -1)
        mean = feature_path_gradient(features, start, end, weight)
        explained = (mean * (end - start)).sum(dim=(1, 2))
        expected = ((after - before) * weight).sum(dim=1)
        torch.testing.assert_close(explained, expected, rtol=0, atol=1e-4)


def test_a_product_of_two_letters_is_shared():
    """CC becomes AA: two of letter A, one of AA, and the same less of C."""
    features = KmerCounts(4, 2, False)
    weight = torch.zeros(1, 20)
    weight[0, 4] = 1  # AA
    start, end = _columns(["CC"]), _columns(["AA"])
    mean = feature_path_gradient(features, start, end, weight)
    contributions = (mean * (end - start))[0]
    # Both places alike, of log(1 + 1) - log(1) = log 2.
    half = np.log(2) / 2
    torch.testing.assert_close(contributions[0], torch.tensor([half, half]).float())
    assert not contributions[1:].any()
