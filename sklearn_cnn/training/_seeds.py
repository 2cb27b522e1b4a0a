"""Seeds that stay inside a fit."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch


@contextmanager
def local_seed(seed: int, device: torch.device) -> Iterator[None]:
    """Seed PyTorch inside the block; its generators go on untouched afterwards."""
    accelerated = device.type != "cpu"
    devices = [device.index or 0] if accelerated else []
    device_type = device.type if accelerated else "cuda"
    with torch.random.fork_rng(devices, device_type=device_type):
        torch.manual_seed(seed)
        yield
