"""What all regressors share: standardised targets, predictions in their units."""

import numpy as np
import torch
from numpy.typing import ArrayLike
from sklearn.base import RegressorMixin
from sklearn.utils import Tags, assert_all_finite, check_array
from torch import nn

from sklearn_cnn._missing_labels import any_missing, check_known, nan_for_missing
from sklearn_cnn._profiles import cut_profiles, map_profiles, pad_profiles
from sklearn_cnn.architectures._rescale import Rate, Rescale
from sklearn_cnn.metrics import pearson_per_window
from sklearn_cnn.preprocessing._containers import unpack
from sklearn_cnn.training._losses import RegressionLoss


class CNNRegressorMixin(RegressorMixin):
    """Targets and predictions of a regressor; the left neighbour of `BaseCNN`."""

    def _encode_y(
        self, y, weights: np.ndarray, *, reset: bool, name: str = "y"
    ) -> np.ndarray:
        """Standardised targets (n, k)."""
        if self._profile:
            return self._encode_profiles(y, weights, reset=reset, name=name)
        y = check_array(
            nan_for_missing(y),
            ensure_2d=False,
            allow_nd=True,
            dtype=np.float64,
            ensure_all_finite="allow-nan",
            input_name=name,
        )
        many = y.ndim == 2
        if not many:
            assert_all_finite(y, input_name=name)
        if y.ndim > 2:
            raise ValueError(
                f"{name} has shape {y.shape}; regression targets are (n,) or "
                "(n, n_targets)"
            )
        masked = many and any_missing(y, self.missing_labels, name)
        if reset:
            if masked:
                check_known(y, name)
            self.y_mean_, self.y_scale_ = _mean_and_scale(y, weights)
        elif y.shape[1:] != self.y_mean_.shape:
            raise ValueError(
                f"{name} has shape {y.shape}, but {type(self).__name__} was fitted on "
                f"{_in_words(self.y_mean_)}"
            )
        self.loss_ = "squared_error" if self.loss == "auto" else self.loss
        if self.loss_ == "poisson":
            raise ValueError(
                "loss='poisson' is for profiles; pass output='profile' or another loss"
            )
        targets = y - self.y_mean_
        targets /= self.y_scale_
        return targets.reshape(len(y), -1)

    def _restrict_to(self, task):
        self.y_mean_, self.y_scale_ = self.y_mean_[task], self.y_scale_[task]

    def _decode_targets(self, targets):
        return targets * self.y_scale_ + self.y_mean_

    def _encode_profiles(self, y, weights, *, reset: bool, name: str) -> np.ndarray:
        """Standardised profiles (n, longest), with one mean and scale for all."""
        lengths = [len(profile) for profile in y]
        values = check_array(
            np.concatenate(y),
            ensure_2d=False,
            dtype=np.float64,
            ensure_all_finite="allow-nan",
            input_name=name,
        )
        known = ~np.isnan(values)
        if not known.any():
            raise ValueError(f"{name} is NaN at all positions; nothing can be learned")
        if reset:
            weights = np.repeat(weights, lengths)
            self.y_mean_, self.y_scale_ = _mean_and_scale(values, weights)
        self.loss_ = self._loss_of_profiles(values[known], reset=reset, name=name)
        if self.loss_ == "poisson":
            return pad_profiles(values / self.y_mean_, lengths)
        return pad_profiles((values - self.y_mean_) / self.y_scale_, lengths)

    def _loss_of_profiles(self, values, *, reset: bool, name: str) -> str:
        """The loss, of which "auto" is settled by the first training set."""
        fit_for_poisson = values.min() >= 0 < self.y_mean_
        loss = self.loss
        if loss == "auto" and reset:
            loss = "poisson" if fit_for_poisson else "squared_error"
        elif loss == "auto":
            loss = self.loss_
        if not reset and (loss == "poisson") != (self.loss_ == "poisson"):
            raise ValueError(
                f"loss={loss!r}, but the first fit was with {self.loss_!r}, for which "
                "outputs have another meaning"
            )
        if loss == "poisson" and not fit_for_poisson:
            raise ValueError(
                "loss='poisson' needs profiles of numbers from 0 on that are not all "
                f"0; {name} goes from {values.min()} to {values.max()}"
            )
        return loss

    @property
    def _n_outputs(self) -> int:
        return np.size(self.y_mean_)

    def _build_loss(self, *, smoothed: bool = True) -> nn.Module:
        return RegressionLoss(self.loss_)

    def _finish_module(self, module: nn.Module) -> nn.Module:
        mean, scale = torch.tensor(self.y_mean_), torch.tensor(self.y_scale_)
        if self.loss_ == "poisson":
            return Rate(module, mean)
        return Rescale(module, mean.reshape(-1), scale.reshape(-1))

    def partial_fit(
        self, X: ArrayLike, y: ArrayLike, sample_weight: ArrayLike | None = None
    ):
        """Train on for one epoch, at a constant learning rate.

        The first call settles what `fit` settles from all training data: the alphabet,
        lengths and strands (of images, their size and the scale of pixels), and the
        mean and scale of the targets.

        Parameters
        ----------
        X : container of n_samples inputs
            What the class takes; see its docstring.
        y : array-like of shape (n_samples,) or (n_samples, n_targets)
            Targets.
        sample_weight : array-like of shape (n_samples,), default=None
            How much each sample counts.

        Returns
        -------
        self
            The estimator itself.

        Raises
        ------
        ValueError
            If ``early_stopping=True``: there is nothing to stop after one epoch.
        """
        return self._partial_fit(X, y, sample_weight)

    def predict(self, X: ArrayLike) -> np.ndarray:
        """Predicted targets, in their units.

        Parameters
        ----------
        X : container of n_samples inputs
            What `fit` takes.

        Returns
        -------
        ndarray of shape (n_samples,) or (n_samples, n_targets)
            As the targets that `fit` saw. Profiles are (n_samples, length), or an
            object array of n_samples arrays where the lengths in X differ.
        """
        if self._profile:
            outputs = cut_profiles(self._predict_outputs(X))
            return map_profiles(self._in_units, outputs)
        outputs = self._predict_outputs(X).reshape(-1, *np.shape(self.y_mean_))
        return self._in_units(outputs)

    def _in_units(self, outputs: np.ndarray) -> np.ndarray:
        """Outputs of the network in the units of the targets."""
        if self.loss_ == "poisson":
            return np.exp(outputs) * self.y_mean_
        outputs = outputs * self.y_scale_
        outputs += self.y_mean_
        return outputs

    def score(
        self, X: ArrayLike, y: ArrayLike, sample_weight: ArrayLike | None = None
    ) -> float:
        """Coefficient of determination; of profiles, the mean Pearson r per window.

        Parameters
        ----------
        X : container of n_samples inputs
            What `fit` takes.
        y : array-like of shape (n_samples,) or (n_samples, n_targets)
            True targets; profiles in the layout of `fit`.
        sample_weight : array-like of shape (n_samples,), default=None
            How much each sample counts.

        Returns
        -------
        float
            R2 of ``predict(X)``, see :func:`sklearn.metrics.r2_score`, or, with
            ``output="profile"``, :func:`sklearn_cnn.metrics.pearson_per_window`.
        """
        y = self._read_y(y, "y")
        sample_weight = unpack(sample_weight, "sample_weight")
        if self._profile:
            return pearson_per_window(y, self.predict(X), sample_weight=sample_weight)
        return super().score(X, y, sample_weight)

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        tags.target_tags.single_output = True
        return tags


def _mean_and_scale(y: np.ndarray, weights) -> tuple[np.ndarray, np.ndarray]:
    """Weighted mean and standard deviation of the known values of each target.

    The scale of a constant target is 1. Sums are of distances from the smallest value,
    and squares of shares of the largest distance: what is constant is exactly so, and
    neither an offset nor a unit costs digits.
    """
    unknown = np.isnan(y)
    total = np.einsum("n,n...->...", weights, ~unknown)
    lowest = np.fmin.reduce(y)
    # One copy, changed in place: there may be many targets.
    values = y - lowest
    values[unknown] = 0
    mean = np.einsum("n,n...->...", weights, values) / total
    values -= mean
    values[unknown] = 0
    widest = np.maximum(values.max(axis=0), -values.min(axis=0))
    widest = np.where(widest > 0, widest, 1)
    values /= widest
    variance = np.einsum("n,n...,n...->...", weights, values, values) / total
    scale = widest * np.sqrt(variance)
    return np.asarray(lowest + mean), np.where(scale > 0, scale, 1.0)


def _in_words(mean: np.ndarray) -> str:
    return f"(n, {len(mean)})" if np.ndim(mean) else "(n,)"
