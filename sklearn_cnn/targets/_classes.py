"""One class a sample."""

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

    Two classes have one output, the log odds of the second; more have one each.

    Parameters
    ----------
    classes : ndarray of shape (n_classes,)
        Labels, sorted.
    """

    classes: np.ndarray

    @classmethod
    def learn(cls, y) -> "Classes":
        """The task of labels (n,)."""
        return cls.of_labels(np.unique(_as_column(y)))

    @classmethod
    def of_labels(cls, classes: np.ndarray) -> "Classes":
        """The task of sorted labels, if there are at least two."""
        check_many_classes(classes)
        return cls(classes)

    @property
    def n_outputs(self) -> int:
        """One of two classes, else one a class."""
        return 1 if len(self.classes) == 2 else len(self.classes)

    @property
    def n_targets(self) -> int:
        """One label a sample."""
        return 1

    @property
    def shares_weights(self) -> bool:
        """Logits of classes are only compared with each other."""
        return self.n_outputs > 1

    def attributes(self) -> dict:
        """Labels, and that there is one a sample."""
        return {"classes_": self.classes, "multilabel_": False}

    def encode(self, y, *, name: str, missing_labels: str, width: int) -> np.ndarray:
        """Floats 0 and 1 (n, 1) of two classes, else indices (n,)."""
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
        """Logits (n,) of two classes, else (n, n_classes)."""
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
        """The classes."""
        return targets.ravel()

    def indicators(self, targets: np.ndarray) -> np.ndarray:
        """One column a class; one of two classes."""
        return (
            targets if self.n_outputs == 1 else targets[:, None] == np.unique(targets)
        )

    def single(self, index: int) -> "Classes":
        """There is one task."""
        return self

    def decode(self, targets: np.ndarray) -> np.ndarray:
        """Labels of the indices."""
        return targets.astype(int)

    def is_same(self, other: Task) -> bool:
        """Whether the classes, too, are the same."""
        return super().is_same(other) and np.array_equal(self.classes, other.classes)


def check_many_classes(classes: np.ndarray) -> None:
    """Refuse a single class."""
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
    """Message about targets of another kind than those of the fit."""
    return f"{name} changed between class labels and a multilabel indicator matrix"


def _as_column(y) -> np.ndarray:
    y = column_or_1d(y)
    check_classification_targets(y)
    return y
