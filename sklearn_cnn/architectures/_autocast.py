"""Automatic mixed precision, on devices that have it and on those that have not."""

from contextlib import AbstractContextManager, nullcontext

import torch


def without_autocast(x: torch.Tensor) -> AbstractContextManager:
    """Context in which what is computed of x keeps its precision."""
    kind = x.device.type
    if not torch.amp.is_autocast_available(kind):
        return nullcontext()
    return torch.autocast(kind, enabled=False)


def autocast_dtype(x: torch.Tensor) -> torch.dtype | None:
    """Type in which products of x are to be computed, or None for its own."""
    kind = x.device.type
    has_it = torch.amp.is_autocast_available(kind)
    if not has_it or not torch.is_autocast_enabled(kind):
        return None
    return torch.get_autocast_dtype(kind)
