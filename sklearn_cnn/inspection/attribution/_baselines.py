"""What inputs are compared with: shuffles of a sequence, the mean of a signal."""

import numpy as np
from numpy.typing import ArrayLike

from sklearn_cnn._base import BaseCNN
from sklearn_cnn._fitted_model import FittedModel
from sklearn_cnn.backbones._borrowed_config import BorrowedConfig
from sklearn_cnn.inputs._inputs import Inputs
from sklearn_cnn.preprocessing import dinucleotide_shuffle

# Stands for the first kind of column in a sequence.
_FIRST_CHARACTER = 33


def draw_baselines(
    estimator: BaseCNN, inputs: Inputs, n_shuffles: int, rng: np.random.RandomState
) -> Inputs:
    """Neutral inputs: of each sequence `n_shuffles`, one below the other.

    These are shuffles that keep its dinucleotides, and N where it is. Channels that
    hold no letters have their mean of the training set; an input without letters has
    this one baseline.
    """
    alphabet = getattr(estimator, "alphabet_", None)
    if alphabet is None:
        n_shuffles = 1
    values = np.repeat(inputs.values, n_shuffles, axis=0)
    lengths = inputs.lengths
    lengths = None if lengths is None else np.repeat(lengths, n_shuffles)
    n_symbols = 0
    if alphabet is not None:
        n_symbols = len(alphabet.symbols)
        _shuffle(values, inputs.alphabet, n_symbols, n_shuffles, rng)
    if inputs.alphabet is None and values.shape[1] > n_symbols:
        tracks = values[:, n_symbols:]
        means = _channel_means(estimator)[n_symbols:]
        means = means.reshape(-1, *[1] * (values.ndim - 2))
        values = values.astype(float)
        values[:, n_symbols:] = np.where(np.isnan(tracks), np.nan, means)
    return Inputs(values, inputs.alphabet, lengths)


def encode_baselines(
    estimator: BaseCNN, baselines: ArrayLike, inputs: Inputs
) -> Inputs:
    """Baselines that the user gave, one for each input and as long."""
    encoded = FittedModel(estimator).read(baselines, "baselines")
    if len(encoded) != len(inputs):
        raise ValueError(
            f"baselines holds {len(encoded)} inputs; one for each of the "
            f"{len(inputs)} in X is needed"
        )
    lengths, wanted = (
        np.full(len(i), i.length) if i.lengths is None else i.lengths
        for i in (encoded, inputs)
    )
    differ = np.flatnonzero(lengths != wanted)
    if len(differ):
        row = differ[0]
        raise ValueError(
            f"baselines[{row}] has {lengths[row]} positions, but X[{row}] has "
            f"{wanted[row]}"
        )
    return encoded


def _shuffle(values, alphabet, n_symbols, n_shuffles, rng) -> None:
    """Shuffle the letters in place; `n_shuffles` rows in turn are one sequence."""
    for first in range(0, len(values), n_shuffles):
        copies = values[first : first + n_shuffles]
        if alphabet is None:
            copies = copies[:, :n_symbols]
            letters = np.nan_to_num(copies[0]).T
        else:
            copies = copies[:, None]
            letters = alphabet.columns[copies[0, 0]]
        # Padding and letters of which nothing is known stay where they are.
        known = letters.max(axis=1) > letters.min(axis=1)
        if not known.any():
            continue
        # One character for each kind of column.
        columns, kinds = np.unique(copies[0][:, known], axis=1, return_inverse=True)
        text = "".join(chr(_FIRST_CHARACTER + kind) for kind in kinds.ravel())
        shuffles = dinucleotide_shuffle([text] * n_shuffles, random_state=rng)
        kinds = [[ord(letter) - _FIRST_CHARACTER for letter in s] for s in shuffles]
        copies[..., known] = columns[:, kinds].transpose(1, 0, 2)


def _channel_means(estimator) -> np.ndarray:
    """Mean of each channel in training, over the networks."""
    if isinstance(estimator.architecture_, BorrowedConfig):
        return np.array(estimator.architecture_.channel_means)
    suffix = ".standardize.mean"
    means = [
        array for name, array in estimator.weights_.items() if name.endswith(suffix)
    ]
    return np.mean(means, axis=0)[:, 0]
