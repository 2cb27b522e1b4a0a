"""Unknown letters tell nothing: what is known of a sequence, by hand."""

import numpy as np
import pytest
import torch
from torch import nn

from sklearn_cnn.architectures._gapped_words import GappedWords
from sklearn_cnn.architectures._global_head import GlobalHead
from sklearn_cnn.architectures._kmer_counts import KmerCounts
from sklearn_cnn.architectures._known_letters import (
    known_letters,
    known_share,
    letters_inside,
)
from sklearn_cnn.architectures._linear_branch import LinearBranch
from sklearn_cnn.architectures._motif_bank import MotifBank
from sklearn_cnn.architectures._placed_letters import PlacedLetters
from sklearn_cnn.architectures._placed_words import PlacedWords
from sklearn_cnn.architectures._position_head import PositionHead
from sklearn_cnn.preprocessing._alphabet import DNA
from sklearn_cnn.preprocessing._codes import encode


def _columns(sequences):
    codes, _, _ = encode(sequences, DNA)
    return torch.tensor(DNA.columns)[torch.from_numpy(codes).int()]


def test_n_and_padding_are_unknown():
    columns = _columns(["ACGTNR", "AC"])
    assert known_letters(columns).tolist() == [[1, 1, 1, 1, 0, 1], [1, 1, 0, 0, 0, 0]]
    assert letters_inside(columns).tolist() == [[1] * 6, [1, 1, 0, 0, 0, 0]]
    # An alphabet of one symbol knows padding only.
    assert known_letters(torch.tensor([[[1.0], [0.0]]])).tolist() == [[1, 0]]


def test_share_of_words_that_are_known():
    known = torch.tensor([[1.0, 1, 0, 1, 1, 1], [1, 1, 1, 0, 0, 0]])
    inside = torch.tensor([[1.0] * 6, [1, 1, 1, 0, 0, 0]])
    # Words of two letters: (1, 2), (4, 5) and (5, 6) of five.
    assert known_share(known, inside, 2)[:, 0].tolist() == [pytest.approx(0.6), 1]
    assert known_share(known, inside, 6)[:, 0].tolist() == [0, 1]
    assert known_share(known, inside, 7)[:, 0].tolist() == [1, 1]
    # Where padding is unknown, too; and where there is nothing at all.
    shares = known_share(known, None, 2)[:, 0]
    assert shares.tolist() == [pytest.approx(0.6), pytest.approx(0.4)]
    for width in (2, 7):
        assert known_share(0 * known, 0 * inside, width)[:, 0].tolist() == [0, 0]


@pytest.mark.parametrize("both_strands", [False, True])
def test_shares_of_each_feature(both_strands):
    columns = _columns(["ACNTACGT"])
    x = columns.transpose(1, 2)
    letters = known_letters(columns), letters_inside(columns)
    kmers = KmerCounts(4, 2, both_strands)
    shares = kmers.known(*letters)
    assert shares.shape == kmers(x).shape
    # One of eight letters, two of seven pairs are unknown.
    assert shares[0, 0] == pytest.approx(7 / 8)
    assert shares[0, -1] == pytest.approx(5 / 7)
    places = PlacedLetters(4, both_strands)
    shares = places.known(*letters).view(4, 8)
    expected = [1, 1, 0, 1, 1, 1, 1, 1]
    if both_strands:
        expected = [1, 1, 0.5, 1, 1, 0.5, 1, 1]
    assert shares.tolist() == [expected] * 4
    bank = MotifBank(np.zeros((3, 4)), [3], both_strands)
    assert bank.known(*letters).tolist() == [[7 / 8]]
    # N is in three of six windows of three letters.
    gapped = GappedWords(4, [(0, 1, 2), (0, 2, 4)], both_strands)
    assert gapped.known(*letters).tolist() == [[pytest.approx(3 / 6)]]


_KINDS = [KmerCounts, PlacedLetters, PlacedWords, GappedWords, MotifBank]


@pytest.mark.parametrize("kind", _KINDS)
def test_a_branch_gives_its_mean_for_n(kind):
    if kind is MotifBank:
        features = MotifBank(np.random.default_rng(0).normal(size=(6, 4)), [3, 3], True)
    elif kind is GappedWords:
        weight = torch.from_numpy(np.random.default_rng(0).normal(size=(16, 3)))
        features = GappedWords(4, [(0, 2)], False, weight=weight.float())
    else:
        settings = {KmerCounts: (3, True), PlacedLetters: (True,), PlacedWords: (3,)}
        features = kind(4, *settings[kind])
    x = _columns(["ACGTACGTAC", "NNNNNNNNNN"]).transpose(1, 2)
    torch.manual_seed(0)
    branch = LinearBranch(features, features(x).shape[1], 2)
    branch.mean.uniform_()
    branch.scale.uniform_(0.5, 2)
    nn.init.normal_(branch.linear.weight)
    nn.init.normal_(branch.linear.bias)
    logits = branch(x)
    torch.testing.assert_close(logits[1], branch.linear.bias)
    assert not torch.allclose(logits[0], branch.linear.bias)


def _head(pooling):
    head = GlobalHead(1, 1, pooling=pooling, dense_units=None, dropout=0.0)
    head.norm.running_mean.fill_(5.0)
    head.dense[-1] = nn.Identity()
    head.norm.eps = 0.0
    return head.eval()


def test_pooled_values_go_to_their_means():
    """Four places of values 1, 3, 2, 9; the last two letters are unknown."""
    x, known = torch.tensor([[[1.0, 3, 2, 9]]]), torch.tensor([[1.0, 1, 0, 0]])
    # The mean of 1 and 3, half way to the average 5; less 5 by batch normalisation.
    assert _head("mean")(x, known=known).tolist() == [[-1.5]]
    # A maximum above the average stays, one below goes up: 3, half way to 5.
    assert _head("max")(x, known=known).tolist() == [[4.0]]
    assert _head("max")(x[..., :3], known=known[:, :3]).item() == pytest.approx(-4 / 3)
    nothing = torch.zeros(1, 4)
    assert _head("mean")(x, known=nothing).tolist() == [[0.0]]
    low = x - 9
    assert _head("max")(low, known=nothing).tolist() == [[0.0]]


def test_positions_of_unknown_letters_are_at_the_mean():
    torch.manual_seed(0)
    head = PositionHead(3, 5, 1, dropout=0.0).eval()
    nn.init.normal_(head.linear.weight)
    head.norm.running_mean.uniform_()
    x = torch.randn(1, 3, 5)
    known = torch.tensor([[1.0, 1, 0, 1, 1]])
    # What reads the mean everywhere at place 2 has the same logits.
    other = x.clone()
    other[:, :, 2] = 100.0
    torch.testing.assert_close(head(x, known=known), head(other, known=known))
    torch.testing.assert_close(head(x, known=torch.ones(1, 5)), head(x))
    mean_only = head.linear.bias + head.linear.weight.view(1, 8, 5).sum(
        dim=2
    ) @ head.norm.bias.view(8, 1)
    torch.testing.assert_close(
        head(x, known=torch.zeros(1, 5)), 0.1 * mean_only.view(1, 1)
    )
