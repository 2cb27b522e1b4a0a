"""A linear model of fixed features, beside the network."""

import torch
from torch import nn

from sklearn_cnn.architectures._known_letters import known_features


class LinearBranch(nn.Module):
    """Standardised features times weights.

    Parameters
    ----------
    features : nn.Module
        Takes (n, channels, length) to (n, n_features); nothing in it is trained.
    n_features, n_outputs : int
        Columns in, logits out.
    """

    def __init__(self, features, n_features, n_outputs):
        super().__init__()
        self.features = features
        self.register_buffer("mean", torch.zeros(n_features))
        self.register_buffer("scale", torch.ones(n_features))
        # Weights are fitted, not drawn: nothing is taken from PyTorch's generator.
        self.linear = nn.utils.skip_init(nn.Linear, n_features, n_outputs)
        nn.init.zeros_(self.linear.weight)
        nn.init.zeros_(self.linear.bias)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(n, channels, length) to logits (n, n_outputs)."""
        known = known_features(self.features, x)
        # Not x itself, which others read too: captum's hooks are on a tensor.
        return self.logits_from_features(self.features(x.view_as(x)), known)

    def logits_from_features(
        self, features: torch.Tensor, known: torch.Tensor | None = None
    ) -> torch.Tensor:
        """Logits (n, n_outputs) of features (n, n_features).

        `known` is what the features' method of that name gives: the share of each
        feature that is known; None where all is. The rest is as it is on average.
        """
        standardised = (features - self.mean) / self.scale
        if known is not None:
            standardised = standardised * known
        return self.linear(standardised)
