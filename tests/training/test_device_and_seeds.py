import pytest
import torch

from sklearn_cnn.training import _device
from sklearn_cnn.training._device import resolve_device
from sklearn_cnn.training._seeds import local_seed


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


def test_local_seed_leaves_the_global_state_alone():
    torch.manual_seed(1)
    expected = torch.rand(2)
    torch.manual_seed(1)
    first = torch.rand(1)
    with local_seed(5, torch.device("cpu")):
        inside = torch.rand(3)
    second = torch.rand(1)
    torch.testing.assert_close(torch.cat([first, second]), expected)
    with local_seed(5, torch.device("cpu")):
        torch.testing.assert_close(torch.rand(3), inside)
