"""The task of many labels a sample, each present or not."""

from dataclasses import dataclass

import numpy as np
from scipy.special import expit
from sklearn.utils import check_array
from torch import nn

from sklearn_cnn.targets._classes import Classes, changed_kind
from sklearn_cnn.targets._kinds import is_multilabel
from sklearn_cnn.targets._missing_labels import check_known, nan_for_missing
from sklearn_cnn.targets._task import Task
from sklearn_cnn.training._losses import BinaryCrossEntropy


@dataclass(frozen=True)
class Labels(Task):
    """Many labels a sample: an indicator matrix (n, n_labels) of 0, 1 and NaN.

    Parameters
    ----------
    n_labels : int
        Number of labels: columns of y.
    """

    n_labels: int

    @classmethod
    def learn(cls, y, *, name: str, missing_labels: str) -> "Labels":
        """Learn the number of labels from an indicator matrix."""
        y = _read(y, name, missing_labels)
        check_known(y, name)
        return cls(y.shape[1])

    @property
    def n_outputs(self) -> int:
        """One a label: its log odds."""
        return self.n_labels

    def attributes(self) -> dict:
        """The labels' numbers, and that there are many a sample."""
        return {"classes_": np.arange(self.n_labels), "multilabel_": True}

    def encode(self, y, *, name: str, missing_labels: str, width: int) -> np.ndarray:
        """Targets (n, n_labels): 0, 1, and NaN where unknown."""
        if not is_multilabel(y, missing_labels, name):
            raise ValueError(changed_kind(name))
        y = _read(y, name, missing_labels)
        if y.shape[1] != self.n_labels:
            raise ValueError(
                f"{name} has {y.shape[1]} labels, but the estimator was fitted on "
                f"{self.n_labels}"
            )
        # One byte a label, where all are known.
        return y.astype(np.float32 if np.isnan(y).any() else np.int8)

    def loss(self, smoothing: float) -> nn.Module:
        """Cross-entropy of each label."""
        return BinaryCrossEntropy(smoothing)

    def decision(self, outputs: np.ndarray) -> np.ndarray:
        """Log odds (n, n_labels)."""
        return outputs

    def probabilities(self, decision: np.ndarray) -> np.ndarray:
        """Probabilities (n, n_labels)."""
        return expit(decision)

    def predict(self, decision: np.ndarray) -> np.ndarray:
        """Indicators (n, n_labels): 1 where a label is more probable than not."""
        return (decision > 0).astype(int)

    def single(self, index: int) -> Task:
        """The task of one of the labels: absent or present."""
        return Classes(np.arange(2))


def _read(y, name: str, missing_labels: str) -> np.ndarray:
    """Validated indicator matrix (n, n_labels)."""
    finite = True if missing_labels == "raise" else "allow-nan"
    y = check_array(
        nan_for_missing(y),
        accept_sparse=True,
        ensure_all_finite=finite,
        input_name=name,
    )
    y = y.toarray() if hasattr(y, "toarray") else y
    wrong = (y != 0) & (y != 1) & ~np.isnan(y)
    if wrong.any():
        row, label = np.argwhere(wrong)[0]
        raise ValueError(
            f"{name}[{row}, {label}] is {y[row, label]:g}; a multilabel indicator "
            "matrix holds 0, 1 and, where a label is missing, NaN"
        )
    return y
