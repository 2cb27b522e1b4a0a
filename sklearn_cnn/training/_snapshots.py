"""Snapshots of a network in training, from which it goes on bit by bit."""

import copy

import numpy as np
import torch
from skorch.callbacks import Callback, LRScheduler

from sklearn_cnn.storage._checkpoint import Checkpoint
from sklearn_cnn.training._divergence_guard import DivergenceGuard
from sklearn_cnn.training._early_stopping import EarlyStopping
from sklearn_cnn.training._optimizer_state import load_optimizer_state, optimizer_state
from sklearn_cnn.training._weights import to_arrays, weights_of

# What the names of arrays in a part of a checkpoint begin with.
_WEIGHTS, _BEST, _MOMENTS = "weights", "best", "moments"


def under_way(member: int) -> str:
    """Name of the part of a checkpoint with a snapshot of a network."""
    return f"network {member} under way"


class Snapshots(Callback):
    """Keep the state of a training before an epoch begins, and start from such a state.

    It comes after the callbacks whose state it keeps. One object serves all phases of
    the training of a network.

    Parameters
    ----------
    checkpoint : Checkpoint
        Where snapshots are kept.
    member : int
        Number of the network.
    generator : torch.Generator
        Draws all that is random in the training.
    guard : DivergenceGuard
        Has the last good weights.
    stopping : EarlyStopping or None
        Has the best weights.

    Attributes
    ----------
    phase_ : int
        The phase in training, from 1.
    history_ : list of dict
        Records of the phases before.
    """

    def __init__(
        self,
        checkpoint: Checkpoint,
        member: int,
        generator: torch.Generator,
        guard: DivergenceGuard,
        stopping: EarlyStopping | None,
    ):
        self.checkpoint = checkpoint
        self.member = member
        self.generator = generator
        self.guard = guard
        self.stopping = stopping
        self.phase_, self.history_ = 1, []
        self.snapshot_ = checkpoint.part(under_way(member))
        if self.snapshot_ is not None:
            self.phase_ = self.snapshot_[0]["phase"]
            self.history_ = self.snapshot_[0]["history"]

    def end_phase(self, records: list[dict]) -> None:
        """Count a phase as finished."""
        self.phase_, self.history_ = self.phase_ + 1, self.history_ + records

    def on_train_begin(self, net, X, **kwargs):
        """Put the training into the state of the snapshot, if there is one."""
        if self.snapshot_ is not None:
            self._restore(net, len(X), *self.snapshot_)
            self.snapshot_ = None

    def on_epoch_begin(self, net, **kwargs):
        """Keep a snapshot, if it is time; the new epoch has begun its record."""
        if self.checkpoint.is_due:
            self.checkpoint.keep(under_way(self.member), *self._take(net))

    def _take(self, net) -> tuple[dict, dict[str, np.ndarray]]:
        records = [
            {key: value for key, value in record.items() if key != "batches"}
            for record in net.history[:-1]
        ]
        moments = optimizer_state(net)
        values = {
            "phase": self.phase_,
            "history": self.history_,
            "records": records,
            "n_good_epochs": self.guard.n_epochs_,
        }
        arrays = to_arrays(net.module_, _WEIGHTS)
        arrays |= {f"{_MOMENTS}.{key}": array for key, array in moments.items()}
        arrays["generator"] = self.generator.get_state().cpu().numpy()
        if (stopping := self.stopping) is not None:
            values["best"] = stopping.best_
            values["epochs_without"] = stopping.epochs_without_
            best = stopping.best_weights_ or {}
            arrays |= {f"{_BEST}.{k}": v.cpu().numpy() for k, v in best.items()}
        return values, arrays

    def _restore(self, net, n_batches: int, values: dict, arrays: dict) -> None:
        network, device = net.module_, net.device
        weights = weights_of(arrays, _WEIGHTS)
        network.load_state_dict({k: torch.from_numpy(v) for k, v in weights.items()})
        load_optimizer_state(net, weights_of(arrays, _MOMENTS))
        self.generator.set_state(torch.from_numpy(arrays["generator"]))
        for record in values["records"]:
            net.history.new_epoch()
            net.history[-1].update(record)
        n_steps = len(values["records"]) * n_batches
        if n_steps:
            _go_to(net, n_steps)
        self.guard.n_epochs_ = values["n_good_epochs"]
        if self.guard.n_epochs_:
            self.guard.good_weights_ = copy.deepcopy(network.state_dict())
        if (stopping := self.stopping) is not None:
            stopping.best_ = values["best"]
            stopping.epochs_without_ = values["epochs_without"]
            if best := weights_of(arrays, _BEST):
                stopping.best_weights_ = {
                    key: torch.from_numpy(array).to(device)
                    for key, array in best.items()
                }


def _go_to(net, n_steps: int) -> None:
    """Put the schedule of the learning rate to where it was after so many steps."""
    for _, callback in net.callbacks_:
        if isinstance(callback, LRScheduler):
            schedule = callback.lr_scheduler_
            before = {"last_epoch": n_steps - 1, "_step_count": n_steps + 1}
            schedule.load_state_dict(schedule.state_dict() | before)
            schedule.step()
