"""What all tasks share."""

from abc import ABC, abstractmethod

import numpy as np
from torch import nn


class Task(ABC):
    """What targets are, and what a network's outputs say about them.

    A task is learned from the targets of a fit, by the class method `learn` of each
    kind, and does not change. `attributes` are what users see of it in a fitted
    estimator, and enough to make it anew.
    """

    # Whether there is a target for every position of an input.
    per_position = False

    @property
    @abstractmethod
    def n_outputs(self) -> int:
        """Outputs of a network for one input, or for one position."""

    @property
    def n_targets(self) -> int:
        """Columns of y: one a sample, unless there are many tasks."""
        return self.n_outputs

    @property
    def shares_weights(self) -> bool:
        """Whether all outputs of a part of a stack have one weight."""
        return False

    @abstractmethod
    def attributes(self) -> dict:
        """Fitted attributes of the estimator, by name."""

    @abstractmethod
    def encode(self, y, *, name: str, missing_labels: str, width: int) -> np.ndarray:
        """Targets as the loss reads them; NaN where a label is missing.

        Parameters
        ----------
        y : array-like of shape (n,) or (n, n_targets), or list of profiles
            Targets as the user has them.
        name : str
            What error messages call them.
        missing_labels : {"raise", "mask"}
            Whether labels of many tasks may be missing.
        width : int
            Positions of the inputs, padding included; profiles are padded to it.
        """

    @abstractmethod
    def loss(self, smoothing: float) -> nn.Module:
        """Weighted loss; `smoothing` of labels, where the task has labels."""

    @abstractmethod
    def predict(self, outputs: np.ndarray) -> np.ndarray:
        """Predictions, in the layout of y, of outputs (n, n_outputs).

        Of classes, from what `decision` makes of the outputs: a subclass of a
        classifier may change that.
        """

    def strata(self, targets: np.ndarray) -> np.ndarray | None:
        """Labels whose shares a hold-out keeps."""
        return None

    def indicators(self, targets: np.ndarray) -> np.ndarray:
        """Targets as columns of numbers (n, k)."""
        return targets

    def single(self, index: int) -> "Task":
        """One of many tasks, by itself."""
        raise NotImplementedError

    def decode(self, targets: np.ndarray) -> np.ndarray:
        """Y (n,) of the targets (n,) of a single task."""
        raise NotImplementedError

    def initial_bias(self, targets: np.ndarray) -> float | None:
        """Where a profile's outputs begin; None for wherever they happen to be."""
        return None

    def is_same(self, other: "Task") -> bool:
        """Whether outputs for another task mean the same."""
        return type(self) is type(other) and self.n_outputs == other.n_outputs

    def in_units(self, outputs: np.ndarray) -> np.ndarray:
        """Outputs in the units of the targets."""
        return outputs

    def in_target_units(self, module: nn.Module) -> nn.Module:
        """Module whose outputs are in the units of the targets."""
        return module

    @property
    def unit(self) -> np.ndarray:
        """What one unit of each output is in those of the target; 1 for logits."""
        return np.ones(1)
