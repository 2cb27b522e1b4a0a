"""The input encoder of estimators for images."""

import math
from numbers import Integral

import numpy as np
from sklearn.utils import check_array
from sklearn.utils.validation import validate_data

from sklearn_cnn._package import warn
from sklearn_cnn.inputs._inputs import Inputs
from sklearn_cnn.preprocessing._containers import unpack
from sklearn_cnn.preprocessing._images import as_image_array

# Arrays of these types stay as they are; others become the first of them, ...
_DTYPES = (np.float64, np.float32, np.uint8, np.int8)
# ... or a smaller type that holds their values; keys are NumPy's codes.
_SMALL = {"b1": np.uint8, "i2": np.float32, "u2": np.float32, "f2": np.float32}
# If the largest pixels of two sets differ by this factor, their ranges differ: pixels
# from 0 to 255 and from 0 to 1 differ by 255.
_ANOTHER_ORDER = 100


class ImageInput:
    """Encodes arrays of images as `Inputs`.

    Parameters
    ----------
    estimator : BaseImageCNN
        Its parameters say how images lie in X; its attributes `n_channels_`,
        `image_size_` and `pixel_range_` are learned here.
    """

    # Images have no opposite strand.
    strand_order = complement_order = None

    def __init__(self, estimator):
        self.estimator = estimator

    def unpack(self, X, name: str = "X"):
        """X in a container that the package reads."""
        return unpack(X, name)

    def may_be_padded(self, inputs: Inputs) -> bool:
        """False: all images are of one size."""
        return False

    def learn(self, X, name: str = "X", source=None) -> Inputs:
        """Encode the images of a fit; learn their channels, size and range."""
        images, estimator = self._as_images(X, learn=True, name=name), self.estimator
        estimator.n_channels_, *size = images.shape[1:]
        estimator.image_size_ = tuple(size)
        estimator.pixel_range_ = float(images.min()), float(images.max())
        if source is not None:
            self._check_range(images, name, source, "the source")
        return _encoded(source, images)

    def read(self, X, name: str = "X") -> Inputs:
        """Encode images as learned in the fit; raise if their size differs."""
        images = self._as_images(X, learn=False, name=name)
        n_channels, *size = images.shape[1:]
        if (n_channels, *size) != (
            self.estimator.n_channels_,
            *self.estimator.image_size_,
        ):
            raise ValueError(
                f"{name} holds images of {_in_words(size, n_channels)}, but "
                f"{type(self.estimator).__name__} was fitted on images of "
                f"{_in_words(self.estimator.image_size_, self.estimator.n_channels_)}"
            )
        fitted = type(self.estimator).__name__
        self._check_range(images, name, self.estimator, fitted)
        return _encoded(self.estimator.architecture_, images)

    read_samples = read

    def _check_range(self, images: np.ndarray, name: str, estimator, who: str) -> None:
        """Warn if pixels differ in range or sign from those of an estimator's fit."""
        low, high = float(images.min()), float(images.max())
        # Models of older files lack it.
        fitted_low, fitted_high = getattr(estimator, "pixel_range_", (low, high))
        largest, fitted_largest = max(abs(low), high), max(abs(fitted_low), fitted_high)
        # Resizing may give values a little below those that were there.
        are_centred = fitted_low >= 0 and low < -0.1 * fitted_largest
        if are_centred or _differ_in_order(largest, fitted_largest):
            warn(
                f"the pixels in {name} range from {low:g} to {high:g}, but those that "
                f"{who} was fitted on from {fitted_low:g} to "
                f"{fitted_high:g}; bring both to one range"
            )

    def _as_images(self, X, *, learn: bool, name: str) -> np.ndarray:
        """Validated images (n, channels, height, width)."""
        X = as_image_array(X, name)
        given = getattr(X, "dtype", None)
        dtype = _SMALL.get(getattr(given, "str", "")[1:], _DTYPES)
        if getattr(X, "ndim", 2) <= 2:
            X = validate_data(self.estimator, X, reset=learn, dtype=dtype)
            X = X.reshape(len(X), *self._shape_of_rows(X.shape[1], name))
        else:
            X = check_array(X, allow_nd=True, dtype=dtype, input_name=name)
            self._check_shape(X.shape, name)
        if X.ndim == 3:
            X = X[:, None]
        elif self.estimator.channels == "last":
            X = X.transpose(0, 3, 1, 2)
        return np.ascontiguousarray(X)

    def _shape_of_rows(self, n_features: int, name: str) -> tuple[int, ...]:
        """Shape of the images whose pixels are rows of X."""
        if self.estimator.image_shape is None:
            return 1, n_features
        shape = tuple(self.estimator.image_shape)
        whole = all(isinstance(n, Integral) and n >= 1 for n in shape)
        if len(shape) not in (2, 3) or not whole:
            raise ValueError(
                "image_shape must be None or a tuple of two or three ints >= 1 "
                "(height, width and, where there are any, channels in the order that "
                f"`channels` says); got {self.estimator.image_shape!r}"
            )
        if math.prod(shape) != n_features:
            raise ValueError(
                f"{name} has rows of {n_features} numbers, but image_shape={shape} "
                f"needs {math.prod(shape)}"
            )
        return shape

    def _check_shape(self, shape: tuple[int, ...], name: str) -> None:
        if len(shape) > 4:
            raise ValueError(
                f"{name} has {len(shape)} dimensions, shape {shape}; images are "
                "(n, height, width), (n, height, width, channels) with "
                "channels='last', (n, channels, height, width) with channels='first', "
                "or rows (n, pixels)"
            )
        if 0 in shape:
            raise ValueError(
                f"{name} of shape {shape} is empty; at least one pixel and one channel "
                "are needed"
            )
        if len(shape) < 4:
            return
        other = {"last": "first", "first": "last"}[self.estimator.channels]
        n_channels = {"last": shape[3], "first": shape[1]}
        if n_channels[self.estimator.channels] > 4 and n_channels[other] in (1, 3):
            raise ValueError(
                f"{name} of shape {shape} looks like images with the channels {other}, "
                f"but channels={self.estimator.channels!r}; set channels={other!r}"
            )


def _encoded(network, images: np.ndarray) -> Inputs:
    """Images as networks of others want them; our own take them as they are."""
    return getattr(network, "encode", Inputs)(images)


def _differ_in_order(largest: float, other: float) -> bool:
    """Whether two largest pixels differ as 1 and 255 do."""
    lower, higher = sorted((largest, other))
    # Images that are black throughout are of any range.
    return 0 < lower * _ANOTHER_ORDER <= higher


def _in_words(size: tuple[int, int], n_channels: int) -> str:
    """Size of an image for error messages."""
    height, width = size
    plural = "" if n_channels == 1 else "s"
    return f"{height} x {width} pixels and {n_channels} channel{plural}"
