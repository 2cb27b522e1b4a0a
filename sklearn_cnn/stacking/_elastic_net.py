"""Sparse linear models of fixed features; the penalty is chosen by cross-validation."""

import threading
import warnings
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from sklearn.exceptions import ConvergenceWarning
from torch import nn

from sklearn_cnn.stacking._ridge import LinearFit, fit_stacking_weights
from sklearn_cnn.training._threads import end_if_stopped

# Penalties from strong to weak, as shares of the smallest one at which all weights are
# zero; three are tried at a time.
_PENALTIES = np.geomspace(1.0, 0.02, 12).reshape(4, 3)
# Share of the absolute (L1) penalty. The rest is squared (L2), so that the weight is
# spread over similar features.
_L1_RATIO = 0.5
# Of coordinate descent; more precise solutions predict no better.
_TOLERANCE = 1e-2
_MAX_ITER = 100
# Warning filters belong to the whole process. Without a lock, of two fits in threads
# one could restore the filters that the other had set for a while.
_FILTERS = threading.Lock()


def fit_elastic_net(
    features: torch.Tensor,
    targets: torch.Tensor,
    weights: torch.Tensor,
    folds: torch.Tensor,
    loss: nn.Module,
    n_outputs: int,
) -> LinearFit:
    """Fit an elastic net (Zou & Hastie, 2005, doi:10.1111/j.1467-9868.2005.00503.x).

    Where few out of many features matter, it needs far fewer samples than a ridge
    penalty does. Least squares on the targets, or on indicators of classes, select the
    features. A scale and a bias are then fitted to the out-of-fold outputs, so that the
    outputs suit the loss. The parameters are those of `fit_ridge`.
    """
    numbers = F.one_hot(targets, n_outputs) if targets.ndim == 1 else targets
    numbers = _known(numbers.to(features), weights)
    # Centred, as the features are: the model of all rows then needs no bias.
    shares = weights / weights.sum()
    numbers = numbers - shares @ numbers
    models = _covariances(features, numbers, shares, folds)
    rows = features.cpu().numpy()
    fits = [
        _fit_output(features, rows, numbers, shares, folds, models, j)
        for j in range(n_outputs)
    ]
    weight, outputs = (torch.stack(parts) for parts in zip(*fits, strict=True))
    shared = targets.ndim == 1
    # Scaled to unit variance, about that of logits; classes share one factor.
    scale = outputs.square().mean() if shared else outputs.var(dim=1, correction=0)
    scale = scale.sqrt().clamp(min=torch.finfo(outputs.dtype).tiny).expand(n_outputs)
    weight, outputs = weight / scale[:, None], (outputs / scale[:, None]).T
    factor, bias = fit_stacking_weights(
        # On the CPU: not every device knows double precision.
        outputs[None].cpu().double(),
        (targets.double() if targets.is_floating_point() else targets).cpu(),
        (weights / weights.mean()).cpu().double(),
        loss,
        shared=shared,
    )
    factor, bias = factor[0].to(features), bias.to(features)
    return LinearFit(weight * factor[:, None], bias, outputs * factor + bias)


def _known(numbers: torch.Tensor, weights: torch.Tensor) -> torch.Tensor:
    """Replace unknown numbers (NaN) of each column by the mean of its known ones."""
    known = ~numbers.isnan()
    numbers = numbers.nan_to_num()
    mean = (weights @ numbers) / (weights @ known.to(weights)).clamp(min=1e-12)
    return torch.where(known, numbers, mean)


@dataclass(frozen=True)
class _Model:
    """What coordinate descent needs of a model's training rows.

    `products` (n_features, n_features) and `with_numbers` (n_features, n_outputs) are
    n times the covariances, over the model's own rows, of features with features and of
    features with targets; n is the number of all rows. `features` and `numbers` are the
    means of both.
    """

    products: np.ndarray
    with_numbers: np.ndarray
    features: torch.Tensor
    numbers: torch.Tensor


def _covariances(features, numbers, shares, folds) -> list[_Model]:
    """What is needed for the model without each fold, then for the one of all rows.

    Products are summed once for each fold; leaving a fold out is a subtraction.
    """
    n = len(features)

    def sums(rows):
        x, y, share = features[rows], numbers[rows], shares[rows]
        weighted = x * share[:, None]
        return x.T @ weighted, weighted.T @ y, weighted.sum(0), share @ y, share.sum()

    fold_sums = [sums(folds == fold) for fold in range(int(folds.max()) + 1)]
    all_sums = [sum(parts) for parts in zip(*fold_sums, strict=True)]
    models = []
    for left_out in (*fold_sums, None):
        kept = all_sums
        if left_out is not None:
            kept = [
                whole - part for whole, part in zip(all_sums, left_out, strict=True)
            ]
        products, with_numbers, x, y, share = kept
        x, y = x / share, y / share
        products = n * (products / share - x[:, None] * x)
        with_numbers = n * (with_numbers / share - x[:, None] * y)
        models.append(_Model(products.cpu().numpy(), with_numbers.cpu().numpy(), x, y))
    return models


def _fit_output(features, rows, numbers, shares, folds, models, j: int):
    """Weights (n_features,) and out-of-fold outputs (n,) of output j."""
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
        out_of_fold = features.new_empty(n, len(penalties))
        for fold, model in enumerate(models[:-1]):
            held_out = folds == fold
            centered = features[held_out] - model.features
            out_of_fold[held_out] = centered @ paths[fold] + model.numbers[j]
        errors = shares @ (out_of_fold - numbers[:, j, None]).square()
        least = int(errors.argmin())
        if not float(errors[least]) < lowest:
            break
        lowest = float(errors[least])
        best = paths[-1][:, least], out_of_fold[:, least]
        if least < len(penalties) - 1:
            break
    return best


def _path(rows, model: _Model, j: int, penalties, start) -> np.ndarray:
    """Weights (n_features, n_penalties) of output j by coordinate descent."""
    # Here, so that `import sklearn_cnn` does not wait for all linear models.
    from sklearn.linear_model import enet_path

    end_if_stopped()
    with _FILTERS, warnings.catch_warnings():
        # Cross-validation judges the path as it is, converged or not.
        warnings.simplefilter("ignore", ConvergenceWarning)
        _, path, _ = enet_path(
            # As the products are given, only the number of rows is read.
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
