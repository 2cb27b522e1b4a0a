"""Layers in parts against the same layers one by one, in double precision."""

import copy

import pytest
import torch
from torch import nn

from sklearn_cnn.architectures import _window_layer
from sklearn_cnn.architectures._exponential import Exponential
from sklearn_cnn.architectures._motif_cnn import MotifCNN, in_parts
from sklearn_cnn.architectures._window_layer import (
    PooledActivations,
    PooledWindows,
    WindowActivations,
)
from sklearn_cnn.architectures._windows import Windows
from sklearn_cnn.architectures._workspace import Workspace

N, LENGTH = 7, 31


def _x(*, masked=False, unknown=False):
    generator = torch.Generator().manual_seed(0)
    codes = torch.randint(0, 4, (N, LENGTH), generator=generator)
    x = torch.eye(4, dtype=torch.float64)[codes].transpose(1, 2).contiguous()
    if unknown:
        x[0, :, 3:9] = 0.25
    if masked:
        for row in range(N):
            x[row, :, LENGTH - 2 * row :] = 0
        x[3] = x[3].flip(1)  # Padding comes first on the opposite strand.
    return x


def _network(**kwargs):
    settings = {
        "n_filters": (6,),
        "kernel_sizes": (5,),
        "activation": "exponential",
        "pooling": "max_mean",
        "dense_units": 4,
        "dropout": 0.0,
    }
    torch.manual_seed(0)
    network = MotifCNN(4, 2, **settings | kwargs).double().train()
    for parameter in network.parameters():
        nn.init.normal_(parameter, std=0.5)
    return network


@pytest.fixture(autouse=True)
def _several_parts(monkeypatch):
    monkeypatch.setattr(_window_layer, "_VALUES_AT_ONCE", 2 * LENGTH * 6)


NETWORKS = {
    "one layer": {},
    "rectified": {"activation": "relu"},
    "positions": {"length": LENGTH},
    "even filters": {"kernel_sizes": (4,), "length": LENGTH},
    "wide filters": {"kernel_sizes": (65,)},
    "longer than the input": {"kernel_sizes": (41,)},
    "maximum": {"pooling": "max", "kernel_sizes": (19,)},
    "mean": {"pooling": "mean"},
    "flat": {"pooling": "flatten", "length": LENGTH},
    "local pooling": {"pool_sizes": (3,), "length": LENGTH},
    "two layers": {"n_filters": (6, 5), "kernel_sizes": (5, 4), "pool_sizes": (2, 1)},
    "three layers": {"n_filters": (6, 5, 4), "kernel_sizes": (5, 3, 3)},
    "profile": {"n_filters": (6, 5), "kernel_sizes": (5, 3), "profile": True},
}


@pytest.mark.parametrize("inputs", ["plain", "masked", "unknown", "weights", "all"])
@pytest.mark.parametrize("name", NETWORKS)
def test_parts_give_the_numbers_of_layers(name, inputs):
    masked, unknown = inputs in ("masked", "all"), inputs in ("unknown", "all")
    kwargs = NETWORKS[name]
    if masked and kwargs.get("pooling") == "flatten":
        pytest.skip("flattened networks have no padding")
    plain = _network(
        **kwargs,
        n_symbols=4 if masked else None,
        n_letters=4 if unknown else 0,
    )
    parts = copy.deepcopy(plain)
    x = _x(masked=masked, unknown=unknown)
    weight = None
    if inputs in ("weights", "all"):
        weight = torch.linspace(0, 2, N, dtype=torch.float64)
    expected = plain(x, weight)
    with in_parts(parts):
        found = parts(x, weight)
    torch.testing.assert_close(found, expected, rtol=0, atol=1e-10)
    expected.sin().sum().backward()
    found.sin().sum().backward()
    for one, other in zip(parts.parameters(), plain.parameters(), strict=True):
        scale = other.grad.abs().max()
        torch.testing.assert_close(
            one.grad, other.grad, rtol=0, atol=1e-8 * scale + 1e-10
        )
    torch.testing.assert_close(parts.state_dict(), plain.state_dict())
    plain.eval(), parts.eval()
    with torch.inference_mode(), in_parts(parts):
        torch.testing.assert_close(parts(x), plain(x), rtol=0, atol=1e-10)


def test_a_frozen_layer_keeps_statistics_and_weights():
    plain = _network(length=LENGTH)
    plain.trunk[0].requires_grad_(False)
    parts = copy.deepcopy(plain)
    expected = plain(_x())
    with in_parts(parts):
        found = parts(_x())
    torch.testing.assert_close(found, expected, rtol=0, atol=1e-10)
    expected.sum().backward()
    found.sum().backward()
    assert parts.trunk[0].conv.weight.grad is None
    assert parts.trunk[0].norm.num_batches_tracked == 0
    torch.testing.assert_close(
        parts.position_head.reduce.weight.grad, plain.position_head.reduce.weight.grad
    )


@pytest.mark.parametrize("activation", [Exponential(), nn.ReLU()])
def test_gradients_by_finite_differences(activation):
    generator = torch.Generator().manual_seed(0)

    def draw(*shape):
        drawn = torch.randn(*shape, generator=generator, dtype=torch.float64)
        return drawn.requires_grad_()

    def windows():
        # With memory of its own, since gradcheck goes forward and back in any order.
        return Windows(_x()[:3, :, :12], 3, Workspace())

    filters, reduce = draw(13, 4), draw(2, 4)
    counted = torch.ones(3, 1, 12, dtype=torch.float64)
    counted[0, :, 4:7] = 0
    mask = torch.ones(3, 12, 1, dtype=torch.float64)
    mask[1, 8:] = 0
    with torch.no_grad():
        filters[-1, 0] = 8.5  # Many exponentials of this filter are clamped.
    for pool_size in (1, 3):
        assert torch.autograd.gradcheck(
            lambda f, size=pool_size: WindowActivations.apply(
                windows(), f, activation, mask, size
            ),
            filters,
        )
    assert torch.autograd.gradcheck(
        lambda f, r: PooledWindows.apply(windows(), f, activation, mask, counted, r),
        (filters, reduce),
    )
    x = draw(3, 12, 4)
    assert torch.autograd.gradcheck(
        lambda x, r: PooledActivations.apply(x, counted, r), (x, reduce)
    )


def test_equal_maxima_share_the_gradient():
    x = torch.tensor([[[2.0], [1.0], [2.0]]], requires_grad=True)
    best, _, _ = PooledActivations.apply(x, None, None)
    best.backward(torch.tensor([[3.0]]))
    assert x.grad.flatten().tolist() == [1.5, 0, 1.5]


def test_hooks_are_called_in_parts_and_outside():
    network, calls = _network(), []
    network.trunk[0].activation.register_forward_hook(lambda *_: calls.append("layer"))
    network(_x())
    with in_parts(network):
        network(_x())
    assert calls == ["layer", "layer"]


def test_layers_are_layers_outside(monkeypatch):
    network, calls = _network(), []
    forward = nn.Conv1d.forward
    monkeypatch.setattr(
        nn.Conv1d, "forward", lambda self, x: calls.append(1) or forward(self, x)
    )
    with in_parts(network):
        network(_x())
    assert not calls
    assert network.trunk[0].workspace is None
    network(_x())
    assert calls


def test_memory_that_is_used_again_too_early_is_an_error():
    network = _network()
    with in_parts(network):
        first = network(_x())
        network(_x())
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        first.sum().backward()


def test_a_prediction_does_not_depend_on_unknown_letters_beside_it():
    network = _network().float().eval()
    x = _x(unknown=True).float()
    known = x.clone()
    known[0] = x[1]
    with torch.inference_mode(), in_parts(network):
        assert torch.equal(network(x)[1:], network(known)[1:])
