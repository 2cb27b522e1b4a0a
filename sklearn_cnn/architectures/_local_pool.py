"""The strongest response in each block of neighbouring positions."""

import torch
import torch.nn.functional as F
from torch import nn


def pool_blocks(
    pool: nn.MaxPool1d,
    x: torch.Tensor,
    mask: torch.Tensor | None,
    known: torch.Tensor | None,
) -> tuple[torch.Tensor, torch.Tensor | None, torch.Tensor | None]:
    """Keep the maximum response of each block, and say which blocks count.

    Blocks begin at the first letter of each sequence, wherever padding stands (on the
    opposite strand it comes first). A block is inside the sequence, or known, if any of
    its positions is.

    Parameters
    ----------
    pool : nn.MaxPool1d
        The block's own pooling.
    x : torch.Tensor of shape (n, n_filters, length)
        Responses; zero outside the mask and never negative.
    mask : torch.Tensor of shape (n, 1, length) or None
        1 inside the sequences, 0 elsewhere; None where there is no padding.
    known : torch.Tensor of shape (n, length) or None
        1 where the letter is known, 0 elsewhere.

    Returns
    -------
    x, mask, known
        Responses (n, n_filters, n_blocks), mask (n, 1, n_blocks) and known blocks
        (n, n_blocks).
    """
    if mask is not None:
        x, mask, known = begin_at_first_letter(x, mask, known)
    return pool(x), *pool_flags(pool, mask, known)


def begin_at_first_letter(
    x: torch.Tensor, mask: torch.Tensor, known: torch.Tensor | None
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor | None]:
    """Move padding that stands before the letters behind them; see `pool_blocks`."""
    places = torch.arange(x.shape[2], device=x.device)
    places = (mask.argmax(dim=2, keepdim=True) + places) % x.shape[2]
    x, mask = x.gather(2, places.expand_as(x)), mask.gather(2, places)
    return x, mask, None if known is None else known.gather(1, places[:, 0])


def pool_flags(
    pool: nn.MaxPool1d, mask: torch.Tensor | None, known: torch.Tensor | None
) -> tuple[torch.Tensor | None, torch.Tensor | None]:
    """Which blocks are inside, and which are known; see `pool_blocks`."""
    # Without the module, whose hooks are to see the responses only.
    mask, known = (
        None if flag is None else F.max_pool1d(flag, pool.kernel_size, ceil_mode=True)
        for flag in (mask, None if known is None else known[:, None])
    )
    return mask, None if known is None else known[:, 0]
