"""Dropout that draws from a generator."""

import torch
from torch import nn


class Dropout(nn.Dropout):
    """PyTorch's dropout that draws from `generator`, not from the global state."""

    generator: torch.Generator | None = None
    # Lent in training where several processes share a batch: all draw for all rows, so
    # that their generators stay in step.
    processes = None

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Set a share `p` of x to zero in training, and scale up the rest."""
        if not self.training or self.p == 0:
            return x
        # bernoulli_ takes four times as long, and draws otherwise on other processors;
        # uniform_ draws otherwise in other types.
        drawn = torch.empty_like(x, dtype=torch.float32)
        if self.processes is not None:
            drawn = drawn.new_empty(self.processes.n_rows, *x.shape[1:])
        drawn.uniform_(generator=self.generator)
        if self.processes is not None:
            drawn = drawn[self.processes.rows]
        return x * drawn.lt_(1 - self.p).div_(1 - self.p).to(x.dtype)
