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
        return self._pool(x).flatten(1)

    def known(self, known: torch.Tensor, inside: torch.Tensor) -> torch.Tensor:
        """Share of the letters at its place that are known, for each feature.

        `known` (n, length) is 1 for a letter that is known, 0 for one that is not, and
        for padding.
        """
        if self.both_strands:
            known = (known + known.flip(1)) / 2
        return self._pool(known[:, None]).expand(-1, self.n_symbols, -1).flatten(1)

    def _pool(self, x: torch.Tensor) -> torch.Tensor:
        """(n, channels, length) to (n, channels, n_places)."""
        width = -(-x.shape[2] // self.max_places)
        return F.avg_pool1d(x, width, ceil_mode=True) if width > 1 else x

    def features_from_codes(
        self, codes: torch.Tensor, columns: torch.Tensor
    ) -> torch.Tensor:
        """The same of integer codes (n, length) with the columns they mean."""
        return self(columns[codes.int()].transpose(1, 2))
