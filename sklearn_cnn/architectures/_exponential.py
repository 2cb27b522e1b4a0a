"""The exponential activation."""

import torch
from torch import nn


class Exponential(nn.Module):
    """Exponential activation, for the first layer of a motif network.

    A filter then responds only where its motif matches well, and so filters become
    motifs that can be read (Koo & Ploenzke, 2021, doi:10.1038/s42256-020-00291-x). It
    belongs behind batch normalisation; the clamp keeps a stray input finite.
    """

    maximum = 8.0

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Compute the exponential of x, of any shape."""
        return torch.exp(x.clamp(max=self.maximum))
