"""The opposite strand of encoded DNA."""

import torch


def complement_order(n_symbols: int, n_channels: int) -> list[int]:
    """Order of the channels on the opposite strand.

    In the order ACGT, complementing is reversing; channels beyond the symbols (tracks
    such as accessibility) stay in place.
    """
    return [*reversed(range(n_symbols)), *range(n_symbols, n_channels)]


def opposite_strand(x: torch.Tensor, order: list[int] | torch.Tensor) -> torch.Tensor:
    """Reverse complement of x (n, channels, length).

    The order may be a tensor on the device of x, which saves a transfer.
    """
    return x[:, order].flip(2)
