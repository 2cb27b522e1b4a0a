"""What all regressors share: standardised targets, predictions in their units."""

import numpy as np
import torch
from numpy.typing import ArrayLike
from sklearn.base import RegressorMixin
from sklearn.utils import Tags, check_array
from torch import nn

from sklearn_cnn._missing_labels import any_missing, check_known
from sklearn_cnn.architectures._rescale import Rescale
from sklearn_cnn.training._losses import RegressionLoss


class CNNRegressorMixin(RegressorMixin):
    """Targets and predictions of a regressor; the left neighbour of `BaseCNN`."""

    def _encode_y(
        self, y, weights: np.ndarray, *, reset: bool, name: str = "y"
    ) -> np.ndarray:
        """Standardised targets (n, k)."""
        many = np.ndim(y) == 2
        y = check_array(
            y,
            ensure_2d=False,
            allow_nd=True,
            dtype=np.float64,
            ensure_all_finite="allow-nan" if many else True,
            input_name=name,
        )
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
        targets = y - self.y_mean_
        targets /= self.y_scale_
        return targets.reshape(len(y), -1)

    def _restrict_to(self, task):
        self.y_mean_, self.y_scale_ = self.y_mean_[task], self.y_scale_[task]

    def _decode_targets(self, targets):
        return targets * self.y_scale_ + self.y_mean_

    @property
    def _n_outputs(self) -> int:
        return np.size(self.y_mean_)

    def _build_loss(self, *, smoothed: bool = True) -> nn.Module:
        return RegressionLoss(self.loss)

    def _finish_module(self, module: nn.Module) -> nn.Module:
        dtype = next(module.parameters()).dtype
        return Rescale(
            module,
            torch.tensor(self.y_mean_, dtype=dtype).reshape(-1),
            torch.tensor(self.y_scale_, dtype=dtype).reshape(-1),
        )

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
            As the targets that `fit` saw.
        """
        outputs = self._predict_outputs(X).reshape(-1, *np.shape(self.y_mean_))
        outputs = outputs * self.y_scale_
        outputs += self.y_mean_
        return outputs

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        tags.target_tags.single_output = True
        return tags


def _mean_and_scale(y: np.ndarray, weights) -> tuple[np.ndarray, np.ndarray]:
    """Weighted mean and standard deviation of the known values of each target."""
    known = ~np.isnan(y)
    total = np.einsum("n,n...->...", weights, known)
    mean = np.einsum("n,n...->...", weights, np.where(known, y, 0)) / total
    centered = np.asarray(y - mean)
    centered[~known] = 0
    variance = np.einsum("n,n...,n...->...", weights, centered, centered) / total
    scale = np.sqrt(variance)
    # A constant target stays finite, also where rounding leaves a spread.
    tiny = 1e-12 * np.maximum(np.abs(mean), 1)
    return np.asarray(mean), np.where(scale > tiny, scale, 1.0)


def _in_words(mean: np.ndarray) -> str:
    return f"(n, {len(mean)})" if np.ndim(mean) else "(n,)"
