"""What a substitution changes, against the outputs for the substituted sequences."""

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from sklearn_cnn.architectures._ensemble import Ensemble
from sklearn_cnn.architectures._gapped_words import GappedWords
from sklearn_cnn.architectures._kmer_counts import KmerCounts
from sklearn_cnn.architectures._linear_branch import LinearBranch
from sklearn_cnn.architectures._motif_bank import MotifBank
from sklearn_cnn.architectures._motif_cnn import MotifCNN
from sklearn_cnn.architectures._placed_letters import PlacedLetters
from sklearn_cnn.architectures._placed_words import PlacedWords
from sklearn_cnn.architectures._rescale import Rate, Rescale
from sklearn_cnn.architectures._side_by_side import SideBySide
from sklearn_cnn.architectures._stacked_model import StackedModel
from sklearn_cnn.inspection.attribution import _network_effects
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
    effects = x.new_zeros(len(x), n_symbols, x.shape[2], *module(x).shape[1:])
    for symbol in range(n_symbols):
        for place in range(x.shape[2]):
            substituted = x.clone()
            substituted[:, :n_symbols, place] = 0
            substituted[:, symbol, place] = 1
            effects[:, symbol, place] = module(substituted) - module(x)
    return effects


def _around(profiles):
    """Of effects on all positions, those that are around each letter."""
    length = profiles.shape[3]
    padded = F.pad(profiles, (length - 1, length - 1))
    places = torch.arange(length)[:, None] + torch.arange(2 * length - 1)
    return padded.gather(3, places.expand(*profiles.shape[:3], -1))


def _check(module, x, n_symbols=4, atol=2e-5):
    with torch.no_grad():
        effects = substitution_effects(module, x, n_symbols)
        expected = _by_hand(module, x, n_symbols)
    # Places of padding hold nothing useful.
    inside = (x[:, :n_symbols].sum(dim=1) > 0)[:, None, :, None]
    assert (expected * inside).abs().max() > 100 * atol
    torch.testing.assert_close(effects * inside, expected * inside, rtol=0, atol=atol)


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


@pytest.mark.parametrize("beside_kmers", [False, True])
def test_placed_words(beside_kmers):
    x, features = _columns(SEQUENCES), PlacedWords(4, 3)
    if beside_kmers:
        features = SideBySide([KmerCounts(4, 3, False, True), features])
    _check(_branch(features, features(x).shape[1]), x)


@pytest.mark.parametrize("both_strands", [False, True])
def test_gapped_words(both_strands):
    """One mask is as wide as the sequences, and one is wider."""
    torch.manual_seed(0)
    masks = (0, 1, 2, 3), (0, 2, 4, 6), (0, 1, 12, 13), (0, 1, 13, 14)
    features = GappedWords(4, masks, both_strands)
    features = features.with_weight(torch.randn(features.n_words, 3))
    _check(_branch(features, 3), _columns(SEQUENCES))
    _check(_branch(features, 3), _columns([*SEQUENCES, "ACGTA"]))  # Padded.


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


DEEP = {"n_filters": (5, 6, 4), "kernel_sizes": (7, 4, 3)}
DEEP_NETWORKS = {
    "position head": {**DEEP, "length": 14},
    "padding": {**DEEP, "n_symbols": 4},
    "maximum": {**DEEP, "pooling": "max"},
    "mean": {**DEEP, "pooling": "mean", "activation": "relu"},
    "wider than the sequence": {**DEEP, "kernel_sizes": (3, 15, 20)},
    "local pooling": {**DEEP, "pool_sizes": (2, 3, 1), "length": 14},
    "local pooling and padding": {**DEEP, "pool_sizes": (3, 1, 2), "n_symbols": 4},
    "one layer and local pooling": {"pool_sizes": (4,), "n_symbols": 4},
    "flattened": {**DEEP, "pool_sizes": (2, 1, 1), "pooling": "flatten", "length": 14},
    "flattened, one layer": {"pooling": "flatten", "length": 14},
}


@pytest.mark.parametrize("settings", DEEP_NETWORKS.values(), ids=DEEP_NETWORKS.keys())
def test_deep_networks(monkeypatch, settings):
    """Each layer is computed where a substitution reaches it; rounding is all left."""
    monkeypatch.setattr(_network_effects, "_VALUES_ON_CPU", 2**10)  # Several parts.
    networks = Ensemble([_network(**settings)], [3, 2, 1, 0])
    x = _columns([*SEQUENCES, "ACGTA"] if "n_symbols" in settings else SEQUENCES)
    _check(networks, x, atol=1e-5)
    _check(networks.double(), x.double(), atol=1e-10)


@pytest.mark.parametrize("kernel_sizes", [(7, 3, 5), (4, 2, 6), (9, 12, 20)])
def test_profiles(kernel_sizes):
    """Filters of even width reach further on one side, and on the other strand back."""
    network = _network(
        **DEEP | {"kernel_sizes": kernel_sizes}, profile=True, n_symbols=4
    )
    networks = Ensemble([network], [3, 2, 1, 0], profile=True)
    rates = Rate(networks, torch.tensor(2.0))
    x = _columns([*SEQUENCES, "ACGTA"])
    for module, atol in [(rates, 1e-5), (rates.double(), 1e-10)]:
        x = x.to(next(module.parameters()).dtype)
        with torch.no_grad():
            effects = substitution_effects(module, x, 4)
            expected = _around(_by_hand(module, x))
        reach = sum(size // 2 for size in kernel_sizes)
        assert effects.shape[3] == 2 * reach + 1
        width = expected.shape[3]
        n_more = (width - effects.shape[3]) // 2
        inside = (x.sum(dim=1) > 0)[:, None, :, None]
        torch.testing.assert_close(
            F.pad(effects, (n_more, n_more)) * inside,
            expected * inside,
            rtol=0,
            atol=atol,
        )


def test_other_modules_have_no_effects():
    with pytest.raises(NotImplementedError, match=r"substitutions for .*Identity"):
        substitution_effects(nn.Identity(), _columns(SEQUENCES), 4)
    with pytest.raises(NotImplementedError, match=r"substitutions for .*Identity"):
        feature_effects(nn.Identity(), _columns(SEQUENCES), torch.ones(1, 4))
