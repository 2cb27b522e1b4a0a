"""Dropout that draws from a generator."""

import torch
from torch import nn


class Dropout(nn.Dropout):
    """PyTorch's dropout that draws from `generator`, not from the global state."""

    generator: torch.Generator | None = None

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Set a share `p` of x to zero in training, and scale up the rest."""
        if not self.training or self.p == 0:
            return x
        # bernoulli_ takes four times as long, and draws otherwise on other processors;
        # uniform_ draws otherwise in other types.
        drawn = torch.empty_like(x, dtype=torch.float32)
        drawn.uniform_(generator=self.generator)
        return x * drawn.lt_(1 - self.p).div_(1 - self.p).to(x.dtype)
