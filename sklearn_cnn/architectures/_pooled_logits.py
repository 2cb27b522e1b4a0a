"""What the global heads of several networks make of pooled activations."""

from collections.abc import Sequence

import torch

from sklearn_cnn.architectures._motif_cnn import MotifCNN


def logits_from_pooled(
    members: Sequence[MotifCNN],
    best: torch.Tensor,
    mean: torch.Tensor,
    share: torch.Tensor | None = None,
) -> torch.Tensor:
    """Mean logits (n, n_outputs) of the global heads, over networks and strands.

    Parameters
    ----------
    members : sequence of MotifCNN
        Networks of as many filters in their last layers.
    best, mean : torch.Tensor of shape (n, n_strands, n_members * n_filters)
        Maxima and means of the activations of all networks, side by side.
    share : torch.Tensor of shape (n, 1) or None
        Of known letters. None where all are known.
    """
    n_strands = best.shape[1]
    # The strands of a sequence are rows below each other.
    best, mean = (
        x.flatten(0, 1).unflatten(1, (len(members), -1)) for x in (best, mean)
    )
    logits = []
    for i, member in enumerate(members):
        pooled = best[:, i], mean[:, i]
        if share is not None:
            of_strands = share.repeat_interleave(n_strands, dim=0)
            pooled = member.global_head.without_unknown(*pooled, of_strands)
        logits.append(member.global_head.logits_from_pooled(*pooled))
    by_strand = torch.stack(logits).unflatten(1, (-1, n_strands))
    return by_strand.mean(dim=(0, 2))
