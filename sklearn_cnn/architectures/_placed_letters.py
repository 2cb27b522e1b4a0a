"""The letter at each position, for aligned sequences."""

import torch
import torch.nn.functional as F
from torch import nn


class PlacedLetters(nn.Module):
    """One feature for each position and symbol: the one-hot coding, flattened.

    Sequences longer than `max_places` are averaged over neighbouring positions first.

    Parameters
    ----------
    n_symbols : int
        Symbols of the alphabet; the first channels of the input.
    both_strands : bool
        Whether to add the letters of the opposite strand at the same positions.
    """

    max_places = 1000

    may_be_sparse = False
    has_one_scale = False

    def __init__(self, n_symbols, both_strands):
        super().__init__()
        self.n_symbols = n_symbols
        self.both_strands = both_strands

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Map x (n, channels, length) to features (n, n_symbols * n_places)."""
        x = x[:, : self.n_symbols]
        if self.both_strands:
            x = x + x.flip(1, 2)
        return self._pool(x).flatten(1)

    def known(self, known: torch.Tensor, inside: torch.Tensor) -> torch.Tensor:
        """Give the known share of the letters in each feature: (n, n_features).

        `known` (n, length) is 1 for a known letter, 0 for an unknown one and for
        padding. `inside` is not needed: padding stands for unknown letters.
        """
        if self.both_strands:
            known = (known + known.flip(1)) / 2
        return self._pool(known[:, None]).expand(-1, self.n_symbols, -1).flatten(1)

    def _pool(self, x: torch.Tensor) -> torch.Tensor:
        """Average neighbouring positions; gives (n, channels, n_places)."""
        width = -(-x.shape[2] // self.max_places)
        return F.avg_pool1d(x, width, ceil_mode=True) if width > 1 else x

    def features_from_codes(
        self, codes: torch.Tensor, columns: torch.Tensor
    ) -> torch.Tensor:
        """Compute features (n, n_features) from integer codes (n, length).

        `columns` (n_codes, n_symbols) holds the column that each code stands for.
        """
        return self(columns[codes.int()].transpose(1, 2))
