"""The letter at each place, for aligned sequences."""

import torch
import torch.nn.functional as F
from torch import nn


class PlacedLetters(nn.Module):
    """One column a place and symbol, the one-hot coding laid out flat.

    Sequences longer than `max_places` are averaged over neighbouring places first.

    Parameters
    ----------
    n_symbols : int
        Symbols of the alphabet; the first channels of the input.
    both_strands : bool
        Whether to add what the opposite strand has at the same place.
    """

    max_places = 1000

    may_be_sparse = False

    def __init__(self, n_symbols, both_strands):
        super().__init__()
        self.n_symbols = n_symbols
        self.both_strands = both_strands

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(n, channels, length), of one length, to (n, n_symbols * n_places)."""
        x = x[:, : self.n_symbols]
        if self.both_strands:
            x = x + x.flip(1, 2)
        width = -(-x.shape[2] // self.max_places)
        if width > 1:
            x = F.avg_pool1d(x, width, ceil_mode=True)
        return x.flatten(1)

    def of_codes(self, codes: torch.Tensor, columns: torch.Tensor) -> torch.Tensor:
        """The same of integer codes (n, length) with the columns they mean."""
        return self(columns[codes.int()].transpose(1, 2))
