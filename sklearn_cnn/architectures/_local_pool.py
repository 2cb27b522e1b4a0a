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
    """Maxima of blocks of responses, and which blocks count.

    Blocks begin at the first letter of each sequence, wherever padding stands (on the
    opposite strand it comes first). A block is inside, or known, if any of its
    positions is.

    Parameters
    ----------
    pool : nn.MaxPool1d
        What pools the responses.
    x : torch.Tensor of shape (n, n_filters, length)
        Responses; zero outside the mask and never negative.
    mask : torch.Tensor of shape (n, 1, length) or None
        1 inside the sequences, 0 elsewhere; None where there is no padding.
    known : torch.Tensor of shape (n, length) or None
        1 where the letter is known, 0 elsewhere.

    Returns
    -------
    x, mask, known
        The same for the blocks.
    """
    flags = [None if known is None else known[:, None], mask]
    if mask is not None:
        places = torch.arange(x.shape[2], device=x.device)
        places = (mask.argmax(dim=2, keepdim=True) + places) % x.shape[2]
        x = x.gather(2, places.expand_as(x))
        flags = [None if flag is None else flag.gather(2, places) for flag in flags]
    # Not by the module, whose hooks would then see more than the responses.
    known, mask = (
        None if flag is None else F.max_pool1d(flag, pool.kernel_size, ceil_mode=True)
        for flag in flags
    )
    return pool(x), mask, None if known is None else known[:, 0]
