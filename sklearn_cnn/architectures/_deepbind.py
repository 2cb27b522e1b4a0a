"""Many DeepBind networks side by side."""

import torch
import torch.nn.functional as F
from torch import nn

from sklearn_cnn.architectures._reverse_complement import (
    complement_order,
    opposite_strand,
)

# Networks and sequences that are computed together: activations fit a CPU's cache.
_NETWORKS_AT_ONCE = 32
_ROWS_AT_ONCE = 8


class DeepBindGroup(nn.Module):
    """DeepBind networks of one shape: detectors, pooling, and a small network on top.

    Parameters
    ----------
    weights : dict of str to ndarray
        Weights of k networks: "conv_w" (k, n_detectors, 4, width), "conv_b" (k,
        n_detectors), "w1" (k, n_hidden or 1, n_pooled), "b1" (k, n_hidden or 1), and,
        where there is a hidden layer, "w2" (k, n_hidden) and "b2" (k,).
    both_strands : bool
        Whether the score is the larger one of both strands.
    with_mean : bool
        Whether the mean over positions stands beside each detector's maximum.
    """

    def __init__(self, weights, both_strands: bool, with_mean: bool):
        super().__init__()
        self.both_strands = both_strands
        self.with_mean = with_mean
        self.has_hidden = "w2" in weights
        for name, array in weights.items():
            self.register_buffer(name, torch.tensor(array, dtype=torch.float32))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Map x (n, 4, length), one-hot or soft, to scores (n, k)."""
        scores = self._one_strand(x)
        if self.both_strands:
            turned = opposite_strand(x, complement_order(4, 4))
            scores = torch.maximum(scores, self._one_strand(turned))
        return scores

    def _one_strand(self, x: torch.Tensor) -> torch.Tensor:
        """Map x (n, 4, length) to the scores (n, k) of the strand as it is given."""
        width = self.conv_w.shape[3]
        # As published: unknown letters on both sides, so that sites may overhang.
        x = F.pad(x, (width - 1, width - 1), value=0.25)
        windows = x.unfold(2, width, 1).permute(0, 2, 1, 3).flatten(2)
        starts = range(0, len(self.conv_w), _NETWORKS_AT_ONCE)
        z = torch.cat([self._pooled(windows, start) for start in starts], dim=1)
        hidden = torch.einsum("nkz,khz->nkh", z, self.w1) + self.b1
        if not self.has_hidden:
            return hidden[:, :, 0]
        return torch.einsum("nkh,kh->nk", hidden.relu(), self.w2) + self.b2

    def _pooled(self, windows: torch.Tensor, start: int) -> torch.Tensor:
        """Pool the detectors of a few networks: (n, n_networks, n_pooled).

        `windows` is (n, positions, 4 * width). The networks are `_NETWORKS_AT_ONCE`
        from number `start` on.
        """
        networks = slice(start, start + _NETWORKS_AT_ONCE)
        filters = self.conv_w[networks].flatten(2).flatten(0, 1).T
        bias = self.conv_b[networks]
        best, mean = [], []
        for rows in windows.split(_ROWS_AT_ONCE):
            found = rows @ filters
            best.append(found.amax(dim=1))
            if self.with_mean:
                mean.append((found + bias.flatten()).relu().mean(dim=1))
        # The maximum of rectified sums is the rectified maximum of sums.
        z = (torch.cat(best).view(-1, *bias.shape) + bias).relu()
        if not self.with_mean:
            return z
        return torch.stack([z, torch.cat(mean).view(z.shape)], dim=3).flatten(2)


class DeepBind(nn.Module):
    """DeepBind networks of several shapes, one group for each shape.

    Parameters
    ----------
    groups : list of DeepBindGroup
        The groups.
    order : sequence of int
        Column of each network's score: networks of the first group, of the second, ...
    """

    def __init__(self, groups, order):
        super().__init__()
        self.groups = nn.ModuleList(groups)
        columns = torch.argsort(torch.tensor(order))
        self.register_buffer("columns", columns)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Map x (n, 4, length), one-hot or soft, to scores (n, n_networks)."""
        scores = torch.cat([group(x) for group in self.groups], dim=1)
        return scores[:, self.columns]
