"""The mean of several networks, over both strands."""

import torch
from torch import nn

from sklearn_cnn.architectures._reverse_complement import opposite_strand


class Ensemble(nn.Module):
    """Mean logits of several networks, on one strand or both.

    Parameters
    ----------
    members : iterable of nn.Module
        Each maps (n, channels, length) to logits (n, n_outputs).
    complement_order : list of int or None
        Order of the channels on the opposite strand; None to read one strand only.
    profile : bool
        Whether outputs are profiles (n, length). The profile of the opposite strand is
        reversed before the mean is taken, so that its positions agree with the others.
    """

    def __init__(self, members, complement_order=None, *, profile=False):
        super().__init__()
        self.members = nn.ModuleList(members)
        self.complement_order = complement_order
        self.profile = profile

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Map x (n, channels, length) to logits (n, n_outputs) or (n, length)."""
        logits = []
        for member in self.members:
            logits.append(member(x))
            if self.complement_order is not None:
                turned = member(opposite_strand(x, self.complement_order))
                logits.append(turned.flip(1) if self.profile else turned)
        return torch.stack(logits).mean(dim=0)
