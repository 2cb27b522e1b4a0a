"""Linear models of fixed features on all windows of a sequence, which share them."""

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import nn

from sklearn_cnn.architectures._gapped_words import GappedWords
from sklearn_cnn.architectures._kmer_counts import KmerCounts
from sklearn_cnn.architectures._linear_branch import LinearBranch
from sklearn_cnn.architectures._motif_bank import MotifBank
from sklearn_cnn.architectures._placed_letters import PlacedLetters
from sklearn_cnn.architectures._placed_words import PlacedWords
from sklearn_cnn.architectures._side_by_side import SideBySide
from sklearn_cnn.scanning._sliding import (
    blocks_and_rest,
    in_blocks,
    maxima,
    sums,
    weighted_sums,
    weights_of_blocks,
)

# Counts of words at a time, and places whose motifs' scores are, to fit a CPU's cache.
_COUNTS, _PLACES = 2**20, 2**11

# Maps codes (n_letters,), known letters, to a sum for each window (n, n_outputs).
Scan = Callable[[torch.Tensor], torch.Tensor]


class SharedBranch:
    """A linear branch that reads all windows of a sequence.

    Parameters
    ----------
    branch : LinearBranch
        The branch.
    length, stride : int
        Letters in a window, and from one window to the next.
    """

    def __init__(self, branch: LinearBranch, length: int, stride: int):
        weight = branch.linear.weight.double() / branch.scale.double()
        self.constant = branch.linear.bias - weight @ branch.mean.double()
        self.scan = _scan_of(
            branch.features, weight.to(branch.linear.weight), length, stride
        )

    def __call__(self, codes: torch.Tensor) -> torch.Tensor:
        """Logits (n, n_outputs) of all windows of codes (n_letters,), known letters."""
        return self.scan(codes) + self.constant


def _scan_of(
    features: nn.Module, weight: torch.Tensor, length: int, stride: int
) -> Scan:
    """Function that gives sums of features times `weight` (n_outputs, n_features)."""
    scans = {
        KmerCounts: _kmer_counts,
        PlacedLetters: _placed_letters,
        PlacedWords: _placed_words,
        GappedWords: _gapped_words,
        MotifBank: _motif_bank,
        SideBySide: _side_by_side,
    }
    return scans[type(features)](features, weight, length, stride)


def _side_by_side(
    features: SideBySide, weight: torch.Tensor, length: int, stride: int
) -> Scan:
    zero = weight.new_zeros(1, features.n_symbols, length)
    weights = features.split(weight, zero)
    parts = [
        _scan_of(part, of_part, length, stride)
        for part, of_part in zip(features.parts, weights, strict=True)
    ]
    return lambda codes: sum(part(codes) for part in parts)


def _kmer_counts(
    features: KmerCounts, weight: torch.Tensor, length: int, stride: int
) -> Scan:
    """Words that enter and leave from one window to the next give the counts of all."""
    times = features.times(weight.device).to(weight)[:, None]
    n_columns = len(times) + 1  # The last is for words that do not count.
    n_at_once = max(1, _COUNTS // n_columns)

    def sums_of(codes: torch.Tensor) -> torch.Tensor:
        n = (len(codes) - length) // stride + 1
        changes = weight.new_zeros(n * n_columns)
        for k, (columns,) in enumerate(features.columns(codes[None]), start=1):
            if k > length:
                break
            places = torch.arange(len(columns), device=codes.device)
            enters = (places - (length - k + 1)).div(stride, rounding_mode="floor") + 1
            leaves = places.div(stride, rounding_mode="floor") + 1
            for rows, sign in (enters.clamp(min=0), 1), (leaves, -1):
                counted = rows < n
                index = columns[counted] * n + rows[counted]
                change = weight.new_full((), sign).expand_as(index)
                changes.scatter_add_(0, index, change)
        counts = changes.view(n_columns, n)[:-1].cumsum_(dim=1)
        return (weight @ counts.mul_(times).log1p_()).T

    def scan(codes: torch.Tensor) -> torch.Tensor:
        n = (len(codes) - length) // stride + 1
        parts = []
        for start in range(0, n, n_at_once):
            end = min(start + n_at_once, n)
            parts.append(sums_of(codes[start * stride : (end - 1) * stride + length]))
        return torch.cat(parts)

    return scan


def _placed_letters(
    features: PlacedLetters, weight: torch.Tensor, length: int, stride: int
) -> Scan:
    """Features are linear in the letters: what these weigh is their derivative."""
    zero = weight.new_zeros(1, features.n_symbols, length)
    by_letter = torch.autograd.functional.jacobian(
        lambda x: (features(x) @ weight.T)[0], zero
    )
    return _placed(by_letter[:, 0].permute(2, 1, 0), stride)


def _placed_words(
    features: PlacedWords, weight: torch.Tensor, length: int, stride: int
) -> Scan:
    scans, start, n_outputs = [], 0, len(weight)
    for k in range(1, min(features.max_k, length) + 1):
        n_words, n_places = features.n_symbols**k, length - k + 1
        of_k = weight[:, start : start + n_words * n_places]
        of_k = of_k.view(n_outputs, n_words, n_places).permute(2, 1, 0)
        scans.append(_placed(of_k, stride))
        start += n_words * n_places

    def scan(codes: torch.Tensor) -> torch.Tensor:
        total, words = 0, codes.long()
        for k, scan_of_k in enumerate(scans, start=1):
            if k > 1:
                words = words[:-1] * features.n_symbols + codes[k - 1 :]
            total = total + scan_of_k(words)
        return total

    return scan


def _placed(weight: torch.Tensor, stride: int) -> Scan:
    """Sums of the weights (width, n_words, n_outputs) of words at their places."""
    width, n_words, n_outputs = weight.shape
    by_block = weights_of_blocks(weight, stride)

    def scan(words: torch.Tensor) -> torch.Tensor:
        columns = F.one_hot(words.long(), n_words).to(weight)
        blocks = in_blocks(columns, width, stride).flatten(1)
        return weighted_sums(blocks @ by_block, n_outputs)

    return scan


def _gapped_words(
    features: GappedWords, weight: torch.Tensor, length: int, stride: int
) -> Scan:
    tables = features.weights_of_masks().double()

    def scan(codes: torch.Tensor) -> torch.Tensor:
        # By the number of windows that masks of one width have in a sequence.
        by_width = {}
        words = features.words(codes[None])
        for mask, table, (word,) in zip(features.masks, tables, words, strict=True):
            n_places = length - mask[-1]
            if n_places > 0:
                found = table.index_select(0, word)
                by_width[n_places] = by_width.get(n_places, 0) + found
        n = (len(codes) - length) // stride + 1
        scores = tables.new_zeros(n, tables.shape[2])
        for n_places, found in by_width.items():
            n_whole, n_rest = blocks_and_rest(n_places, stride)
            blocks = in_blocks(found, n_places, stride)
            rests = blocks[:, :n_rest].sum(dim=1)
            scores += sums(blocks.sum(dim=1), rests, n_whole)
        return scores.to(weight) @ weight.T

    return scan


def _motif_bank(
    features: MotifBank, weight: torch.Tensor, length: int, stride: int
) -> Scan:
    widths, lowest = features.widths, features.lowest()
    step = max(1, _PLACES // stride)

    def scan(codes: torch.Tensor) -> torch.Tensor:
        n = (len(codes) - length) // stride + 1
        # Motifs wider than a window have the lowest score.
        is_wider = widths > length
        total = (weight[:, is_wider] @ lowest[is_wider]).expand(n, -1)
        # For places behind the last window, which fill the last block up.
        codes = F.pad(codes, (0, stride))
        for motifs, scores_at in features.best_strand_along(codes):
            motifs = motifs[~is_wider[motifs]]
            groups = _by_width(widths[motifs], length, stride)
            if not groups:
                break
            # The narrowest motif has the most places.
            n_blocks = n + groups[0][1]
            best, of_rests = weight.new_empty(2, n_blocks, len(motifs))
            for start in range(0, n_blocks, step):
                rows = slice(start, min(start + step, n_blocks))
                x = scores_at(slice(start * stride, rows.stop * stride))
                x = x[:, : len(motifs)].unflatten(0, (-1, stride))
                torch.amax(x, dim=1, out=best[rows])
                for columns, _, n_rest in groups:
                    of_rests[rows, columns] = x[:, :n_rest, columns].amax(dim=1)
            for columns, n_whole, _ in groups:
                own = slice(0, n + n_whole), columns
                of_windows = maxima(best[own], of_rests[own], n_whole)
                total = total + of_windows @ weight[:, motifs[columns]].T
        return total

    return scan


def _by_width(
    widths: torch.Tensor, length: int, stride: int
) -> list[tuple[slice, int, int]]:
    """Columns of the motifs of one width, and what `blocks_and_rest` says of them.

    `widths` ascend, and none is above the `length` of a window.
    """
    groups, start = [], 0
    values, counts = torch.unique_consecutive(widths, return_counts=True)
    for width, count in zip(values.tolist(), counts.tolist(), strict=True):
        columns = slice(start, start + count)
        groups.append((columns, *blocks_and_rest(length - width + 1, stride)))
        start += count
    return groups
