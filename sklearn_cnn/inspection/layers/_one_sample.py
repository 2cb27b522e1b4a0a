"""A single sequence, signal or image."""

import numpy as np
from sklearn.base import BaseEstimator

from sklearn_cnn._fitted_model import FittedModel
from sklearn_cnn._image import BaseImageCNN
from sklearn_cnn.inputs._inputs import Inputs
from sklearn_cnn.preprocessing._containers import is_text
from sklearn_cnn.preprocessing._images import is_picture


def encode_one(estimator: BaseEstimator, X) -> Inputs:
    """Encode one sample, given by itself or in a container."""
    if _is_one(estimator, X):
        X = X[None] if isinstance(X, np.ndarray) else [X]
    inputs = FittedModel(estimator).read(X)
    if len(inputs) != 1:
        raise ValueError(
            f"X holds {len(inputs)} samples, but the feature map of one is drawn; pass "
            "one of them, such as X[:1]"
        )
    return inputs


def _is_one(estimator: BaseEstimator, X) -> bool:
    """Whether X is a sample, and no container of samples."""
    if is_text(X) or is_picture(X):
        return True
    if not isinstance(X, np.ndarray) or X.dtype.kind not in "biuf":
        return False
    n_channels = estimator.n_channels_
    if not isinstance(estimator, BaseImageCNN):
        return X.ndim == 1 or (X.ndim == 2 and len(X) == n_channels > 1)
    size = estimator.image_size_
    last = estimator.channels == "last"
    shapes = [(*size, n_channels) if last else (n_channels, *size)]
    if n_channels == 1:
        shapes.append(size)
    return X.ndim == 1 or X.shape in shapes
