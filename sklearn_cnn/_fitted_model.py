"""What other rooms may ask of a fitted estimator, beside its public methods."""

from dataclasses import dataclass

import numpy as np

from sklearn_cnn._base import BaseCNN
from sklearn_cnn.architectures._stacked_model import StackedModel
from sklearn_cnn.inputs._inputs import Inputs
from sklearn_cnn.targets._task import Task


@dataclass(frozen=True)
class FittedModel:
    """A fitted estimator as its parts: how it reads X, its networks, its task.

    Parameters
    ----------
    estimator : BaseCNN
        Fitted.
    """

    estimator: BaseCNN

    @property
    def task(self) -> Task:
        """What the targets are, and how outputs become predictions."""
        return self.estimator._task

    def read(self, X, name: str = "X") -> Inputs:
        """Encoded inputs; error messages call them `name`."""
        return self.estimator._input.read(X, name)

    def letters(self, inputs: Inputs) -> np.ndarray:
        """One-hot columns (n, n_symbols, length) of encoded sequences."""
        return self.estimator._input.letters(inputs)

    def model(self) -> StackedModel:
        """Stacked model, whose outputs are those of the estimator."""
        return self.estimator._model("both")

    def outputs(self, X, strands: str = "both") -> np.ndarray:
        """Outputs (n, n_outputs) for X, of one strand or the mean over both."""
        return self.estimator._predict_outputs(X, strands)
