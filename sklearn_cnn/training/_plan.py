"""How networks are trained, with nothing left to "auto"."""

import math
from dataclasses import dataclass, field

import numpy as np
import torch

from sklearn_cnn import _defaults
from sklearn_cnn.backbones._borrowed_config import BorrowedConfig
from sklearn_cnn.backbones._structure import trained_dtype
from sklearn_cnn.preprocessing._signals import needs_double
from sklearn_cnn.training._device import dtype_on, resolve_device, takes_bfloat16
from sklearn_cnn.training._micro_batches import (
    MicroBatches,
    micro_batches_of_training,
)
from sklearn_cnn.training._processes import Processes, processes_of_fit
from sklearn_cnn.training._train import TrainingSettings
from sklearn_cnn.training._training_set import TrainingSet
from sklearn_cnn.training._weights import float_dtype, weights_of
from sklearn_cnn.transfer._phases import Phase, phases


@dataclass(frozen=True)
class TrainingPlan:
    """How the networks of a fit are trained.

    Parameters
    ----------
    seeds : ndarray of int
        Seed of each network.
    phases : list of Phase
        Phases of the training of a network.
    one_epoch : bool
        Whether this is a call of `partial_fit`.
    device, dtype
        Where and in which precision networks are trained.
    full_batch : bool
        Whether one batch holds all samples; dropout is then off.
    masked : bool
        Whether there may be padding or unknown letters.
    per_position : bool
        Whether targets are profiles.
    n_samples, n_filters : int
        Number of training samples, and of filters in the first layer.
    cross_fits : bool
        Whether each network leaves out a fold, on which it is weighed.
    most_trunk_lr : float
        Highest learning rate of the trunk.
    dropout, batch_size, max_epochs, lr, weight_decay, mixed, verbose
        Parameters of the estimator; "auto" is settled for each training set.
    description : str
        Title of the progress bar.
    micro_batches : MicroBatches
        How batches are cut where the memory of the device is too small.
    processes : Processes
        Those that share the batches.
    """

    seeds: np.ndarray
    phases: list[Phase]
    one_epoch: bool
    device: torch.device
    dtype: torch.dtype
    full_batch: bool
    masked: bool
    per_position: bool
    n_samples: int
    n_filters: int
    cross_fits: bool
    most_trunk_lr: float
    dropout: float
    batch_size: int | str
    max_epochs: int | str
    lr: float
    weight_decay: float
    mixed: bool
    verbose: int
    description: str
    processes: Processes
    micro_batches: MicroBatches = field(default_factory=micro_batches_of_training)

    def rows_of_batch(self, samples: TrainingSet) -> int:
        """Largest number of rows in a batch."""
        if self.batch_size != "auto":
            return self.batch_size
        return _defaults.batch_size(
            len(samples), samples.inputs.length, profile=self.per_position
        )

    def settings(self, number: int, n_batches: int, phase: Phase) -> TrainingSettings:
        """Of one phase of a network, where an epoch has so many batches."""
        lr = self.lr * phase.lr_factor
        # Bars of several networks stand below each other.
        network = f", network {number + 1}" if len(self.seeds) > 1 else ""
        return TrainingSettings(
            max_epochs=1 if self.one_epoch else self._n_epochs(n_batches),
            lr=lr,
            trunk_lr=min(lr, self.most_trunk_lr),
            constant_lr=self.one_epoch,
            weight_decay=self.weight_decay,
            mixed=self.mixed,
            verbose=self.verbose,
            description=f"{self.description}{network}",
        )

    def _n_epochs(self, n_batches: int) -> int:
        """Epochs of each phase."""
        n_epochs = self.max_epochs
        if n_epochs == "auto":
            n_epochs = _defaults.max_epochs(
                self.n_samples,
                n_batches,
                self.n_filters,
                profile=self.per_position,
                cross_fits=self.cross_fits,
            )
        return math.ceil(n_epochs / len(self.phases))


def make_plan(
    estimator,
    parts: list[TrainingSet],
    seeds: np.ndarray,
    *,
    masked: bool,
    resume: bool,
    one_epoch: bool,
    stacks: bool,
) -> TrainingPlan:
    """Settle how to train.

    Parameters
    ----------
    estimator : BaseCNN
        Working copy of the estimator, with `architecture_`.
    parts : list of TrainingSet
        Training samples and, if there are any, held-out samples.
    seeds : ndarray of int
        Seed of each network.
    masked : bool
        Whether there may be padding or unknown letters.
    resume, one_epoch : bool
        Whether training continues, and whether this is a call of `partial_fit`.
    stacks : bool
        Whether linear models are stacked with the networks.
    """
    samples, device = parts[0], resolve_device(estimator.device)
    processes = processes_of_fit(device)
    # Calls of partial_fit are parts of a training, whatever their size; and the
    # folds of a stack are drawn by chance anyway.
    config, batch_size = estimator.architecture_, estimator.batch_size
    is_borrowed = isinstance(config, BorrowedConfig)
    few = _defaults.fits_one_batch(len(samples), samples.inputs.length)
    full_batch = batch_size == "auto" and few
    full_batch = full_batch and not (one_epoch or stacks or is_borrowed)
    if is_borrowed and batch_size == "auto":
        n_positions = config.n_positions(samples.inputs.length)
        batch_size = _defaults.borrowed_batch_size(n_positions)
    most_trunk_lr = math.inf
    if is_borrowed:
        most_trunk_lr = estimator.lr * _defaults.TRUNK_LR_SHARE
    if estimator.precision == "mixed":
        dtype = torch.float32
    elif estimator.precision != "auto":
        dtype = getattr(torch, estimator.precision)
    elif resume:
        dtype = dtype_on(device, float_dtype(weights_of(estimator.weights_, 0)))
    elif is_borrowed:
        dtype = dtype_on(device, trained_dtype(config.reader.module))
    elif full_batch or needs_double(samples.inputs.values):
        dtype = dtype_on(device, torch.float64)
    else:
        dtype = torch.float32
    of_fit = [Phase()]
    if estimator.pretrained is not None:
        of_fit = phases(estimator.freeze, config)
    return TrainingPlan(
        seeds=seeds,
        phases=of_fit[-1:] if resume or one_epoch else of_fit,
        one_epoch=one_epoch,
        device=device,
        dtype=dtype,
        full_batch=full_batch,
        masked=masked,
        per_position=config.profile,
        n_samples=len(samples),
        n_filters=config.n_filters[0],
        cross_fits=stacks and len(parts) == 1,
        dropout=estimator.dropout,
        batch_size=batch_size,
        max_epochs=estimator.max_epochs,
        lr=estimator.lr,
        most_trunk_lr=most_trunk_lr,
        weight_decay=estimator.weight_decay,
        mixed=estimator.precision == "mixed" and takes_bfloat16(device),
        verbose=0 if processes.rank else int(estimator.verbose),
        description=type(estimator).__name__,
        processes=processes,
    )
