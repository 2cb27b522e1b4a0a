"""A linear model of fixed features, beside the network."""

import torch
from torch import nn

from sklearn_cnn.architectures._known_letters import known_features


class LinearBranch(nn.Module):
    """A linear model of standardised features.

    Parameters
    ----------
    features : nn.Module
        Maps (n, channels, length) to features (n, n_features); it has no weights that
        are trained.
    n_features, n_outputs : int
        Number of features and of logits.
    """

    def __init__(self, features, n_features, n_outputs):
        super().__init__()
        self.features = features
        self.register_buffer("mean", torch.zeros(n_features))
        self.register_buffer("scale", torch.ones(n_features))
        # Weights are fitted, not drawn: PyTorch's generator stays as it is.
        self.linear = nn.utils.skip_init(nn.Linear, n_features, n_outputs)
        nn.init.zeros_(self.linear.weight)
        nn.init.zeros_(self.linear.bias)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Map x (n, channels, length) to logits (n, n_outputs)."""
        known = known_features(self.features, x)
        # A tensor of its own: captum hooks it, and other parts read x as well.
        return self.logits_from_features(self.features(x.view_as(x)), known)

    def logits_from_features(
        self, features: torch.Tensor, known: torch.Tensor | None = None
    ) -> torch.Tensor:
        """Compute logits (n, n_outputs) from features (n, n_features).

        `known` (n, n_features) or (n, 1) is the known share of each feature; None where
        all letters are known. The unknown share counts as the feature's mean.
        """
        standardised = (features - self.mean) / self.scale
        if known is not None:
            standardised = standardised * known
        return self.linear(standardised)
