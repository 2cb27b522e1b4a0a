"""Position heads of several networks as one weight for each activation."""

import torch
from torch import nn

from sklearn_cnn.architectures._position_head import PositionHead


class MergedPositionHeads(nn.Module):
    """Mean logits of position heads, over networks and strands.

    Without dropout, a position head is linear: its narrow convolution, normalisation,
    averages over bins and linear layer are one weight for each filter and position.

    Parameters
    ----------
    heads : list of PositionHead
        One for each network, in evaluation mode.
    n_strands, n_windows : int
        Shape of the activations; see `MergedEnsemble`.
    """

    @torch.no_grad()
    def __init__(self, heads: list[PositionHead], n_strands: int, n_windows: int):
        super().__init__()
        parts = [_as_weights(head) for head in heads]
        # (n_outputs, length, n_heads * n_filters), (n_outputs, length), (n_outputs,)
        weight = torch.cat([part[0] for part in parts], dim=2) / len(heads) / n_strands
        offset, bias = (sum(part[i] for part in parts) / len(heads) for i in (1, 2))
        n_outputs, length, n_columns = weight.shape
        by_window = weight.new_zeros(n_windows, n_strands, n_columns, n_outputs)
        by_window[:length, 0] = weight.permute(1, 2, 0)
        if n_strands == 2:
            # The opposite strand is read from its own beginning.
            by_window[-length:, 1] = weight.flip(1).permute(1, 2, 0)
            offset = (offset + offset.flip(1)) / 2
        self.register_buffer("weight", by_window.flatten(0, 2))
        self.register_buffer("offset", offset.T.contiguous())
        self.register_buffer("bias", bias)

    def forward(
        self, activations: torch.Tensor, known: torch.Tensor | None
    ) -> torch.Tensor:
        """Map activations to logits (n, n_outputs).

        Activations are (n, n_windows, n_strands, n_columns). `known` (n, length, 1) is
        1 where the letter is known. Elsewhere it is 0, and so are activations; None
        where all are known.
        """
        logits = activations.flatten(1) @ self.weight + self.bias
        if known is None:
            return logits - self.offset.sum(dim=0)
        return logits - known[..., 0] @ self.offset


def _as_weights(
    head: PositionHead,
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Write a head as a sum over positions: weight times activation, less an offset.

    Returns
    -------
    weight : torch.Tensor of shape (n_outputs, length, n_filters)
    offset : torch.Tensor of shape (n_outputs, length)
        Of known letters; an unknown one adds nothing.
    bias : torch.Tensor of shape (n_outputs,)
    """
    norm, linear = head.norm, head.linear
    places = torch.arange(head.length, device=linear.weight.device)
    bins = places.div(head.bin_width, rounding_mode="floor")
    by_bin = head.scale * linear.weight.unflatten(1, (head.n_channels, -1))
    # Each channel is averaged over the positions of a bin.
    by_place = by_bin[..., bins] / bins.bincount()[bins]
    bias = head.scale * linear.bias + torch.einsum("ocl,c->o", by_place, norm.bias)
    by_place = by_place * norm.weight[:, None]
    by_place = by_place / torch.sqrt(norm.running_var + norm.eps)[:, None]
    weight = torch.einsum("ocl,cf->olf", by_place, head.reduce.weight)
    return weight, torch.einsum("ocl,c->ol", by_place, norm.running_mean), bias
