"""Networks of one layer on all windows of a sequence, whose activations they share.

A filter sees the same letters in all windows that cover them, but for a window's ends:
there it sees no letter in place of the neighbours. So activations inside of windows are
computed once, and those at the ends, one less than the filter has places, for each
window.
"""

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import nn

from sklearn_cnn.architectures._merged_ensemble import MergedEnsemble
from sklearn_cnn.scanning._sliding import (
    blocks_and_rest,
    maxima,
    sums,
    weighted_sums,
    weights_of_blocks,
)

# Activations at a time, which fit a CPU's cache or keep an accelerator busy.
_ACTIVATIONS, _ACTIVATIONS_ON_ACCELERATOR = 2**19, 2**27


class SharedNetworks:
    """Merged networks that read all windows of a sequence.

    Parameters
    ----------
    networks : MergedEnsemble
        In evaluation mode.
    length, stride : int
        Letters in a window, and from one window to the next.
    """

    def __init__(self, networks: MergedEnsemble, length: int, stride: int):
        self.networks, self.length, self.stride = networks, length, stride
        width = networks.width
        self.n_ends = width // 2  # at either end
        self.n_whole, self.n_rest = blocks_and_rest(length - width + 1, stride)
        self.position = None
        if networks.position_heads is not None:
            self.position = _SharedPositionHeads(networks, length, stride)
        on_cpu = networks.filters.device.type == "cpu"
        most = _ACTIVATIONS if on_cpu else _ACTIVATIONS_ON_ACCELERATOR
        self.n_at_once = max(1, most // networks.filters.shape[1])

    def __call__(self, codes: torch.Tensor) -> torch.Tensor:
        """Logits (n, n_outputs) of all windows of codes (n_letters,), known letters."""
        letters = codes.int() + 1  # 0 is no letter
        n = (len(codes) - self.length) // self.stride + 1
        best, total, placed = self._inside(letters, n)
        best_at_ends, total_at_ends, placed_at_ends = self._at_ends(letters, n)
        mean = (total + total_at_ends) / self.length
        by_strand = (-1, self.networks.n_strands, best.shape[1] // self.networks.n_strands)
        logits = self.networks.logits_from_pooled(
            torch.maximum(best, best_at_ends).view(by_strand),
            mean.to(best.dtype).view(by_strand),
            None,
        )
        return logits if placed is None else logits + placed + placed_at_ends

    def _inside(self, letters, n):
        """Maxima, sums and products of what all filters see inside of windows."""
        width, stride = self.networks.width, self.stride
        n_blocks = n + self.n_whole
        missing = n_blocks * stride + width - 1 - len(letters)
        letters = F.pad(letters, (0, missing), value=1)
        parts, step = [], max(1, self.n_at_once // stride)
        for start in range(0, n_blocks, step):
            end = min(start + step, n_blocks)
            part = letters[start * stride : end * stride + width - 1]
            x = self.networks.activations_of_letters(
                part[None], 0, (end - start) * stride
            )[0]
            placed = x.new_empty(end - start, 0)
            if self.position is not None:
                placed = self.position.of_blocks(x)
            x = x.flatten(1).unflatten(0, (-1, stride))
            rest = x[:, : self.n_rest]
            parts.append(
                (
                    *(x.amax(dim=1), rest.amax(dim=1)),
                    *(x.sum(dim=1).double(), rest.sum(dim=1).double()),
                    placed,
                )
            )
        best, best_rest, total, total_rest, placed = map(
            torch.cat, zip(*parts, strict=True)
        )
        best = maxima(best, best_rest, self.n_whole)
        total = sums(total, total_rest, self.n_whole)
        if self.position is None:
            return best, total, None
        return best, total, self.position.of_windows(placed)

    def _at_ends(self, letters, n):
        """Maxima, sums and products of what all filters see at the ends of windows."""
        networks, n_ends, stride = self.networks, self.n_ends, self.stride
        n_letters = networks.width - 1
        if not n_letters:
            zero = networks.filters.new_zeros(n, networks.filters.shape[1])
            return zero, zero, zero[:, :1]
        first = letters.unfold(0, n_letters, stride)
        last = letters[self.length - n_letters :].unfold(0, n_letters, stride)
        parts, step = [], max(1, self.n_at_once // (2 * n_ends))
        for start in range(0, n, step):
            rows = slice(start, min(start + step, n))
            left = networks.activations_of_letters(first[rows], n_ends, n_ends)
            right = networks.activations_of_letters(last[rows], 0, n_ends)
            if networks.width % 2 == 0:
                # The middle of an even filter is behind the end of one of the strands.
                right[:, -1, 0] = 0
                left[:, 0, 1:] = 0
            placed = left.new_zeros(len(left), 1)
            if self.position is not None:
                placed = self.position.at_ends(left, right)
            x = torch.cat([left, right], dim=1).flatten(2)
            parts.append((x.amax(dim=1), x.sum(dim=1), placed))
        return tuple(map(torch.cat, zip(*parts, strict=True)))


class _SharedPositionHeads:
    """Mean logits of position heads, of networks on one strand or both.

    Without dropout, a head is affine in its few channels at each position. So it has a
    weight for each channel and place of a window.
    """

    def __init__(self, networks: MergedEnsemble, length: int, stride: int):
        heads = [member.position_head for member in networks.members]
        # (n_members, n_channels, n_filters)
        self.reduce = torch.stack([head.reduce.weight for head in heads])
        self.n_strands = networks.n_strands
        by_member, constants = zip(*(_as_weights(head) for head in heads), strict=True)
        by_member = torch.stack(by_member, dim=1) / len(heads) / self.n_strands
        self.constant = sum(constants) / len(heads)
        self.n_outputs = len(self.constant)
        # By window of the filters, strand, member, channel and output.
        n_ends = networks.width // 2
        n_windows = length + 2 * n_ends - networks.width + 1
        weight = by_member.new_zeros(n_windows, self.n_strands, *by_member.shape[1:])
        weight[:length, 0] = by_member
        if self.n_strands == 2:
            # The opposite strand is read from its own beginning.
            weight[-length:, 1] = by_member.flip(0)
        inside = weight[n_ends : n_windows - n_ends].flatten(1, 3)
        self.by_block = weights_of_blocks(inside, stride)
        self.by_end = [
            torch.einsum("wsmco,mcf->wsmfo", end, self.reduce).flatten(0, 3)
            for end in (weight[:n_ends], weight[n_windows - n_ends :])
        ]
        self.stride = stride

    def of_blocks(self, x: torch.Tensor) -> torch.Tensor:
        """Map activations (n * stride, n_strands, n_columns) to products of n blocks."""
        n_networks, _, n_filters = self.reduce.shape
        x = x.view(len(x), self.n_strands * n_networks, n_filters).transpose(0, 1)
        reduce = self.reduce.transpose(1, 2).repeat(self.n_strands, 1, 1)
        channels = torch.bmm(x, reduce).transpose(0, 1).flatten(1)
        return channels.reshape(-1, len(self.by_block)) @ self.by_block

    def of_windows(self, products: torch.Tensor) -> torch.Tensor:
        """Logits (n, n_outputs) of windows without their ends, from `of_blocks`."""
        return weighted_sums(products, self.n_outputs) + self.constant

    def at_ends(self, left: torch.Tensor, right: torch.Tensor) -> torch.Tensor:
        """What activations (n, n_ends, ...) at both ends add: (n, n_outputs)."""
        return left.flatten(1) @ self.by_end[0] + right.flatten(1) @ self.by_end[1]


def _as_weights(head: nn.Module) -> tuple[torch.Tensor, torch.Tensor]:
    """Weights (length, n_channels, n_outputs) and constant (n_outputs,) of a head."""
    zero = head.linear.weight.new_zeros(1, head.length, head.n_channels)
    weight, constant = affine(head.logits_from_channels, zero)
    return weight.permute(1, 2, 0), constant


def affine(
    function: Callable[[torch.Tensor], torch.Tensor], zero: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor]:
    """Weights (n_outputs, ...) and constant (n_outputs,) of an affine function.

    It maps one input such as `zero` (1, ...), all zero, to (1, n_outputs): the weights
    are its derivative, the constant its value there.
    """
    weight = torch.autograd.functional.jacobian(function, zero)
    return weight[0, :, 0], function(zero)[0].detach()
