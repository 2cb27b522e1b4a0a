"""The task of one class a sample."""

from dataclasses import dataclass

import numpy as np
from scipy.special import expit, softmax
from sklearn.exceptions import DataConversionWarning
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import column_or_1d
from torch import nn

from sklearn_cnn._package import warn
from sklearn_cnn.targets._kinds import is_multilabel
from sklearn_cnn.targets._task import Task
from sklearn_cnn.training._losses import BinaryCrossEntropy, CrossEntropy


@dataclass(frozen=True, eq=False)
class Classes(Task):
    """One class a sample, out of two or more.

    Two classes have one output, the log odds of the second. Of more classes, each has
    an output, its logit.

    Parameters
    ----------
    classes : ndarray of shape (n_classes,)
        The labels, sorted.
    """

    classes: np.ndarray

    @classmethod
    def learn(cls, y) -> "Classes":
        """Learn the classes from labels (n,)."""
        return cls.of_labels(np.unique(_as_column(y)))

    @classmethod
    def of_labels(cls, classes: np.ndarray) -> "Classes":
        """The task with these sorted labels; raise if there is only one."""
        check_many_classes(classes)
        return cls(classes)

    @property
    def n_outputs(self) -> int:
        """One for two classes, else one a class."""
        return 1 if len(self.classes) == 2 else len(self.classes)

    @property
    def n_targets(self) -> int:
        """One label a sample."""
        return 1

    @property
    def shares_weights(self) -> bool:
        """True for three or more classes: only differences of their logits count."""
        return self.n_outputs > 1

    def attributes(self) -> dict:
        """The classes, and that there is one label a sample."""
        return {"classes_": self.classes, "multilabel_": False}

    def encode(self, y, *, name: str, missing_labels: str, width: int) -> np.ndarray:
        """Targets: 0.0 and 1.0 (n, 1) for two classes, else indices (n,)."""
        if is_multilabel(y, missing_labels, name):
            raise ValueError(changed_kind(name))
        if np.asarray(y).shape[1:] == (1,):
            warn(
                f"A column-vector {name} was passed when a 1d array was expected; pass "
                f"{name}.ravel()",
                DataConversionWarning,
            )
        indices = class_indices(_as_column(y), self.classes, name)
        return indices.astype(float)[:, None] if self.n_outputs == 1 else indices

    def loss(self, smoothing: float) -> nn.Module:
        """Cross-entropy."""
        kind = BinaryCrossEntropy if self.n_outputs == 1 else CrossEntropy
        return kind(smoothing)

    def decision(self, outputs: np.ndarray) -> np.ndarray:
        """Log odds (n,) for two classes, else logits (n, n_classes)."""
        return outputs[:, 0] if self.n_outputs == 1 else outputs

    def probabilities(self, decision: np.ndarray) -> np.ndarray:
        """Probabilities (n, n_classes)."""
        if self.n_outputs > 1:
            return softmax(decision, axis=1)
        return np.column_stack([expit(-decision), expit(decision)])

    def predict(self, decision: np.ndarray) -> np.ndarray:
        """The most probable class (n,)."""
        if self.n_outputs > 1:
            return self.classes[decision.argmax(axis=1)]
        return self.classes[(decision > 0).astype(int)]

    def strata(self, targets: np.ndarray) -> np.ndarray:
        """The class (n,) of each sample."""
        return targets.ravel()

    def indicators(self, targets: np.ndarray) -> np.ndarray:
        """Indicators of the classes, one column each; one column for two classes."""
        return (
            targets if self.n_outputs == 1 else targets[:, None] == np.unique(targets)
        )

    def single(self, index: int) -> "Classes":
        """The same task: there is only one."""
        return self

    def decode(self, targets: np.ndarray) -> np.ndarray:
        """Class indices (n,)."""
        return targets.astype(int)

    def is_same(self, other: Task) -> bool:
        """Whether kind and classes are the same."""
        return super().is_same(other) and np.array_equal(self.classes, other.classes)


def check_many_classes(classes: np.ndarray) -> None:
    """Raise if there is only one class."""
    if len(classes) == 1:
        raise ValueError(
            f"y holds one class only, {classes.tolist()[0]!r}; a classifier needs "
            "at least two classes (among the samples of non-zero weight)"
        )


def class_indices(labels: np.ndarray, classes: np.ndarray, name: str) -> np.ndarray:
    """Index of each label among sorted classes."""
    unknown = np.setdiff1d(labels, classes)
    if len(unknown):
        raise ValueError(
            f"{name} holds the class {unknown.tolist()[0]!r}, which is not among "
            f"the classes {classes.tolist()}"
        )
    return np.searchsorted(classes, labels)


def changed_kind(name: str) -> str:
    """Error message for targets of another kind than in the fit."""
    return f"{name} changed between class labels and a multilabel indicator matrix"


def _as_column(y) -> np.ndarray:
    """Validated labels (n,)."""
    y = column_or_1d(y)
    check_classification_targets(y)
    return y
