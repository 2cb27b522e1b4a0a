"""The one path of every estimator: validate, encode, build, train, predict."""

import copy
import math
from abc import ABC, abstractmethod
from numbers import Integral, Real

import numpy as np
import torch
from numpy.typing import ArrayLike
from sklearn.base import BaseEstimator, _fit_context
from sklearn.utils import check_random_state
from sklearn.utils._param_validation import Interval, StrOptions
from sklearn.utils.validation import (
    _check_sample_weight,
    check_consistent_length,
    check_is_fitted,
)
from torch import nn

from sklearn_cnn.architectures._ensemble import Ensemble
from sklearn_cnn.training._batches import Batches
from sklearn_cnn.training._device import resolve_device
from sklearn_cnn.training._inputs import DeviceInputs, Inputs
from sklearn_cnn.training._predict import predict_logits
from sklearn_cnn.training._seeds import local_seed
from sklearn_cnn.training._train import TrainingSettings, train

# Up to this many samples, one batch holds all and training is free of chance.
_FULL_BATCH = 64
_BATCH_SIZE = 64
_MIN_EPOCHS = 20
_MIN_STEPS = 300


class BaseCNN(BaseEstimator, ABC):
    """What all estimators share; a subclass says what its inputs and targets are."""

    _parameter_constraints: dict = {
        "n_filters": [Interval(Integral, 1, None, closed="left"), list, tuple],
        "kernel_size": [Interval(Integral, 1, None, closed="left"), list, tuple],
        "activation": [StrOptions({"auto", "exponential", "relu"})],
        "pooling": [StrOptions({"max_mean", "max", "mean"})],
        "dense_units": [Interval(Integral, 1, None, closed="left"), None],
        "dropout": [Interval(Real, 0, 1, closed="left")],
        "max_epochs": [
            StrOptions({"auto"}),
            Interval(Integral, 1, None, closed="left"),
        ],
        "batch_size": [
            StrOptions({"auto"}),
            Interval(Integral, 1, None, closed="left"),
        ],
        "lr": [Interval(Real, 0, None, closed="neither")],
        "weight_decay": [Interval(Real, 0, None, closed="left")],
        "device": [str],
        "precision": [StrOptions({"auto", "float32", "float64"})],
        "random_state": ["random_state"],
        "verbose": [Interval(Integral, 0, None, closed="left"), "boolean"],
    }

    @abstractmethod
    def _encode_X(self, X, *, reset: bool) -> Inputs:
        """Validated inputs; with `reset`, learn what later inputs must look like."""

    @abstractmethod
    def _encode_y(self, y) -> np.ndarray:
        """Validated targets as the loss reads them; learn what they are."""

    @abstractmethod
    def _decide_on_input(self, inputs: Inputs, targets: np.ndarray, weights) -> None:
        """Settle the parameters that are "auto" and depend on the training data."""

    @abstractmethod
    def _build_network(self, *, dropout: float, masked: bool) -> nn.Module:
        """Network with fresh weights, from parameters and fitted attributes.

        A `masked` network looks for padding, where padding can occur.
        """

    @abstractmethod
    def _build_loss(self) -> nn.Module:
        """Weighted loss of the task."""

    @abstractmethod
    def _complement_order(self) -> list[int] | None:
        """Order of the channels on the opposite strand, where both are read."""

    def _target_weights(self, y, weights: np.ndarray) -> np.ndarray:
        """Sample weights with what the targets add to them."""
        return weights

    @_fit_context(prefer_skip_nested_validation=True)
    def fit(self, X: ArrayLike, y: ArrayLike, sample_weight: ArrayLike | None = None):
        """Train from scratch.

        A fit that fails or is interrupted leaves the estimator as it was.

        Parameters
        ----------
        X : container of n_samples inputs
            What the class takes; see its docstring.
        y : array-like of shape (n_samples,)
            Targets.
        sample_weight : array-like of shape (n_samples,), default=None
            How much each sample counts; not negative and not all zero. A sample of
            weight 0 is left out. None counts all alike.

        Returns
        -------
        self
            The fitted estimator itself.
        """
        work = _without_fitted_state(self)
        work._fit(X, y, sample_weight)
        self.__dict__ = work.__dict__
        return self

    def _fit(self, X, y, sample_weight):
        device = resolve_device(self.device)
        random_state = check_random_state(self.random_state)
        if y is None:
            raise ValueError(
                f"{type(self).__name__} requires y to be passed, but the target y is "
                "None"
            )
        inputs = self._encode_X(X, reset=True)
        check_consistent_length(inputs.values, y)
        weights = _check_weights(sample_weight, inputs)
        if weights.min() == 0:
            kept = np.flatnonzero(weights)
            inputs, weights = inputs[kept], weights[kept]
            y = np.asarray(y)[kept]
        targets = self._encode_y(y)
        weights = self._target_weights(y, weights)
        weights = weights / weights.mean()
        self._decide_on_input(inputs, targets, weights)

        full_batch = self.batch_size == "auto" and len(inputs) <= _FULL_BATCH
        dropout = 0.0 if full_batch else self.dropout
        dtype = self._training_dtype(device, full_batch)
        batches = Batches(
            DeviceInputs(inputs, device, dtype),
            _to_device(targets, device, dtype),
            _to_device(weights, device, dtype),
            batch_size=_BATCH_SIZE if self.batch_size == "auto" else self.batch_size,
            complement_order=self._complement_order(),
            weighted=bool(np.ptp(weights) > 0),
        )
        settings = TrainingSettings(
            max_epochs=self._n_epochs(len(batches)),
            lr=self.lr,
            weight_decay=self.weight_decay,
            verbose=int(self.verbose),
            description=type(self).__name__,
        )
        seed = random_state.randint(np.iinfo(np.int32).max)
        with local_seed(seed, device):
            network = self._build_network(dropout=dropout, masked=inputs.ragged)
            if network.standardize is not None:
                # A copy, since arrays may be read-only (joblib's memory maps).
                network.standardize.adapt(
                    torch.tensor(inputs.values), torch.tensor(weights)
                )
            network.to(device, dtype)
            self.history_ = train(network, self._build_loss(), batches, settings)
        self.weights_ = {
            f"0.{name}": tensor.cpu().numpy().copy()
            for name, tensor in network.state_dict().items()
        }
        self.n_iter_ = len(self.history_)
        self.device_ = str(device)

    def _training_dtype(self, device: torch.device, full_batch: bool) -> torch.dtype:
        if self.precision != "auto":
            return getattr(torch, self.precision)
        double = full_batch and device.type != "mps"
        return torch.float64 if double else torch.float32

    def _n_epochs(self, n_batches: int) -> int:
        if self.max_epochs != "auto":
            return self.max_epochs
        return max(_MIN_EPOCHS, math.ceil(_MIN_STEPS / n_batches))

    def to_module(self, strands: str = "both") -> nn.Module:
        """Fresh plain PyTorch module of the fitted network.

        Parameters
        ----------
        strands : {"both", "forward"}, default="both"
            "both" gives what `decision_function` gives: the mean over both strands
            where the estimator reads both. "forward" reads the strand it is given,
            which is what methods in the manner of DeepLIFT need.

        Returns
        -------
        torch.nn.Module
            In evaluation mode, on the CPU; takes floats (n, channels, length) and
            returns logits (n, n_outputs), one column for two classes.

        Raises
        ------
        ValueError
            If `strands` is neither "both" nor "forward".
        """
        check_is_fitted(self)
        if strands not in ("both", "forward"):
            raise ValueError(f"strands must be 'both' or 'forward'; got {strands!r}")
        order = self._complement_order() if strands == "both" else None
        with torch.device("meta"):
            network = self._build_network(dropout=0.0, masked=True)
        # Copies: a module may be trained on, the estimator stays as it is.
        state = {
            name.removeprefix("0."): torch.tensor(array)
            for name, array in self.weights_.items()
        }
        network.load_state_dict(state, assign=True)
        return Ensemble([network], order).eval()

    def _predict_logits(self, X) -> np.ndarray:
        """Logits (n_samples, n_outputs) in float64."""
        check_is_fitted(self)
        inputs = self._encode_X(X, reset=False)
        device = resolve_device(self.device)
        module = self.to_module()
        dtype = next(module.parameters()).dtype
        return predict_logits(module, inputs, device, dtype)


def _without_fitted_state(estimator):
    """Shallow copy of an estimator as it was before any fit."""
    work = copy.copy(estimator)
    for name in list(vars(work)):
        if name.endswith("_") and not name.startswith("_"):
            delattr(work, name)
    return work


def _check_weights(sample_weight, inputs: Inputs) -> np.ndarray:
    """Weights (n,) as float64, ones where none are given."""
    weights = _check_sample_weight(sample_weight, inputs.values, dtype=np.float64)
    if weights.min() < 0:
        index = int(np.argmin(weights))
        raise ValueError(
            f"Negative values in sample_weight: sample_weight[{index}] is "
            f"{weights[index]}; weights must be zero or more"
        )
    if not weights.any():
        raise ValueError(
            "Sample weights are all zero; at least one non-zero weight is needed"
        )
    return weights


def _to_device(array: np.ndarray, device, dtype) -> torch.Tensor:
    """Floats in the given precision, class indices as they are."""
    dtype = dtype if array.dtype.kind == "f" else None
    return torch.tensor(array, dtype=dtype, device=device)
