"""Networks and strands averaged."""

import torch
from torch import nn

from sklearn_cnn.architectures._reverse_complement import opposite_strand


class Ensemble(nn.Module):
    """Mean logits of several networks, on one strand or both.

    Parameters
    ----------
    members : iterable of nn.Module
        Each takes (n, channels, length) to logits (n, n_outputs).
    complement_order : list of int or None
        Order of the channels on the opposite strand; None to read one strand only.
    """

    def __init__(self, members, complement_order=None):
        super().__init__()
        self.members = nn.ModuleList(members)
        self.complement_order = complement_order

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(n, channels, length) to logits (n, n_outputs)."""
        strands = [x]
        if self.complement_order is not None:
            strands.append(opposite_strand(x, self.complement_order))
        logits = [member(strand) for member in self.members for strand in strands]
        return torch.stack(logits).mean(dim=0)
