"""Features of several modules, one after the other."""

import torch
from torch import nn


class SideBySide(nn.Module):
    """Columns of several modules of features in one matrix, for one linear model.

    A linear model of all explains what no part can alone, such as a word that counts
    anywhere but more at one place.

    Parameters
    ----------
    parts : list of nn.Module
        Modules of features that read the same symbols.
    """

    may_be_sparse = False
    # Rare words vary little, and so count little until much speaks for them.
    has_one_scale = True

    def __init__(self, parts):
        super().__init__()
        self.parts = nn.ModuleList(parts)
        self.n_symbols = parts[0].n_symbols

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Map x (n, channels, length) to features (n, n_features)."""
        # Tensors of their own, as in `LinearBranch`.
        return torch.cat([part(x.view_as(x)) for part in self.parts], dim=1)

    def known(self, known: torch.Tensor, inside: torch.Tensor) -> torch.Tensor:
        """Give the known share of each feature: (n, n_features)."""
        return torch.cat([part.known(known, inside) for part in self.parts], dim=1)

    def features_from_codes(
        self, codes: torch.Tensor, columns: torch.Tensor
    ) -> torch.Tensor:
        """Compute features (n, n_features) from integer codes (n, length).

        `columns` (n_codes, n_symbols) holds the column that each code stands for.
        """
        features = [part.features_from_codes(codes, columns) for part in self.parts]
        return torch.cat(features, dim=1)

    def split(self, weight: torch.Tensor, x: torch.Tensor) -> list[torch.Tensor]:
        """Weights (..., n_features) of the features of each part, for inputs like x."""
        with torch.no_grad():
            n_features = [part(x[:1]).shape[1] for part in self.parts]
        return list(weight.split(n_features, dim=-1))
