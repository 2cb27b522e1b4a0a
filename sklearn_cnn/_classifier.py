"""What all classifiers share: classes, probabilities, predictions."""

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import expit, softmax
from sklearn.base import ClassifierMixin
from sklearn.utils import assert_all_finite, compute_sample_weight
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import column_or_1d
from torch import nn

from sklearn_cnn.training._losses import BinaryCrossEntropy, CrossEntropy


class CNNClassifierMixin(ClassifierMixin):
    """Targets and predictions of a classifier; the left neighbour of `BaseCNN`."""

    def _encode_y(self, y) -> np.ndarray:
        """Class indices (n,), or (n, 1) floats for two classes."""
        y = column_or_1d(y, warn=True)
        assert_all_finite(y, input_name="y")
        check_classification_targets(y)
        self.classes_, indices = np.unique(y, return_inverse=True)
        if len(self.classes_) == 1:
            raise ValueError(
                f"y holds one class only, {self.classes_.tolist()[0]!r}; a classifier "
                "needs at least two classes (among the samples of non-zero weight)"
            )
        if len(self.classes_) == 2:
            return indices.astype(float)[:, None]
        return indices

    def _target_weights(self, y, weights):
        if self.class_weight is None:
            return weights
        return weights * compute_sample_weight(self.class_weight, y)

    @property
    def _n_outputs(self) -> int:
        return 1 if len(self.classes_) == 2 else len(self.classes_)

    def _build_loss(self) -> nn.Module:
        binary = len(self.classes_) == 2
        loss = BinaryCrossEntropy if binary else CrossEntropy
        return loss(self.label_smoothing)

    def decision_function(self, X: ArrayLike) -> np.ndarray:
        """Logits of the classes.

        Parameters
        ----------
        X : container of n_samples inputs
            What `fit` takes.

        Returns
        -------
        ndarray of shape (n_samples,) or (n_samples, n_classes)
            With two classes, the log odds of ``classes_[1]``; else one logit a class,
            of which the softmax gives the probabilities.
        """
        logits = self._predict_logits(X)
        return logits[:, 0] if len(self.classes_) == 2 else logits

    def predict_proba(self, X: ArrayLike) -> np.ndarray:
        """Probabilities of the classes.

        Parameters
        ----------
        X : container of n_samples inputs
            What `fit` takes.

        Returns
        -------
        ndarray of shape (n_samples, n_classes)
            In the order of `classes_`; each row sums to one.
        """
        logits = self.decision_function(X)
        if logits.ndim == 1:
            return np.column_stack([expit(-logits), expit(logits)])
        return softmax(logits, axis=1)

    def predict(self, X: ArrayLike) -> np.ndarray:
        """Most probable class of each sample.

        Parameters
        ----------
        X : container of n_samples inputs
            What `fit` takes.

        Returns
        -------
        ndarray of shape (n_samples,)
            Labels out of `classes_`.
        """
        logits = self.decision_function(X)
        if logits.ndim == 1:
            return self.classes_[(logits > 0).astype(int)]
        return self.classes_[logits.argmax(axis=1)]
