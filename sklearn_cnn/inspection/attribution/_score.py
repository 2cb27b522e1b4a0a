"""The number that attributions are about, as a module."""

from collections.abc import Callable

import numpy as np
import torch
from torch import nn

from sklearn_cnn._base import BaseCNN
from sklearn_cnn._fitted_model import FittedModel
from sklearn_cnn.architectures._for_prediction import for_prediction
from sklearn_cnn.architectures._motif_cnn import padding_mask
from sklearn_cnn.architectures._rescale import Rescale
from sklearn_cnn.inputs._device_inputs import DeviceInputs
from sklearn_cnn.inputs._inputs import Inputs
from sklearn_cnn.training._device import dtype_on, resolve_device
from sklearn_cnn.training._predict import predict_outputs


class Score(nn.Module):
    """One output of a module; of a profile, one position or the mean over all.

    Parameters
    ----------
    module : nn.Module
        What `to_module` gives.
    target : int or None
        Column or position of the output; None for the mean of a profile.
    n_symbols : int
        The first channels, which hold letters; 0 for signals and images.
    unit : float
        What gaps of completeness are seen beside: 1 for logits, the target's standard
        deviation for predictions.
    """

    def __init__(
        self, module: nn.Module, target: int | None, n_symbols: int, unit: float
    ):
        super().__init__()
        self.unit = unit
        self.module = module
        self.target = target
        self.n_symbols = n_symbols

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(n, channels, ...) to (n, 1)."""
        outputs = self.module(x)
        if self.target is not None:
            return outputs[:, self.target, None]
        mask = padding_mask(x, self.n_symbols)[:, 0]
        return (outputs * mask).sum(dim=1, keepdim=True) / mask.sum(dim=1, keepdim=True)

    def read(self, inputs: Inputs) -> torch.Tensor:
        """Inputs as floats (n, channels, ...), no longer than the longest of them."""
        parameter = next(self.parameters())
        in_place = DeviceInputs(inputs, parameter.device, parameter.dtype)
        x = in_place.batch(slice(None))
        # Where there are letters, zeros are padding, too; of signals, NaN alone.
        return x.nan_to_num() if self.n_symbols else x

    def parts(self) -> tuple[Callable, list[tuple[nn.Module, torch.Tensor]]]:
        """What the score is the sum of, up to a constant.

        Returns
        -------
        networks : callable
            Takes (n, channels, ...) to (n,).
        branches : list of (nn.Module, torch.Tensor)
            Features and their weights (n_features,) in the score.
        """
        module, target, scale = self.module, self.target, 1.0
        if isinstance(module, Rescale):
            module, scale = module.network, module.scale[target]
        if not getattr(module, "branches", None):
            return lambda x: self(x)[:, 0], []
        of_networks, *of_branches = module.weight[:, target] * scale
        branches = [
            (branch.features, branch.linear.weight[target] / branch.scale * weight)
            for branch, weight in zip(
                module.branches.values(), of_branches, strict=True
            )
        ]
        return lambda x: module.networks(x)[:, target] * of_networks, branches


def build_score(estimator: BaseCNN, target: int | None) -> Score:
    """Score of a fitted estimator, on its device, up to a constant."""
    module = estimator.to_module()
    if isinstance(module, Rescale):
        # Differences are asked for, and a large mean would round them away.
        module.mean.zero_()
    device = resolve_device(estimator.device)
    dtype = dtype_on(device, next(module.parameters()).dtype)
    alphabet = getattr(estimator, "alphabet_", None)
    n_symbols = 0 if alphabet is None else len(alphabet.symbols)
    score = Score(module, target, n_symbols, unit_of_score(estimator, target))
    score = score.eval().requires_grad_(False)
    return score.to(device=device, dtype=dtype)


class InputScore:
    """The same number (n,) of encoded inputs, without gradients."""

    def __init__(self, estimator: BaseCNN, target: int | None):
        self._estimator, self._target = estimator, target
        self._module = for_prediction(FittedModel(estimator).model())
        self._device = resolve_device(estimator.device)
        self._dtype = dtype_on(self._device, next(self._module.parameters()).dtype)

    def __call__(self, inputs: Inputs) -> np.ndarray:
        """Scores of inputs."""
        outputs = predict_outputs(self._module, inputs, self._device, self._dtype)
        return scores_of_outputs(self._estimator, outputs, self._target)


def scores_of_outputs(
    estimator: BaseCNN, outputs: np.ndarray, target: int | None
) -> np.ndarray:
    """The same number (n,) of outputs that the networks have given already."""
    outputs = FittedModel(estimator).task.in_units(outputs)
    return np.nanmean(outputs, axis=1) if target is None else outputs[:, target]


def unit_of_score(estimator: BaseCNN, target: int | None) -> float:
    """What one unit of an output is in those of the target; 1 for logits."""
    units = FittedModel(estimator).task.unit
    return float(units[0 if len(units) == 1 else target])
