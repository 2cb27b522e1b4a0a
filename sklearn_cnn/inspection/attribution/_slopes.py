"""Slopes of a linear function."""

from collections.abc import Callable

import torch


def slopes(linear: Callable, x: torch.Tensor) -> torch.Tensor:
    """Slopes (n_outputs, ...) of a function of x that is linear, up to a constant.

    The function takes (n, ...), the shape of x, to (n, n_outputs).
    """
    with torch.enable_grad():
        zero = torch.zeros_like(x[:1], requires_grad=True)
        outputs = linear(zero)[0]
        return torch.stack(
            [torch.autograd.grad(o, zero, retain_graph=True)[0][0] for o in outputs]
        )
