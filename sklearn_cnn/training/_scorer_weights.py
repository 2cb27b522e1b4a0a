"""Sample weights for scorers."""

from collections.abc import Callable
from inspect import signature

import numpy as np


def weights_for(scorer: Callable, sample_weight: np.ndarray | None) -> dict:
    """Keyword arguments of a scorer: the weights, if there are any and it takes them.

    A scorer of scikit-learn takes weights if its metric does.
    """
    takes_them = signature(getattr(scorer, "_score_func", scorer)).parameters
    if sample_weight is None or "sample_weight" not in takes_them:
        return {}
    return {"sample_weight": sample_weight}
