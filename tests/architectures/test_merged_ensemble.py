"""Merged networks give what the networks give, one by one and strand by strand."""

import copy

import pytest
import torch

from sklearn_cnn.architectures import _merged_ensemble
from sklearn_cnn.architectures._ensemble import Ensemble
from sklearn_cnn.architectures._merged_ensemble import MergedEnsemble, can_be_merged
from sklearn_cnn.architectures._motif_cnn import MotifCNN
from sklearn_cnn.architectures._position_head import PositionHead
from sklearn_cnn.architectures._standardize import Standardize

OPPOSITE = [3, 2, 1, 0]
LENGTH = 21


def _ensemble(order=OPPOSITE, n_members=2, n_outputs=1, **settings):
    """Networks with random weights and statistics, in double precision."""
    torch.manual_seed(0)
    defaults = {
        "n_filters": (3,),
        "kernel_sizes": (5,),
        "activation": "exponential",
        "pooling": "max_mean",
        "dense_units": 4,
        "dropout": 0.5,
        "n_letters": 4,
    }
    members = [MotifCNN(4, n_outputs, **defaults | settings) for _ in range(n_members)]
    ensemble = Ensemble(members, order).double().eval()
    for name, tensor in ensemble.state_dict().items():
        if tensor.is_floating_point():
            # Variances are positive.
            tensor.copy_(4 * torch.rand(tensor.shape) + (0.1 if "var" in name else -2))
    return ensemble


def _sequences(n=70, n_unknown=0, n_padded=0):
    codes = torch.randint(0, 4, (n, LENGTH), generator=torch.manual_seed(1))
    x = torch.eye(4, dtype=torch.float64)[codes].transpose(1, 2).contiguous()
    x[..., 3 : 3 + n_unknown] = 0.25
    x[..., LENGTH - n_padded :] = 0
    return x


@pytest.mark.parametrize("order", [OPPOSITE, None])
@pytest.mark.parametrize("kernel_size", [1, 5, 6, 30])
@pytest.mark.parametrize("n_unknown", [0, 4])
@pytest.mark.parametrize("length", [LENGTH, None])
def test_shapes(order, kernel_size, n_unknown, length):
    """Even and odd filters, with and without a position head."""
    settings = {"length": length, "n_symbols": None if length else 4}
    ensemble = _ensemble(order, kernel_sizes=(kernel_size,), **settings)
    assert can_be_merged(ensemble)
    x = _sequences(20, n_unknown, n_padded=0 if length else 2)
    with torch.no_grad():
        expected = ensemble(x)
        logits = MergedEnsemble(ensemble)(x)
    assert expected.std() > 0.02
    torch.testing.assert_close(logits, expected)


@pytest.mark.parametrize(
    "settings",
    [
        {"activation": "relu"},
        {"pooling": "max"},
        {"pooling": "mean"},
        {"dense_units": None},
        {"n_outputs": 3},
        {"n_members": 1},
    ],
    ids=str,
)
def test_settings(settings):
    ensemble = _ensemble(length=LENGTH, **settings)
    x = _sequences(20, n_unknown=2)
    with torch.no_grad():
        torch.testing.assert_close(MergedEnsemble(ensemble)(x), ensemble(x))


def test_long_sequences_are_averaged_over_bins(monkeypatch):
    """At 21 positions in bins of two, the last of which holds one."""
    monkeypatch.setattr(PositionHead, "max_bins", 11)
    ensemble = _ensemble(length=LENGTH)
    assert ensemble.members[0].position_head.bin_width == 2
    x = _sequences(20, n_unknown=2)
    with torch.no_grad():
        torch.testing.assert_close(MergedEnsemble(ensemble)(x), ensemble(x))


@pytest.mark.parametrize("order", [OPPOSITE, None])
@pytest.mark.parametrize("kernel_size", [1, 5, 6, 30])
def test_known_letters_are_looked_up(order, kernel_size):
    """In single precision; in double precision there is a product."""
    ensemble = _ensemble(order, kernel_sizes=(kernel_size,), length=LENGTH)
    x = _sequences(20)
    with torch.no_grad():
        expected = ensemble(x)
        of_product = MergedEnsemble(ensemble)(x, all_known=True)
        looked_up = MergedEnsemble(ensemble.float())(x.float(), all_known=True)
    torch.testing.assert_close(of_product, expected)
    torch.testing.assert_close(looked_up.double(), expected, rtol=1e-3, atol=1e-3)


@pytest.mark.parametrize("all_known", [True, False])
def test_a_row_does_not_depend_on_the_others(monkeypatch, all_known):
    merged = MergedEnsemble(copy.deepcopy(_ensemble(length=LENGTH)).float())
    # Four rows at a time.
    monkeypatch.setattr(_merged_ensemble, "_ACTIVATIONS", 4 * LENGTH * 12)
    x = _sequences(merged.n_rows).float()
    with torch.inference_mode():
        expected = merged(x, all_known=all_known)
        for rows in ([0], [63], [5, 4, 3, 2, 1], [7] * 64):
            assert torch.equal(merged(x[rows], all_known=all_known), expected[rows])


@pytest.mark.parametrize(
    "settings",
    [
        {"n_filters": (3, 2), "kernel_sizes": (5, 3)},
        {"pool_sizes": (2,)},
        {"pooling": "flatten"},
        {"profile": True, "length": None},
        {"standardize": Standardize(4)},
        {"n_outputs": 9},
    ],
    ids=str,
)
def test_others_are_not_merged(settings):
    assert not can_be_merged(_ensemble(**{"length": LENGTH} | settings))
