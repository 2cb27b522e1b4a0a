"""The head that asks where something stands."""

import torch
import torch.nn.functional as F
from torch import nn

from sklearn_cnn.architectures._batch_norm import WeightedBatchNorm
from sklearn_cnn.architectures._dropout import Dropout


class PositionHead(nn.Module):
    """Logits from what the filters see at each position of a fixed length.

    A convolution of width one reduces the filters to a few channels. Their values at
    all positions (averaged to at most `max_bins` of them) go into one linear layer. It
    starts at zero and its output is multiplied by 0.1, so it learns slowly. This is
    enough where the signal is tied to positions (a splice site at the centre). Where it
    is not (a motif anywhere), the global head explains it before this head can memorise
    the training data.

    Parameters
    ----------
    n_filters, length, n_outputs : int
        Number of channels and of positions of the input, and of logits.
    dropout : float
        Share of the values dropped in training.
    """

    n_channels = 8
    max_bins = 128
    scale = 0.1

    def __init__(self, n_filters, length, n_outputs, *, dropout):
        super().__init__()
        self.reduce = nn.Linear(n_filters, self.n_channels, bias=False)
        self.norm = WeightedBatchNorm(self.n_channels)
        self.length = length
        self.bin_width = -(-length // self.max_bins)
        n_bins = -(-length // self.bin_width)
        self.dropout = Dropout(dropout)
        self.linear = nn.Linear(self.n_channels * n_bins, n_outputs)
        nn.init.zeros_(self.linear.weight)
        nn.init.zeros_(self.linear.bias)

    def forward(
        self,
        x: torch.Tensor,
        weight: torch.Tensor | None = None,
        known: torch.Tensor | None = None,
    ) -> torch.Tensor:
        """Map x (n, n_filters, length) to logits (n, n_outputs).

        `weight` is that of each position in the statistics of batch normalisation, in
        training. Where `known` (n, length) is 0, the letter is unknown, and channels
        take their mean.
        """
        return self.logits_from_channels(self.reduce(x.transpose(1, 2)), weight, known)

    def logits_from_channels(
        self,
        x: torch.Tensor,
        weight: torch.Tensor | None = None,
        known: torch.Tensor | None = None,
    ) -> torch.Tensor:
        """Compute logits (n, n_outputs) from channels (n, length, n_channels)."""
        x = self.norm(x.transpose(1, 2).contiguous(), weight)
        if known is not None:
            # Behind batch normalisation, the bias is the mean.
            x = torch.lerp(self.norm.bias[:, None], x, known[:, None])
        if self.bin_width > 1:
            x = F.avg_pool1d(x, self.bin_width, ceil_mode=True)
        return self.scale * self.linear(self.dropout(x.flatten(1)))
