"""Sparse linear models of fixed features; cross-validation sets the penalty."""

import warnings

import numpy as np
import torch
import torch.nn.functional as F
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import enet_path
from torch import nn

from sklearn_cnn.training._linear import LinearFit, fit_stack

# Penalties as shares of the one that silences all features, from strong to weak, tried
# a few at a time.
_PENALTIES = np.geomspace(1.0, 0.02, 12).reshape(4, 3)
# Share of the absolute penalty; the rest is squared, so that of similar features
# several are kept.
_L1_RATIO = 0.5
# Of coordinate descent; more precise solutions predict no better.
_TOLERANCE = 1e-2
_MAX_ITER = 100


def fit_sparse(
    features: torch.Tensor,
    targets: torch.Tensor,
    weights: torch.Tensor,
    folds: torch.Tensor,
    loss: nn.Module,
    n_outputs: int,
) -> LinearFit:
    """Elastic net (Zou & Hastie, 2005, doi:10.1111/j.1467-9868.2005.00503.x).

    Where few features matter out of very many, it needs far fewer samples than a ridge
    penalty does. The squared error of targets, or of indicators of classes, finds the
    features; a scale and a bias, fitted to outputs for unseen rows, then make outputs
    fit for the loss. Parameters are those of `fit_linear`.
    """
    numbers = F.one_hot(targets, n_outputs) if targets.ndim == 1 else targets
    numbers = _known(numbers.to(features), weights)
    # Like the features: the model of all rows then needs no bias.
    numbers = numbers - (weights / weights.sum()) @ numbers
    moments = _Moments(features, numbers, weights, folds)
    fits = [_fit_output(moments, numbers, folds, j) for j in range(n_outputs)]
    weight, unseen = (torch.stack(parts) for parts in zip(*fits, strict=True))
    shared = targets.ndim == 1
    # Outputs of unit variance, about what logits are like; classes keep their ratios.
    scale = unseen.square().mean() if shared else unseen.var(dim=1, correction=0)
    scale = scale.sqrt().clamp(min=torch.finfo(unseen.dtype).tiny).expand(n_outputs)
    weight, unseen = weight / scale[:, None], (unseen / scale[:, None]).T
    factor, bias = fit_stack(
        unseen[None].double(),
        targets.double() if targets.is_floating_point() else targets,
        (weights / weights.mean()).double(),
        loss,
        shared=shared,
    )
    factor, bias = factor[0].to(features), bias.to(features)
    return LinearFit(weight * factor[:, None], bias, unseen * factor + bias)


def _known(numbers: torch.Tensor, weights: torch.Tensor) -> torch.Tensor:
    """Numbers with the mean of the known ones in place of unknown ones."""
    known = ~numbers.isnan()
    numbers = numbers.nan_to_num()
    mean = (weights @ numbers) / (weights @ known.to(weights)).clamp(min=1e-12)
    return torch.where(known, numbers, mean)


class _Moments:
    """Weighted sums of products, fold by fold: each row is multiplied once."""

    def __init__(self, features, numbers, weights, folds):
        self.features = features
        self.shares = weights / weights.sum()
        self.n_folds = int(folds.max()) + 1
        parts = [self._sums(features, numbers, folds == f) for f in range(self.n_folds)]
        self.of_folds = parts
        self.of_all = [sum(sums) for sums in zip(*parts, strict=True)]

    def _sums(self, features, numbers, rows):
        x, y, share = features[rows], numbers[rows], self.shares[rows]
        weighted = x * share[:, None]
        return x.T @ weighted, weighted.T @ y, weighted.sum(0), share @ y, share.sum()

    def without(self, fold: int | None):
        """Covariances of features, with numbers, and both means, on other folds."""
        sums = self.of_all
        if fold is not None:
            pairs = zip(self.of_all, self.of_folds[fold], strict=True)
            sums = [all_rows - left_out for all_rows, left_out in pairs]
        products, with_numbers, x, y, share = sums
        x, y = x / share, y / share
        covariance = products / share - x[:, None] * x
        return covariance, with_numbers / share - x[:, None] * y, x, y


def _fit_output(moments: _Moments, numbers, folds, j: int):
    """Weights (n_features,) for an output, and outputs (n,) for unseen rows."""
    features, n_folds = moments.features, moments.n_folds
    models = [moments.without(fold) for fold in (*range(n_folds), None)]
    strongest = float(models[-1][1][:, j].abs().max()) / _L1_RATIO
    target = numbers[:, j]
    starts = [None] * len(models)
    best, lowest = None, np.inf
    for penalties in _PENALTIES * max(strongest, 1e-12):
        paths = []
        for k, (covariance, with_numbers, _, _) in enumerate(models):
            path = _path(features, covariance, with_numbers[:, j], penalties, starts[k])
            starts[k] = path[:, -1]
            paths.append(torch.from_numpy(path).to(features))
        unseen = features.new_empty(len(features), len(penalties))
        for fold in range(n_folds):
            rows, (_, _, x, y) = folds == fold, models[fold]
            unseen[rows] = (features[rows] - x) @ paths[fold] + y[j]
        errors = moments.shares @ (unseen - target[:, None]).square()
        least = int(errors.argmin())
        if not float(errors[least]) < lowest:
            break
        lowest = float(errors[least])
        best = paths[-1][:, least], unseen[:, least]
        if least < len(penalties) - 1:
            break
    return best


def _path(features, covariance, with_numbers, penalties, start) -> np.ndarray:
    """Weights (n_features, n_penalties) by coordinate descent."""
    n, rows = len(features), features.cpu().numpy()
    # Given the products, scikit-learn reads of the rows only how many there are.
    with warnings.catch_warnings():
        # The cross-validation judges a path that has not quite converged, too.
        warnings.simplefilter("ignore", ConvergenceWarning)
        _, path, _ = enet_path(
            rows,
            np.ones(n, rows.dtype),
            l1_ratio=_L1_RATIO,
            alphas=penalties,
            precompute=(covariance * n).cpu().numpy(),
            Xy=(with_numbers * n).cpu().numpy(),
            coef_init=start,
            tol=_TOLERANCE,
            max_iter=_MAX_ITER,
            check_input=False,
        )
    return path
