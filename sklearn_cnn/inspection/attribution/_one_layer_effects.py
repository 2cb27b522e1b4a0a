"""How each substitution changes the logits of a network of one pooled layer."""

from collections.abc import Iterator

import torch
import torch.nn.functional as F

from sklearn_cnn.architectures._conv_block import ConvBlock
from sklearn_cnn.architectures._motif_cnn import MotifCNN
from sklearn_cnn.architectures._position_head import PositionHead
from sklearn_cnn.inspection.attribution._slopes import slopes
from sklearn_cnn.inspection.attribution._windows import (
    best_elsewhere,
    windows_without_letter,
)


def one_layer_effects(
    network: MotifCNN, x: torch.Tensor, n_symbols: int
) -> torch.Tensor:
    """Effects (n, n_symbols, length, n_outputs); see `substitution_effects`.

    For networks of one layer, all of which is pooled at once. Activations are computed
    anew for the windows over the letter only. The other windows keep theirs, and so do
    a filter's maximum and sum over them.
    """
    x, mask = network.prepare(x)
    length = x.shape[2]
    known, substituted = _activations(network.trunk[0], x, mask, n_symbols)
    width = known.shape[2] - length + 1
    best = best_elsewhere(known, width)[:, None].repeat(1, n_symbols, 1, 1)
    change = torch.zeros_like(best)
    head, placed = network.position_head, 0.0
    if head is not None:
        slope = _position_slopes(head, length, width)
        placed = x.new_zeros(len(x), n_symbols, length, len(slope))
    for symbol, windows, new in substituted:
        torch.maximum(best[:, symbol], new, out=best[:, symbol])
        new -= known[..., windows]
        change[:, symbol] += new
        if head is not None:
            reduced = head.reduce.weight @ new
            slope_there = slope[..., windows]
            placed[:, symbol] += torch.einsum("ncl,ocl->nlo", reduced, slope_there)
    total = known.sum(dim=2)
    n_positions = length if mask is None else mask.sum(dim=2)
    logits_from_pooled = network.global_head.logits_from_pooled
    present = logits_from_pooled(known.amax(dim=2), total / n_positions)
    best = best.permute(1, 3, 0, 2)
    mean = (total + change.permute(1, 3, 0, 2)) / n_positions
    mutated = logits_from_pooled(best.flatten(0, 2), mean.flatten(0, 2))
    effects = mutated.view(*best.shape[:3], -1) - present
    return effects.permute(2, 0, 1, 3) + placed


def _activations(
    block: ConvBlock, x: torch.Tensor, mask: torch.Tensor | None, n_symbols: int
) -> tuple[torch.Tensor, Iterator[tuple[int, slice, torch.Tensor]]]:
    """Activations of a block, and those of the windows over each substitution.

    Parameters
    ----------
    block : ConvBlock
        In evaluation mode.
    x : torch.Tensor of shape (n, n_channels, length)
        Its inputs. The first `n_symbols` channels hold letters.
    mask : torch.Tensor of shape (n, 1, length) or None
        1 inside the sequences, 0 at padding.
    n_symbols : int
        Letters of the alphabet.

    Returns
    -------
    known : torch.Tensor of shape (n, n_filters, length + width - 1)
        Activation of each window, the first of which ends at the first letter. 0 where
        the output has no position for a window. (Activations are never negative. So a
        0 is no maximum and adds nothing to a sum.)
    substituted : iterator of (int, slice, torch.Tensor)
        For each symbol and each place in a window: the symbol, the windows that have
        each position at that place, and their activations (n, n_filters, length) with
        the symbol there.
    """
    norm = block.norm
    scale = norm.weight / torch.sqrt(norm.running_var + norm.eps)
    filters = (block.conv.weight * scale[:, None, None])[:, :n_symbols]
    scores = block.before_activation(x)
    if mask is not None:
        scores = scores.masked_fill(mask == 0, -torch.inf)
    width, length = filters.shape[2], x.shape[2]
    scores = F.pad(scores, _overhang(width), value=-torch.inf)

    def substituted():
        windows = windows_without_letter(scores, filters, x[:, :n_symbols])
        for start, (rest, entries) in enumerate(windows):
            for symbol, entry in enumerate(entries.T):
                new = block.activation(rest + entry[:, None])
                yield symbol, slice(start, start + length), new

    return block.activation(scores), substituted()


def _position_slopes(head: PositionHead, length: int, width: int) -> torch.Tensor:
    """Slopes (n_outputs, n_channels, length + width - 1) of the head's logits.

    In evaluation mode the logits are linear in the channels. The slopes stand at the
    windows of that width, the first of which ends at the first letter, and are zero
    where the output has no position for a window.
    """
    zero = head.reduce.weight.new_zeros(1, length, head.n_channels)
    slope = slopes(head.logits_from_channels, zero).transpose(1, 2)
    return F.pad(slope, _overhang(width))


def _overhang(width: int) -> tuple[int, int]:
    """Windows before the first and behind the last position of the output."""
    return width - 1 - width // 2, width // 2
