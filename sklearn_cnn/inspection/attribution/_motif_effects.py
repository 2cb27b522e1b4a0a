"""How each substitution changes a weighted sum of the best scores of motifs."""

import torch
import torch.nn.functional as F

from sklearn_cnn.architectures._motif_bank import MotifBank
from sklearn_cnn.inspection.attribution._windows import (
    best_elsewhere,
    windows_without_letter,
)


def motif_effects(
    bank: MotifBank, x: torch.Tensor, weight: torch.Tensor
) -> torch.Tensor:
    """Effects (n, 4, length, n_outputs); see `feature_effects`.

    Only windows over the letter are scored anew.
    """
    n, _, length = x.shape
    lowest = bank.lowest().to(x.dtype)
    effects = x.new_zeros(n, 4, length, len(weight))
    for members, filters, scores in bank.scan(x):
        width = filters.shape[2]
        scores = F.pad(scores, (width - 1, width - 1), value=-torch.inf)
        # Both strands of a motif compete for one maximum.
        by_strand = scores.view(n, -1, len(members), scores.shape[2])
        least = lowest[members, None]
        present = torch.maximum(by_strand.amax(dim=(1, 3)), least[:, 0])
        best = best_elsewhere(by_strand.amax(dim=1), width).maximum(least)
        best = best[:, None].repeat(1, 4, 1, 1)
        for rest, entries in windows_without_letter(scores, filters, x):
            strands = rest.view(n, -1, len(members), length).unbind(1)
            entries = entries.view(-1, len(members), 4).unbind(0)
            for window, entry in zip(strands, entries, strict=True):
                for letter in range(4):
                    new = window + entry[:, letter, None]
                    torch.maximum(best[:, letter], new, out=best[:, letter])
        best -= present[:, None, :, None]
        effects += torch.einsum("nlmp,om->nlpo", best, weight[:, members])
    return effects
