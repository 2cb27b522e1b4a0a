"""CNNs for sequences of symbols and numeric signals."""

import os
from collections.abc import Callable
from numbers import Integral, Real

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.utils import Tags
from sklearn.utils._param_validation import Interval, StrOptions
from torch import nn

from sklearn_cnn import _defaults
from sklearn_cnn._base import BaseCNN
from sklearn_cnn._package import warn
from sklearn_cnn._parameters import with_shared_descriptions
from sklearn_cnn.architectures._layer_sizes import layer_sizes, local_pool_sizes
from sklearn_cnn.architectures._sequence_cnn_config import SequenceCNNConfig
from sklearn_cnn.datasets._motif_set import MotifSet
from sklearn_cnn.inputs._checks import (
    check_fit_for_flattening,
    check_fit_for_profiles,
)
from sklearn_cnn.inputs._sequence_input import SequenceInput
from sklearn_cnn.preprocessing._alphabet import DNA
from sklearn_cnn.preprocessing._draw_rows import draw_rows
from sklearn_cnn.preprocessing._strand_test import depends_on_strand
from sklearn_cnn.stacking._sequence_features import SequenceFeatures
from sklearn_cnn.targets._classifier import CNNClassifierMixin
from sklearn_cnn.targets._regressor import CNNRegressorMixin
from sklearn_cnn.training._losses import ELEMENTWISE
from sklearn_cnn.training._training_set import TrainingSet
from sklearn_cnn.transfer._borrowed import BorrowedSource

# As many targets as positions are taken for a profile from here on.
_MIN_PROFILE = 10


class BaseMotifCNN(BaseCNN):
    """What the motif estimators share: strings or arrays in, a `MotifCNN` inside."""

    _parameter_constraints: dict = {
        **BaseCNN._parameter_constraints,
        "n_filters": [
            StrOptions({"auto"}),
            *BaseCNN._parameter_constraints["n_filters"],
        ],
        "kernel_size": [
            StrOptions({"auto"}),
            *BaseCNN._parameter_constraints["kernel_size"],
        ],
        "position": [StrOptions({"auto"}), "boolean"],
        "alphabet": [str],
        "reverse_complement": [StrOptions({"auto"}), "boolean"],
        "linear_models": [StrOptions({"auto"}), None],
        "kmers": [StrOptions({"auto"}), Interval(Integral, 1, 8, closed="both"), None],
        "motif_bank": [str, os.PathLike, MotifSet, None],
        "output": [StrOptions({"auto", "profile"})],
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
        position,
        alphabet,
        reverse_complement,
        linear_models,
        kmers,
        motif_bank,
        output,
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
        self.position = position
        self.alphabet = alphabet
        self.reverse_complement = reverse_complement
        self.linear_models = linear_models
        self.kmers = kmers
        self.motif_bank = motif_bank
        self.output = output
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
    def _per_position(self) -> bool:
        if hasattr(self, "architecture_"):
            return self.architecture_.profile
        return self.output == "profile"

    @property
    def _input(self) -> SequenceInput:
        return SequenceInput(self)

    @property
    def _features(self) -> SequenceFeatures:
        return SequenceFeatures(self)

    def _settle(self, samples: TrainingSet, seed: int, source) -> None:
        if self._per_position:
            check_fit_for_profiles(self)
        inputs = samples.inputs
        self._warn_of_wide_targets(samples)
        n_symbols = 0 if self.alphabet_ is None else len(self.alphabet_.symbols)
        # Of all inputs: those held out, too, are read as these are.
        ragged = self.length_ is None
        self.channel_means_ = np.zeros(self.n_channels_)
        if self.n_channels_ > n_symbols and not ragged:
            means = np.average(inputs.values.mean(axis=2), 0, weights=samples.weights)
            self.channel_means_[n_symbols:] = means[n_symbols:]
        is_borrowed = isinstance(source, BorrowedSource)
        if not is_borrowed:
            self.activation_ = _defaults.settle(
                self.activation,
                getattr(source, "activation_", None),
                _defaults.activation(has_letters=n_symbols > 0),
            )
        if self.pooling == "flatten":
            check_fit_for_flattening(self)
        if self.position == "auto":
            self.position_ = _defaults.position(
                one_length=not ragged, profile=self._per_position
            )
        elif self.position and ragged:
            raise ValueError(
                "position=True needs sequences of one length, but those in X differ"
            )
        else:
            self.position_ = bool(self.position)
        has_strands = self.alphabet_ is not None and self.alphabet_.name in (
            "dna",
            "rna",
        )
        # What others trained says nothing about strands.
        of_source = source is not None and not self._per_position and not is_borrowed
        if self.reverse_complement == "auto" and of_source:
            self.reverse_complement_ = source.reverse_complement_
        elif self.reverse_complement == "auto":
            both = _defaults.may_read_both_strands(
                is_dna=self.alphabet_ == DNA, profile=self._per_position
            )
            # The test takes a while.
            both = both and not self._depends_on_strand(samples, seed)
            self.reverse_complement_ = both
        elif self.reverse_complement and not has_strands:
            raise ValueError(
                "reverse_complement=True needs DNA or RNA, but the alphabet is "
                f"{None if self.alphabet_ is None else self.alphabet_.name!r}"
            )
        else:
            self.reverse_complement_ = bool(self.reverse_complement)

        if not is_borrowed:
            self._settle_layers(n_symbols, len(inputs), source)

    def _warn_of_wide_targets(self, samples) -> None:
        """Warn of as many targets as there are positions, as in a profile."""
        n_targets = self._task.n_targets
        length = samples.inputs.length
        if not self._per_position and n_targets == length >= _MIN_PROFILE:
            warn(
                f"y of shape {samples.targets.shape} holds as many targets as X has "
                "positions; if these are values for each position, pass "
                "output='profile'. Without it they are unrelated targets"
            )

    def _settle_layers(self, n_symbols: int, n_samples: int, source) -> None:
        """Settle depth, number and width of the filters, and local pooling."""
        settle, its = _defaults.settle, getattr(source, "architecture_", None)
        # One rule settles both, since the depth of either is that of the other.
        layers = (
            settle(self.n_filters, getattr(its, "n_filters", None), "auto"),
            settle(self.kernel_size, getattr(its, "kernel_sizes", None), "auto"),
        )
        if self._per_position:
            layers = _defaults.profile_layers(*layers)
        else:
            layers = _defaults.sequence_layers(
                *layers, n_samples=n_samples, has_letters=n_symbols > 0
            )
        self.n_filters_, self.kernel_size_ = layer_sizes(*layers)
        pool_size = settle(
            self.pool_size,
            # Networks for profiles pool nothing.
            None if self._per_position else getattr(its, "pool_sizes", None),
            _defaults.SEQUENCE_POOL_SIZE,
        )
        self.pool_size_ = local_pool_sizes(pool_size, len(self.n_filters_))

    def _depends_on_strand(self, samples, seed) -> bool:
        """Whether the targets of a part of the samples depend on the strand."""
        labels = self._task.strata(samples.targets)
        most = _defaults.MAX_TESTED_ROWS
        part = samples[draw_rows(len(samples.inputs), most, seed, labels)].in_memory
        return depends_on_strand(
            self._input.letters(part.inputs), self._task.indicators(part.targets)
        )

    def _config(self) -> SequenceCNNConfig:
        # Models of older files lack the last.
        pool_sizes = getattr(self, "pool_size_", (1,) * len(self.n_filters_))
        return SequenceCNNConfig(
            n_channels=self.n_channels_,
            n_symbols=0 if self.alphabet_ is None else len(self.alphabet_.symbols),
            n_outputs=self._task.n_outputs,
            n_filters=self.n_filters_,
            kernel_sizes=self.kernel_size_,
            pool_sizes=pool_sizes,
            activation=self.activation_,
            pooling=self.pooling,
            dense_units=self.dense_units,
            length=self.length_ if self.position_ else None,
            profile=self._per_position,
        )

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.input_tags.one_d_array = False
        tags.input_tags.three_d_array = True
        tags.input_tags.string = True
        tags.input_tags.sparse = False
        tags.non_deterministic = False
        return tags


@with_shared_descriptions
class MotifCNNClassifier(CNNClassifierMixin, BaseMotifCNN):
    """CNN classifier for DNA, RNA and protein sequences and for numeric signals.

    Filters slide along a sequence with shared weights, so that a motif (a transcription
    factor's binding site, a splice signal) is found wherever it stands. Pass the
    sequences as strings; everything between them and the predictions happens inside.

    Parameters
    ----------
    %(architecture)s
    %(training)s
    label_smoothing : float in [0, 1), default=0.05
        Share of each target that is spread evenly over the classes in training. Not
        used for profiles, where it would lift the probability of rare sites.
    class_weight : dict, "balanced" or None, default=None
        Weights of the classes, multiplied with `sample_weight`. "balanced" gives each
        class the same total weight, `sample_weight` included. Not for multilabel
        problems and profiles.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        The class labels; 0 to n_labels - 1 for a multilabel problem.
    multilabel_ : bool
        Whether y was a multilabel indicator matrix.
    %(attributes)s
    %(fitted)s

    See Also
    --------
    MotifCNNRegressor : The same for numbers.
    sklearn_cnn.preprocessing.SequenceEncoder : Numeric columns for other estimators.

    Notes
    -----
    %(inputs)s

    %(stacking)s

    `y` holds labels of any type, two classes or more; or it is a multilabel indicator
    matrix (n, n_labels) of 0 and 1, for instance many transcription factors at once.
    With ``output="profile"`` it holds one of two labels for each position: an array (n,
    length), or where lengths differ a list or object array of n arrays, each as long as
    its sequence. Missing labels (None, NaN) are left out. `predict_proba` gives the
    probability of ``classes_[1]`` at each position, in the same layout, and `score` the
    mean correlation per window, :func:`~sklearn_cnn.metrics.pearson_per_window`.

    References
    ----------
    %(references)s

    Examples
    --------
    >>> from sklearn_cnn import MotifCNNClassifier
    >>> from sklearn_cnn.datasets import make_motif_classification
    >>> X, y = make_motif_classification(
    ...     300, length=60, motif="TGACGTCA", random_state=0
    ... )
    >>> clf = MotifCNNClassifier(n_filters=16, random_state=0).fit(X[:200], y[:200])
    >>> clf.score(X[200:], y[200:]) > 0.9
    True
    """

    _parameter_constraints: dict = {
        **BaseMotifCNN._parameter_constraints,
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
        pooling: str = "max_mean",
        dense_units: int | None = 64,
        dropout: float = 0.5,
        position: str | bool = "auto",
        alphabet: str = "auto",
        reverse_complement: str | bool = "auto",
        linear_models: str | None = "auto",
        kmers: int | str | None = "auto",
        motif_bank: str | os.PathLike | None = "auto",
        output: str = "auto",
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
            position=position,
            alphabet=alphabet,
            reverse_complement=reverse_complement,
            linear_models=linear_models,
            kmers=kmers,
            motif_bank=motif_bank,
            output=output,
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
class MotifCNNRegressor(CNNRegressorMixin, BaseMotifCNN):
    """CNN regressor for DNA, RNA and protein sequences and for numeric signals.

    Filters slide along a sequence with shared weights, so that a motif is found
    wherever it stands. Pass the sequences as strings and the targets (binding strength,
    expression, fitness) in their own units; they are standardised inside.

    Parameters
    ----------
    %(architecture)s
    %(training)s
    loss : {"auto", "squared_error", "absolute_error", "huber", "poisson"}, \
            default="auto"
        Loss of standardised targets. The absolute error and Huber's loss (squared up
        to one standard deviation, linear beyond) are less sensitive to outliers.
        "poisson", for profiles without negative numbers only, takes the network's
        outputs as logarithms: predictions are positive, and flat where there is
        nothing. "auto" takes it for such profiles (on scores that are 0 but for sites
        it learned faster), else the squared error.

    Attributes
    ----------
    y_mean_ : ndarray of shape () or (n_targets,)
        Mean of each target in training; of profiles, over all positions.
    y_scale_ : ndarray of shape () or (n_targets,)
        Standard deviation of each target in training; of profiles, over all positions.
    loss_ : str
        The loss that was taken.
    %(attributes)s
    %(fitted)s

    See Also
    --------
    MotifCNNClassifier : The same for classes.
    sklearn_cnn.preprocessing.SequenceEncoder : Numeric columns for other estimators.

    Notes
    -----
    %(inputs)s

    %(stacking)s

    `y` holds numbers of shape (n,) or (n, n_targets); predictions have the same shape.
    With ``output="profile"`` it holds a number for each position: an array (n, length),
    or where lengths differ a list or object array of n arrays, each as long as its
    sequence. Positions where it is NaN are unknown and left out. Predictions are (n,
    length), or an object array where the lengths in X differ, and `score` is the mean
    correlation per window, :func:`~sklearn_cnn.metrics.pearson_per_window`.

    References
    ----------
    %(references)s

    Examples
    --------
    >>> from sklearn_cnn import MotifCNNRegressor
    >>> from sklearn_cnn.datasets import make_motif_regression
    >>> X, y = make_motif_regression(400, length=60, motif="TGACGTCA", random_state=0)
    >>> reg = MotifCNNRegressor(n_filters=16, random_state=0).fit(X[:300], y[:300])
    >>> reg.score(X[300:], y[300:]) > 0.8
    True
    """

    _parameter_constraints: dict = {
        **BaseMotifCNN._parameter_constraints,
        "loss": [StrOptions({"auto", *ELEMENTWISE})],
    }

    def __init__(
        self,
        *,
        n_filters: int | tuple[int, ...] | str = "auto",
        kernel_size: int | tuple[int, ...] | str = "auto",
        activation: str = "auto",
        pool_size: int | tuple[int, ...] | str | None = "auto",
        pooling: str = "max_mean",
        dense_units: int | None = 64,
        dropout: float = 0.5,
        position: str | bool = "auto",
        alphabet: str = "auto",
        reverse_complement: str | bool = "auto",
        linear_models: str | None = "auto",
        kmers: int | str | None = "auto",
        motif_bank: str | os.PathLike | None = "auto",
        output: str = "auto",
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
        loss: str = "auto",
    ):
        super().__init__(
            n_filters=n_filters,
            kernel_size=kernel_size,
            activation=activation,
            pool_size=pool_size,
            pooling=pooling,
            dense_units=dense_units,
            dropout=dropout,
            position=position,
            alphabet=alphabet,
            reverse_complement=reverse_complement,
            linear_models=linear_models,
            kmers=kmers,
            motif_bank=motif_bank,
            output=output,
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
