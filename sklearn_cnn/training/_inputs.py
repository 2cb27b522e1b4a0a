"""Encoded inputs, and how batches of them become what a network reads."""

import math
from dataclasses import dataclass

import numpy as np
import torch

from sklearn_cnn.preprocessing._alphabet import Alphabet


@dataclass(frozen=True)
class Inputs:
    """Encoded inputs in memory: one byte a letter, or numbers.

    Parameters
    ----------
    values : ndarray
        Codes (n, length) of dtype uint8 where there is an alphabet, else numbers
        (n, channels, length), or of images (n, channels, height, width).
    alphabet : Alphabet or None
        What the codes mean.
    lengths : ndarray of shape (n,) or None
        Number of positions of each input, padded at the right to the longest, where
        lengths may differ.
    """

    values: np.ndarray
    alphabet: Alphabet | None = None
    lengths: np.ndarray | None = None

    def __len__(self) -> int:
        return len(self.values)

    def __getitem__(self, rows) -> "Inputs":
        lengths = None if self.lengths is None else self.lengths[rows]
        return Inputs(self.values[rows], self.alphabet, lengths)

    @property
    def n_channels(self) -> int:
        """Channels that a network sees."""
        if self.alphabet is not None:
            return len(self.alphabet.symbols)
        return self.values.shape[1]

    @property
    def padding(self) -> float:
        """What stands where an input has ended: a code, or NaN among numbers."""
        return np.nan if self.alphabet is None else self.alphabet.padding_code

    @property
    def ragged(self) -> bool:
        """Whether lengths differ."""
        return self.lengths is not None and self.lengths.min() < self.length

    @property
    def length(self) -> int:
        """Positions, padding included; the pixels of an image."""
        return math.prod(self.values.shape[1 if self.alphabet is not None else 2 :])


class DeviceInputs:
    """Inputs in place on a device, read in batches of (n, channels, ...).

    Codes travel and wait as one byte a letter; one-hot columns (soft ones for ambiguity
    codes, zeros for padding) are made on the device, batch by batch. Numbers stay as
    they are, padding is NaN.
    """

    def __init__(self, inputs: Inputs, device: torch.device, dtype: torch.dtype):
        self.columns = None
        if inputs.alphabet is not None:
            columns = torch.tensor(inputs.alphabet.columns, dtype=dtype)
            self.columns = columns.to(device)
            dtype = torch.uint8
        self.values = torch.tensor(inputs.values, dtype=dtype, device=device)
        self.lengths = inputs.lengths if inputs.ragged else None

    def __len__(self) -> int:
        return len(self.values)

    def batch(self, rows: torch.Tensor | slice) -> torch.Tensor:
        """Rows as floats (n, channels, ...), no longer than the longest of them."""
        values = self.values[rows]
        if self.lengths is not None:
            longest = self.lengths[rows.cpu() if torch.is_tensor(rows) else rows].max()
            values = values[..., :longest]
        if self.columns is None:
            return values
        return self.columns[values.int()].transpose(1, 2).contiguous()
