"""The head that asks what is in a sequence, wherever it stands."""

import torch
from torch import nn

from sklearn_cnn.architectures._batch_norm import WeightedBatchNorm
from sklearn_cnn.architectures._dropout import Dropout

# From this many features on, the dropout rate is not reduced.
_ENOUGH_TO_DROP = 64


class GlobalHead(nn.Module):
    """Global pooling over positions (or none), then a small dense network.

    Parameters
    ----------
    n_filters, n_outputs : int
        Number of channels of the input, and of logits.
    pooling : {"max_mean", "max", "mean", "flatten"}
        The strongest response of each filter, its mean response, or both; "flatten"
        keeps the responses at all positions.
    dense_units : int or None
        Width of the hidden layer; None for none.
    dropout : float
        Share of features dropped in training, before each linear layer; less for
        layers of fewer than 64 features.
    length : int or None
        Number of positions; needed for "flatten" only, which takes no mask.
    """

    def __init__(
        self, n_filters, n_outputs, *, pooling, dense_units, dropout, length=None
    ):
        super().__init__()
        self.pooling = pooling
        n_features = n_filters * {"max_mean": 2, "flatten": length}.get(pooling, 1)
        if pooling == "flatten":
            self.flatten = nn.Flatten()
        else:
            self.maximum = GlobalMax()
        self.norm = WeightedBatchNorm(n_features)
        layers = [Dropout(_share_dropped(dropout, n_features))]
        if dense_units is not None:
            layers += [
                nn.Linear(n_features, dense_units),
                nn.ReLU(),
                Dropout(_share_dropped(dropout, dense_units)),
            ]
            n_features = dense_units
        layers.append(nn.Linear(n_features, n_outputs))
        self.dense = nn.Sequential(*layers)

    def forward(
        self,
        x: torch.Tensor,
        mask: torch.Tensor | None = None,
        weight: torch.Tensor | None = None,
        known: torch.Tensor | None = None,
    ) -> torch.Tensor:
        """Map x (n, n_filters, length) to logits (n, n_outputs).

        `mask` (n, 1, length) is 0 at padding, where x is zero. `weight` (n, 1) is that
        of each row in the statistics of batch normalisation, in training.

        `known` (n, length) is 1 where the letter is known and 0 elsewhere. An unknown
        letter tells nothing: the mean is taken over known positions, and the fewer
        letters are known, the closer are pooled values to their average over the
        training data. Flattened values at unknown positions are that average.
        """
        if self.pooling == "flatten":
            flat = self.norm(self.flatten(x), weight)
            if known is not None:
                # Behind batch normalisation, the bias is the mean.
                known = known[:, None].expand_as(x).flatten(1)
                flat = torch.lerp(self.norm.bias, flat, known)
            return self.dense(flat)
        # Channels last, as the trunk trains: gradients then need no copies.
        x = x.transpose(1, 2)
        mask = None if mask is None else mask.transpose(1, 2)
        best = mean = None
        if self.pooling != "mean":
            # A tensor of its own: captum hooks it, and x is read for the mean as well.
            inside = x.view_as(x)
            if mask is not None:
                inside = x.masked_fill(mask == 0, -torch.inf)
            best = self.maximum(inside)
        if self.pooling != "max":
            inside = mask if known is None else known[:, :, None]
            mean = _masked_mean(x, inside)
        if known is not None:
            best, mean = self.without_unknown(best, mean, mask, known)
        return self.logits_from_pooled(best, mean, weight)

    def without_unknown(
        self,
        best: torch.Tensor | None,
        mean: torch.Tensor | None,
        mask: torch.Tensor | None,
        known: torch.Tensor,
    ) -> tuple[torch.Tensor | None, torch.Tensor | None]:
        """Move maxima and means (n, n_filters) towards their averages.

        The smaller the share of known letters, the further they move. `mask` and
        `known`: see `forward`.
        """
        n_inside = known.shape[1]
        if mask is not None:
            n_inside = mask.flatten(1).sum(dim=1, keepdim=True).clamp(min=1)
        share = known.sum(dim=1, keepdim=True) / n_inside
        average = self.norm.running_mean
        if best is not None:
            # With few known letters, the maximum over all is likely to be higher.
            average_best = average[: best.shape[1]]
            # Over no position it is minus infinity; activations are never negative.
            best = best.clamp(min=0)
            best = best + (1 - share) * (average_best - best).clamp(min=0)
        if mean is not None:
            average_mean = average[-mean.shape[1] :]
            mean = average_mean + share * (mean - average_mean)
        return best, mean

    def logits_from_pooled(
        self,
        best: torch.Tensor | None,
        mean: torch.Tensor | None,
        weight: torch.Tensor | None = None,
    ) -> torch.Tensor:
        """Compute logits (n, n_outputs) from maxima and means, each (n, n_filters).

        Either may be None where `pooling` does not use it.
        """
        pooled = {"max": [best], "mean": [mean]}.get(self.pooling, [best, mean])
        return self.dense(self.norm(torch.cat(pooled, dim=1), weight))


class GlobalMax(nn.Module):
    """Maximum over positions; a module, so that attributions can have a rule for it."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Map x (n, length, channels) to maxima (n, channels)."""
        return x.amax(dim=1)


def _share_dropped(dropout: float, n_features: int) -> float:
    """Share of features to drop in a layer of `n_features`.

    A network with few features cannot do without half of them: with eight filters, what
    it learned depended on the seed.
    """
    return dropout * min(1, n_features / _ENOUGH_TO_DROP)


def _masked_mean(x, mask):
    """Mean (n, channels) of x (n, length, channels) where mask (n, length, 1) is 1."""
    if mask is None:
        return x.mean(dim=1)
    total = (mask.transpose(1, 2) @ x)[:, 0]
    return total / mask.sum(dim=1).clamp(min=1)
