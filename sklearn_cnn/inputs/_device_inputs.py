"""Encoded inputs on a device, and batches of floats made of them."""

import torch

from sklearn_cnn.inputs._inputs import Inputs


class DeviceInputs:
    """Inputs on a device, from which batches (n, channels, ...) are made.

    Codes of letters and bytes of images stay one byte each on the device. One-hot
    columns (soft ones for ambiguity codes, zeros for padding) and floats are made of
    them batch by batch. Other numbers are stored as floats; padding is NaN.
    """

    def __init__(self, inputs: Inputs, device: torch.device, dtype: torch.dtype):
        self.dtype = dtype
        self.columns = None
        if inputs.alphabet is not None:
            columns = torch.tensor(inputs.alphabet.columns, dtype=dtype)
            self.columns = columns.to(device)
        are_bytes = inputs.values.dtype.itemsize == 1
        self.values = torch.tensor(
            inputs.values, dtype=None if are_bytes else dtype, device=device
        )
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
            return values.to(self.dtype)
        return self.columns[values.int()].transpose(1, 2).contiguous()
