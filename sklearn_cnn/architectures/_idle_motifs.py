"""Leave out known motifs that carry no weight."""

import torch

from sklearn_cnn.architectures._linear_branch import LinearBranch
from sklearn_cnn.architectures._motif_bank import MotifBank

# Logits may differ by this much at most, whatever the sequence.
TOLERANCE = 1e-5


@torch.no_grad()
def without_idle_motifs(branch: LinearBranch, weight: torch.Tensor) -> LinearBranch:
    """The same linear model without the motifs that cannot change a prediction.

    An elastic net gives most motifs no weight, or one of rounding errors. The score of
    a motif lies between those of its worst and of its best letters, which bounds what
    it can add to a logit. Motifs are left out as long as the sum of their bounds stays
    below `TOLERANCE`. So few of them are left to scan, or all where a ridge penalty
    gave weight to all.

    Parameters
    ----------
    branch : LinearBranch
        Of a `MotifBank`; any other one, and one of which no motif is idle, is returned
        as it is.
    weight : torch.Tensor of shape (n_outputs,)
        Stacking weight of the branch.
    """
    bank = branch.features
    if not isinstance(bank, MotifBank) or bank.windows != "best":
        return branch
    above, below = bank.highest() - branch.mean, branch.mean - bank.lowest()
    largest = (torch.maximum(above, below) / branch.scale).abs()
    bounds = (branch.linear.weight * weight[:, None]).abs().amax(dim=0) * largest
    bounds, order = bounds.double().sort()
    # The one with the most weight always stays.
    n_idle = int((bounds.cumsum(0)[:-1] < TOLERANCE).sum())
    if n_idle == 0:
        return branch
    kept = order[n_idle:].sort().values
    n_outputs = branch.linear.out_features
    smaller = LinearBranch(bank.subset(kept), len(kept), n_outputs)
    smaller.mean.copy_(branch.mean[kept])
    smaller.scale.copy_(branch.scale[kept])
    smaller.linear.weight.copy_(branch.linear.weight[:, kept])
    smaller.linear.bias.copy_(branch.linear.bias)
    return smaller
