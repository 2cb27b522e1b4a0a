"""Judge a network on held-out samples."""

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
    """Loss on held-out samples, and the score where one is monitored.

    Parameters
    ----------
    held_out : TrainingSet
        The held-out samples.
    predict_network : callable
        Takes a network and inputs; returns outputs (n, n_outputs).
    loss : nn.Module
        Loss of the training.
    monitor : str or callable
        "loss", or a score.
    task : Task
        What the targets are.
    masks_labels : bool
        Whether labels of many tasks may be missing.
    as_estimator : callable
        Takes a network, X, its outputs for X, a task and the column of the task (None
        for all); returns a fitted estimator that predicts by this network, for scorers.
    """

    held_out: TrainingSet
    predict_network: Callable[..., np.ndarray]
    loss: nn.Module
    monitor: str | Callable
    task: object
    masks_labels: bool
    as_estimator: Callable

    def __call__(self, network: nn.Module) -> dict:
        """Record of an epoch: "valid_loss", and "valid_score" if one is monitored."""
        outputs = self.predict_network(network, self.held_out.inputs)
        weights = torch.from_numpy(self.held_out.mean_one_weights)
        targets = torch.from_numpy(self.held_out.targets)
        loss = self.loss(torch.from_numpy(outputs), (targets, weights))
        record = {"valid_loss": loss.item()}
        if self.monitor != "loss":
            record["valid_score"] = self._score(network, outputs)
        return record

    def _score(self, network: nn.Module, outputs: np.ndarray) -> float:
        """The score; where labels are missing, its mean over tasks."""
        held_out = self.held_out
        known = ~np.isnan(held_out.targets)
        if not self.masks_labels or self.task.per_position or known.all():
            return self._score_of_rows(network, outputs, slice(None), self.task)
        scores = []
        for index in range(self.task.n_outputs):
            rows = np.flatnonzero(known[:, index])
            if len(np.unique(held_out.targets[rows, index])) < 2:
                continue  # Most scores are undefined for a single class.
            single = self.task.single(index)
            scores.append(self._score_of_rows(network, outputs, rows, single, index))
        if not scores:
            raise ValueError(
                f"monitor={self.monitor!r} is undefined: in no task do the known "
                "labels of the held-out samples differ"
            )
        return float(np.mean(scores))

    def _score_of_rows(self, network, outputs, rows, task, index=None) -> float:
        """Score of these rows; with an index, of that one of many tasks."""
        held_out = self.held_out
        X, y = held_out.X, held_out.y
        if index is not None:
            X = _safe_indexing(X, rows)
            y = task.decode(held_out.targets[rows, index])
            outputs = outputs[rows, index, None]
        view = self.as_estimator(network, X, outputs, task, index)
        scorer = resolve_scorer(self.monitor, view)
        weights = weights_for(scorer, held_out.sample_weight)
        row_weights = {name: values[rows] for name, values in weights.items()}
        try:
            return float(scorer(view, X, y, **row_weights))
        except AttributeError as error:
            # A scorer of classes asks a regressor for probabilities.
            raise ValueError(
                f"monitor={self.monitor!r} does not go with this estimator: {error}"
            ) from error


def recorded(monitor: str | Callable | None) -> set[str]:
    """Keys of an epoch's record; `monitor` is None where nothing is held out."""
    always = {"epoch", "train_loss"}
    if monitor is None:
        return always
    score = set() if monitor == "loss" else {"valid_score"}
    return always | {"valid_loss", "best"} | score
