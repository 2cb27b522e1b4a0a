"""CNNs for images."""

import os
from collections.abc import Callable
from functools import partial
from numbers import Real

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.utils import Tags
from sklearn.utils._param_validation import Interval, StrOptions
from torch import nn

from sklearn_cnn import _defaults
from sklearn_cnn._base import BaseCNN
from sklearn_cnn._parameters import with_shared_descriptions
from sklearn_cnn.architectures._image_cnn_config import ImageCNNConfig
from sklearn_cnn.architectures._layer_sizes import layer_sizes, local_pool_sizes
from sklearn_cnn.inputs._image_input import ImageInput
from sklearn_cnn.targets._classifier import CNNClassifierMixin
from sklearn_cnn.targets._regressor import CNNRegressorMixin
from sklearn_cnn.training._augment import AUGMENTATIONS, augment
from sklearn_cnn.training._losses import ELEMENTWISE
from sklearn_cnn.training._training_set import TrainingSet
from sklearn_cnn.transfer._borrowed import BorrowedSource


class BaseImageCNN(BaseCNN):
    """What the image estimators share: arrays in, an `ImageCNN` inside."""

    _parameter_constraints: dict = {
        **BaseCNN._parameter_constraints,
        "image_shape": [list, tuple, None],
        "channels": [StrOptions({"last", "first"})],
        "augment": [list, tuple, None],
    }

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
        checkpoint,
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
        self.checkpoint = checkpoint
        self.callbacks = callbacks
        self.random_state = random_state
        self.verbose = verbose

    @property
    def _input(self) -> ImageInput:
        return ImageInput(self)

    def _settle(self, samples: TrainingSet, seed: int, source) -> None:
        if isinstance(source, BorrowedSource):
            return
        its = getattr(source, "architecture_", None)
        n_filters, kernel_size, self.activation_, pool_size = (
            _defaults.settle(asked, getattr(its, name, None), rule)
            for asked, name, rule in (
                (self.n_filters, "n_filters", _defaults.IMAGE_FILTERS),
                (self.kernel_size, "kernel_sizes", _defaults.IMAGE_KERNEL_SIZE),
                (self.activation, "activation", _defaults.IMAGE_ACTIVATION),
                (self.pool_size, "pool_sizes", _defaults.IMAGE_POOL_SIZE),
            )
        )
        self.n_filters_, self.kernel_size_ = layer_sizes(n_filters, kernel_size)
        self.pool_size_ = local_pool_sizes(pool_size, len(self.n_filters_))

    def _augmentation(self) -> Callable | None:
        for name in self.augment or ():
            if name not in AUGMENTATIONS:
                raise ValueError(
                    f"augment holds {name!r}; allowed are "
                    f"{', '.join(map(repr, AUGMENTATIONS))}"
                )
        return partial(augment, names=self.augment) if self.augment else None

    def _config(self) -> ImageCNNConfig:
        # Models of older files lack the last; they pooled blocks of two.
        pool_sizes = getattr(self, "pool_size_", (2,) * len(self.n_filters_))
        return ImageCNNConfig(
            n_channels=self.n_channels_,
            n_outputs=self._task.n_outputs,
            size=self.image_size_,
            n_filters=self.n_filters_,
            kernel_sizes=self.kernel_size_,
            pool_sizes=pool_sizes,
            activation=self.activation_,
            pooling=self.pooling,
            dense_units=self.dense_units,
        )

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.input_tags.three_d_array = True
        tags.input_tags.sparse = False
        tags.non_deterministic = False
        return tags


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
        pretrained: BaseEstimator | nn.Module | str | os.PathLike | None = None,
        freeze: str | int | None = "gradual",
        device: str = "auto",
        precision: str = "auto",
        checkpoint: str | os.PathLike | None = None,
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
            checkpoint=checkpoint,
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
        pretrained: BaseEstimator | nn.Module | str | os.PathLike | None = None,
        freeze: str | int | None = "gradual",
        device: str = "auto",
        precision: str = "auto",
        checkpoint: str | os.PathLike | None = None,
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
            checkpoint=checkpoint,
            callbacks=callbacks,
            random_state=random_state,
            verbose=verbose,
        )
        self.loss = loss
