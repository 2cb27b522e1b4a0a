"""Networks of several layers, as `SharedNetworks` reads them."""

import torch
from torch import nn

from sklearn_cnn.architectures._ensemble import Ensemble
from sklearn_cnn.architectures._merged_ensemble import pools_letters
from sklearn_cnn.architectures._motif_cnn import in_parts, run_block


class DeepNetworks(nn.Module):
    """Activations of the last layer, in the form of a `MergedEnsemble`.

    Together, the layers of a trunk see `width` letters around a position. Further than
    half of that from a window's ends, activations are those of a longer sequence.

    Parameters
    ----------
    ensemble : Ensemble
        In evaluation mode, and such that `can_be_shared`.
    """

    def __init__(self, ensemble: Ensemble):
        super().__init__()
        self.ensemble, self.members = ensemble, ensemble.members
        self.n_strands = 1 if ensemble.complement_order is None else 2
        trunk = self.members[0].trunk
        # To the left of a position; with even filters, one less to the right.
        self.reach = sum(block.conv.kernel_size[0] // 2 for block in trunk)
        self.width = 2 * self.reach + 1
        n_filters = len(trunk[-1].conv.weight)
        self.n_columns = self.n_strands * len(self.members) * n_filters
        self.position_heads = None
        if self.members[0].position_head is not None:
            self.position_heads = [member.position_head for member in self.members]

    def activations_of_letters(
        self, letters: torch.Tensor, n_before: int, n_windows: int
    ) -> torch.Tensor:
        """Activations of the positions in the middle of windows of letters.

        See `MergedEnsemble.activations_of_letters`. All middles are letters: a window
        begins at most `reach` places before the first one, and ends at most as many
        behind the last one.
        """
        weight = self.members[0].trunk[0].conv.weight
        numbers = torch.arange(1, weight.shape[1] + 1, device=letters.device)
        x = (letters[:, None] == numbers[:, None]).to(weight.dtype)
        positions = slice(self.reach - n_before, self.reach - n_before + n_windows)
        strands = [self._activations(x)]
        if self.n_strands == 2:
            opposite = x[:, self.ensemble.complement_order].flip(2)
            strands.append(self._activations(opposite).flip(2))
        x = torch.stack(strands, dim=1)[..., positions]
        return x.permute(0, 3, 1, 2).contiguous()

    def _activations(self, x: torch.Tensor) -> torch.Tensor:
        """Activations (n, n_members * n_filters, length) of the last layers."""
        of_members = []
        with in_parts(self, enabled=x.device.type == "cpu"):
            for member in self.members:
                activations = x
                for block in member.trunk:
                    activations, _, _ = run_block(block, activations, None, None, None)
                of_members.append(activations)
        return torch.cat(of_members, dim=1)


def can_be_shared(networks: nn.Module) -> bool:
    """Whether networks have several layers, read letters alone, and pool at the end."""
    return isinstance(networks, Ensemble) and all(
        pools_letters(member) and len(member.trunk) > 1 for member in networks.members
    )
