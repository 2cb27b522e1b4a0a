import numpy as np
import pytest
import torch

from sklearn_cnn.architectures._dropout import Dropout
from sklearn_cnn.training import _device
from sklearn_cnn.training._device import dtype_on, resolve_device
from sklearn_cnn.training._seeds import Randomness


@pytest.fixture
def devices(monkeypatch):
    def set_available(cuda, mps):
        monkeypatch.setattr(torch.cuda, "is_available", lambda: cuda > 0)
        monkeypatch.setattr(torch.cuda, "device_count", lambda: cuda)
        monkeypatch.setattr(torch.backends.mps, "is_available", lambda: mps)

    return set_available


@pytest.mark.parametrize(
    ("cuda", "mps", "expected"),
    [(2, True, "cuda"), (0, True, "mps"), (0, False, "cpu")],
)
def test_auto_takes_the_fastest(devices, cuda, mps, expected):
    devices(cuda, mps)
    assert resolve_device("auto") == torch.device(expected)


def test_devices_by_name(devices):
    devices(2, False)
    assert resolve_device("cuda:1") == torch.device("cuda:1")
    assert resolve_device("cpu:0") == torch.device("cpu:0")


@pytest.mark.parametrize("name", ["cuda:2", "mps", "mps:0", "gpu", "cpu:1", ""])
def test_missing_devices_are_refused_with_the_list(devices, name):
    devices(2, False)
    match = f"device='{name}' is not available here; available: 'auto', 'cuda', "
    with pytest.raises(ValueError, match=match):
        resolve_device(name)
    assert _device._available_devices() == ["cuda", "cuda:0", "cuda:1", "cpu"]


@pytest.mark.parametrize("device", [None, 3.5, np.zeros(2), ["cpu"]], ids=str)
def test_what_is_no_name_is_refused(device):
    """As a file may hold it that somebody made up."""
    with pytest.raises(ValueError, match="is not available here; available: 'auto'"):
        resolve_device(device)


def test_single_precision_where_there_is_no_other():
    assert dtype_on(torch.device("mps"), torch.float64) == torch.float32
    assert dtype_on(torch.device("cpu"), torch.float64) == torch.float64


def test_initial_weights_are_pytorchs_from_a_generator_of_their_own():
    torch.manual_seed(5)
    expected = torch.nn.Linear(3, 2)
    before = torch.get_rng_state()
    with Randomness(5, torch.device("cpu")).initial_weights():
        layer = torch.nn.Linear(3, 2)
    assert torch.equal(layer.weight, expected.weight)
    assert torch.equal(layer.bias, expected.bias)
    assert torch.equal(torch.get_rng_state(), before)


def test_dropout_draws_from_its_generator():
    network = torch.nn.Sequential(Dropout(0.25))
    x, before = torch.ones(10_000), torch.get_rng_state()
    drawn = []
    for seed in (0, 0, 1):
        Randomness(seed, torch.device("cpu")).lend_to(network)
        drawn.append(network(x))
    assert torch.equal(drawn[0], drawn[1])
    assert not torch.equal(drawn[0], drawn[2])
    assert torch.equal(torch.get_rng_state(), before)
    # What is left is scaled up, so that the mean stays; its standard error is .006.
    assert drawn[0].unique().tolist() == [0, pytest.approx(4 / 3)]
    assert abs(drawn[0].mean() - 1) < 0.024
    assert network.eval()(x) is x
