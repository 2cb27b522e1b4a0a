"""Networks small enough to compute by hand."""

import pytest
import torch
from torch import nn

from sklearn_cnn.architectures._ensemble import Ensemble
from sklearn_cnn.architectures._exponential import Exponential
from sklearn_cnn.architectures._global_head import GlobalHead
from sklearn_cnn.architectures._motif_cnn import MotifCNN
from sklearn_cnn.architectures._position_head import PositionHead
from sklearn_cnn.architectures._reverse_complement import (
    complement_order,
    opposite_strand,
)
from sklearn_cnn.architectures._standardize import Standardize


def _one_hot(sequence):
    return torch.eye(4)[["ACGT".index(letter) for letter in sequence]].T[None]


def _network(**kwargs):
    torch.manual_seed(0)
    settings = {
        "n_filters": (3, 2),
        "kernel_sizes": (5, 4),
        "activation": "exponential",
        "pooling": "max_mean",
        "dense_units": 4,
        "dropout": 0.0,
    }
    return MotifCNN(4, 2, **settings | kwargs).eval()


def test_exponential_is_clamped():
    x = torch.tensor([0.0, 1.0, 100.0])
    expected = torch.tensor([1.0, torch.e, torch.e**8])
    torch.testing.assert_close(Exponential()(x), expected)


def test_opposite_strand_of_dna_beside_a_track():
    track = torch.arange(5.0).view(1, 1, 5)
    x = torch.cat([_one_hot("AACGT"), track], dim=1)
    expected = torch.cat([_one_hot("ACGTT"), track.flip(2)], dim=1)
    order = complement_order(4, 5)
    assert order == [3, 2, 1, 0, 4]
    torch.testing.assert_close(opposite_strand(x, order), expected)


@pytest.mark.parametrize(
    ("pooling", "expected"), [("max", 3.0), ("mean", 2.0), ("max_mean", 5.0)]
)
def test_global_pooling(pooling, expected):
    head = GlobalHead(1, 1, pooling=pooling, dense_units=None, dropout=0.0).eval()
    nn.init.ones_(head.dense[-1].weight)
    nn.init.zeros_(head.dense[-1].bias)
    # Max 3 and mean 2; evaluation with fresh statistics divides by sqrt(1 + eps).
    x = torch.tensor([[[1.0, 3.0, 2.0]]])
    assert head(x).item() == pytest.approx(expected, rel=1e-4)
    padded = torch.tensor([[[1.0, 3.0, 2.0, 0.0, 0.0]]])
    mask = torch.tensor([[[1.0, 1.0, 1.0, 0.0, 0.0]]])
    assert head(padded, mask).item() == pytest.approx(expected, rel=1e-4)


def test_global_maximum_ignores_padding_below_zero():
    head = GlobalHead(1, 1, pooling="max", dense_units=None, dropout=0.0).eval()
    nn.init.ones_(head.dense[-1].weight)
    nn.init.zeros_(head.dense[-1].bias)
    x, mask = torch.tensor([[[-2.0, 0.0]]]), torch.tensor([[[1.0, 0.0]]])
    assert head(x, mask).item() == pytest.approx(-2.0, rel=1e-4)


def test_position_head_starts_at_zero_and_sees_places():
    head = PositionHead(1, 3, 1, dropout=0.0).eval()
    x = torch.tensor([[[1.0, 0.0, 0.0]], [[0.0, 0.0, 1.0]]])
    torch.testing.assert_close(head(x), torch.zeros(2, 1))
    nn.init.ones_(head.reduce.weight)
    with torch.no_grad():
        # Channel 0, position 2.
        head.linear.weight[0, 2] = 1.0
    expected = torch.tensor([[0.0], [head.scale]])
    torch.testing.assert_close(head(x), expected, rtol=1e-4, atol=0)


def test_position_head_pools_long_inputs():
    head = PositionHead(1, 300, 1, dropout=0.0)
    # 300 positions in bins of 3 make 100 bins of 8 channels.
    assert head.bin_width == 3
    assert head.linear.in_features == 800
    assert head(torch.randn(2, 1, 300)).shape == (2, 1)


@pytest.mark.parametrize("kernel_size", [1, 4, 5, 30])
def test_output_does_not_depend_on_padding(kernel_size):
    network = _network(kernel_sizes=(kernel_size, kernel_size), n_symbols=4).double()
    x = _one_hot("ACGTTGCAAC").double()
    padded = torch.cat([x, torch.zeros(1, 4, 7, dtype=x.dtype)], dim=2)
    torch.testing.assert_close(network(padded), network(x))
    network.n_symbols = None
    assert not torch.allclose(network(padded), network(x))


def test_filters_are_found_wherever_they_stand():
    network = _network(pooling="max", kernel_sizes=(3, 1)).double()
    left, right = (_one_hot(s).double() for s in ("AAACGTAAAAAA", "AAAAAAACGTAA"))
    torch.testing.assert_close(network(left), network(right))


def test_ensemble_averages_members_and_strands():
    members = [_network(), _network(n_filters=(2, 2))]
    x = _one_hot("ACGTTGCA")
    order = complement_order(4, 4)
    expected = sum(m(s) for m in members for s in (x, opposite_strand(x, order))) / 4
    torch.testing.assert_close(Ensemble(members, order)(x), expected)
    torch.testing.assert_close(Ensemble(members[:1])(x), members[0](x))


def test_ensemble_turns_profiles_of_the_opposite_strand_back():
    members = [_network(profile=True), _network(profile=True, n_filters=(2, 2))]
    x, order = _one_hot("ACGTTGCA"), complement_order(4, 4)
    both = Ensemble(members, order, profile=True)
    expected = [m(x) for m in members]
    expected += [m(opposite_strand(x, order)).flip(1) for m in members]
    torch.testing.assert_close(both(x), sum(expected) / 4)
    torch.testing.assert_close(both(opposite_strand(x, order)).flip(1), both(x))


def test_profile_by_hand():
    """A filter that responds to A and the position before, and a map to 3 x - 1."""
    network = _network(
        n_filters=(1,), kernel_sizes=(3,), activation="relu", profile=True
    )
    (block,), head = network.trunk, network.profile_head
    with torch.no_grad():
        block.conv.weight.zero_()
        block.conv.weight[0, 0] = torch.tensor([0.0, 1.0, 2.0])
        block.norm.eps = 0.0
        head.linear.weight.fill_(3.0)
        head.linear.bias.fill_(-1.0)
    assert network(_one_hot("CAACT")).tolist() == [[5, 8, 2, -1, -1]]


def test_a_shifted_input_has_a_shifted_profile():
    network = _network(profile=True, kernel_sizes=(5, 3)).double()
    x = _one_hot("CCCCACGTTGCATCCCCC").double()
    shifted = network(torch.cat([x[:, :, -3:], x[:, :, :-3]], dim=2))
    torch.testing.assert_close(shifted[:, 6:-3], network(x)[:, 3:-6])


def test_standardize_learns_weighted_statistics():
    x = torch.tensor([[[0.0, 2.0], [5.0, 5.0]], [[4.0, 6.0], [5.0, 5.0]]])
    standardize = Standardize(2)
    standardize.adapt([(x, torch.tensor([1.5, 0.5]))])
    # Channel 0: (1.5 * (0 + 2) + 0.5 * (4 + 6)) / 4 = 2; channel 1 is constant.
    assert standardize.mean.flatten().tolist() == [2.0, 5.0]
    # (1.5 * (4 + 0) + 0.5 * (4 + 16)) / 4 = 4.
    assert standardize.scale.flatten().tolist() == [2.0, 1.0]
    expected = torch.tensor([[[-1.0, 0.0], [0.0, 0.0]], [[1.0, 2.0], [0.0, 0.0]]])
    torch.testing.assert_close(standardize(x), expected)


def test_standardize_keeps_symbols():
    x = torch.cat([_one_hot("ACGT"), torch.tensor([[[1.0, 3.0, 1.0, 3.0]]])], dim=1)
    standardize = Standardize(5, n_kept=4)
    standardize.adapt([(x, torch.ones(1))])
    torch.testing.assert_close(standardize(x)[:, :4], x[:, :4])
    assert standardize(x)[0, 4].tolist() == [-1.0, 1.0, -1.0, 1.0]
