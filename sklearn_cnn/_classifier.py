"""What all classifiers share: classes, probabilities, predictions."""

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy.special import expit, logit, softmax
from sklearn.base import ClassifierMixin
from sklearn.exceptions import DataConversionWarning
from sklearn.utils import Tags, assert_all_finite, check_array, compute_sample_weight
from sklearn.utils.multiclass import check_classification_targets, type_of_target
from sklearn.utils.validation import column_or_1d
from torch import nn

from sklearn_cnn._missing_labels import any_missing, check_known, nan_for_missing
from sklearn_cnn._profiles import cut_profiles, map_profiles, pad_profiles
from sklearn_cnn._target_containers import plain_labels
from sklearn_cnn._warnings import warn
from sklearn_cnn.metrics import pearson_per_window
from sklearn_cnn.preprocessing._containers import unpack
from sklearn_cnn.preprocessing._profiles import as_profiles
from sklearn_cnn.training._losses import BinaryCrossEntropy, CrossEntropy


class CNNClassifierMixin(ClassifierMixin):
    """Targets and predictions of a classifier; the left neighbour of `BaseCNN`."""

    def _encode_y(
        self, y, weights: np.ndarray, *, reset: bool, name: str = "y"
    ) -> np.ndarray:
        """Class indices (n,), or 0, 1 and NaN (n, k): two classes, many labels."""
        if self._profile:
            return self._encode_profiles(y, reset=reset, name=name)
        multilabel = _is_multilabel(y, self.missing_labels, name)
        if not reset and multilabel != self.multilabel_:
            raise ValueError(
                f"{name} changed between class labels and a multilabel indicator matrix"
            )
        if multilabel:
            return self._encode_indicators(y, reset=reset, name=name)
        if np.asarray(y).shape[1:] == (1,):
            warn(
                f"A column-vector {name} was passed when a 1d array was expected; pass "
                f"{name}.ravel()",
                DataConversionWarning,
            )
        y = column_or_1d(y)
        check_classification_targets(y)
        if reset:
            self._set_classes(np.unique(y))
        indices = self._to_indices(y, name)
        return indices.astype(float)[:, None] if self._one_logit else indices

    def _read_y(self, y, name: str):
        return plain_labels(super()._read_y(y, name))

    def _to_indices(self, labels: np.ndarray, name: str) -> np.ndarray:
        unknown = np.setdiff1d(labels, self.classes_)
        if len(unknown):
            raise ValueError(
                f"{name} holds the class {unknown.tolist()[0]!r}, which is not among "
                f"the classes {self.classes_.tolist()}"
            )
        return np.searchsorted(self.classes_, labels)

    def _encode_profiles(self, y, *, reset: bool, name: str) -> np.ndarray:
        """Profiles (n, longest) of 0 and 1; NaN where a label is missing."""
        labels = np.concatenate(y)
        known = ~pd.isna(labels)
        if reset:
            self._set_classes(np.unique(labels[known]))
        encoded = np.full(len(labels), np.nan)
        encoded[known] = self._to_indices(labels[known], name)
        return pad_profiles(encoded, [len(profile) for profile in y])

    def _encode_indicators(self, y, *, reset: bool, name: str) -> np.ndarray:
        finite = True if self.missing_labels == "raise" else "allow-nan"
        y = nan_for_missing(y)
        y = check_array(
            y, accept_sparse=True, ensure_all_finite=finite, input_name=name
        )
        y = y.toarray() if hasattr(y, "toarray") else y
        missing = np.isnan(y)
        wrong = (y != 0) & (y != 1) & ~missing
        if wrong.any():
            row, label = np.argwhere(wrong)[0]
            raise ValueError(
                f"{name}[{row}, {label}] is {y[row, label]:g}; a multilabel indicator "
                "matrix holds 0, 1 and, where a label is missing, NaN"
            )
        if reset:
            check_known(y, name)
            self.multilabel_ = True
            self.classes_ = np.arange(y.shape[1])
        elif y.shape[1] != len(self.classes_):
            raise ValueError(
                f"{name} has {y.shape[1]} labels, but {type(self).__name__} was fitted "
                f"on {len(self.classes_)}"
            )
        # One byte a label, where all are known.
        return y.astype(np.float32 if missing.any() else np.int8)

    def _set_classes(self, classes: np.ndarray) -> None:
        if len(classes) == 1:
            raise ValueError(
                f"y holds one class only, {classes.tolist()[0]!r}; a classifier needs "
                "at least two classes (among the samples of non-zero weight)"
            )
        if self._profile and len(classes) != 2:
            raise ValueError(
                "with output='profile' each position has one of two labels, but y "
                f"holds {len(classes)}: {classes[:5].tolist()}"
                f"{'...' if len(classes) > 5 else ''}; for numbers use the regressor"
            )
        self.multilabel_ = False
        self.classes_ = classes

    def _target_weights(self, y, weights):
        if self.class_weight is None:
            return weights
        if self.multilabel_ or self._profile:
            kind = "profiles" if self._profile else "a multilabel indicator matrix"
            raise ValueError(
                f"class_weight is for one label a sample, but y is {kind}; pass "
                "sample_weight instead"
            )
        if self.class_weight != "balanced":
            return weights * compute_sample_weight(self.class_weight, y)
        # By weights, where scikit-learn counts: a sample of weight 2 is two samples.
        labels = np.unique(np.asarray(y).ravel(), return_inverse=True)[1]
        totals = np.bincount(labels, weights)
        return weights * (totals.mean() / totals)[labels]

    def _restrict_to(self, task):
        self.multilabel_, self.classes_ = False, np.arange(2)

    def _decode_targets(self, targets):
        return targets.astype(int)

    def _stratify_by(self, targets):
        return None if self.multilabel_ or self._profile else targets.ravel()

    @property
    def _one_logit(self) -> bool:
        return len(self.classes_) == 2 and not self.multilabel_

    @property
    def _n_outputs(self) -> int:
        return 1 if self._one_logit else len(self.classes_)

    def _build_loss(self, *, smoothed: bool = True) -> nn.Module:
        binary = self._one_logit or self.multilabel_
        loss = BinaryCrossEntropy if binary else CrossEntropy
        # Smoothing would lift the probability of sites, which are rare in profiles.
        smoothed = smoothed and not self._profile
        return loss(self.label_smoothing if smoothed else 0.0)

    def _prepare(self, network: nn.Module, samples, weights) -> None:
        super()._prepare(network, samples, weights)
        if self._profile:
            # Sites are rare: to begin at their share saves the way there.
            known = samples.targets[~np.isnan(samples.targets)]
            share = (known.sum() + 0.5) / (len(known) + 1)
            network.profile_head.start_at(logit(share))

    def partial_fit(
        self,
        X: ArrayLike,
        y: ArrayLike,
        classes: ArrayLike | None = None,
        sample_weight: ArrayLike | None = None,
    ):
        """Train on for one epoch, at a constant learning rate.

        The first call settles what `fit` settles from all training data: the alphabet,
        lengths and strands; of images, their size and the scale of pixels.

        Parameters
        ----------
        X : container of n_samples inputs
            What the class takes; see its docstring.
        y : array-like of shape (n_samples,) or (n_samples, n_labels)
            Targets.
        classes : array-like of shape (n_classes,), default=None
            All classes that will ever occur; needed at the first call, except with a
            multilabel indicator matrix.
        sample_weight : array-like of shape (n_samples,), default=None
            How much each sample counts.

        Returns
        -------
        self
            The estimator itself.

        Raises
        ------
        ValueError
            If ``early_stopping=True`` (there is nothing to stop after one epoch), or if
            `classes` are missing at the first call or change later.
        """
        return self._partial_fit(X, y, sample_weight, classes=classes)

    def _check_partial_fit_classes(self, y, classes, *, first: bool) -> None:
        """Take the classes of the first call; later ones must agree."""
        if not self._profile and _is_multilabel(y, self.missing_labels, "y"):
            return
        if first and classes is None:
            raise ValueError("classes must be passed on the first call to partial_fit.")
        if classes is None:
            return
        classes = np.unique(plain_labels(unpack(classes, "classes")))
        if first:
            self._set_classes(classes)
        elif not np.array_equal(classes, self.classes_):
            raise ValueError(
                f"classes={classes.tolist()} differs from those of the first call to "
                f"partial_fit: {self.classes_.tolist()}"
            )

    def decision_function(self, X: ArrayLike) -> np.ndarray:
        """Logits of the classes.

        Parameters
        ----------
        X : container of n_samples inputs
            What `fit` takes.

        Returns
        -------
        ndarray of shape (n_samples,) or (n_samples, n_classes)
            With two classes, the log odds of ``classes_[1]``; with more, one logit a
            class, of which the softmax gives the probabilities; for a multilabel
            problem, the log odds of each label. With ``output="profile"``, the log
            odds of ``classes_[1]`` at each position: (n_samples, length), or an object
            array of n_samples arrays where the lengths in X differ.
        """
        logits = self._predict_outputs(X)
        if self._profile:
            return cut_profiles(logits)
        return logits[:, 0] if self._one_logit else logits

    def predict_proba(self, X: ArrayLike) -> np.ndarray:
        """Probabilities of the classes.

        Parameters
        ----------
        X : container of n_samples inputs
            What `fit` takes.

        Returns
        -------
        ndarray of shape (n_samples, n_classes)
            In the order of `classes_`; each row sums to one, except for a multilabel
            problem, where each column is the probability of a label. With
            ``output="profile"``, the probability of ``classes_[1]`` at each position,
            in the layout of `decision_function`.
        """
        logits = self.decision_function(X)
        if self._profile:
            return map_profiles(expit, logits)
        if self.multilabel_:
            return expit(logits, out=logits)
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
        ndarray of shape (n_samples,) or (n_samples, n_labels)
            Labels out of `classes_`; for a multilabel problem, 1 where a label is more
            probable than not, else 0. With ``output="profile"``, the more probable
            label of each position, in the layout of `decision_function`.
        """
        logits = self.decision_function(X)
        if self._profile:
            return map_profiles(lambda x: self.classes_[(x > 0).astype(int)], logits)
        if self.multilabel_:
            return (logits > 0).astype(int)
        if logits.ndim == 1:
            return self.classes_[(logits > 0).astype(int)]
        return self.classes_[logits.argmax(axis=1)]

    def score(
        self, X: ArrayLike, y: ArrayLike, sample_weight: ArrayLike | None = None
    ) -> float:
        """Accuracy; of profiles, the mean Pearson r per window.

        Parameters
        ----------
        X : container of n_samples inputs
            What `fit` takes.
        y : array-like of shape (n_samples,) or (n_samples, n_labels)
            True labels; profiles in the layout of `fit`.
        sample_weight : array-like of shape (n_samples,), default=None
            How much each sample counts.

        Returns
        -------
        float
            Accuracy of ``predict(X)``, see :func:`sklearn.metrics.accuracy_score`.
            With ``output="profile"``, where most positions are alike and accuracy says
            little, :func:`sklearn_cnn.metrics.pearson_per_window` of the probabilities
            of ``classes_[1]`` and of where it is.
        """
        y = self._read_y(y, "y")
        sample_weight = unpack(sample_weight, "sample_weight")
        if self._profile:
            truth = [
                np.where(pd.isna(labels), np.nan, labels == self.classes_[1])
                for labels in as_profiles(y)
            ]
            proba = self.predict_proba(X)
            return pearson_per_window(truth, proba, sample_weight=sample_weight)
        return super().score(X, y, sample_weight)

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_label = True
        tags.classifier_tags.poor_score = False
        return tags


def _is_multilabel(y, missing_labels: str, name: str) -> bool:
    """Whether y is a multilabel indicator matrix; refuse labels that are missing."""
    labels = np.asarray(y)
    if labels.ndim > 2:
        raise ValueError(
            f"{name} has shape {labels.shape}; labels are (n,), or (n, n_labels) for a "
            "multilabel indicator matrix"
        )
    if labels.ndim == 1 and labels.dtype.kind in "fO":
        missing = np.flatnonzero(pd.isna(labels))
        if len(missing):
            raise ValueError(
                f"Input {name} contains NaN: {name}[{missing[0]}] is missing "
                f"({labels[missing[0]]!r}); each sample needs a label"
            )
        if labels.dtype.kind == "f":
            assert_all_finite(labels, input_name=name)
        if len({isinstance(label, str) for label in labels.tolist()}) == 2:
            kinds = sorted({type(label).__name__ for label in labels})
            raise TypeError(
                f"{name} mixes labels of the types {', '.join(kinds)}; make all of "
                "them strings or all of them numbers"
            )
    many = labels.ndim == 2 and labels.shape[1] > 1
    if many and labels.dtype.kind in "fO" and any_missing(y, missing_labels, name):
        return True
    kind = type_of_target(y, input_name=name)
    if kind == "unknown" and labels.ndim == 1:
        kinds = sorted({type(label).__name__ for label in labels})
        raise ValueError(
            f"Unknown label type: {name} holds objects of the type {', '.join(kinds)}; "
            f"make them numbers or strings, for instance by {name}.astype(str)"
        )
    return kind == "multilabel-indicator"
