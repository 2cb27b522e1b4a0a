"""The methods of all regressors: predictions in the units of the targets."""

import numpy as np
from numpy.typing import ArrayLike
from sklearn.base import RegressorMixin
from sklearn.utils import Tags

from sklearn_cnn.metrics import pearson_per_window
from sklearn_cnn.preprocessing._containers import unpack
from sklearn_cnn.targets._containers import read_targets
from sklearn_cnn.targets._number_profiles import NumberProfiles
from sklearn_cnn.targets._numbers import Numbers
from sklearn_cnn.targets._task import Task


class CNNRegressorMixin(RegressorMixin):
    """Methods of regressors; comes before `BaseCNN` among the bases of a class."""

    @property
    def _task(self) -> Task:
        kind = NumberProfiles if self._per_position else Numbers
        return kind(self.y_mean_, self.y_scale_, self.loss_)

    def _learn_task(self, y, weights: np.ndarray, name: str) -> Task:
        if self._per_position:
            return NumberProfiles.learn(y, weights, name=name, loss=self.loss)
        return Numbers.learn(
            y,
            weights,
            name=name,
            missing_labels=self.missing_labels,
            loss=self.loss,
        )

    def _present_task(self) -> Task:
        return self._task.with_loss(self.loss)

    # There are no labels to smooth.
    _smoothing = 0.0

    def _target_weights(self, y, weights: np.ndarray) -> np.ndarray:
        return weights

    def _task_of_classes(self, y, classes, *, first: bool) -> None:
        return None

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
        outputs = self._predict_outputs(X)
        return self._task.predict(outputs)

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
        y = read_targets(y, "y", profile=self._per_position)
        sample_weight = unpack(sample_weight, "sample_weight")
        if self._per_position:
            return pearson_per_window(y, self.predict(X), sample_weight=sample_weight)
        return super().score(X, y, sample_weight)

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        tags.target_tags.single_output = True
        return tags
