"""The device that computes, and what it can."""

import torch


def resolve_device(device: str) -> torch.device:
    """The device of this name; "auto" is the first available of CUDA, MPS and the CPU.

    Raises
    ------
    ValueError
        If PyTorch knows no such name, or the device is not available.
    """
    available = _available_devices()
    # A file of a model may hold anything.
    is_name = isinstance(device, (str, torch.device))
    if is_name and device == "auto":
        return torch.device(available[0])
    try:
        resolved = torch.device(device) if is_name else None
    except RuntimeError:
        resolved = None
    if resolved is None or not _is_there(resolved, available):
        raise ValueError(
            f"device={device!r} is not available here; available: 'auto', "
            + ", ".join(map(repr, available))
        )
    return resolved


def dtype_on(device: torch.device, dtype: torch.dtype) -> torch.dtype:
    """The floating-point type, or float32 on MPS, which has no float64."""
    return torch.float32 if device.type == "mps" else dtype


def takes_bfloat16(device: torch.device) -> bool:
    """Whether the device has instructions for products in bfloat16."""
    if device.type != "cpu":
        return True
    # Processors without them compute such products in software, and slowly.
    names = "_is_avx512_bf16_supported", "_is_amx_tile_supported"
    return any(getattr(torch.cpu, name, bool)() for name in names)


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
