"""The task of a number at each position."""

from dataclasses import dataclass, replace

import numpy as np
import torch
from sklearn.utils import check_array
from torch import nn

from sklearn_cnn import _defaults
from sklearn_cnn.architectures._rescale import Rate, Rescale
from sklearn_cnn.targets._mean_and_scale import mean_and_scale
from sklearn_cnn.targets._profiles import cut_profiles, map_profiles, pad_profiles
from sklearn_cnn.targets._task import Task
from sklearn_cnn.training._losses import RegressionLoss

# Rates stay finite, also those of networks that diverged.
_LARGEST_LOG = 600.0


@dataclass(frozen=True, eq=False)
class NumberProfiles(Task):
    """A number at each position of an input; NaN where it is unknown.

    Parameters
    ----------
    mean, scale : ndarray of shape ()
        Mean and standard deviation over all positions in training.
    loss_name : str
        Name of the loss. For "poisson" outputs are logarithms of rates, else
        standardised numbers.
    """

    mean: np.ndarray
    scale: np.ndarray
    loss_name: str
    per_position = True

    @classmethod
    def learn(
        cls, y: list[np.ndarray], weights: np.ndarray, *, name: str, loss: str
    ) -> "NumberProfiles":
        """Learn mean, scale and loss from profiles, with weights (n,) of samples."""
        values = _read(y, name)
        weights = np.repeat(weights, [len(profile) for profile in y])
        mean, scale = mean_and_scale(values, weights)
        task = cls(mean, scale, loss)
        if loss == "auto":
            loss = _defaults.loss(are_rates=task._fits_poisson(values))
            task = replace(task, loss_name=loss)
        return task

    def with_loss(self, loss: str) -> "NumberProfiles":
        """The same task with the loss that is now asked for."""
        loss = self.loss_name if loss == "auto" else loss
        if (loss == "poisson") != (self.loss_name == "poisson"):
            raise ValueError(
                f"loss={loss!r}, but the first fit was with {self.loss_name!r}, for "
                "which outputs have another meaning"
            )
        return replace(self, loss_name=loss)

    @property
    def n_outputs(self) -> int:
        """One: the number at each position."""
        return 1

    def attributes(self) -> dict:
        """Mean and scale over all positions, and the loss."""
        return {
            "y_mean_": self.mean,
            "y_scale_": self.scale,
            "loss_": self.loss_name,
        }

    def encode(self, y, *, name: str, missing_labels: str, width: int) -> np.ndarray:
        """Targets (n, width): rates for "poisson", else standardised numbers."""
        lengths = [len(profile) for profile in y]
        values = _read(y, name)
        if self.loss_name == "poisson":
            if not self._fits_poisson(values):
                raise ValueError(
                    "loss='poisson' needs profiles of numbers from 0 on that are not "
                    f"all 0; {name} goes from {np.nanmin(values)} to "
                    f"{np.nanmax(values)}"
                )
            return pad_profiles(values / self.mean, lengths, width)
        return pad_profiles((values - self.mean) / self.scale, lengths, width)

    def loss(self, smoothing: float) -> nn.Module:
        """The named loss, of rates or of standardised numbers."""
        return RegressionLoss(self.loss_name)

    def predict(self, outputs: np.ndarray) -> np.ndarray:
        """Profiles in the units of y."""
        return map_profiles(self.in_units, cut_profiles(outputs))

    def is_same(self, other: Task) -> bool:
        """Whether outputs are logarithms of rates, or numbers, in both."""
        same_kind = super().is_same(other)
        return same_kind and (self.loss_name == "poisson") == (
            other.loss_name == "poisson"
        )

    def in_units(self, outputs: np.ndarray) -> np.ndarray:
        """Outputs in the units of the targets."""
        if self.loss_name == "poisson":
            return np.exp(np.minimum(outputs, _LARGEST_LOG)) * self.mean
        outputs = outputs * self.scale
        outputs += self.mean
        return outputs

    def in_target_units(self, module: nn.Module) -> nn.Module:
        """Module whose outputs are in the units of the targets."""
        mean, scale = torch.tensor(self.mean), torch.tensor(self.scale)
        if self.loss_name == "poisson":
            return Rate(module, mean)
        return Rescale(module, mean.reshape(-1), scale.reshape(-1))

    @property
    def unit(self) -> np.ndarray:
        """Standard deviation over all positions."""
        return np.ravel(self.scale)

    def _fits_poisson(self, values: np.ndarray) -> bool:
        """Whether no number is negative, and not all are zero."""
        return bool(np.nanmin(values) >= 0 < self.mean)


def _read(y: list[np.ndarray], name: str) -> np.ndarray:
    """Validated numbers of all positions, profile after profile."""
    values = check_array(
        np.concatenate(y),
        ensure_2d=False,
        dtype=np.float64,
        ensure_all_finite="allow-nan",
        input_name=name,
    )
    if np.isnan(values).all():
        raise ValueError(f"{name} is NaN at all positions; nothing can be learned")
    return values
