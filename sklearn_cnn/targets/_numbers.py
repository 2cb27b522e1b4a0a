"""The task of one number a sample, or of many."""

from dataclasses import dataclass, replace

import numpy as np
import torch
from sklearn.utils import assert_all_finite, check_array
from torch import nn

from sklearn_cnn import _defaults
from sklearn_cnn.architectures._rescale import Rescale
from sklearn_cnn.targets._mean_and_scale import mean_and_scale
from sklearn_cnn.targets._missing_labels import (
    any_missing,
    check_known,
    nan_for_missing,
)
from sklearn_cnn.targets._task import Task
from sklearn_cnn.training._losses import RegressionLoss


@dataclass(frozen=True, eq=False)
class Numbers(Task):
    """Numbers (n,) or (n, n_targets), standardised for the network.

    Parameters
    ----------
    mean, scale : ndarray of shape () or (n_targets,)
        Mean and standard deviation of each target in training.
    loss_name : str
        Name of the loss.
    """

    mean: np.ndarray
    scale: np.ndarray
    loss_name: str

    @classmethod
    def learn(
        cls, y, weights: np.ndarray, *, name: str, missing_labels: str, loss: str
    ) -> "Numbers":
        """Learn mean and scale of each target, with weights (n,) of samples."""
        y = _read(y, name, missing_labels)
        if y.ndim == 2:
            check_known(y, name)
        return cls(*mean_and_scale(y, weights), loss).with_loss(loss)

    def with_loss(self, loss: str) -> "Numbers":
        """The same task with the loss that is now asked for."""
        loss = _defaults.loss(are_rates=False) if loss == "auto" else loss
        if loss == "poisson":
            raise ValueError(
                "loss='poisson' is for profiles; pass output='profile' or another loss"
            )
        return replace(self, loss_name=loss)

    @property
    def n_outputs(self) -> int:
        """One a target."""
        return np.size(self.mean)

    def attributes(self) -> dict:
        """Mean and scale of each target, and the loss."""
        return {
            "y_mean_": self.mean,
            "y_scale_": self.scale,
            "loss_": self.loss_name,
        }

    def encode(self, y, *, name: str, missing_labels: str, width: int) -> np.ndarray:
        """Targets (n, n_targets), standardised."""
        y = _read(y, name, missing_labels)
        if y.shape[1:] != self.mean.shape:
            raise ValueError(
                f"{name} has shape {y.shape}, but the estimator was fitted on "
                f"{_in_words(self.mean)}"
            )
        targets = y - self.mean
        targets /= self.scale
        return targets.reshape(len(y), -1)

    def loss(self, smoothing: float) -> nn.Module:
        """The named loss, of standardised targets."""
        return RegressionLoss(self.loss_name)

    def predict(self, outputs: np.ndarray) -> np.ndarray:
        """Numbers in the units and the layout of y."""
        return self.in_units(outputs.reshape(-1, *self.mean.shape))

    def in_units(self, outputs: np.ndarray) -> np.ndarray:
        """Outputs in the units of the targets."""
        outputs = outputs * self.scale
        outputs += self.mean
        return outputs

    def in_target_units(self, module: nn.Module) -> nn.Module:
        """Module whose outputs are in the units of the targets."""
        mean, scale = torch.tensor(self.mean), torch.tensor(self.scale)
        return Rescale(module, mean.reshape(-1), scale.reshape(-1))

    @property
    def unit(self) -> np.ndarray:
        """Standard deviation of each target."""
        return np.ravel(self.scale)

    def single(self, index: int) -> "Numbers":
        """The task of one of the targets."""
        return replace(self, mean=self.mean[index], scale=self.scale[index])

    def decode(self, targets: np.ndarray) -> np.ndarray:
        """Numbers (n,) in their own units."""
        return targets * self.scale + self.mean


def _read(y, name: str, missing_labels: str) -> np.ndarray:
    """Validated floats (n,) or (n, n_targets); in the latter some may be NaN."""
    y = check_array(
        nan_for_missing(y),
        ensure_2d=False,
        allow_nd=True,
        dtype=np.float64,
        ensure_all_finite="allow-nan",
        input_name=name,
    )
    if y.ndim > 2:
        raise ValueError(
            f"{name} has shape {y.shape}; regression targets are (n,) or (n, n_targets)"
        )
    if y.ndim == 2:
        any_missing(y, missing_labels, name)
    else:
        assert_all_finite(y, input_name=name)
    return y


def _in_words(mean: np.ndarray) -> str:
    return f"(n, {len(mean)})" if np.ndim(mean) else "(n,)"
