"""The base class of tasks."""

from abc import ABC, abstractmethod

import numpy as np
from torch import nn


class Task(ABC):
    """What the targets are, and how a network's outputs become predictions.

    The class method `learn` of each kind makes a task from the targets of a fit; it
    does not change afterwards. Its `attributes` become attributes of the fitted
    estimator, and suffice to make the task again.
    """

    # Whether there is a target for each position of an input.
    per_position = False

    @property
    @abstractmethod
    def n_outputs(self) -> int:
        """Outputs of a network for one input, or for one position."""

    @property
    def n_targets(self) -> int:
        """Number of columns of y."""
        return self.n_outputs

    @property
    def shares_weights(self) -> bool:
        """Whether one stacking weight serves all outputs of a part."""
        return False

    @abstractmethod
    def attributes(self) -> dict:
        """Fitted attributes of the estimator, by name."""

    @abstractmethod
    def encode(self, y, *, name: str, missing_labels: str, width: int) -> np.ndarray:
        """Targets as the loss reads them; NaN where they are missing.

        Parameters
        ----------
        y : array-like of shape (n,) or (n, n_targets), or list of profiles
            Targets as the user gave them.
        name : str
            What error messages call them.
        missing_labels : {"raise", "mask"}
            Whether labels of many tasks may be missing.
        width : int
            Positions of the inputs, padding included; profiles are padded to it.
        """

    @abstractmethod
    def loss(self, smoothing: float) -> nn.Module:
        """Loss of outputs and targets; `smoothing` of labels, if there are any."""

    @abstractmethod
    def predict(self, outputs: np.ndarray) -> np.ndarray:
        """Predictions in the layout of y, from outputs (n, n_outputs).

        Of classes, from what `decision` makes of the outputs: a subclass of a
        classifier may change that.
        """

    def strata(self, targets: np.ndarray) -> np.ndarray | None:
        """Labels (n,) whose shares are kept when samples are divided; None for none."""
        return None

    def indicators(self, targets: np.ndarray) -> np.ndarray:
        """Targets as columns of numbers (n, k)."""
        return targets

    def single(self, index: int) -> "Task":
        """The task of one column of y."""
        raise NotImplementedError

    def decode(self, targets: np.ndarray) -> np.ndarray:
        """Y (n,) from the targets (n,) of a task of one column."""
        raise NotImplementedError

    def initial_bias(self, targets: np.ndarray) -> float | None:
        """Output at which training begins; None to leave it to the initial weights."""
        return None

    def is_same(self, other: "Task") -> bool:
        """Whether outputs for another task have the same meaning."""
        return type(self) is type(other) and self.n_outputs == other.n_outputs

    def in_units(self, outputs: np.ndarray) -> np.ndarray:
        """Outputs in the units of the targets."""
        return outputs

    def in_target_units(self, module: nn.Module) -> nn.Module:
        """Module whose outputs are in the units of the targets."""
        return module

    @property
    def unit(self) -> np.ndarray:
        """One unit of each output, in units of its target; 1 for logits."""
        return np.ones(1)
