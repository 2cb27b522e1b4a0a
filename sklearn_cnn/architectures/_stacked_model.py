"""Networks beside linear models."""

import torch
from torch import nn


class StackedModel(nn.Module):
    """Weighted sum of the networks' mean logits and those of linear branches.

    Each part is trained by itself. Their weights are fitted on sequences that the parts
    have not seen, and so say how far each can be trusted (stacked generalisation;
    Wolpert, 1992, doi:10.1016/S0893-6080(05)80023-1). Without branches, the networks
    have the weight one.

    Parameters
    ----------
    networks : nn.Module
        Maps (n, channels, length) to logits (n, n_outputs).
    branches : dict of str to nn.Module
        Linear branches; each maps to logits like the networks.
    n_outputs : int
        Number of logits.
    """

    def __init__(self, networks, branches, n_outputs):
        super().__init__()
        self.networks = networks
        self.branches = nn.ModuleDict(branches)
        self.register_buffer("weight", torch.ones(1 + len(branches), n_outputs))
        self.register_buffer("bias", torch.zeros(n_outputs))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Map x (n, channels, length) to logits (n, n_outputs)."""
        parts = [self.networks(x), *(branch(x) for branch in self.branches.values())]
        return self.weighted_sum(torch.stack(parts))

    def weighted_sum(self, parts: torch.Tensor) -> torch.Tensor:
        """Add weighted logits (n_parts, n, n_outputs) of all parts: (n, n_outputs)."""
        weight, bias = self.weight.to(parts), self.bias.to(parts)
        # Parts are added in one order, which `Tensor.sum` chooses by the shape.
        return sum(map(torch.mul, parts, weight)) + bias
