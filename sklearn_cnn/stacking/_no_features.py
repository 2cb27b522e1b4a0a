"""No linear models beside the networks."""

import numpy as np
from torch import nn


class NoFeatures:
    """Stands in for `SequenceFeatures` where there are no linear models."""

    settings = ()
    are_asked_for = False

    def settle(self, n_samples: int, length: int) -> None:
        """Do nothing: there is nothing to settle."""

    def leave_out(self) -> None:
        """Do nothing: there are no linear models."""

    def build(self, stored: dict[str, np.ndarray]) -> dict[str, nn.Module]:
        """No modules."""
        return {}
