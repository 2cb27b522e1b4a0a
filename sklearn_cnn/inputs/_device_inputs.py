"""Encoded inputs on a device, and batches of floats made of them."""

from collections.abc import Sequence

import torch

from sklearn_cnn.inputs._inputs import Inputs
from sklearn_cnn.preprocessing._stored_sequences import StoredCodes


class DeviceInputs:
    """Inputs on a device, from which batches (n, channels, ...) are made.

    Codes of letters and bytes of images stay one byte each on the device. One-hot
    columns (soft ones for ambiguity codes, zeros for padding) and floats are made of
    them batch by batch. Other numbers are stored as floats; padding is NaN.

    Codes in a file stay there, and are read batch by batch, where the device is the
    processor. Other devices have memory of their own, which takes them part by part.
    """

    def __init__(self, inputs: Inputs, device: torch.device, dtype: torch.dtype):
        self.dtype = dtype
        self.columns = None
        if inputs.alphabet is not None:
            columns = torch.tensor(inputs.alphabet.columns, dtype=dtype)
            self.columns = columns.to(device)
        self.values = _to_device(inputs, device, dtype)
        self.lengths = None
        if inputs.ragged:
            self.lengths = torch.tensor(inputs.lengths, device=device)

    def __len__(self) -> int:
        return len(self.values)

    def longest(self, batches: Sequence[torch.Tensor | slice]) -> list[int | None]:
        """Length of the longest of the rows of each batch; None where all are alike.

        One transfer from the device for all batches.
        """
        if self.lengths is None:
            return [None] * len(batches)
        return torch.stack([self.lengths[rows].max() for rows in batches]).tolist()

    def batch(
        self, rows: torch.Tensor | slice, length: int | None = None
    ) -> torch.Tensor:
        """Rows as floats (n, channels, ...), no longer than the longest of them.

        `length` says how long that is, where `longest` has found it out before.
        """
        if length is None:
            (length,) = self.longest([rows])
        values = self.values[rows]
        if isinstance(values, StoredCodes):
            values = torch.from_numpy(values.codes())
        if length is not None:
            values = values[..., :length]
        if self.columns is None:
            return values.to(self.dtype)
        return self.columns[values.int()].transpose(1, 2).contiguous()


def _to_device(
    inputs: Inputs, device: torch.device, dtype: torch.dtype
) -> torch.Tensor | StoredCodes:
    """Values on the device, or codes in a file."""
    if not inputs.are_stored:
        are_bytes = inputs.values.dtype.itemsize == 1
        dtype = None if are_bytes else dtype
        return torch.tensor(inputs.values, dtype=dtype, device=device)
    if device.type == "cpu":
        return inputs.values
    values = torch.empty(inputs.values.shape, dtype=torch.uint8, device=device)
    for rows, part in inputs.parts():
        values[rows] = torch.from_numpy(part.values).to(device)
    return values
