"""What other rooms may ask of a fitted estimator, beside its public methods."""

from dataclasses import dataclass

import numpy as np
import torch

from sklearn_cnn._base import BaseCNN
from sklearn_cnn.architectures._for_prediction import for_prediction
from sklearn_cnn.architectures._stacked_model import StackedModel
from sklearn_cnn.inputs._inputs import Inputs
from sklearn_cnn.targets._task import Task
from sklearn_cnn.training._device import resolve_device
from sklearn_cnn.training._weights import float_dtype, weights_of


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

    def model_for_prediction(self) -> StackedModel:
        """Stacked model of the same outputs, merged, where and as it predicts.

        On the CPU in place of MPS, which has no double precision.
        """
        estimator = self.estimator
        device = resolve_device(estimator.device)
        device = torch.device("cpu") if device.type == "mps" else device
        dtype = float_dtype(weights_of(estimator.weights_, 0))
        model = for_prediction(self.model()).to(device=device, dtype=dtype)
        return model.requires_grad_(False)

    def scores(self, outputs: np.ndarray) -> np.ndarray:
        """Outputs (n, n_outputs) as `decision_function` or a regressor's `predict`."""
        decide = getattr(self.task, "decision", self.task.predict)
        return decide(outputs)

    def outputs(self, X, strands: str = "both") -> np.ndarray:
        """Outputs (n, n_outputs) for X, of one strand or the mean over both."""
        return self.estimator._predict_outputs(X, strands)
