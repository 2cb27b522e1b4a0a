"""Sums and maxima over sliding windows: each row is read once, not once a window.

Window i covers the rows from i * stride on, `width` of them. Rows stand in blocks of
`stride`: a window is `n_whole` blocks and the first `n_rest` rows (1 to `stride`) of
the next one. With n windows there are n + n_whole blocks; rows behind the last window
fill the last block up, and count for nothing.
"""

import torch
import torch.nn.functional as F


def blocks_and_rest(width: int, stride: int) -> tuple[int, int]:
    """Number of whole blocks in a window, and of rows in the block behind them."""
    n_whole, last = divmod(width - 1, stride)
    return n_whole, last + 1


def in_blocks(x: torch.Tensor, width: int, stride: int) -> torch.Tensor:
    """Blocks (n + n_whole, stride, ...) of the rows (n_rows, ...) of all windows."""
    n_whole, _ = blocks_and_rest(width, stride)
    n = (len(x) - width) // stride + 1
    n_missing = (n + n_whole) * stride - len(x)
    x = F.pad(x, (*(0, 0) * (x.ndim - 1), 0, n_missing))
    return x.unflatten(0, (-1, stride))


def maxima(
    of_blocks: torch.Tensor, of_rests: torch.Tensor, n_whole: int
) -> torch.Tensor:
    """Maxima (n, ...) over windows, from those of blocks and of their first rows.

    Both are (n + n_whole, ...).
    """
    n = len(of_rests) - n_whole
    best = of_rests[n_whole:]
    if n_whole:
        # The maxima of two, four, eight ... blocks, then of two that overlap.
        span = 1
        while 2 * span <= n_whole:
            of_blocks = torch.maximum(of_blocks[:-span], of_blocks[span:])
            span *= 2
        second = of_blocks[n_whole - span :][:n]
        best = torch.maximum(best, torch.maximum(of_blocks[:n], second))
    return best


def sums(of_blocks: torch.Tensor, of_rests: torch.Tensor, n_whole: int) -> torch.Tensor:
    """Sums (n, ...) over windows, from those of blocks and of their first rows.

    Both are (n + n_whole, ...). The sums of one, two, four ... blocks are added up to
    the number of blocks in a window: differences of sums from the beginning on would
    lose the digits of small ones.
    """
    n = len(of_rests) - n_whole
    total, start, span = of_rests[n_whole:], 0, 1
    while True:
        if n_whole & span:
            total = total + of_blocks[start:][:n]
            start += span
        if 2 * span > n_whole:
            return total
        of_blocks = of_blocks[:-span] + of_blocks[span:]
        span *= 2


def weights_of_blocks(weight: torch.Tensor, stride: int) -> torch.Tensor:
    """Weights (width, channels, n_outputs) of a window's rows, one matrix for blocks.

    Of shape (stride * channels, n_blocks * n_outputs). Times a block of channels, it
    gives what the block adds to an output as the first of a window, as the second, ...
    """
    width, channels, n_outputs = weight.shape
    weight = F.pad(weight, (0, 0, 0, 0, 0, -width % stride))
    weight = weight.reshape(-1, stride * channels, n_outputs)
    return weight.transpose(0, 1).flatten(1).contiguous()


def weighted_sums(products: torch.Tensor, n_outputs: int) -> torch.Tensor:
    """Sums (n, n_outputs) of what each block adds to the windows that cover it.

    `products` (n + n_whole, n_blocks * n_outputs) are those of blocks with
    `weights_of_blocks`. Window i needs place j of row i + j, a diagonal.
    """
    products = products.unflatten(1, (-1, n_outputs))
    windows = products.unfold(0, products.shape[1], 1)
    return windows.diagonal(dim1=1, dim2=3).sum(dim=2)
