"""How changes of the last layer's activations change what a network's heads give.

Each class keeps what the unchanged sequences have there, `x` (n, length, n_filters);
`effects` gives new outputs less old ones, (m, n_outputs), for m substitutions, and
computes `n_values` anew for each of them, beside the changes.
"""

import torch
import torch.nn.functional as F

from sklearn_cnn.architectures._global_head import GlobalHead
from sklearn_cnn.architectures._position_head import PositionHead
from sklearn_cnn.architectures._profile_head import ProfileHead
from sklearn_cnn.inspection.attribution._changes import Changes, values_at


class PooledEffects:
    """Of a global head: maxima and sums elsewhere are known.

    `mask` (n, 1, length) is 0 at padding, where x is 0; None where there is none.
    """

    n_values = 0

    def __init__(self, head: GlobalHead, x: torch.Tensor, mask: torch.Tensor | None):
        self._head, self._x = head, x
        # Before each position and from it on; activations are never negative.
        best_before, best_behind = x.cummax(dim=1), x.flip(1).cummax(dim=1)
        self._best_before = F.pad(best_before.values, (0, 0, 1, 0))
        self._best_behind = F.pad(best_behind.values.flip(1), (0, 0, 0, 1))
        self._total = x.sum(dim=1)
        self._n_positions = x.new_full((len(x), 1), x.shape[1])
        if mask is not None:
            self._n_positions = mask.sum(dim=2).clamp(min=1)
        mean = self._total / self._n_positions
        self._present = head.logits_from_pooled(x.amax(dim=1), mean)

    def effects(self, changes: Changes) -> torch.Tensor:
        """Effects (m, n_outputs) of changes of x."""
        rows, places, length = changes.rows, changes.places, self._x.shape[1]
        new = values_at(self._x, rows, places) + changes.values
        before = self._best_before[rows, places[:, 0].clamp(0, length)]
        behind = self._best_behind[rows, (places[:, -1] + 1).clamp(0, length)]
        best = new.amax(dim=1).maximum(before).maximum(behind)
        total = self._total[rows] + changes.values.sum(dim=1)
        mean = total / self._n_positions[rows]
        return self._head.logits_from_pooled(best, mean) - self._present[rows]


class FlattenedEffects:
    """Of a global head that reads the responses at all positions."""

    def __init__(self, head: GlobalHead, x: torch.Tensor):
        self._head, self._x = head, x
        self._present = head(x.transpose(1, 2))
        self.n_values = x[0].numel()

    def effects(self, changes: Changes) -> torch.Tensor:
        """Effects (m, n_outputs) of changes of x."""
        new = changes.added_to(self._x)
        return self._head(new.transpose(1, 2)) - self._present[changes.rows]


class PlacedEffects:
    """Of a position head, which reads a few channels."""

    def __init__(self, head: PositionHead, x: torch.Tensor):
        self._head, self._channels = head, head.reduce(x)
        self._present = head.logits_from_channels(self._channels)
        self.n_values = self._channels[0].numel()

    def effects(self, changes: Changes) -> torch.Tensor:
        """Effects (m, n_outputs) of changes of x."""
        reduced = self._head.reduce(changes.values)
        new = Changes(changes.rows, changes.starts, reduced).added_to(self._channels)
        return self._head.logits_from_channels(new) - self._present[changes.rows]


class ProfileEffects:
    """Of a profile head: the outputs around a substitution.

    As many on both sides, with zeros where filters of even width reach further on one.
    """

    n_values = 0

    def __init__(self, head: ProfileHead, kernel_sizes: list[int]):
        self._weight = head.linear.weight[0]
        before = sum(size - 1 - size // 2 for size in kernel_sizes)
        behind = sum(size // 2 for size in kernel_sizes)
        self._padding = max(0, behind - before), max(0, before - behind)

    def effects(self, changes: Changes) -> torch.Tensor:
        """Effects (m, n_outputs) of changes of x."""
        return F.pad(changes.values @ self._weight, self._padding)
