"""Training or held-out samples."""

from dataclasses import dataclass, replace
from numbers import Real

import numpy as np
from numpy.typing import ArrayLike
from sklearn.utils import _safe_indexing, check_array

from sklearn_cnn.inputs._inputs import Inputs
from sklearn_cnn.preprocessing._containers import unpack


@dataclass(frozen=True)
class TrainingSet:
    """Samples, encoded and as the user gave them, without those that count for nothing.

    Parameters
    ----------
    rows : ndarray of shape (n,)
        Their rows in the user's X.
    X, y : array-like
        Inputs and targets as the user gave them. What is in a file stays there.
    inputs : Inputs
        Encoded inputs.
    hashes : ndarray of shape (n,)
        Hashes of the inputs; equal inputs have equal hashes.
    targets : ndarray of shape (n, ...)
        Targets as the loss reads them.
    weights : ndarray of shape (n,)
        Weights in the loss.
    sample_weight : ndarray of shape (n,) or None
        Weights as the user gave them; None if there were none.
    """

    rows: np.ndarray
    X: ArrayLike
    y: ArrayLike
    inputs: Inputs
    hashes: np.ndarray
    targets: np.ndarray
    weights: np.ndarray
    sample_weight: np.ndarray | None

    def __len__(self) -> int:
        return len(self.inputs)

    def __getitem__(self, rows: np.ndarray) -> "TrainingSet":
        return TrainingSet(
            self.rows[rows],
            _safe_indexing(self.X, rows),
            _safe_indexing(self.y, rows),
            self.inputs[rows],
            self.hashes[rows],
            self.targets[rows],
            self.weights[rows],
            None if self.sample_weight is None else self.sample_weight[rows],
        )

    @property
    def in_memory(self) -> "TrainingSet":
        """The same samples, with inputs that are read if they are in a file."""
        return replace(self, inputs=self.inputs.in_memory)

    @property
    def mean_one_weights(self) -> np.ndarray:
        """Weights (n,) scaled to mean one, as losses expect them."""
        return self.weights / self.weights.mean()


def check_weights(sample_weight, n_samples: int, *, name: str) -> np.ndarray:
    """Validated weights (n,) as float64; ones where none are given."""
    if sample_weight is None or isinstance(sample_weight, Real):
        sample_weight = np.full(
            n_samples, 1.0 if sample_weight is None else sample_weight
        )
    weights = check_array(
        unpack(sample_weight, name),
        ensure_2d=False,
        dtype=np.float64,
        input_name=name,
    )
    if weights.shape != (n_samples,):
        raise ValueError(
            f"{name} has shape {weights.shape}; one weight for each of the {n_samples} "
            "samples is needed"
        )
    if weights.min() < 0:
        index = int(np.argmin(weights))
        raise ValueError(
            f"Negative values in {name}: {name}[{index}] is {weights[index]}; weights "
            "must be zero or more"
        )
    if not weights.any():
        raise ValueError(
            f"{name} is all zero. Sample weights must contain at least one non-zero "
            "number."
        )
    return weights


def near_one(weights: np.ndarray) -> np.ndarray:
    """Weights (n,) times the power of two that makes the largest about one.

    Only their ratios count, and that rounds none of them; in single precision very
    small or large ones would be zero or infinite.
    """
    _, exponent = np.frexp(weights.max())
    return np.ldexp(weights, -exponent)
