"""How much of the differences between inputs goes through a unit."""

import numpy as np
import torch


class Spread:
    """Standard deviation of contributions over sequences, added up over outputs."""

    def __init__(self):
        self.n, self.sum, self.squares = 0, 0.0, 0.0

    def add(self, values: torch.Tensor) -> None:
        """Take contributions (n_outputs, n, n_units)."""
        values = values.double()
        self.n += values.shape[1]
        self.sum = self.sum + values.sum(dim=1)
        self.squares = self.squares + values.square().sum(dim=1)

    def total(self) -> np.ndarray:
        """Of each unit."""
        variance = self.squares / self.n - (self.sum / self.n).square()
        return variance.clamp(min=0).sum(dim=0).sqrt().numpy()
