"""Train one network."""

from dataclasses import dataclass

import torch
from skorch.callbacks import LRScheduler, PrintLog
from torch import nn

from sklearn_cnn.training._batches import Batches
from sklearn_cnn.training._net import Net
from sklearn_cnn.training._progress import ProgressBar


@dataclass(frozen=True)
class TrainingSettings:
    """How a network is trained; the estimators' parameters of the same names."""

    max_epochs: int
    lr: float
    weight_decay: float
    verbose: int
    description: str


def train(
    network: nn.Module, loss: nn.Module, batches: Batches, settings: TrainingSettings
) -> list[dict]:
    """Train a network in place; return one record an epoch.

    AdamW with decoupled weight decay under the one-cycle schedule (Smith & Topin, 2018,
    arXiv:1708.07120): the learning rate climbs to `lr` over the first 30 % of the steps
    and falls to almost nothing at the end.
    """
    schedule = LRScheduler(
        torch.optim.lr_scheduler.OneCycleLR,
        max_lr=settings.lr,
        total_steps=settings.max_epochs * len(batches),
        step_every="batch",
        event_name=None,
    )
    callbacks = [("schedule", schedule)]
    if settings.verbose == 1:
        callbacks.append(("progress", ProgressBar(settings.description)))
    elif settings.verbose > 1:
        callbacks.append(("print_log", PrintLog()))
    net = Net(
        network,
        criterion=loss,
        optimizer=torch.optim.AdamW,
        optimizer__weight_decay=settings.weight_decay,
        lr=settings.lr,
        max_epochs=settings.max_epochs,
        callbacks=callbacks,
        train_split=None,
        verbose=settings.verbose,
        device=batches.targets.device,
    )
    # Not net.fit: it would swallow a KeyboardInterrupt and leave half a model.
    net.initialize()
    net.notify("on_train_begin", X=batches)
    net.fit_loop(batches)
    net.notify("on_train_end", X=batches)
    return [
        {key: value for key, value in record.items() if key != "batches"}
        for record in net.history
    ]
