"""The task of one of two classes at each position."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import expit, logit
from torch import nn

from sklearn_cnn.metrics import pearson_per_window
from sklearn_cnn.preprocessing._profiles import as_profiles
from sklearn_cnn.targets._classes import check_many_classes, class_indices
from sklearn_cnn.targets._profiles import cut_profiles, map_profiles, pad_profiles
from sklearn_cnn.targets._task import Task
from sklearn_cnn.training._losses import BinaryCrossEntropy


@dataclass(frozen=True, eq=False)
class ClassProfiles(Task):
    """One of two classes at each position of an input.

    Parameters
    ----------
    classes : ndarray of shape (2,)
        The two labels, sorted.
    """

    classes: np.ndarray
    per_position = True

    @classmethod
    def learn(cls, y: list[np.ndarray]) -> "ClassProfiles":
        """Learn the classes from profiles of labels."""
        labels = np.concatenate(y)
        return cls.of_labels(np.unique(labels[~pd.isna(labels)]))

    @classmethod
    def of_labels(cls, classes: np.ndarray) -> "ClassProfiles":
        """The task with these sorted labels; raise unless there are two."""
        check_many_classes(classes)
        if len(classes) != 2:
            raise ValueError(
                "with output='profile' each position has one of two labels, but y "
                f"holds {len(classes)}: {classes[:5].tolist()}"
                f"{'...' if len(classes) > 5 else ''}; for numbers use the regressor"
            )
        return cls(classes)

    @property
    def n_outputs(self) -> int:
        """One: the log odds of the second class at each position."""
        return 1

    def attributes(self) -> dict:
        """The classes, and that there is one label a position."""
        return {"classes_": self.classes, "multilabel_": False}

    def encode(self, y, *, name: str, missing_labels: str, width: int) -> np.ndarray:
        """Targets (n, width): 0, 1, and NaN where unknown or padded."""
        labels = np.concatenate(y)
        known = ~pd.isna(labels)
        encoded = np.full(len(labels), np.nan)
        encoded[known] = class_indices(labels[known], self.classes, name)
        return pad_profiles(encoded, [len(profile) for profile in y], width)

    def loss(self, smoothing: float) -> nn.Module:
        """Cross-entropy without smoothing, which would raise rare sites."""
        return BinaryCrossEntropy(0.0)

    def initial_bias(self, targets: np.ndarray) -> float:
        """Log odds of the share of sites: they are rare, and training begins there."""
        known = targets[~np.isnan(targets)]
        share = (known.sum() + 0.5) / (len(known) + 1)
        return logit(share)

    def decision(self, outputs: np.ndarray) -> np.ndarray:
        """Profiles of the log odds of the second class."""
        return cut_profiles(outputs)

    def probabilities(self, decision: np.ndarray) -> np.ndarray:
        """Profiles of the probability of the second class."""
        return map_profiles(expit, decision)

    def predict(self, decision: np.ndarray) -> np.ndarray:
        """Profiles of the more probable class."""
        return map_profiles(
            lambda logits: self.classes[(logits > 0).astype(int)], decision
        )

    def score(self, y, proba: np.ndarray, sample_weight) -> float:
        """Mean over windows of the correlation of probability and second class."""
        truth = [
            np.where(pd.isna(labels), np.nan, labels == self.classes[1])
            for labels in as_profiles(y)
        ]
        return pearson_per_window(truth, proba, sample_weight=sample_weight)

    def is_same(self, other: Task) -> bool:
        """Whether kind and classes are the same."""
        return super().is_same(other) and np.array_equal(self.classes, other.classes)
