"""Train one network."""

import copy
from dataclasses import dataclass

import numpy as np
import torch
from skorch.callbacks import Callback, LRScheduler, PrintLog
from torch import nn

from sklearn_cnn.architectures._motif_cnn import in_parts
from sklearn_cnn.backbones._borrowed_network import BorrowedNetwork
from sklearn_cnn.training._batches import Batches
from sklearn_cnn.training._divergence_guard import DivergenceGuard
from sklearn_cnn.training._micro_batches import MicroBatches
from sklearn_cnn.training._net import Net
from sklearn_cnn.training._optimizer_state import load_optimizer_state, optimizer_state
from sklearn_cnn.training._processes import Processes
from sklearn_cnn.training._progress import ProgressBar
from sklearn_cnn.training._snapshots import Snapshots


@dataclass(frozen=True)
class TrainingSettings:
    """How a network is trained; the estimators' parameters of the same names.

    With `constant_lr` the learning rate stays at `lr`; otherwise it follows the
    one-cycle schedule (Smith & Topin, 2018, arXiv:1708.07120): it climbs to `lr` over
    the first 30 % of the steps and falls to almost nothing at the end. So does that of
    the trunk with `trunk_lr`. `mixed` is the precision (see `Net`).
    """

    max_epochs: int
    lr: float
    trunk_lr: float
    constant_lr: bool
    weight_decay: float
    mixed: bool
    verbose: int
    description: str


def train(
    network: nn.Module,
    loss: nn.Module,
    batches: Batches,
    settings: TrainingSettings,
    *,
    micro_batches: MicroBatches,
    guard: DivergenceGuard,
    callbacks: list[Callback],
    snapshots: Snapshots,
    processes: Processes | None = None,
    user_callbacks: list | None = None,
    moments: dict[str, np.ndarray] | None = None,
) -> tuple[list[dict], dict[str, np.ndarray], bool]:
    """Train a network in place by AdamW.

    Returns
    -------
    history : list of dict
        One record an epoch, but none of an epoch that diverged or was interrupted.
    moments : dict of str to ndarray
        Of the optimiser, from which a later call of `partial_fit` goes on.
    interrupted : bool
        Whether a KeyboardInterrupt ended the training. The weights are then those of
        the last whole epoch, or the best that early stopping has seen.
    """
    # Copies, since skorch's callbacks keep their state as attributes.
    users = [copy.copy(callback) for callback in user_callbacks or []]
    all_callbacks = [guard, *callbacks, *users]
    if not settings.constant_lr and not any(map(_is_schedule, users)):
        all_callbacks.append(_one_cycle(settings, len(batches)))
    all_callbacks.append(snapshots)
    if settings.verbose == 1:
        all_callbacks.append(ProgressBar(settings.description))
    elif settings.verbose > 1:
        all_callbacks.append(PrintLog())
    net = Net(
        network,
        criterion=loss,
        optimizer=torch.optim.AdamW,
        optimizer__weight_decay=settings.weight_decay,
        optimizer__param_groups=_groups(settings),
        optimizer__fused=batches.targets.device.type in ("cpu", "cuda"),
        lr=settings.lr,
        max_epochs=settings.max_epochs,
        callbacks=all_callbacks,
        train_split=None,
        micro_batches=micro_batches,
        processes=processes,
        mixed=settings.mixed,
        graphs=_takes_graphs(network, batches, processes, users),
        verbose=settings.verbose,
        device=batches.targets.device,
    )
    net.initialize()
    if moments:
        load_optimizer_state(net, moments)
    with in_parts(network, enabled=batches.targets.device.type == "cpu"):
        net.train(batches)
    history = [
        {key: value for key, value in record.items() if key != "batches"}
        for record in net.history
    ]
    if guard.diverged_:
        history.pop()
    if net.interrupted_:
        history = history[: net.n_complete_]
    # If no epoch was finite, the moments too are those from before.
    state = optimizer_state(net) if history else moments or {}
    return history, state, net.interrupted_


def _takes_graphs(network, batches, processes, users) -> bool:
    """Whether a GPU may repeat its steps by itself.

    Only where nothing but the batch changes between them: networks that others made,
    and callbacks of the user, can do what they like. Before 2.13, PyTorch did not
    recover from a capture that failed.
    """
    return (
        batches.targets.device.type == "cuda"
        and torch.__version__ >= (2, 13)
        and (processes is None or processes.n == 1)
        and not users
        and not isinstance(network, BorrowedNetwork)
    )


def _groups(settings: TrainingSettings) -> list[tuple[str, dict]]:
    """Weights that learn at a rate of their own, as skorch has them."""
    if settings.trunk_lr == settings.lr:
        return []
    return [("trunk.*", {"lr": settings.trunk_lr})]


def _one_cycle(settings: TrainingSettings, n_batches: int) -> LRScheduler:
    return LRScheduler(
        torch.optim.lr_scheduler.OneCycleLR,
        # Of each group of weights, in the order in which the optimiser has them.
        max_lr=[group["lr"] for _, group in _groups(settings)] + [settings.lr],
        total_steps=settings.max_epochs * n_batches,
        step_every="batch",
        event_name=None,
    )


def _is_schedule(callback) -> bool:
    if isinstance(callback, tuple):
        callback = callback[1]
    return isinstance(callback, LRScheduler)
