"""Models of fitted estimators, kept from one prediction to the next."""

import hashlib
import threading
import weakref
from collections.abc import Callable

import numpy as np

from sklearn_cnn.architectures._stacked_model import StackedModel

# Beside the estimators, so that pickles and copies do not have them; they are freed
# with their estimator.
_KEPT = weakref.WeakKeyDictionary()
_LOCK = threading.Lock()


def kept_model(
    estimator, weights: dict[str, np.ndarray], settings: tuple, build: Callable
) -> StackedModel:
    """Model of an estimator: the one of the last call, if nothing changed since.

    Building it takes longer than predicting one sequence. Models are on the CPU, and
    only read, so that threads can share them.

    Parameters
    ----------
    estimator : BaseCNN
        Whose model it is.
    weights : dict of str to ndarray
        Their content is compared, so that a change in place is noticed.
    settings : tuple
        All else that the model depends on. One model is kept for each.
    build : callable
        Builds the model.
    """
    digest = _digest(weights)
    with _LOCK:
        last_digest, models = _KEPT.get(estimator, (None, {}))
        if digest == last_digest and settings in models:
            return models[settings]
    model = build()
    with _LOCK:
        last_digest, models = _KEPT.get(estimator, (None, {}))
        models = models if digest == last_digest else {}
        _KEPT[estimator] = digest, models | {settings: model}
    return model


def _digest(weights: dict[str, np.ndarray]) -> bytes:
    """Hash of names, types, shapes and values; takes about 1 ms a megabyte."""
    digest = hashlib.blake2b(digest_size=16)
    for name, array in weights.items():
        digest.update(f"{name} {array.dtype} {array.shape} ".encode())
        digest.update(array.tobytes())
    return digest.digest()
