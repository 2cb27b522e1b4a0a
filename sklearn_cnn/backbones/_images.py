"""Encode images for models of photographs: bytes of red, green and blue."""

import numpy as np
from sklearn.utils import check_array

from sklearn_cnn.inputs._inputs import Inputs
from sklearn_cnn.preprocessing._images import as_image_array


def encode_images(X) -> Inputs:
    """Encode images as bytes (n, 3, height, width).

    Parameters
    ----------
    X : array-like
        Grey images (n, height, width), whose values are taken for all three colours;
        or (n, height, width, 3) or (n, 3, height, width), or with one channel in place
        of three. Bytes or other integers from 0 to 255, or floats from 0 to 1. Or a
        list of arrays or of Pillow's images.

    Raises
    ------
    TypeError
        If X holds file names.
    ValueError
        If X has another shape, or holds other numbers.
    """
    X = as_image_array(X, "X")
    X = check_array(X, allow_nd=True, dtype="numeric", input_name="X")
    shape = X.shape
    if X.ndim == 3:
        X = X[:, None]
    elif X.ndim == 4 and shape[3] in (1, 3):
        X = np.moveaxis(X, 3, 1)
    if X.ndim != 4 or X.shape[1] not in (1, 3):
        raise ValueError(
            f"X has shape {shape}; images are (n, height, width), (n, height, width, "
            "3) or (n, 3, height, width), or have one channel in place of three. "
            "Convert those with transparency by [image.convert('RGB') for image in "
            "images], or paste them onto a background"
        )
    # A grey image is a view for each colour, not a copy.
    return Inputs(np.broadcast_to(_as_bytes(X), (len(X), 3, *X.shape[2:])))


def _as_bytes(X: np.ndarray) -> np.ndarray:
    """Integers from 0 to 255 as bytes, floats from 0 to 1 rounded to 256 levels."""
    if X.dtype == np.uint8:
        return X
    highest = 1 if X.dtype.kind == "f" else 255
    if X.min() < 0 or X.max() > highest:
        raise ValueError(
            f"X holds {X.dtype} from {X.min():g} to {X.max():g}; images are integers "
            "from 0 to 255 or floats from 0 to 1"
        )
    return np.rint(X * (255 / highest)).astype(np.uint8)
