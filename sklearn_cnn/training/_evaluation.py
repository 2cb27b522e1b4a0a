"""How good a network is on held-out samples."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from sklearn.utils import _safe_indexing
from torch import nn

from sklearn_cnn.training._monitor import resolve_scorer
from sklearn_cnn.training._scorer_weights import weights_for
from sklearn_cnn.training._training_set import TrainingSet


@dataclass(frozen=True)
class Evaluation:
    """Loss on held-out samples and, where that is not monitored, the score.

    Parameters
    ----------
    held_out : TrainingSet
        The samples.
    outputs_of : callable
        Takes a network and inputs to outputs (n, n_outputs).
    loss : nn.Module
        Of the training.
    monitor : str or callable
        What is watched: "loss", or a score.
    task : Task
        What the targets are.
    masks_labels : bool
        Whether labels of many tasks may be missing.
    view_of : callable
        Takes a network, X, its outputs for X and a task to an estimator that predicts
        so.
    """

    held_out: TrainingSet
    outputs_of: Callable[..., np.ndarray]
    loss: nn.Module
    monitor: str | Callable
    task: object
    masks_labels: bool
    view_of: Callable

    def __call__(self, network: nn.Module) -> dict:
        """What the history says of an epoch."""
        outputs = self.outputs_of(network, self.held_out.inputs)
        weights = torch.from_numpy(self.held_out.mean_one_weights)
        targets = torch.from_numpy(self.held_out.targets)
        loss = self.loss(torch.from_numpy(outputs), (targets, weights))
        record = {"valid_loss": loss.item()}
        if self.monitor != "loss":
            record["valid_score"] = self._score(network, outputs)
        return record

    def _score(self, network: nn.Module, outputs: np.ndarray) -> float:
        """The score, in the mean over tasks if labels miss."""
        held_out = self.held_out
        known = ~np.isnan(held_out.targets)
        if not self.masks_labels or self.task.per_position or known.all():
            return self._score_of_rows(network, outputs, slice(None), self.task)
        scores = []
        for index in range(self.task.n_outputs):
            rows = np.flatnonzero(known[:, index])
            if len(np.unique(held_out.targets[rows, index])) < 2:
                continue  # Most scores are undefined.
            single = self.task.single(index)
            scores.append(self._score_of_rows(network, outputs, rows, single, index))
        if not scores:
            raise ValueError(
                f"monitor={self.monitor!r} is undefined: in no task do the known "
                "labels of the held-out samples differ"
            )
        return float(np.mean(scores))

    def _score_of_rows(self, network, outputs, rows, task, index=None) -> float:
        """The score of some rows, of one of many tasks on demand."""
        held_out = self.held_out
        X, y = held_out.X, held_out.y
        if index is not None:
            X = _safe_indexing(X, rows)
            y = task.decode(held_out.targets[rows, index])
            outputs = outputs[rows, index, None]
        view = self.view_of(network, X, outputs, task, index)
        scorer = resolve_scorer(self.monitor, view)
        weights = weights_for(scorer, held_out.sample_weight)
        of_rows = {name: values[rows] for name, values in weights.items()}
        return float(scorer(view, X, y, **of_rows))


def recorded(monitor: str | Callable | None) -> set[str]:
    """What is recorded of each epoch; `monitor` is None where nothing is held out."""
    always = {"epoch", "train_loss"}
    if monitor is None:
        return always
    score = set() if monitor == "loss" else {"valid_score"}
    return always | {"valid_loss", "best"} | score
