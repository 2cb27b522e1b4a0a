"""Linear models of fixed features, with the penalty chosen by cross-validation."""

from dataclasses import dataclass

import torch
from torch import nn

from sklearn_cnn.stacking._word_counts import WordCounts
from sklearn_cnn.training._threads import end_if_stopped

# Prior variances of the logit, from strong to weak penalties.
_VARIANCES = (0.3, 1.0, 3.0, 10.0, 30.0, 100.0)
# Prior variances of a bias, around zero, and of stacking weights, around equal shares.
# They are wide, and keep both finite where all labels are alike or can be told apart
# without error.
_BIAS_VARIANCE = 100.0
_STACK_VARIANCE = 1.0
# Steps for each penalty. They are enough, since each path starts at the last solution.
_MAX_ITER = 12
# Smaller improvements are rounding errors in float32.
_TOLERANCE = 1e-5


@dataclass(frozen=True)
class LinearFit:
    """A fitted linear model.

    Parameters
    ----------
    weight, bias : torch.Tensor
        Of shape (n_outputs, n_features) and (n_outputs,), fitted to all rows.
    out_of_fold : torch.Tensor
        Outputs (n, n_outputs); those for a row are of the model without its fold.
    """

    weight: torch.Tensor
    bias: torch.Tensor
    out_of_fold: torch.Tensor


def fit_ridge(
    features: torch.Tensor | WordCounts,
    targets: torch.Tensor,
    weights: torch.Tensor,
    folds: torch.Tensor,
    loss: nn.Module,
    n_outputs: int,
) -> LinearFit:
    """Minimise a loss plus a ridge penalty.

    L-BFGS trains one model without each fold and one on all rows, all together, since
    one matrix product serves them all. Penalties go from strong to weak, each starting
    at the solution of the one before, until the out-of-fold loss rises. A penalty is
    given as a prior variance of the logit, which does not depend on the number of
    features.

    Parameters
    ----------
    features : torch.Tensor or WordCounts
        Standardised, (n, n_features).
    targets, weights, folds : torch.Tensor
        One row a sample; folds are numbered from 0.
    loss : nn.Module
        With a method `rows(outputs, targets)` that gives losses (n,).
    n_outputs : int
        Outputs of one model.
    """
    n, n_features = features.shape
    n_models = int(folds.max()) + 2
    shares = weights.repeat(n_models, 1)
    shares[folds, torch.arange(n, device=folds.device)] = 0
    shares = shares / shares.sum(dim=1, keepdim=True)
    # Models are rows: as columns, the product would be many times slower.
    weight = weights.new_zeros(n_models * n_outputs, n_features, requires_grad=True)
    bias = weights.new_zeros(n_models * n_outputs, 1, requires_grad=True)

    def outputs() -> torch.Tensor:
        flat = _product(weight, features) + bias
        return flat.view(n_models, n_outputs, n).transpose(1, 2)

    def mean_loss() -> torch.Tensor:
        pairs = zip(outputs(), shares, strict=True)
        return sum(
            (loss.rows(output, targets) * share).sum() for output, share in pairs
        )

    best, lowest = None, torch.inf
    for variance in _VARIANCES:
        penalty = n_features / (variance * n)

        def objective(penalty: float = penalty) -> torch.Tensor:
            ridge = penalty * weight.square().sum() + _bias_penalty(bias, n)
            return mean_loss() + ridge / 2

        _minimise(objective, [weight, bias])
        with torch.no_grad():
            out_of_fold = outputs()[folds, torch.arange(n, device=folds.device)]
            current = float((loss.rows(out_of_fold, targets) * weights).mean())
        if best is not None and not current < lowest - _TOLERANCE:
            break
        lowest = current
        best = LinearFit(
            weight.detach()[-n_outputs:].clone(),
            bias.detach()[-n_outputs:, 0].clone(),
            out_of_fold,
        )
    return best


def _product(weight: torch.Tensor, features) -> torch.Tensor:
    """Product (m, n) of weights (m, n_features) with the features of each row."""
    if isinstance(features, WordCounts):
        return features.product(weight)
    return weight @ features.T


def fit_stacking_weights(
    parts: torch.Tensor,
    targets: torch.Tensor,
    weights: torch.Tensor,
    loss: nn.Module,
    *,
    shared: bool,
) -> tuple[torch.Tensor, torch.Tensor]:
    """Fit weights (n_parts, n_outputs), none negative, and biases (n_outputs,).

    `parts` (n_parts, n, n_outputs) holds the outputs of each part for rows that it was
    not trained on. With `shared`, a part has one weight for all outputs, as the logits
    of classes need.
    """
    n_parts, n, n_outputs = parts.shape
    # Squares keep the weights from being negative.
    shape = n_parts, 1 if shared else n_outputs
    root = parts.new_full(shape, n_parts**-0.5, requires_grad=True)
    bias = parts.new_zeros(n_outputs, requires_grad=True)

    def objective() -> torch.Tensor:
        stacked = (parts * root.square()[:, None]).sum(dim=0) + bias
        mean_loss = (loss.rows(stacked, targets) * weights).mean()
        from_equal = (root.square() - 1 / n_parts).square().sum()
        ridge = from_equal / (_STACK_VARIANCE * n) + _bias_penalty(bias, n)
        return mean_loss + ridge / 2

    _minimise(objective, [root, bias], max_iter=200)
    return root.detach().square().expand(-1, n_outputs), bias.detach()


def _bias_penalty(bias: torch.Tensor, n: int) -> torch.Tensor:
    return bias.square().sum() / (_BIAS_VARIANCE * n)


def _minimise(objective, parameters, max_iter: int = _MAX_ITER) -> None:
    optimizer = torch.optim.LBFGS(
        parameters, max_iter=max_iter, line_search_fn="strong_wolfe"
    )

    def closure() -> torch.Tensor:
        end_if_stopped()
        optimizer.zero_grad()
        value = objective()
        value.backward()
        return value

    optimizer.step(closure)
