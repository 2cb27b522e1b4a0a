"""What a substitution changes, against the outputs for the substituted sequences."""

import pytest
import torch
from torch import nn

from sklearn_cnn.architectures._ensemble import Ensemble
from sklearn_cnn.architectures._kmer_counts import KmerCounts
from sklearn_cnn.architectures._linear_branch import LinearBranch
from sklearn_cnn.architectures._motif_bank import MotifBank
from sklearn_cnn.architectures._motif_cnn import MotifCNN
from sklearn_cnn.architectures._placed_letters import PlacedLetters
from sklearn_cnn.architectures._rescale import Rate, Rescale
from sklearn_cnn.architectures._stacked_model import StackedModel
from sklearn_cnn.inspection.attribution._substitution_effects import (
    feature_effects,
    substitution_effects,
)
from sklearn_cnn.preprocessing._alphabet import DNA, PROTEIN
from sklearn_cnn.preprocessing._codes import encode

SEQUENCES = ["ACGTACGGTTACCA", "TTTTTTTTTTTTTT", "ACGRYCATRGGTAC"]


def _columns(sequences, alphabet=DNA):
    codes, _, _ = encode(sequences, alphabet)
    columns = torch.tensor(alphabet.columns)
    return columns[torch.from_numpy(codes).int()].transpose(1, 2)


def _by_hand(module, x, n_symbols=4):
    """The same from the outputs for each substituted sequence."""
    effects = torch.zeros(len(x), n_symbols, x.shape[2], *module(x).shape[1:])
    for symbol in range(n_symbols):
        for place in range(x.shape[2]):
            substituted = x.clone()
            substituted[:, :n_symbols, place] = 0
            substituted[:, symbol, place] = 1
            effects[:, symbol, place] = module(substituted) - module(x)
    return effects


def _check(module, x, n_symbols=4):
    with torch.no_grad():
        effects = substitution_effects(module, x, n_symbols)
        expected = _by_hand(module, x, n_symbols)
    # Places of padding hold nothing useful.
    inside = (x[:, :n_symbols].sum(dim=1) > 0)[:, None, :, None]
    assert (expected * inside).abs().max() > 0.01
    torch.testing.assert_close(effects * inside, expected * inside, rtol=0, atol=2e-5)


def _branch(features, n_features, n_outputs=2):
    torch.manual_seed(0)
    branch = LinearBranch(features, n_features, n_outputs)
    branch.linear.reset_parameters()
    branch.mean.uniform_()
    branch.scale.uniform_(0.5, 2)
    return branch.eval()


def _network(**settings):
    torch.manual_seed(0)
    settings = {
        "n_filters": (5,),
        "kernel_sizes": (7,),
        "activation": "exponential",
        "pooling": "max_mean",
        "dense_units": 6,
        "dropout": 0.5,
        **settings,
    }
    network = MotifCNN(4, 2, **settings)
    for name, tensor in network.state_dict().items():
        if "norm" in name and tensor.is_floating_point():
            tensor.uniform_(0.5, 1.5)
        if "position_head.linear" in name:
            tensor.normal_()
    # Batch normalisation may turn a filter round.
    network.state_dict()["trunk.0.norm.weight"][0] *= -1
    return network.eval()


@pytest.mark.parametrize("both_strands", [False, True])
@pytest.mark.parametrize("max_k", [1, 4])
def test_kmers(both_strands, max_k):
    """ACGT is its own reverse complement; T's run into one column; N counts nowhere."""
    features = KmerCounts(4, max_k, both_strands)
    x = _columns(SEQUENCES)
    _check(_branch(features, features(x).shape[1]), x)


def test_kmers_of_proteins_and_short_sequences():
    features = KmerCounts(20, 3, False)
    x = _columns(["MKWVTBLL", "AAAAAAAA"], PROTEIN)
    _check(_branch(features, features(x).shape[1]), x, 20)
    features = KmerCounts(4, 5, True)
    _check(_branch(features, features(_columns(["ACG"])).shape[1]), _columns(["ACG"]))


@pytest.mark.parametrize("both_strands", [False, True])
def test_placed_letters(monkeypatch, both_strands):
    x = _columns(SEQUENCES)
    _check(_branch(PlacedLetters(4, both_strands), 4 * 14), x)
    monkeypatch.setattr(PlacedLetters, "max_places", 5)  # Means of three places.
    _check(_branch(PlacedLetters(4, both_strands), 4 * 5), x)


@pytest.mark.parametrize("both_strands", [False, True])
def test_motifs(both_strands):
    """One motif is as wide as the sequences and one is wider."""
    torch.manual_seed(0)
    widths = [3, 1, 6, 3, 14, 15]
    bank = MotifBank(torch.randn(sum(widths), 4).numpy(), widths, both_strands)
    _check(_branch(bank, 6), _columns(SEQUENCES))
    _check(_branch(bank, 6), _columns([*SEQUENCES, "ACGTA"]))  # Padded.


@pytest.mark.parametrize("pooling", ["max_mean", "max", "mean"])
@pytest.mark.parametrize("activation", ["exponential", "relu"])
def test_networks(pooling, activation):
    network = _network(pooling=pooling, activation=activation, length=14)
    _check(network, _columns(SEQUENCES))


@pytest.mark.parametrize("width", [1, 4, 40])
def test_filters_of_any_width(width):
    _check(_network(kernel_sizes=(width,), length=14), _columns(SEQUENCES))


def test_without_hidden_layer_and_one_letter():
    _check(_network(dense_units=None), _columns(SEQUENCES))
    _check(_network(), _columns(["A"]))


def test_padding():
    _check(_network(n_symbols=4), _columns([*SEQUENCES, "ACGTA"]))


def test_long_inputs_whose_places_are_pooled():
    torch.manual_seed(0)
    letters = torch.randint(4, (1, 150))
    x = torch.nn.functional.one_hot(letters, 4).transpose(1, 2).float()
    _check(_network(length=150), x)


def test_sums_of_networks_strands_and_branches():
    x = _columns(SEQUENCES)
    networks = Ensemble([_network(), _network(pooling="max")], [3, 2, 1, 0])
    branches = {"kmers": _branch(KmerCounts(4, 2, True), 2 + 10)}
    stack = StackedModel(networks, branches, 2)
    stack.weight.copy_(torch.tensor([[0.5, 2], [1.5, 0.25]]))
    _check(Rescale(stack, torch.tensor([5.0, 6.0]), torch.tensor([2.0, 0.1])), x)


def test_other_modules_have_no_effects():
    rate = Rate(_network(), torch.tensor(1.0))
    with pytest.raises(NotImplementedError, match=r"substitutions for .*Rate"):
        substitution_effects(rate, _columns(SEQUENCES), 4)
    with pytest.raises(NotImplementedError, match=r"substitutions for .*Identity"):
        feature_effects(nn.Identity(), _columns(SEQUENCES), torch.ones(1, 4))
