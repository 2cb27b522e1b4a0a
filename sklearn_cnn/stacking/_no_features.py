"""Where nothing stands beside the networks."""

import numpy as np
from torch import nn


class NoFeatures:
    """Linear models see nothing, so that there are none."""

    def settle(self) -> None:
        """There is nothing to settle."""

    def leave_out(self) -> None:
        """They are left out already."""

    def build(self, stored: dict[str, np.ndarray]) -> dict[str, nn.Module]:
        """No modules."""
        return {}
