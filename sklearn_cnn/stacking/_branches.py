"""Train linear branches, and merge the fits of a branch into one."""

import numpy as np
import torch
from torch import nn

from sklearn_cnn import _defaults
from sklearn_cnn.architectures._gapped_words import GappedWords
from sklearn_cnn.architectures._linear_branch import LinearBranch
from sklearn_cnn.inputs._inputs import Inputs
from sklearn_cnn.preprocessing._memory import require_memory
from sklearn_cnn.stacking._elastic_net import fit_elastic_net
from sklearn_cnn.stacking._gapped_words import (
    fit_gapped_words,
    merge_scores,
    n_bytes_of_gapped_words,
)
from sklearn_cnn.stacking._ridge import LinearFit, fit_ridge
from sklearn_cnn.training._micro_batches import (
    MicroBatches,
    micro_batches_of_predictions,
)
from sklearn_cnn.training._predict import feature_batches
from sklearn_cnn.training._progress import Steps

# The array of a stored branch that is not its own.
_OUT_OF_FOLD = "out of fold"
# What gapped words have learned.
_GAPPED_WORDS = "words"
# What makes the features of a linear model fewer, by its name.
_REMEDIES = {
    "kmers": "pass a lower number of kmers, or linear_models=None",
    "places": "pass linear_models=None",
    "gapped": "pass a number of kmers, or linear_models=None",
    "words": "pass a lower number of kmers, or linear_models=None",
    "motifs": "pass fewer motifs as motif_bank, or motif_bank=None",
}


def require_memory_for_branch(
    name: str,
    features: nn.Module,
    inputs: Inputs,
    n_folds: int,
    n_outputs: int,
    device: torch.device,
) -> None:
    """Raise if the features of a linear branch need more memory than is free.

    Parameters
    ----------
    name : str
        Name of the branch.
    features : nn.Module
        Turns inputs into the features.
    inputs : Inputs
        Those of the training set.
    n_folds, n_outputs : int
        Folds of the cross-validation; outputs of a fit.
    device : torch.device
        Where the branch is trained. On other devices than the CPU nothing is checked.

    Raises
    ------
    MemoryError
        If the features and what is computed of them do not fit.
    """
    if device.type != "cpu":
        return
    n, n_models = min(len(inputs), _defaults.MAX_LINEAR_SAMPLES), n_folds + 1
    if isinstance(features, GappedWords):
        require_memory(
            n_bytes_of_gapped_words(features, inputs, n_outputs, n_models),
            f"the linear model {name!r}, of {n:,} samples,",
            _REMEDIES[name],
        )
        return
    micro_batches = micro_batches_of_predictions()
    with torch.no_grad():
        _, first, _ = next(feature_batches(features, inputs[:1], device, micro_batches))
    n_features = first.shape[1]
    # A copy is squared. L-BFGS holds gradients, steps and two directions of each model;
    # the elastic net products of all features, of each fold and all, and without each.
    most = max(n * n_features, 4 * n_models * n_outputs * n_features)
    if features.may_be_sparse:
        most = max(most, 2 * n_models * n_features**2)
    require_memory(
        first.itemsize * (n * n_features + most),
        f"the linear model {name!r}, with {n_features:,} features of {n:,} samples,",
        _REMEDIES[name],
    )


def fit_branch(
    features: nn.Module,
    inputs: Inputs,
    targets: torch.Tensor,
    weights: torch.Tensor,
    folds: torch.Tensor,
    loss: nn.Module,
    n_outputs: int,
    bar: Steps,
    micro_batches: MicroBatches,
    source: LinearBranch | None = None,
) -> tuple[LinearBranch, np.ndarray]:
    """Train a linear branch; return it and its out-of-fold outputs.

    There is always a fit with a ridge penalty. A module whose `may_be_sparse` is true
    also gets a sparse one, and in fine-tuning the branch of the source is a fit, too.
    The branch has the outputs of all its fits, side by side; `merge_branches` makes one
    fit of them.

    Parameters
    ----------
    features : nn.Module
        Turns inputs into the features of the branch.
    inputs : Inputs
        The n training samples.
    targets, weights, folds : torch.Tensor
        One row a sample, on the device; floats in single precision. The out-of-fold
        output for a sample comes from the model that was trained without its fold.
    loss : nn.Module
        What is minimised.
    n_outputs : int
        Outputs of a fit.
    bar : Steps
        Moves on after the features and after each fit.
    micro_batches : MicroBatches
        How batches are cut where the memory of the device is too small.
    source : LinearBranch or None
        A branch with the same features and outputs, trained on other samples.

    Returns
    -------
    branch : LinearBranch
        With n_fits * n_outputs outputs.
    out_of_fold : ndarray of shape (n_fits, n, n_outputs)
    """
    if isinstance(features, GappedWords):
        bar.expect(1)
        branch, out_of_fold = fit_gapped_words(
            features, inputs, targets, weights, folds, loss, n_outputs, source
        )
        bar.update()
        return branch, out_of_fold.cpu().double().numpy()
    device = weights.device
    features = features.to(device)
    fitters = [fit_ridge, fit_elastic_net] if features.may_be_sparse else [fit_ridge]
    bar.expect(1 + len(fitters))
    matrix, with_unknown = None, []
    with torch.no_grad():
        for rows, part, known in feature_batches(
            features, inputs, device, micro_batches
        ):
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
    is_constant = scale <= 1e-6 * mean.abs()
    if features.has_one_scale:
        scale = scale.square().mean().sqrt().expand_as(scale).clone()
    scale[is_constant] = torch.inf
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
    out_of_fold = torch.stack([fit.out_of_fold for fit in fits])
    return branch, out_of_fold.cpu().double().numpy()


def branch_to_arrays(branch: LinearBranch, out_of_fold: np.ndarray) -> dict:
    """What `branch_from_arrays` needs, which fits a branch no second time."""
    # Features are computed anew: they follow from the parameters.
    arrays = {key: getattr(branch, key).cpu().numpy() for key in ("mean", "scale")}
    linear = branch.linear
    arrays["weight"] = linear.weight.detach().cpu().numpy()
    arrays["bias"] = linear.bias.detach().cpu().numpy()
    if isinstance(branch.features, GappedWords):
        arrays[_GAPPED_WORDS] = branch.features.weight.cpu().numpy()
    return arrays | {_OUT_OF_FOLD: out_of_fold}


def branch_from_arrays(
    features: nn.Module, arrays: dict, device: torch.device
) -> tuple[LinearBranch, np.ndarray]:
    """A fitted branch and its out-of-fold outputs."""
    n_outputs, n_features = arrays["weight"].shape
    if isinstance(features, GappedWords):
        features = features.with_weight(torch.tensor(arrays[_GAPPED_WORDS]))
    branch = LinearBranch(features, n_features, n_outputs).to(device)
    with torch.no_grad():
        for name, tensor in (
            ("mean", branch.mean),
            ("scale", branch.scale),
            ("weight", branch.linear.weight),
            ("bias", branch.linear.bias),
        ):
            tensor.copy_(torch.from_numpy(arrays[name]))
    return branch, arrays[_OUT_OF_FOLD]


@torch.no_grad()
def _as_fit(source: LinearBranch, matrix, mean, scale) -> LinearFit:
    """The source's branch, rewritten for features standardised by this mean and scale.

    `matrix` (n, n_features) holds the features, standardised.
    """
    weight = source.linear.weight / source.scale
    bias = source.linear.bias + weight @ (mean - source.mean)
    # A constant column has no scale, and is zero.
    weight = weight * scale.masked_fill(scale.isinf(), 0)
    return LinearFit(weight, bias, matrix @ weight.T + bias)


def merge_branches(
    branches: dict[str, LinearBranch], weight: torch.Tensor
) -> tuple[dict[str, LinearBranch], torch.Tensor]:
    """Merge the fits of each branch into one; return the branches and their weights.

    `weight` (1 + n_fits, n_outputs) holds the stacking weights of the networks, then of
    the fits of each branch in turn. The weights returned are (1 + n_branches,
    n_outputs).
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
    """Replace the fits of a branch by one linear model, their weighted mean.

    Parameters
    ----------
    branch : LinearBranch
        With n_fits * n_outputs outputs.
    weight : torch.Tensor of shape (n_fits, n_outputs)
        Stacking weight of each fit.

    Returns
    -------
    branch : LinearBranch
        With n_outputs outputs.
    weight : torch.Tensor of shape (n_outputs,)
        Stacking weight of the branch: the sum over its fits.
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
    if isinstance(merged.features, GappedWords):
        merged = merge_scores(merged)
    return merged, total
