"""Blocks of responses: what is kept, where they begin, what padding leaves alone."""

import pytest
import torch
from torch import nn

from sklearn_cnn.architectures._global_head import GlobalHead
from sklearn_cnn.architectures._local_pool import pool_blocks
from sklearn_cnn.architectures._motif_cnn import MotifCNN
from sklearn_cnn.architectures._reverse_complement import (
    complement_order,
    opposite_strand,
)

PAIRS = nn.MaxPool1d(2, ceil_mode=True)


def _one_hot(sequence):
    return torch.eye(4)[["ACGT".index(letter) for letter in sequence]].T[None].double()


def _network(**kwargs):
    torch.manual_seed(0)
    settings = {
        "n_filters": (3, 2),
        "kernel_sizes": (5, 4),
        "pool_sizes": (3, 2),
        "activation": "exponential",
        "pooling": "max_mean",
        "dense_units": 4,
        "dropout": 0.0,
    }
    return MotifCNN(4, 2, **settings | kwargs).double().eval()


def _padded(x, before, after):
    return nn.functional.pad(x, (before, after))


def test_the_last_block_may_be_shorter():
    x = torch.tensor([[[1.0, 5.0, 2.0, 4.0, 3.0]]])
    x, mask, known = pool_blocks(PAIRS, x, None, None)
    assert x.tolist() == [[[5, 4, 3]]]
    assert mask is None
    assert known is None


def test_blocks_begin_at_the_first_letter():
    x = torch.tensor([[[0.0, 1.0, 5.0, 2.0]], [[1.0, 5.0, 2.0, 0.0]]])
    mask = (x > 0).float()
    known = torch.tensor([[0.0, 1.0, 0.0, 0.0], [0.0, 1.0, 0.0, 0.0]])
    x, mask, known = pool_blocks(PAIRS, x, mask, known)
    assert x.tolist() == [[[5, 2]], [[5, 2]]]
    assert mask.tolist() == [[[1, 1]], [[1, 1]]]
    # One letter of two is enough.
    assert known.tolist() == [[1, 0], [1, 0]]


@pytest.mark.parametrize("pool_sizes", [(3, 2), (1, 4), (20, 1)])
@pytest.mark.parametrize("padding", [(0, 7), (4, 0), (5, 2)])
def test_output_does_not_depend_on_padding(pool_sizes, padding):
    network = _network(pool_sizes=pool_sizes, n_symbols=4, n_letters=4)
    x = _one_hot("ACGTTGCAACG")
    torch.testing.assert_close(network(_padded(x, *padding)), network(x))


def test_both_strands_begin_at_their_own_first_letters():
    network = _network(n_symbols=4)
    x, order = _one_hot("ACGTTGCAACG"), complement_order(4, 4)
    turned = opposite_strand(_padded(x, 0, 6), order)
    assert not torch.allclose(network(turned), network(x))
    torch.testing.assert_close(network(turned), network(opposite_strand(x, order)))


def test_padding_stays_out_of_the_statistics_of_batches():
    network = _network(n_symbols=4).train()
    x = torch.cat([_one_hot("ACGTTGCAACG"), _one_hot("TTGCAACGGAT")])
    expected = network(x)
    statistics = {k: v.clone() for k, v in network.state_dict().items()}
    # From the same start, with six letters of padding.
    network = _network(n_symbols=4).train()
    torch.testing.assert_close(network(_padded(x, 0, 6)), expected)
    torch.testing.assert_close(dict(network.state_dict()), statistics)


def test_a_weight_of_two_is_two_rows():
    twice = torch.cat([_one_hot("ACGTTGCAACG"), _one_hot("TTGCAACGGAT")])
    x = twice[[0, 0, 1]]
    once = _network(n_symbols=4).train()(twice, torch.tensor([2.0, 1.0]).double())
    torch.testing.assert_close(_network(n_symbols=4).train()(x)[1:], once)


def test_flattening_against_plain_functions():
    network = _network(pooling="flatten", length=11, activation="relu")
    for module in network.modules():
        if hasattr(module, "running_mean"):
            module.running_mean.uniform_(-0.5, 0.5)
            module.running_var.uniform_(0.5, 2)
    x = _one_hot("ACGTTGCAACG")
    found, w = network(x), network.state_dict()

    def norm(x, name):
        names = "running_mean", "running_var", "weight", "bias"
        return nn.functional.batch_norm(x, *(w[f"{name}.{part}"] for part in names))

    for layer, pool_size in enumerate((3, 2)):
        name = f"trunk.{layer}"
        kernels = w[f"{name}.conv.weight"]
        x = nn.functional.conv1d(x, kernels, padding=kernels.shape[2] // 2)
        x = norm(x[..., : [11, 4][layer]], f"{name}.norm").relu()
        blocks = [part.amax(dim=2) for part in x.split(pool_size, dim=2)]
        x = torch.stack(blocks, dim=2)
    # 11 letters are 4 blocks of 3 and then 2 of 2.
    assert x.shape == (1, 2, 2)
    x = norm(x.reshape(1, 4), "global_head.norm")
    head = "global_head.dense"
    x = nn.functional.linear(x, w[f"{head}.1.weight"], w[f"{head}.1.bias"]).relu()
    x = nn.functional.linear(x, w[f"{head}.4.weight"], w[f"{head}.4.bias"])
    torch.testing.assert_close(found, x)
    assert network.position_head is None


def test_flattened_unknown_places_are_as_on_average():
    head = GlobalHead(
        2, 1, pooling="flatten", dense_units=None, dropout=0.0, length=3
    ).eval()
    head.norm.running_mean.copy_(torch.arange(6.0))
    known = torch.tensor([[1.0, 0.0, 1.0]])
    x = torch.randn(1, 2, 3)
    average = x.clone()
    average[0, :, 1] = torch.tensor([1.0, 4.0])
    torch.testing.assert_close(head(x, None, None, known), head(average))
    assert not torch.allclose(head(x), head(average))


@pytest.mark.parametrize(("length", "n_bins"), [(11, 2), (12, 2), (13, 3)])
def test_the_position_head_reads_blocks(length, n_bins):
    network = _network(length=length)
    assert network.position_head.linear.in_features == 8 * n_bins
    assert network(torch.zeros(1, 4, length).double()).shape == (1, 2)
