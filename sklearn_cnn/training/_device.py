"""Which device computes."""

import torch


def resolve_device(device: str) -> torch.device:
    """Device of a name; "auto" is the first there of CUDA, MPS and the CPU.

    Raises
    ------
    ValueError
        If the name is none of PyTorch's or the device is not there.
    """
    available = _available_devices()
    if device == "auto":
        return torch.device(available[0])
    try:
        resolved = torch.device(device)
    except RuntimeError:
        resolved = None
    if resolved is None or not _is_there(resolved, available):
        raise ValueError(
            f"device={device!r} is not available here; available: 'auto', "
            + ", ".join(map(repr, available))
        )
    return resolved


def dtype_on(device: torch.device, dtype: torch.dtype) -> torch.dtype:
    """Floating-point type, or single precision where a device knows no other."""
    return torch.float32 if device.type == "mps" else dtype


def _available_devices() -> list[str]:
    """Names of the devices of this machine, the fastest first."""
    names = []
    if torch.cuda.is_available():
        names += ["cuda", *(f"cuda:{i}" for i in range(torch.cuda.device_count()))]
    if torch.backends.mps.is_available():
        names.append("mps")
    return [*names, "cpu"]


def _is_there(device: torch.device, available: list[str]) -> bool:
    return str(device) in available or (
        device.type in ("cpu", "mps") and not device.index and device.type in available
    )
