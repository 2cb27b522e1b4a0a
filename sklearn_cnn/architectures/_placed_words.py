"""The words of letters at each position, for aligned sequences."""

import torch
from torch import nn


class PlacedWords(nn.Module):
    """One feature for each position and word: which word of neighbours starts where.

    These are the features of the weighted degree kernel (Rätsch and Sonnenburg, 2004).
    A word of soft columns counts with the product of its letters' shares.

    Parameters
    ----------
    n_symbols : int
        Symbols of the alphabet; the first channels of the input.
    max_k : int
        Length of the longest words; shorter ones, single letters too, are read as well.
    """

    def __init__(self, n_symbols, max_k):
        super().__init__()
        self.n_symbols = n_symbols
        self.max_k = max_k

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Map x (n, channels, length) to features (n, n_features).

        Words of each length k in turn: n_symbols**k words by length - k + 1 positions.
        """
        x = x[:, : self.n_symbols]
        words = [x]
        for k in range(2, min(self.max_k, x.shape[2]) + 1):
            first, last = words[-1][:, :, None, :-1], x[:, None, :, k - 1 :]
            words.append((first * last).flatten(1, 2))
        return torch.cat([of_k.flatten(1) for of_k in words], dim=1)

    def known(self, known: torch.Tensor, inside: torch.Tensor) -> torch.Tensor:
        """Give the known share of the words in each feature: (n, n_features).

        `known` (n, length) is 1 for a known letter, 0 for an unknown one and for
        padding. `inside` is not needed: padding stands for unknown letters.
        """
        shares, of_k = [], known
        for k in range(1, min(self.max_k, known.shape[1]) + 1):
            if k > 1:
                of_k = of_k[:, :-1] * known[:, k - 1 :]
            shares.append(of_k[:, None].expand(-1, self.n_symbols**k, -1).flatten(1))
        return torch.cat(shares, dim=1)

    def features_from_codes(
        self, codes: torch.Tensor, columns: torch.Tensor
    ) -> torch.Tensor:
        """Compute features (n, n_features) from integer codes (n, length).

        `columns` (n_codes, n_symbols) holds the column that each code stands for.
        """
        return self(columns[codes.int()].transpose(1, 2))
