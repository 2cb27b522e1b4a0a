"""Train linear models beside the networks, and the weights of all parts."""

from dataclasses import dataclass

import numpy as np
import torch

from sklearn_cnn import _defaults
from sklearn_cnn.architectures._ensemble import Ensemble
from sklearn_cnn.architectures._gapped_words import GappedWords
from sklearn_cnn.architectures._linear_branch import LinearBranch
from sklearn_cnn.architectures._stacked_model import StackedModel
from sklearn_cnn.preprocessing._draw_rows import draw_rows
from sklearn_cnn.stacking._branches import (
    branch_from_arrays,
    branch_to_arrays,
    fit_branch,
    merge_branches,
)
from sklearn_cnn.stacking._ridge import fit_stacking_weights
from sklearn_cnn.storage._checkpoint import Checkpoint
from sklearn_cnn.training._members import to_device
from sklearn_cnn.training._micro_batches import MicroBatches
from sklearn_cnn.training._predict import predict_branch, predict_networks
from sklearn_cnn.training._progress import Steps
from sklearn_cnn.training._training_set import TrainingSet


def can_stack(samples: TrainingSet, task) -> bool:
    """Whether linear models can be trained and weighed against the networks."""
    labels = task.strata(samples.targets)
    counts = None if labels is None else np.unique(labels, return_counts=True)[1]
    return _defaults.can_stack(len(samples), task.n_outputs, counts)


@dataclass
class LinearModels:
    """Linear models, and what the stacking weights are fitted to.

    Parameters
    ----------
    rows : ndarray of shape (n_rows,)
        Training samples that they learned from.
    branches : dict of str to LinearBranch
        By name, with the outputs of all their fits.
    out_of_fold : list of ndarray of shape (n_rows, n_outputs)
        Outputs of each fit for a sample whose fold it left out.
    """

    rows: np.ndarray
    branches: dict[str, LinearBranch]
    out_of_fold: list[np.ndarray]


def fit_linear_models(
    features: dict[str, torch.nn.Module],
    source_branches: dict[str, LinearBranch],
    samples: TrainingSet,
    folds: np.ndarray,
    *,
    task,
    device: torch.device,
    seed: int,
    micro_batches: MicroBatches,
    description: str,
    verbose: int,
    checkpoint: Checkpoint,
) -> LinearModels:
    """Train a linear model on each kind of features.

    Parameters
    ----------
    features : dict of str to nn.Module
        Modules that compute features, by the name of the linear model.
    source_branches : dict of str to LinearBranch
        The source's linear models with the same features and for the same task.
    samples : TrainingSet
        Training samples.
    folds : ndarray of shape (n,)
        Fold of each training sample.
    task : Task
        What the targets are.
    device : torch.device
        Where they are trained.
    seed : int
        Draws the samples for the linear models where there are very many.
    micro_batches : MicroBatches
        How batches are cut where the memory of the device is too small.
    description, verbose
        Title of the progress bar, and whether to show it.
    checkpoint : Checkpoint
        Has the linear models that an earlier fit has left; keeps the others.
    """
    loss, n_outputs = task.loss(0.0), task.n_outputs
    strata = task.strata(samples.targets)
    rows = draw_rows(len(samples), _defaults.MAX_LINEAR_SAMPLES, seed, strata)
    part = samples[rows].in_memory
    # Those of `rows` are among them: fewer are the first of the same order.
    n_gapped = _defaults.n_gapped_samples(len(samples), samples.inputs.length)
    gapped_rows = draw_rows(len(samples), n_gapped, seed, strata)
    models = LinearModels(rows, {}, [])
    with Steps(description, "step", verbose) as bar:
        for name, module in features.items():
            if finished := checkpoint.part(f"linear model {name}"):
                branch, fits = branch_from_arrays(module, finished[1], device)
            else:
                is_gapped = isinstance(module, GappedWords)
                its_rows = gapped_rows if is_gapped else rows
                its_part = samples[its_rows].in_memory if is_gapped else part
                branch, fits = fit_branch(
                    module,
                    its_part.inputs,
                    to_device(its_part.targets, device, torch.float32),
                    to_device(its_part.weights, device, torch.float32),
                    torch.from_numpy(folds[its_rows]).to(device),
                    loss,
                    n_outputs,
                    bar,
                    micro_batches,
                    source_branches.get(name),
                )
                fits = fits[:, np.searchsorted(its_rows, rows)]
                arrays = branch_to_arrays(branch, fits)
                checkpoint.keep(f"linear model {name}", {}, arrays)
            models.branches[name] = branch
            models.out_of_fold.extend(fits)
    return models


def fit_stack(
    networks: Ensemble,
    models: LinearModels,
    samples: TrainingSet,
    held_out: TrainingSet | None,
    out_of_fold: np.ndarray,
    *,
    task,
    device: torch.device,
    dtype: torch.dtype,
    micro_batches: MicroBatches,
) -> StackedModel:
    """Stack linear models with the networks.

    The stacking weights are fitted to outputs for samples that the parts have not been
    trained on: held-out samples where there are any, else out-of-fold outputs.

    Parameters
    ----------
    networks : Ensemble
        The trained networks.
    models : LinearModels
        The linear models.
    samples : TrainingSet
        Training samples.
    held_out : TrainingSet or None
        Samples held out for early stopping.
    out_of_fold : ndarray of shape (n, n_outputs)
        Output of the network that left a sample's fold out; NaN where none did. Empty
        where samples are held out: then no network leaves out a fold.
    task : Task
        What the targets are.
    device, dtype
        Where and in which precision the networks predict.
    micro_batches : MicroBatches
        How batches are cut where the memory of the device is too small.
    """
    n_outputs = task.n_outputs
    if held_out is None:
        rows = models.rows
        targets, weights = samples.targets[rows], samples.weights[rows]
        outputs = [out_of_fold[rows], *models.out_of_fold]
    else:
        targets, weights = held_out.targets, held_out.weights
        inputs = held_out.inputs.as_they_are
        outputs = [predict_networks(networks, inputs, device, dtype, micro_batches)]
        for branch in models.branches.values():
            columns = predict_branch(branch, held_out.inputs, device, micro_batches)
            outputs.extend(np.split(columns, columns.shape[1] // n_outputs, axis=1))
    known = np.flatnonzero(~np.isnan(outputs[0][:, 0]))
    weight, bias = fit_stacking_weights(
        torch.from_numpy(np.stack(outputs)[:, known]),
        torch.from_numpy(targets[known]),
        torch.from_numpy(weights[known] / weights[known].mean()),
        task.loss(0.0),
        shared=task.shares_weights,
    )
    merged, weight = merge_branches(models.branches, weight)
    stack = StackedModel(networks, merged, n_outputs)
    stack.weight.copy_(weight)
    stack.bias.copy_(bias)
    return stack
