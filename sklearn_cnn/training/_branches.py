"""Train linear branches and stack them with the networks."""

import numpy as np
import torch
from torch import nn

from sklearn_cnn.architectures._linear_branch import LinearBranch
from sklearn_cnn.training._inputs import Inputs
from sklearn_cnn.training._linear import fit_linear
from sklearn_cnn.training._predict import feature_batches


def fit_branch(
    features: nn.Module,
    inputs: Inputs,
    targets: torch.Tensor,
    weights: torch.Tensor,
    folds: torch.Tensor,
    loss: nn.Module,
    n_outputs: int,
) -> tuple[LinearBranch, np.ndarray]:
    """Train a linear branch; return it and its outputs (n, n_outputs) for unseen rows.

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
        Outputs of the branch.
    """
    device = weights.device
    features = features.to(device)
    matrix = None
    with torch.no_grad():
        for rows, part in feature_batches(features, inputs, device):
            if matrix is None:
                matrix = part.new_empty(len(inputs), part.shape[1])
            matrix[torch.from_numpy(rows)] = part
    share = weights / weights.sum()
    mean = share @ matrix
    matrix -= mean
    scale = (share @ matrix.square()).sqrt()
    # A constant column stays zero, also where rounding leaves a spread.
    scale[scale <= 1e-6 * mean.abs().clamp(min=1)] = torch.inf
    matrix /= scale
    fit = fit_linear(matrix, targets, weights, folds, loss, n_outputs)
    branch = LinearBranch(features, len(mean), n_outputs)
    branch.mean.copy_(mean)
    branch.scale.copy_(scale)
    with torch.no_grad():
        branch.linear.weight.copy_(fit.weight)
        branch.linear.bias.copy_(fit.bias)
    return branch, fit.unseen.cpu().double().numpy()
