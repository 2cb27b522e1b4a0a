"""The network of the motif estimators."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import nn

from sklearn_cnn.architectures._autocast import without_autocast
from sklearn_cnn.architectures._conv_block import ConvBlock, has_hooks
from sklearn_cnn.architectures._global_head import GlobalHead
from sklearn_cnn.architectures._known_letters import known_letters
from sklearn_cnn.architectures._local_pool import pool_blocks
from sklearn_cnn.architectures._position_head import PositionHead
from sklearn_cnn.architectures._profile_head import ProfileHead
from sklearn_cnn.architectures._window_layer import PooledActivations, PooledWindows
from sklearn_cnn.architectures._workspace import Workspace


class MotifCNN(nn.Module):
    """Convolutional trunk, global head and, for aligned sequences, a position head.

    The first layer's filters learn k-mers and motifs, deeper layers their combinations.
    The global head reads which of them occur, the position head where they occur.
    Profiles have a head of their own instead, with an output at each position.

    Parameters
    ----------
    n_channels : int
        Number of input channels: one a symbol, or the channels of a signal.
    n_outputs : int
        Number of logits: 1 for two classes, else one a class. Profiles do not use it.
    n_filters, kernel_sizes : tuple of int
        One entry a layer.
    activation : {"exponential", "relu"}
        Activation of the first layer; deeper ones use ReLU.
    pool_sizes : tuple of int or None
        Number of neighbouring positions whose maximum is kept, one entry a layer; None
        for no local pooling.
    pooling, dense_units, dropout
        See `GlobalHead`.
    length : int or None
        Length of all inputs, for the position head. There is no such head without a
        length, nor with flattening, which needs the length itself.
    n_symbols : int or None
        Number of channels that hold letters, 0 for signals. Where it is given, padding
        counts for nothing: positions at which the channels are NaN, or these first
        channels all zero. None where nothing is masked.
    n_letters : int
        The same number where letters may be unknown: positions at which the first
        `n_letters` channels are all equal then count for nothing in the heads. Else 0.
    standardize : nn.Module or None
        Applied to the input first.
    profile : bool
        Whether the output is a profile (n, length).
    """

    def __init__(
        self,
        n_channels,
        n_outputs,
        *,
        n_filters,
        kernel_sizes,
        activation,
        pooling,
        dense_units,
        dropout,
        pool_sizes=None,
        length=None,
        n_symbols=None,
        n_letters=0,
        standardize=None,
        profile=False,
    ):
        super().__init__()
        self.n_symbols = n_symbols
        self.n_letters = n_letters
        self.standardize = standardize
        widths = (n_channels, *n_filters)
        pool_sizes = pool_sizes or (1,) * len(n_filters)
        self.trunk = nn.ModuleList(
            ConvBlock(
                widths[i],
                widths[i + 1],
                kernel_size,
                activation if i == 0 else "relu",
                pool_size,
            )
            for i, (kernel_size, pool_size) in enumerate(
                zip(kernel_sizes, pool_sizes, strict=True)
            )
        )
        self.position_head = self.profile_head = None
        if profile:
            self.profile_head = ProfileHead(widths[-1])
            return
        if length is not None:
            for pool_size in pool_sizes:
                length = -(-length // pool_size)
        self.global_head = GlobalHead(
            widths[-1],
            n_outputs,
            pooling=pooling,
            dense_units=dense_units,
            dropout=dropout,
            length=length,
        )
        if length is not None and pooling != "flatten":
            self.position_head = PositionHead(
                widths[-1], length, n_outputs, dropout=dropout
            )

    def forward(
        self, x: torch.Tensor, weight: torch.Tensor | None = None
    ) -> torch.Tensor:
        """Map x (n, n_channels, length) to logits (n, n_outputs) or (n, length).

        `weight` (n,) is that of each row in the statistics of batch normalisation, in
        training.
        """
        known = None
        if self.n_letters:
            known = known_letters(x[:, : self.n_letters].transpose(1, 2))
        x, mask = self.prepare(x)
        *blocks, last = self.trunk
        for block in blocks:
            x, mask, known = run_block(block, x, mask, known, weight)
        if self._pools_at_once():
            return self._logits_at_once(last, x, mask, known, weight)
        x, mask, known = run_block(last, x, mask, known, weight)
        if self.profile_head is not None:
            return self.profile_head(x)
        row_weight = None if weight is None else weight[:, None]
        logits = self.global_head(x, mask, row_weight, known)
        if self.position_head is not None:
            logits = logits + self.position_head(
                x, _position_weight(mask, weight), known
            )
        return logits

    def _pools_at_once(self) -> bool:
        """Whether one pass over the activations gives all that the heads read.

        Only where there is a workspace, and no hooks that look on.
        """
        return (
            isinstance(self.trunk[-1], ConvBlock)
            and self.trunk[-1].workspace is not None
            and self.profile_head is None
            and self.global_head.pooling != "flatten"
            and not has_hooks(self)
        )

    def _logits_at_once(self, last, x, mask, known, weight):
        """Compute logits as the last block and the heads do."""
        reduce = None
        if self.position_head is not None:
            reduce = self.position_head.reduce.weight
        if last.pool is None and _takes_windows(last, x):
            counted = None if known is None else known[:, None]
            inside = None if mask is None else mask.transpose(1, 2)
            parts = last.windows_and_filters(x, mask, weight)
            length = x.shape[2]
            pooled = PooledWindows.apply(
                *parts, last.activation, inside, counted, reduce
            )
        else:
            x, mask, known = run_block(last, x, mask, known, weight)
            counted = None if known is None else known[:, None]
            x = x.to(last.conv.weight.dtype).transpose(1, 2).contiguous()
            length = x.shape[1]
            pooled = PooledActivations.apply(x, counted, reduce)
        # What follows are few numbers, which keep their precision.
        with without_autocast(x):
            return self._logits_from_pooled(*pooled, length, mask, known, weight)

    def _logits_from_pooled(self, best, total, channels, length, mask, known, weight):
        """Compute logits from what `PooledActivations` gives."""
        n_counted = length
        if mask is not None or known is not None:
            counted = mask[:, 0] if known is None else known
            n_counted = counted.sum(dim=1, keepdim=True).clamp(min=1)
        mean = total / n_counted
        if known is not None:
            share = known.sum(dim=1, keepdim=True)
            share = share / (
                length if mask is None else mask[:, 0].sum(1, True).clamp(1)
            )
            best, mean = self.global_head.without_unknown(best, mean, share)
        row_weight = None if weight is None else weight[:, None]
        logits = self.global_head.logits_from_pooled(best, mean, row_weight)
        if channels is None:
            return logits
        return logits + self.position_head.logits_from_channels(
            channels.transpose(1, 2), _position_weight(mask, weight), known
        )

    def prepare(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor | None]:
        """Standardise x and set padding to zero, as the trunk reads it.

        Returns it with the mask (n, 1, length), or None where there is no padding.
        """
        mask = None if self.n_symbols is None else padding_mask(x, self.n_symbols)
        if self.standardize is not None:
            x = self.standardize(x)
        if mask is not None:
            x = x.masked_fill(mask == 0, 0)
        return x, mask


@contextmanager
def in_parts(module: nn.Module, *, enabled: bool = True) -> Iterator[None]:
    """Compute first layers in parts inside the block, for the same numbers, or not.

    It takes less time on a CPU, whose cache holds a part. Without it, the networks in
    the module are what they look like: layers that are called one by one.
    """
    blocks = [part for part in module.modules() if isinstance(part, ConvBlock)]
    before = [block.workspace for block in blocks]
    for block in blocks:
        block.workspace = Workspace() if enabled else None
    try:
        yield
    finally:
        for block, its_own in zip(blocks, before, strict=True):
            block.workspace = its_own


def _takes_windows(block: nn.Module, x: torch.Tensor) -> bool:
    # Someone may have put another module in place of a block.
    return isinstance(block, ConvBlock) and block.takes_windows(x)


def run_block(block, x, mask, known, weight):
    """Activations of a block, pooled where it pools; see `pool_blocks`."""
    if _takes_windows(block, x):
        return block.pooled_activations(x, mask, known, weight)
    x = block(x, mask, _position_weight(mask, weight))
    return (
        (x, mask, known)
        if block.pool is None
        else pool_blocks(block.pool, x, mask, known)
    )


def _position_weight(mask, weight):
    """Weight of each position in batch normalisation: mask times row weight (n,)."""
    if weight is None:
        return mask
    weight = weight[:, None, None]
    return weight if mask is None else weight * mask


def padding_mask(x: torch.Tensor, n_symbols: int) -> torch.Tensor:
    """Mask (n, 1, length) that is 0 at the padding of x (n, channels, length), else 1.

    The first `n_symbols` channels hold letters; see `MotifCNN`.
    """
    if n_symbols:
        # A sum with NaN is NaN, which is not greater than zero.
        inside = x[:, :n_symbols].sum(dim=1, keepdim=True) > 0
    else:
        inside = ~x[:, :1].isnan()
    return inside.to(x.dtype)
