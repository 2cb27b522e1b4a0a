"""CNNs for images."""

import math
import os
from collections.abc import Callable
from functools import partial
from numbers import Integral, Real

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.utils import Tags, check_array
from sklearn.utils._param_validation import Interval, StrOptions
from sklearn.utils.validation import validate_data
from torch import nn

from sklearn_cnn._base import BaseCNN
from sklearn_cnn._classifier import CNNClassifierMixin
from sklearn_cnn._docstrings import with_shared_descriptions
from sklearn_cnn._layer_sizes import layer_sizes
from sklearn_cnn._regressor import CNNRegressorMixin
from sklearn_cnn._warnings import warn
from sklearn_cnn.architectures._image_cnn import ImageCNN
from sklearn_cnn.architectures._standardize import Standardize
from sklearn_cnn.preprocessing._images import as_image_array
from sklearn_cnn.training._augment import AUGMENTATIONS, augment
from sklearn_cnn.training._inputs import Inputs
from sklearn_cnn.training._losses import ELEMENTWISE

# Kept as they are; all other numbers become the first of them, ...
_DTYPES = (np.float64, np.float32, np.uint8, np.int8)
# ... but those that smaller ones hold, by their codes in NumPy.
_SMALL = {"b1": np.uint8, "i2": np.float32, "u2": np.float32, "f2": np.float32}
# Largest pixels that differ by this factor are of other ranges: those of bytes and of 0
# to 1 do by 255.
_ANOTHER_ORDER = 100
# What "auto" is, where no source says otherwise.
_AUTO = {"n_filters": (32, 64), "kernel_size": 3, "activation": "relu"}


class BaseImageCNN(BaseCNN):
    """What the image estimators share: arrays in, an `ImageCNN` inside."""

    _parameter_constraints: dict = {
        **BaseCNN._parameter_constraints,
        "image_shape": [list, tuple, None],
        "channels": [StrOptions({"last", "first"})],
        "augment": [list, tuple, None],
    }

    _usual_pool_size = 2

    def __init__(
        self,
        *,
        n_filters,
        kernel_size,
        activation,
        pool_size,
        pooling,
        dense_units,
        dropout,
        image_shape,
        channels,
        augment,
        max_epochs,
        batch_size,
        lr,
        weight_decay,
        early_stopping,
        validation_fraction,
        n_iter_no_change,
        monitor,
        missing_labels,
        n_estimators,
        warm_start,
        pretrained,
        freeze,
        device,
        precision,
        callbacks,
        random_state,
        verbose,
    ):
        self.n_filters = n_filters
        self.kernel_size = kernel_size
        self.activation = activation
        self.pool_size = pool_size
        self.pooling = pooling
        self.dense_units = dense_units
        self.dropout = dropout
        self.image_shape = image_shape
        self.channels = channels
        self.augment = augment
        self.max_epochs = max_epochs
        self.batch_size = batch_size
        self.lr = lr
        self.weight_decay = weight_decay
        self.early_stopping = early_stopping
        self.validation_fraction = validation_fraction
        self.n_iter_no_change = n_iter_no_change
        self.monitor = monitor
        self.missing_labels = missing_labels
        self.n_estimators = n_estimators
        self.warm_start = warm_start
        self.pretrained = pretrained
        self.freeze = freeze
        self.device = device
        self.precision = precision
        self.callbacks = callbacks
        self.random_state = random_state
        self.verbose = verbose

    def _encode_X(self, X, *, reset: bool, name: str = "X") -> Inputs:
        images = self._as_images(X, reset=reset, name=name)
        n_channels, *size = images.shape[1:]
        if reset:
            self.n_channels_, self.image_size_ = n_channels, tuple(size)
        elif (n_channels, *size) != (self.n_channels_, *self.image_size_):
            raise ValueError(
                f"{name} holds images of {_in_words(size, n_channels)}, but "
                f"{type(self).__name__} was fitted on images of "
                f"{_in_words(self.image_size_, self.n_channels_)}"
            )
        self._check_range(images, reset=reset, name=name)
        return Inputs(images)

    def _check_range(self, images: np.ndarray, *, reset: bool, name: str) -> None:
        """Learn the range of pixels, or warn of another order or signs."""
        low, high = float(images.min()), float(images.max())
        if reset:
            self.pixel_range_ = low, high
            return
        # Models of older files lack it.
        fitted_low, fitted_high = getattr(self, "pixel_range_", (low, high))
        largest, fitted_largest = max(abs(low), high), max(abs(fitted_low), fitted_high)
        # Resizing may give values a little below those that were there.
        are_centred = fitted_low >= 0 and low < -0.1 * fitted_largest
        if are_centred or _differ_in_order(largest, fitted_largest):
            warn(
                f"the pixels in {name} range from {low:g} to {high:g}, but those that "
                f"{type(self).__name__} was fitted on from {fitted_low:g} to "
                f"{fitted_high:g}; bring both to one range"
            )

    def _as_images(self, X, *, reset: bool, name: str) -> np.ndarray:
        """Validated images (n, channels, height, width)."""
        X = as_image_array(X, name)
        given = getattr(X, "dtype", None)
        dtype = _SMALL.get(getattr(given, "str", "")[1:], _DTYPES)
        if getattr(X, "ndim", 2) <= 2:
            X = validate_data(self, X, reset=reset, dtype=dtype)
            X = X.reshape(len(X), *self._shape_of_rows(X.shape[1], name))
        else:
            X = check_array(X, allow_nd=True, dtype=dtype, input_name=name)
            self._check_shape(X.shape, name)
        if X.ndim == 3:
            X = X[:, None]
        elif self.channels == "last":
            X = X.transpose(0, 3, 1, 2)
        return np.ascontiguousarray(X)

    def _shape_of_rows(self, n_features: int, name: str) -> tuple[int, ...]:
        """Shape of the image that lies flat in a row."""
        if self.image_shape is None:
            return 1, n_features
        shape = tuple(self.image_shape)
        whole = all(isinstance(n, Integral) and n >= 1 for n in shape)
        if len(shape) not in (2, 3) or not whole:
            raise ValueError(
                "image_shape must be None or a tuple of two or three ints >= 1 "
                "(height, width and, where there are any, channels in the order that "
                f"`channels` says); got {self.image_shape!r}"
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
        other = {"last": "first", "first": "last"}[self.channels]
        n_channels = {"last": shape[3], "first": shape[1]}
        if n_channels[self.channels] > 4 and n_channels[other] in (1, 3):
            raise ValueError(
                f"{name} of shape {shape} looks like images with the channels {other}, "
                f"but channels={self.channels!r}; set channels={other!r}"
            )

    def _decide_on_input(self, samples, seed) -> None:
        settled = {}
        for name, default in _AUTO.items():
            if self._source is not None:
                default = getattr(self._source, f"{name}_")
            value = getattr(self, name)
            settled[name] = default if value == "auto" else value
        self.activation_ = settled["activation"]
        self.n_filters_, self.kernel_size_ = layer_sizes(
            settled["n_filters"], settled["kernel_size"]
        )
        self._decide_on_pool_size()

    def _source_must_share(self) -> dict[str, tuple[str, str]]:
        return {
            "n_channels_": ("a number of channels of", "X has"),
            "n_filters_": ("n_filters", "that of this estimator is"),
            "kernel_size_": ("kernel_size", "that of this estimator is"),
            "activation_": ("activation", "that of this estimator is"),
            "_fitted_pool_size": ("pool_size", "that of this estimator is"),
        }

    def _augmentation(self) -> Callable | None:
        for name in self.augment or ():
            if name not in AUGMENTATIONS:
                raise ValueError(
                    f"augment holds {name!r}; allowed are "
                    f"{', '.join(map(repr, AUGMENTATIONS))}"
                )
        return partial(augment, names=self.augment) if self.augment else None

    def _complement_order(self) -> None:
        return None

    def _build_network(self, *, dropout: float, masked: bool) -> nn.Module:
        n_filters, kernel_sizes, pool_sizes = self._layers()
        return ImageCNN(
            self.n_channels_,
            self._n_outputs,
            size=self.image_size_,
            n_filters=n_filters,
            kernel_sizes=kernel_sizes,
            activation=self.activation_,
            pool_sizes=pool_sizes,
            pooling=self.pooling,
            dense_units=self.dense_units,
            dropout=dropout,
            standardize=Standardize(self.n_channels_),
        )

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.input_tags.three_d_array = True
        tags.input_tags.sparse = False
        tags.non_deterministic = False
        return tags


def _differ_in_order(largest: float, other: float) -> bool:
    """Whether largest pixels are as different as those of 0 to 1 and of 0 to 255."""
    lower, higher = sorted((largest, other))
    # Images that are black throughout are of any range.
    return 0 < lower * _ANOTHER_ORDER <= higher


def _in_words(size: tuple[int, int], n_channels: int) -> str:
    """Size of an image for error messages."""
    height, width = size
    plural = "" if n_channels == 1 else "s"
    return f"{height} x {width} pixels and {n_channels} channel{plural}"


@with_shared_descriptions
class ImageCNNClassifier(CNNClassifierMixin, BaseImageCNN):
    """CNN classifier for images, grey or in colour.

    Small filters slide over an image with shared weights, so that an edge or a spot is
    found wherever it is; layers of them, with pooling in between, make shapes out of
    edges. Pass the images as one array of pixels; they are standardised inside.

    Parameters
    ----------
    %(image_architecture)s
    %(training)s
    label_smoothing : float in [0, 1), default=0.05
        Share of each target that is spread evenly over the classes in training.
    class_weight : dict, "balanced" or None, default=None
        Weights of the classes, multiplied with `sample_weight`. "balanced" gives each
        class the same total weight.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        The class labels; 0 to n_labels - 1 for a multilabel problem.
    multilabel_ : bool
        Whether y was a multilabel indicator matrix.
    %(image_attributes)s
    %(fitted)s

    See Also
    --------
    ImageCNNRegressor : The same for numbers.
    MotifCNNClassifier : For sequences and signals.

    Notes
    -----
    %(image_inputs)s

    `y` holds labels of any type, two classes or more; or it is a multilabel indicator
    matrix (n, n_labels) of 0 and 1.

    References
    ----------
    %(image_references)s

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from sklearn_cnn import ImageCNNClassifier
    >>> digits = load_digits()
    >>> X, y = digits.images, digits.target
    >>> X.shape
    (1797, 8, 8)
    >>> clf = ImageCNNClassifier(n_filters=16, max_epochs=10, random_state=0)
    >>> clf.fit(X[:1000], y[:1000]).score(X[1000:], y[1000:]) > 0.9
    True
    """

    _parameter_constraints: dict = {
        **BaseImageCNN._parameter_constraints,
        "label_smoothing": [Interval(Real, 0, 1, closed="left")],
        "class_weight": [StrOptions({"balanced"}), dict, None],
    }

    def __init__(
        self,
        *,
        n_filters: int | tuple[int, ...] | str = "auto",
        kernel_size: int | tuple[int, ...] | str = "auto",
        activation: str = "auto",
        pool_size: int | tuple[int, ...] | str | None = "auto",
        pooling: str = "flatten",
        dense_units: int | None = 64,
        dropout: float = 0.5,
        image_shape: tuple[int, ...] | None = None,
        channels: str = "last",
        augment: tuple[str, ...] | None = None,
        max_epochs: int | str = "auto",
        batch_size: int | str = "auto",
        lr: float = 3e-3,
        weight_decay: float = 1e-2,
        early_stopping: str | bool = "auto",
        validation_fraction: float = 0.1,
        n_iter_no_change: int = 10,
        monitor: str | Callable = "loss",
        missing_labels: str = "raise",
        n_estimators: int | str = "auto",
        warm_start: bool = False,
        pretrained: BaseEstimator | str | os.PathLike | None = None,
        freeze: str | int | None = "gradual",
        device: str = "auto",
        precision: str = "auto",
        callbacks: list | None = None,
        random_state: int | np.random.RandomState | None = None,
        verbose: int = 0,
        label_smoothing: float = 0.05,
        class_weight: dict | str | None = None,
    ):
        super().__init__(
            n_filters=n_filters,
            kernel_size=kernel_size,
            activation=activation,
            pool_size=pool_size,
            pooling=pooling,
            dense_units=dense_units,
            dropout=dropout,
            image_shape=image_shape,
            channels=channels,
            augment=augment,
            max_epochs=max_epochs,
            batch_size=batch_size,
            lr=lr,
            weight_decay=weight_decay,
            early_stopping=early_stopping,
            validation_fraction=validation_fraction,
            n_iter_no_change=n_iter_no_change,
            monitor=monitor,
            missing_labels=missing_labels,
            n_estimators=n_estimators,
            warm_start=warm_start,
            pretrained=pretrained,
            freeze=freeze,
            device=device,
            precision=precision,
            callbacks=callbacks,
            random_state=random_state,
            verbose=verbose,
        )
        self.label_smoothing = label_smoothing
        self.class_weight = class_weight


@with_shared_descriptions
class ImageCNNRegressor(CNNRegressorMixin, BaseImageCNN):
    """CNN regressor for images, grey or in colour.

    Small filters slide over an image with shared weights, so that an edge or a spot is
    found wherever it is; layers of them, with pooling in between, make shapes out of
    edges. Pass the images as one array of pixels and the targets (a count, an angle, an
    intensity) in their own units; both are standardised inside.

    Parameters
    ----------
    %(image_architecture)s
    %(training)s
    loss : {"squared_error", "absolute_error", "huber"}, default="squared_error"
        Loss of standardised targets. The absolute error and Huber's loss (squared up
        to one standard deviation, linear beyond) are less sensitive to outliers.

    Attributes
    ----------
    y_mean_ : ndarray of shape () or (n_targets,)
        Mean of each target in training.
    y_scale_ : ndarray of shape () or (n_targets,)
        Standard deviation of each target in training.
    loss_ : str
        The loss that was taken.
    %(image_attributes)s
    %(fitted)s

    See Also
    --------
    ImageCNNClassifier : The same for classes.
    MotifCNNRegressor : For sequences and signals.

    Notes
    -----
    %(image_inputs)s

    `y` holds numbers of shape (n,) or (n, n_targets); predictions have the same shape.

    References
    ----------
    %(image_references)s

    Examples
    --------
    The height of a bright bar:

    >>> import numpy as np
    >>> from sklearn_cnn import ImageCNNRegressor
    >>> X, y = np.zeros((200, 12, 12)), np.arange(200.0) % 12
    >>> X[np.arange(200), y.astype(int)] = 1
    >>> reg = ImageCNNRegressor(n_filters=(8, 8), random_state=0).fit(X, y)
    >>> reg.score(X, y) > 0.9
    True
    """

    _parameter_constraints: dict = {
        **BaseImageCNN._parameter_constraints,
        "loss": [StrOptions(set(ELEMENTWISE) - {"poisson"})],
    }

    def __init__(
        self,
        *,
        n_filters: int | tuple[int, ...] | str = "auto",
        kernel_size: int | tuple[int, ...] | str = "auto",
        activation: str = "auto",
        pool_size: int | tuple[int, ...] | str | None = "auto",
        pooling: str = "flatten",
        dense_units: int | None = 64,
        dropout: float = 0.5,
        image_shape: tuple[int, ...] | None = None,
        channels: str = "last",
        augment: tuple[str, ...] | None = None,
        max_epochs: int | str = "auto",
        batch_size: int | str = "auto",
        lr: float = 3e-3,
        weight_decay: float = 1e-2,
        early_stopping: str | bool = "auto",
        validation_fraction: float = 0.1,
        n_iter_no_change: int = 10,
        monitor: str | Callable = "loss",
        missing_labels: str = "raise",
        n_estimators: int | str = "auto",
        warm_start: bool = False,
        pretrained: BaseEstimator | str | os.PathLike | None = None,
        freeze: str | int | None = "gradual",
        device: str = "auto",
        precision: str = "auto",
        callbacks: list | None = None,
        random_state: int | np.random.RandomState | None = None,
        verbose: int = 0,
        loss: str = "squared_error",
    ):
        super().__init__(
            n_filters=n_filters,
            kernel_size=kernel_size,
            activation=activation,
            pool_size=pool_size,
            pooling=pooling,
            dense_units=dense_units,
            dropout=dropout,
            image_shape=image_shape,
            channels=channels,
            augment=augment,
            max_epochs=max_epochs,
            batch_size=batch_size,
            lr=lr,
            weight_decay=weight_decay,
            early_stopping=early_stopping,
            validation_fraction=validation_fraction,
            n_iter_no_change=n_iter_no_change,
            monitor=monitor,
            missing_labels=missing_labels,
            n_estimators=n_estimators,
            warm_start=warm_start,
            pretrained=pretrained,
            freeze=freeze,
            device=device,
            precision=precision,
            callbacks=callbacks,
            random_state=random_state,
            verbose=verbose,
        )
        self.loss = loss
