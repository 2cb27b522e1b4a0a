"""The head that asks what is in a sequence, wherever it stands."""

import torch
from torch import nn

from sklearn_cnn.architectures._batch_norm import WeightedBatchNorm
from sklearn_cnn.architectures._dropout import Dropout

# From so many features on, the whole share is dropped.
_ENOUGH_TO_DROP = 64


class GlobalHead(nn.Module):
    """Global pooling over positions (or none), then a small dense network.

    Parameters
    ----------
    n_filters, n_outputs : int
        Channels in, logits out.
    pooling : {"max_mean", "max", "mean", "flatten"}
        The strongest response of each filter, its mean response, or both; "flatten"
        keeps the responses at all positions.
    dense_units : int or None
        Width of the hidden layer; None for none.
    dropout : float
        Share of features dropped in training, before each linear layer; less where
        there are fewer than 64 of them.
    length : int or None
        Number of positions; for "flatten" only, which has no mask.
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
        """(n, n_filters, length), zero outside the mask, to logits (n, n_outputs).

        `known` (n, length) is 1 where the letter is known and 0 elsewhere. The mean is
        that over known places, and pooled values go to what they are on average, the
        more so the less is known: an unknown letter tells nothing. Flattened values of
        places that are not known are what they are on average.
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
            # Not x itself, of which the mean is taken: captum's hooks are on a tensor.
            inside = x.view_as(x)
            if mask is not None:
                inside = x.masked_fill(mask == 0, -torch.inf)
            best = self.maximum(inside)
        if self.pooling != "max":
            inside = mask if known is None else known[:, :, None]
            mean = _masked_mean(x, inside)
        if known is not None:
            n_inside = x.shape[1] if mask is None else mask.sum(dim=1).clamp(min=1)
            share = known.sum(dim=1, keepdim=True) / n_inside
            best, mean = self._without_unknown(best, mean, share)
        return self.logits_from_pooled(best, mean, weight)

    def _without_unknown(self, best, mean, share):
        """Maxima and means of which the share (n, 1) that is known counts."""
        average = self.norm.running_mean
        if best is not None:
            # Where little was seen, the maximum over all is likely to be higher.
            of_best = average[: best.shape[1]]
            # Of no place at all it is minus infinity; activations are never negative.
            best = best.clamp(min=0)
            best = best + (1 - share) * (of_best - best).clamp(min=0)
        if mean is not None:
            of_mean = average[-mean.shape[1] :]
            mean = of_mean + share * (mean - of_mean)
        return best, mean

    def logits_from_pooled(
        self,
        best: torch.Tensor | None,
        mean: torch.Tensor | None,
        weight: torch.Tensor | None = None,
    ) -> torch.Tensor:
        """Logits of maxima and means (n, n_filters), of which one may not be needed."""
        pooled = {"max": [best], "mean": [mean]}.get(self.pooling, [best, mean])
        return self.dense(self.norm(torch.cat(pooled, dim=1), weight))


class GlobalMax(nn.Module):
    """Maximum over positions; a module, so that attributions can have a rule for it."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(n, length, channels) to (n, channels)."""
        return x.amax(dim=1)


def _share_dropped(dropout: float, n_features: int) -> float:
    """Dropout of so many features.

    Where there are few, the network cannot do without half of them: with eight filters
    what it learned hung on the seed.
    """
    return dropout * min(1, n_features / _ENOUGH_TO_DROP)


def _masked_mean(x, mask):
    if mask is None:
        return x.mean(dim=1)
    total = (mask.transpose(1, 2) @ x)[:, 0]
    return total / mask.sum(dim=1).clamp(min=1)
