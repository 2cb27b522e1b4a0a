"""Encoded inputs."""

import math
from collections.abc import Iterator
from dataclasses import dataclass

import joblib
import numpy as np
import torch

from sklearn_cnn import _defaults
from sklearn_cnn.preprocessing._alphabet import Alphabet
from sklearn_cnn.preprocessing._stored_sequences import StoredCodes


@dataclass(frozen=True)
class Inputs:
    """Encoded inputs: one byte a letter or pixel, or numbers.

    Parameters
    ----------
    values : ndarray or StoredCodes
        Codes (n, length) of dtype uint8 where there is an alphabet, in memory or in a
        file; else numbers (n, channels, length), or of images (n, channels, height,
        width).
    alphabet : Alphabet or None
        What the codes mean.
    lengths : ndarray of shape (n,) or None
        Number of positions of each input, which is padded at the right to the longest;
        None where all are as long as the array.
    """

    values: np.ndarray | StoredCodes
    alphabet: Alphabet | None = None
    lengths: np.ndarray | None = None

    def __len__(self) -> int:
        return len(self.values)

    def __getitem__(self, rows) -> "Inputs":
        lengths = None if self.lengths is None else self.lengths[rows]
        return Inputs(self.values[rows], self.alphabet, lengths)

    @property
    def are_stored(self) -> bool:
        """Whether the codes are in a file, and choosing rows reads nothing."""
        return isinstance(self.values, StoredCodes)

    @property
    def in_memory(self) -> "Inputs":
        """The same inputs, read if they are in a file."""
        if not self.are_stored:
            return self
        return Inputs(self.values.codes(), self.alphabet, self.lengths)

    def parts(self) -> Iterator[tuple[slice, "Inputs"]]:
        """Rows and their inputs in memory: all at once, but for those in a file."""
        if not self.are_stored:
            yield slice(0, len(self)), self
            return
        for rows, _ in self.values.parts():
            yield rows, self[rows].in_memory

    def content(self) -> np.ndarray | list[str]:
        """What sets these inputs apart from others: values, or hashes of parts."""
        if not self.are_stored:
            return self.values
        return [joblib.hash(part.values) for _, part in self.parts()]

    @property
    def n_channels(self) -> int:
        """Channels that a network sees."""
        if self.alphabet is not None:
            return len(self.alphabet.symbols)
        return self.values.shape[1]

    @property
    def padding(self) -> float:
        """Value behind the end of an input: a code, or NaN among numbers."""
        return np.nan if self.alphabet is None else self.alphabet.padding_code

    @property
    def ragged(self) -> bool:
        """Whether lengths differ."""
        return self.lengths is not None and self.lengths.min() < self.length

    @property
    def as_they_are(self) -> "Inputs":
        """The same inputs, without lengths if all are equal, so that none is padded.

        A network without a mask would read padding as letters.
        """
        return self if self.ragged else Inputs(self.values, self.alphabet)

    @property
    def length(self) -> int:
        """Number of positions, padding included; of an image, number of pixels."""
        return math.prod(self.values.shape[1 if self.alphabet is not None else 2 :])

    def rows_at_once(self, most: int, *, gradients: bool = True) -> int:
        """Rows of a batch whose activations fit into memory, `most` at most."""
        return _defaults.rows_at_once(most, self.length, gradients=gradients)

    def chunks(self, weights: np.ndarray) -> Iterator[tuple[torch.Tensor, ...]]:
        """Values and weights, some rows at a time."""
        n_rows = self.rows_at_once(len(self))
        for start in range(0, len(self), n_rows):
            rows = slice(start, start + n_rows)
            # Copies, since arrays may be read-only (joblib's memory maps).
            values = self[rows].in_memory.values
            yield torch.tensor(values), torch.tensor(weights[rows])
