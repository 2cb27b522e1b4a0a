"""Linear models of fixed features, with the penalty chosen by cross-validation."""

from dataclasses import dataclass

import torch
from torch import nn

# Prior variances of the logit, from strong to weak penalties.
_VARIANCES = (0.3, 1.0, 3.0, 10.0, 30.0)
# Those of a bias and of the weights of a stack, around equal shares: wide, but labels
# that are all alike, or that can be told apart without error, must not send them to
# infinity.
_BIAS_VARIANCE = 100.0
_STACK_VARIANCE = 1.0
# Steps for each penalty; more of them change nothing, since each starts from the last.
_MAX_ITER = 12
# In float32 smaller improvements are rounding.
_TOLERANCE = 1e-5


@dataclass(frozen=True)
class LinearFit:
    """A fitted linear model.

    Parameters
    ----------
    weight, bias : torch.Tensor
        Of shape (n_outputs, n_features) and (n_outputs,), from all rows.
    unseen : torch.Tensor
        Outputs (n, n_outputs) for each row, from the rows of the other folds.
    """

    weight: torch.Tensor
    bias: torch.Tensor
    unseen: torch.Tensor


def fit_ridge(
    features: torch.Tensor,
    targets: torch.Tensor,
    weights: torch.Tensor,
    folds: torch.Tensor,
    loss: nn.Module,
    n_outputs: int,
) -> LinearFit:
    """Minimise a loss plus a ridge penalty.

    The models of all folds and the one of all rows are trained together by L-BFGS, as
    one matrix product serves them all, and along a path of penalties from strong to
    weak, each from the solution of the one before. The path ends where the loss of
    unseen rows rises. A penalty is given by the variance that a logit would have if
    weights were drawn from the prior it stands for, whatever the number of features.

    Parameters
    ----------
    features : torch.Tensor
        Standardised, (n, n_features).
    targets, weights, folds : torch.Tensor
        One row a sample; folds are numbered from 0.
    loss : nn.Module
        With a method `rows` that takes outputs and targets to losses (n,).
    n_outputs : int
        Outputs a model.
    """
    n, n_features = features.shape
    n_models = int(folds.max()) + 2
    shares = weights.repeat(n_models, 1)
    shares[folds, torch.arange(n, device=folds.device)] = 0
    shares = shares / shares.sum(dim=1, keepdim=True)
    # Models come first: a product of a tall, narrow matrix is many times slower.
    weight = features.new_zeros(n_models * n_outputs, n_features, requires_grad=True)
    bias = features.new_zeros(n_models * n_outputs, 1, requires_grad=True)

    def outputs() -> torch.Tensor:
        flat = weight @ features.T + bias
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
            unseen = outputs()[folds, torch.arange(n, device=folds.device)]
            current = float((loss.rows(unseen, targets) * weights).mean())
        if best is not None and not current < lowest - _TOLERANCE:
            break
        lowest = current
        best = LinearFit(
            weight.detach()[-n_outputs:].clone(),
            bias.detach()[-n_outputs:, 0].clone(),
            unseen,
        )
    return best


def fit_stacking_weights(
    parts: torch.Tensor,
    targets: torch.Tensor,
    weights: torch.Tensor,
    loss: nn.Module,
    *,
    shared: bool,
) -> tuple[torch.Tensor, torch.Tensor]:
    """Weights (n_parts, n_outputs), none negative, and biases (n_outputs,) of a stack.

    `parts` (n_parts, n, n_outputs) are outputs for rows that the parts have not seen.
    `shared` outputs, such as the logits of classes, have the same weights.
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
        optimizer.zero_grad()
        value = objective()
        value.backward()
        return value

    optimizer.step(closure)
