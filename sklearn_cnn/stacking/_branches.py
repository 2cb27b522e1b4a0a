"""Train linear branches and stack them with the networks."""

import numpy as np
import torch
from torch import nn

from sklearn_cnn.architectures._linear_branch import LinearBranch
from sklearn_cnn.inputs._inputs import Inputs
from sklearn_cnn.stacking._elastic_net import fit_elastic_net
from sklearn_cnn.stacking._ridge import LinearFit, fit_ridge
from sklearn_cnn.training._predict import feature_batches
from sklearn_cnn.training._progress import Steps


def fit_branch(
    features: nn.Module,
    inputs: Inputs,
    targets: torch.Tensor,
    weights: torch.Tensor,
    folds: torch.Tensor,
    loss: nn.Module,
    n_outputs: int,
    bar: Steps,
    source: LinearBranch | None = None,
) -> tuple[LinearBranch, np.ndarray]:
    """Train a linear branch; return it and its outputs for unseen rows.

    Features of which few may matter are fitted twice, with a ridge penalty and as a
    sparse model, and in fine-tuning that of the source counts as a fit, too; the branch
    then has the outputs of all fits, and `merge_branches` makes one of them.

    Parameters
    ----------
    features : nn.Module
        What the branch sees of the inputs.
    inputs, targets, weights, folds
        The training set, one row a sample; all but `inputs` are on the device, floats
        in single precision. Outputs for unseen rows come from models of other folds.
    loss : nn.Module
        What is minimised.
    n_outputs : int
        Outputs of a fit.
    bar : Steps
        Moves with the features and with each fit.
    source : LinearBranch or None
        One of the same features and outputs, which has not seen these rows.

    Returns
    -------
    branch : LinearBranch
        With n_fits * n_outputs outputs.
    unseen : ndarray of shape (n_fits, n, n_outputs)
    """
    device = weights.device
    features = features.to(device)
    fitters = [fit_ridge, fit_elastic_net] if features.may_be_sparse else [fit_ridge]
    bar.expect(1 + len(fitters))
    matrix, with_unknown = None, []
    with torch.no_grad():
        for rows, part, known in feature_batches(features, inputs, device):
            if matrix is None:
                matrix = part.new_empty(len(inputs), part.shape[1])
            matrix[torch.from_numpy(rows)] = part
            if known is not None:
                with_unknown.append((torch.from_numpy(rows), known))
    share = weights / weights.sum()
    mean = share @ matrix
    matrix -= mean
    scale = (share @ matrix.square()).sqrt()
    # A constant column stays zero, also where rounding leaves a spread.
    scale[scale <= 1e-6 * mean.abs()] = torch.inf
    matrix /= scale
    for rows, known in with_unknown:
        matrix[rows] *= known
    bar.update()
    fits = []
    for fit in fitters:
        fits.append(fit(matrix, targets, weights, folds, loss, n_outputs))
        bar.update()
    if source is not None and len(source.mean) == len(mean):
        fits.append(_as_fit(source.to(device), matrix, mean, scale))
    branch = LinearBranch(features, len(mean), len(fits) * n_outputs)
    branch.mean.copy_(mean)
    branch.scale.copy_(scale)
    with torch.no_grad():
        branch.linear.weight.copy_(torch.cat([fit.weight for fit in fits]))
        branch.linear.bias.copy_(torch.cat([fit.bias for fit in fits]))
    unseen = torch.stack([fit.unseen for fit in fits])
    return branch, unseen.cpu().double().numpy()


@torch.no_grad()
def _as_fit(source: LinearBranch, matrix, mean, scale) -> LinearFit:
    """A branch fitted elsewhere, for features standardised by this mean and scale."""
    weight = source.linear.weight / source.scale
    bias = source.linear.bias + weight @ (mean - source.mean)
    # A constant column has no scale, and is zero.
    weight = weight * scale.masked_fill(scale.isinf(), 0)
    return LinearFit(weight, bias, matrix @ weight.T + bias)


def merge_branches(
    branches: dict[str, LinearBranch], weight: torch.Tensor
) -> tuple[dict[str, LinearBranch], torch.Tensor]:
    """Branches of one fit each, and the weights of a stack of these.

    `weight` (1 + n_fits, n_outputs) are those of the networks and of each branch's fits
    in turn; the result has shape (1 + n_branches, n_outputs).
    """
    n_outputs = weight.shape[1]
    merged, weights, start = {}, [weight[0]], 1
    for name, branch in branches.items():
        n_fits = branch.linear.out_features // n_outputs
        merged[name], total = _merge_fits(branch, weight[start : start + n_fits])
        weights.append(total)
        start += n_fits
    return merged, torch.stack(weights)


def _merge_fits(
    branch: LinearBranch, weight: torch.Tensor
) -> tuple[LinearBranch, torch.Tensor]:
    """One linear model for the weighted sum of a branch's fits.

    Parameters
    ----------
    branch : LinearBranch
        With n_fits * n_outputs outputs.
    weight : torch.Tensor
        Of each fit in a stack, (n_fits, n_outputs).

    Returns
    -------
    branch : LinearBranch
        With n_outputs outputs.
    weight : torch.Tensor
        Of the branch in the stack, (n_outputs,).
    """
    total = weight.sum(dim=0)
    shares = (weight / total.clamp(min=torch.finfo(weight.dtype).tiny)).to(
        branch.linear.weight
    )
    n_fits, n_outputs = shares.shape
    merged = LinearBranch(branch.features, len(branch.mean), n_outputs)
    merged.mean.copy_(branch.mean)
    merged.scale.copy_(branch.scale)
    with torch.no_grad():
        weights = branch.linear.weight.view(n_fits, n_outputs, -1)
        merged.linear.weight.copy_((weights * shares[..., None]).sum(dim=0))
        biases = branch.linear.bias.view(n_fits, n_outputs)
        merged.linear.bias.copy_((biases * shares).sum(dim=0))
    return merged, total
