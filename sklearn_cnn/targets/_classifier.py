"""The methods of all classifiers: classes, probabilities, predictions."""

import numpy as np
from numpy.typing import ArrayLike
from sklearn.base import ClassifierMixin
from sklearn.utils import Tags, compute_sample_weight

from sklearn_cnn.preprocessing._containers import unpack
from sklearn_cnn.targets._class_profiles import ClassProfiles
from sklearn_cnn.targets._classes import Classes
from sklearn_cnn.targets._containers import plain_labels, read_targets
from sklearn_cnn.targets._kinds import is_multilabel
from sklearn_cnn.targets._labels import Labels
from sklearn_cnn.targets._task import Task


class CNNClassifierMixin(ClassifierMixin):
    """Methods of classifiers; comes before `BaseCNN` among the bases of a class."""

    @property
    def _task(self) -> Task:
        if self._per_position:
            return ClassProfiles(self.classes_)
        return (
            Labels(len(self.classes_)) if self.multilabel_ else Classes(self.classes_)
        )

    def _learn_task(self, y, weights: np.ndarray, name: str) -> Task:
        if self._per_position:
            return ClassProfiles.learn(y)
        if is_multilabel(y, self.missing_labels, name):
            return Labels.learn(y, name=name, missing_labels=self.missing_labels)
        return Classes.learn(y)

    def _present_task(self) -> Task:
        return self._task

    @property
    def _smoothing(self) -> float:
        return self.label_smoothing

    def _target_weights(self, y, weights):
        if self.class_weight is None:
            return weights
        if not isinstance(self._task, Classes):
            kind = "profiles" if self._per_position else "a multilabel indicator matrix"
            raise ValueError(
                f"class_weight is for one label a sample, but y is {kind}; pass "
                "sample_weight instead"
            )
        if self.class_weight != "balanced":
            return weights * compute_sample_weight(self.class_weight, y)
        # scikit-learn counts samples; here a sample of weight 2 counts as two.
        labels = np.unique(np.asarray(y).ravel(), return_inverse=True)[1]
        totals = np.bincount(labels, weights)
        return weights * (totals.mean() / totals)[labels]

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

    def _task_of_classes(self, y, classes, *, first: bool) -> Task | None:
        """Task of the classes that the first call of `partial_fit` names.

        None where classes come from y or are known; later calls must name the same.
        """
        if not self._per_position and is_multilabel(y, self.missing_labels, "y"):
            return None
        if first and classes is None:
            raise ValueError("classes must be passed on the first call to partial_fit.")
        if classes is None:
            return None
        classes = np.unique(plain_labels(unpack(classes, "classes")))
        if first:
            return (ClassProfiles if self._per_position else Classes).of_labels(classes)
        if not np.array_equal(classes, self.classes_):
            raise ValueError(
                f"classes={classes.tolist()} differs from those of the first call to "
                f"partial_fit: {self.classes_.tolist()}"
            )
        return None

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
        outputs = self._predict_outputs(X)
        return self._task.decision(outputs)

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
        decision = self.decision_function(X)
        return self._task.probabilities(decision)

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
        decision = self.decision_function(X)
        return self._task.predict(decision)

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
        y = read_targets(y, "y", profile=self._per_position)
        sample_weight = unpack(sample_weight, "sample_weight")
        if self._per_position:
            proba = self.predict_proba(X)
            return self._task.score(y, proba, sample_weight)
        return super().score(X, y, sample_weight)

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_label = True
        tags.classifier_tags.poor_score = False
        return tags
