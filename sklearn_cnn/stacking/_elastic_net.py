"""Sparse linear models of fixed features; cross-validation sets the penalty."""

import threading
import warnings
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import enet_path
from torch import nn

from sklearn_cnn.stacking._ridge import LinearFit, fit_stacking_weights

# Penalties as shares of the one that silences all features, from strong to weak, tried
# a few at a time.
_PENALTIES = np.geomspace(1.0, 0.02, 12).reshape(4, 3)
# Share of the absolute penalty; the rest is squared, so that of similar features
# several are kept.
_L1_RATIO = 0.5
# Of coordinate descent; more precise solutions predict no better.
_TOLERANCE = 1e-2
_MAX_ITER = 100
# Filters of warnings are those of the process: of two fits that change them at a time,
# in threads, one would leave its own behind.
_FILTERS = threading.Lock()


def fit_elastic_net(
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
    fit for the loss. Parameters are those of `fit_ridge`.
    """
    numbers = F.one_hot(targets, n_outputs) if targets.ndim == 1 else targets
    numbers = _known(numbers.to(features), weights)
    # Like the features: the model of all rows then needs no bias.
    shares = weights / weights.sum()
    numbers = numbers - shares @ numbers
    models = _covariances(features, numbers, shares, folds)
    rows = features.cpu().numpy()
    fits = [
        _fit_output(features, rows, numbers, shares, folds, models, j)
        for j in range(n_outputs)
    ]
    weight, unseen = (torch.stack(parts) for parts in zip(*fits, strict=True))
    shared = targets.ndim == 1
    # Outputs of unit variance, about what logits are like; classes keep their ratios.
    scale = unseen.square().mean() if shared else unseen.var(dim=1, correction=0)
    scale = scale.sqrt().clamp(min=torch.finfo(unseen.dtype).tiny).expand(n_outputs)
    weight, unseen = weight / scale[:, None], (unseen / scale[:, None]).T
    factor, bias = fit_stacking_weights(
        # On the CPU: not every device knows double precision.
        unseen[None].cpu().double(),
        (targets.double() if targets.is_floating_point() else targets).cpu(),
        (weights / weights.mean()).cpu().double(),
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


@dataclass(frozen=True)
class _Model:
    """What coordinate descent reads of the rows that a model is fitted to.

    Sums of products over as many rows as there are, as if these had the mean products
    of the model's own: of features, and of features with numbers; and both means.
    """

    products: np.ndarray
    with_numbers: np.ndarray
    features: torch.Tensor
    numbers: torch.Tensor


def _covariances(features, numbers, shares, folds) -> list[_Model]:
    """The model without each fold, then that of all rows; rows are multiplied once."""
    n = len(features)

    def sums(rows):
        x, y, share = features[rows], numbers[rows], shares[rows]
        weighted = x * share[:, None]
        return x.T @ weighted, weighted.T @ y, weighted.sum(0), share @ y, share.sum()

    of_folds = [sums(folds == fold) for fold in range(int(folds.max()) + 1)]
    of_all = [sum(parts) for parts in zip(*of_folds, strict=True)]
    models = []
    for left_out in (*of_folds, None):
        kept = of_all
        if left_out is not None:
            kept = [whole - part for whole, part in zip(of_all, left_out, strict=True)]
        products, with_numbers, x, y, share = kept
        x, y = x / share, y / share
        products = n * (products / share - x[:, None] * x)
        with_numbers = n * (with_numbers / share - x[:, None] * y)
        models.append(_Model(products.cpu().numpy(), with_numbers.cpu().numpy(), x, y))
    return models


def _fit_output(features, rows, numbers, shares, folds, models, j: int):
    """Weights (n_features,) for output j, and outputs (n,) for unseen rows."""
    n = len(features)
    strongest = float(np.abs(models[-1].with_numbers[:, j]).max()) / n / _L1_RATIO
    starts = [None] * len(models)
    best, lowest = None, np.inf
    for penalties in _PENALTIES * max(strongest, 1e-12):
        paths = []
        for k, model in enumerate(models):
            path = _path(rows, model, j, penalties, starts[k])
            starts[k] = path[:, -1]
            paths.append(torch.from_numpy(path).to(features))
        unseen = features.new_empty(n, len(penalties))
        for fold, model in enumerate(models[:-1]):
            held_out = folds == fold
            centered = features[held_out] - model.features
            unseen[held_out] = centered @ paths[fold] + model.numbers[j]
        errors = shares @ (unseen - numbers[:, j, None]).square()
        least = int(errors.argmin())
        if not float(errors[least]) < lowest:
            break
        lowest = float(errors[least])
        best = paths[-1][:, least], unseen[:, least]
        if least < len(penalties) - 1:
            break
    return best


def _path(rows, model: _Model, j: int, penalties, start) -> np.ndarray:
    """Weights (n_features, n_penalties) by coordinate descent."""
    with _FILTERS, warnings.catch_warnings():
        # The cross-validation judges a path that has not quite converged, too.
        warnings.simplefilter("ignore", ConvergenceWarning)
        _, path, _ = enet_path(
            # Given the products, it reads of the rows only how many there are.
            rows,
            np.ones(len(rows), rows.dtype),
            l1_ratio=_L1_RATIO,
            alphas=penalties,
            precompute=model.products,
            Xy=np.ascontiguousarray(model.with_numbers[:, j]),
            coef_init=start,
            tol=_TOLERANCE,
            max_iter=_MAX_ITER,
            check_input=False,
        )
    return path
