"""Networks on all windows of a sequence, whose activations they share.

A filter sees the same letters in all windows that cover them, but for a window's ends:
there it sees no letter in place of the neighbours. So activations inside of windows are
computed once, and those at the ends, one less than the filter has places, for each
window. Of several layers, what they see together counts as one filter.
"""

import torch
import torch.nn.functional as F

from sklearn_cnn.architectures._merged_ensemble import MergedEnsemble
from sklearn_cnn.architectures._pooled_logits import logits_from_pooled
from sklearn_cnn.scanning._deep_networks import DeepNetworks
from sklearn_cnn.scanning._sliding import (
    blocks_and_rest,
    maxima,
    sums,
    weighted_sums,
    weights_of_blocks,
)

# Activations at a time, which fit a CPU's cache or keep an accelerator busy.
_ACTIVATIONS, _ACTIVATIONS_ON_ACCELERATOR = 2**18, 2**27


class SharedNetworks:
    """Merged networks that read all windows of a sequence.

    Parameters
    ----------
    networks : MergedEnsemble or DeepNetworks
        In evaluation mode.
    length, stride : int
        Letters in a window, and from one window to the next.
    """

    def __init__(
        self, networks: MergedEnsemble | DeepNetworks, length: int, stride: int
    ):
        self.networks, self.length, self.stride = networks, length, stride
        self.n_columns = networks.n_columns
        self.like = next(networks.parameters())
        self.n_ends = networks.width // 2  # at either end
        self.n_whole, self.n_rest = blocks_and_rest(length - networks.width + 1, stride)
        on_cpu = self.like.device.type == "cpu"
        most = _ACTIVATIONS if on_cpu else _ACTIVATIONS_ON_ACCELERATOR
        self.n_at_once = max(1, most // self.n_columns)
        self.positions = None
        if networks.position_heads is not None:
            self.positions = _PositionWeights(networks, length, stride)

    def __call__(self, codes: torch.Tensor) -> torch.Tensor:
        """Logits (n, n_outputs) of all windows of codes (n_letters,), known letters."""
        letters = codes.int() + 1  # 0 is no letter
        n = (len(codes) - self.length) // self.stride + 1
        best, total, placed = self._inside(letters, n)
        best_at_ends, total_at_ends, placed_at_ends = self._at_ends(letters, n)
        best = torch.maximum(best, best_at_ends)
        mean = (total + total_at_ends) / self.length
        by_strand = (self.networks.n_strands, -1)
        logits = logits_from_pooled(
            self.networks.members,
            best.unflatten(1, by_strand),
            mean.unflatten(1, by_strand),
        )
        if self.positions is not None:
            logits = logits + placed + placed_at_ends + self.positions.constant
        return logits

    def _inside(self, letters, n):
        """Maxima, sums and position logits of what filters see inside of windows."""
        width, stride = self.networks.width, self.stride
        n_blocks = n + self.n_whole
        missing = n_blocks * stride + width - 1 - len(letters)
        letters = F.pad(letters, (0, missing), value=1)
        room = self.like.new_empty
        best, best_rest, total, total_rest = room(4, n_blocks, self.n_columns)
        placed = None
        if self.positions is not None:
            placed = room(n_blocks, self.positions.by_block.shape[1])
        step = max(1, self.n_at_once // stride)
        for start in range(0, n_blocks, step):
            rows = slice(start, min(start + step, n_blocks))
            part = letters[start * stride : rows.stop * stride + width - 1]
            x = self.networks.activations_of_letters(
                part[None], 0, (rows.stop - start) * stride
            ).view(-1, stride, self.n_columns)
            rest = x[:, : self.n_rest]
            torch.amax(x, dim=1, out=best[rows])
            torch.amax(rest, dim=1, out=best_rest[rows])
            torch.sum(x, dim=1, out=total[rows])
            torch.sum(rest, dim=1, out=total_rest[rows])
            if self.positions is not None:
                channels = (x @ self.positions.reduce).flatten(1)
                torch.mm(channels, self.positions.by_block, out=placed[rows])
        if self.positions is not None:
            placed = weighted_sums(placed, len(self.positions.constant))
        return (
            maxima(best, best_rest, self.n_whole),
            sums(total, total_rest, self.n_whole),
            placed,
        )

    def _at_ends(self, letters, n):
        """Maxima, sums and position logits of what filters see at windows' ends."""
        networks, n_ends, stride = self.networks, self.n_ends, self.stride
        n_letters, room = networks.width - 1, self.like.new_zeros
        best, total = room(2, n, self.n_columns)
        placed = None
        if self.positions is not None:
            placed = room(n, len(self.positions.constant))
        if not n_letters:
            return best, total, placed
        first = letters.unfold(0, n_letters, stride)
        last = letters[self.length - n_letters :].unfold(0, n_letters, stride)
        step = max(1, self.n_at_once // n_ends)
        for start in range(0, n, step):
            rows = slice(start, min(start + step, n))
            left = networks.activations_of_letters(first[rows], n_ends, n_ends)
            right = networks.activations_of_letters(last[rows], 0, n_ends)
            if networks.width % 2 == 0:
                # On the opposite strand, the middle of an even filter is one further.
                left[:, 0, 1:] = 0
                right[:, -1, 0] = 0
            left, right = left.flatten(2), right.flatten(2)
            torch.maximum(left.amax(dim=1), right.amax(dim=1), out=best[rows])
            torch.add(left.sum(dim=1), right.sum(dim=1), out=total[rows])
            if self.positions is not None:
                placed[rows] = left.flatten(1) @ self.positions.at_start
                placed[rows] += right.flatten(1) @ self.positions.at_end
        return best, total, placed


class _PositionWeights:
    """Position heads, of networks on one strand or both, as weights of activations.

    Without dropout, a head is affine in its few channels at each position, which are
    sums of activations. Their derivative is the weight of a channel at a place.
    """

    def __init__(
        self, networks: MergedEnsemble | DeepNetworks, length: int, stride: int
    ):
        heads = [member.position_head for member in networks.members]
        n_strands, n_ends = networks.n_strands, networks.width // 2
        by_head, constants = [], []
        for head in heads:
            zero = head.linear.weight.new_zeros(1, length, head.n_channels)
            compute = head.logits_from_channels
            by_head.append(torch.autograd.functional.jacobian(compute, zero)[0, :, 0])
            constants.append(compute(zero)[0])
        self.constant = sum(constants) / len(heads)
        # (length, channels of all heads, n_outputs)
        by_place = torch.cat(by_head, dim=2).permute(1, 2, 0) / len(heads) / n_strands
        n_windows = length + 2 * n_ends - networks.width + 1
        weight = by_place.new_zeros(n_windows, n_strands, *by_place.shape[1:])
        weight[:length, 0] = by_place
        if n_strands == 2:
            # The opposite strand is read from its own beginning.
            weight[-length:, 1] = by_place.flip(0)
        weight = weight.flatten(1, 2)
        reduce = [head.reduce.weight.T for head in heads] * n_strands
        self.reduce = torch.block_diag(*reduce)
        inside = weight[n_ends : n_windows - n_ends]
        self.by_block = weights_of_blocks(inside, stride)
        self.at_start, self.at_end = (
            (self.reduce @ end).flatten(0, 1)
            for end in (weight[:n_ends], weight[n_windows - n_ends :])
        )
