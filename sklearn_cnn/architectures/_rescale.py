"""Outputs in the units of the targets."""

import torch
from torch import nn


class Rescale(nn.Module):
    """Multiply the outputs of a network by scales and add means, one a target."""

    def __init__(self, network: nn.Module, mean: torch.Tensor, scale: torch.Tensor):
        super().__init__()
        self.network = network
        self.register_buffer("mean", mean)
        self.register_buffer("scale", scale)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Map x (n, channels, length) to predictions (n, n_outputs)."""
        return self.network(x) * self.scale + self.mean


class Rate(nn.Module):
    """Exponential of the outputs of a network, times the mean of the targets."""

    def __init__(self, network: nn.Module, mean: torch.Tensor):
        super().__init__()
        self.network = network
        self.exp = Exp()
        self.register_buffer("mean", mean)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Map x (n, channels, length) to predictions, in the shape of the outputs."""
        return self.exp(self.network(x)) * self.mean


class Exp(nn.Module):
    """Exponential; a module, so that attributions can have a rule for it."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Compute the exponential of x, of any shape."""
        return x.exp()
