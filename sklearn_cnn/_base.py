"""The one path of every estimator: validate, encode, build, train, predict."""

import copy
import math
import os
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, replace
from numbers import Integral, Real

import numpy as np
import torch
from numpy.typing import ArrayLike
from sklearn.base import BaseEstimator, _fit_context
from sklearn.metrics import get_scorer_names
from sklearn.utils import _safe_indexing, check_array, check_random_state
from sklearn.utils._param_validation import Interval, StrOptions
from sklearn.utils.validation import check_consistent_length, check_is_fitted
from torch import nn

from sklearn_cnn._callback_support import CallbackSupportMixin, follow_fit
from sklearn_cnn._hold_out import check_groups, deal_folds, hold_out
from sklearn_cnn._kept_parameter import KeptParameterMixin
from sklearn_cnn._layer_sizes import layer_sizes, local_pool_sizes
from sklearn_cnn._monitor import resolve_scorer
from sklearn_cnn._profiles import read_profiles
from sklearn_cnn._scorer_weights import weights_for
from sklearn_cnn._target_containers import check_orientation, read_targets
from sklearn_cnn._training_hashes import add_hashes, hash_inputs, warn_of_overlap
from sklearn_cnn._transfer import (
    Phase,
    freeze_layers,
    phases,
    resolve_source,
    same_features,
    take_weights,
)
from sklearn_cnn._warnings import warn
from sklearn_cnn.architectures._ensemble import Ensemble
from sklearn_cnn.architectures._linear_branch import LinearBranch
from sklearn_cnn.architectures._rescale import Rescale
from sklearn_cnn.architectures._stack import Stack
from sklearn_cnn.architectures._standardize import Standardize, are_lost
from sklearn_cnn.preprocessing._containers import unpack
from sklearn_cnn.preprocessing._draw_rows import draw_rows
from sklearn_cnn.preprocessing._signals import needs_double
from sklearn_cnn.training._batches import Batches
from sklearn_cnn.training._branches import fit_branch, merge_branches
from sklearn_cnn.training._device import dtype_on, resolve_device
from sklearn_cnn.training._finite_weights import FiniteWeights
from sklearn_cnn.training._inputs import DeviceInputs, Inputs
from sklearn_cnn.training._linear import fit_stack
from sklearn_cnn.training._predict import predict_branch, predict_outputs
from sklearn_cnn.training._progress import Steps
from sklearn_cnn.training._seeds import Randomness
from sklearn_cnn.training._sklearn_callbacks import SklearnCallbacks
from sklearn_cnn.training._skorch_callbacks import check_callbacks
from sklearn_cnn.training._train import TrainingSettings, train
from sklearn_cnn.training._validation import Validation

# Up to this many samples, one batch holds all and training is free of chance.
_FULL_BATCH = 64
_BATCH_SIZE = 64
_MIN_EPOCHS = 20
# Fewer filters than so many must look longer for what there is to find.
_FEW_FILTERS = 16
_MIN_EPOCHS_OF_FEW_FILTERS = 40
# Each window of a profile holds many targets.
_PROFILE_BATCH_SIZE = 16
_MIN_PROFILE_EPOCHS = 10
_MIN_STEPS = 300
# From this many samples on, "auto" holds some out for early stopping.
_ENOUGH_TO_HOLD_OUT = 10_000
# Linear branches join the network from this many samples on, ...
_ENOUGH_TO_STACK = 50
# ... for at most this many outputs, and learn from at most this many samples.
_MAX_STACKED_OUTPUTS = 20
_MAX_LINEAR_SAMPLES = 20_000
# Each network of a stack leaves one of these folds out.
_N_FOLDS = 5
# Starts the names of the weights of linear branches and their stack.
_STACK = "stack"
# Networks of a stack where nothing else is held out.
_N_NETWORKS = 3


@dataclass(frozen=True)
class _Samples:
    """Samples as the user gave them and encoded.

    Those that count for nothing are left out; `rows` are those kept. `sample_weight`
    is what the user gave, None if nothing; `weights` are for the loss.
    """

    rows: np.ndarray
    X: ArrayLike
    y: ArrayLike
    inputs: Inputs
    targets: np.ndarray
    weights: np.ndarray
    sample_weight: np.ndarray | None

    def __getitem__(self, rows: np.ndarray) -> "_Samples":
        return _Samples(
            self.rows[rows],
            _safe_indexing(self.X, rows),
            _safe_indexing(self.y, rows),
            self.inputs[rows],
            self.targets[rows],
            self.weights[rows],
            None if self.sample_weight is None else self.sample_weight[rows],
        )


class BaseCNN(KeptParameterMixin, CallbackSupportMixin, BaseEstimator, ABC):
    """What all estimators share; a subclass says what its inputs and targets are."""

    _parameter_constraints: dict = {
        "n_filters": [
            StrOptions({"auto"}),
            Interval(Integral, 1, None, closed="left"),
            list,
            tuple,
        ],
        "kernel_size": [
            StrOptions({"auto"}),
            Interval(Integral, 1, None, closed="left"),
            list,
            tuple,
        ],
        "activation": [StrOptions({"auto", "exponential", "relu"})],
        "pool_size": [
            StrOptions({"auto"}),
            Interval(Integral, 1, None, closed="left"),
            list,
            tuple,
            None,
        ],
        "pooling": [StrOptions({"max_mean", "max", "mean", "flatten"})],
        "dense_units": [Interval(Integral, 1, None, closed="left"), None],
        "dropout": [Interval(Real, 0, 1, closed="left")],
        "max_epochs": [
            StrOptions({"auto"}),
            Interval(Integral, 1, None, closed="left"),
        ],
        "batch_size": [
            StrOptions({"auto"}),
            Interval(Integral, 1, None, closed="left"),
        ],
        "lr": [Interval(Real, 0, None, closed="neither")],
        "weight_decay": [Interval(Real, 0, None, closed="left")],
        "early_stopping": [StrOptions({"auto"}), "boolean"],
        "validation_fraction": [Interval(Real, 0, 1, closed="neither")],
        "n_iter_no_change": [Interval(Integral, 1, None, closed="left")],
        "monitor": [StrOptions({"loss", *get_scorer_names()}), callable],
        "missing_labels": [StrOptions({"raise", "mask"})],
        "n_estimators": [
            StrOptions({"auto"}),
            Interval(Integral, 1, None, closed="left"),
        ],
        "warm_start": ["boolean"],
        "pretrained": [str, os.PathLike, BaseEstimator, None],
        "freeze": [
            StrOptions({"gradual", "trunk"}),
            Interval(Integral, 0, None, closed="left"),
            None,
        ],
        "device": [str],
        "precision": [StrOptions({"auto", "float32", "float64", "mixed"})],
        "callbacks": [list, None],
        "random_state": ["random_state"],
        "verbose": [Interval(Integral, 0, None, closed="left"), "boolean"],
    }

    _kept = "pretrained"
    # The fitted estimator whose weights a fit starts from, while it runs.
    _source = None
    # The pool_size that "auto" stands for, where no source says otherwise.
    _usual_pool_size: int

    @abstractmethod
    def _encode_X(self, X, *, reset: bool, name: str = "X") -> Inputs:
        """Validated inputs; with `reset`, learn what later inputs must look like.

        Error messages call them `name`.
        """

    @abstractmethod
    def _encode_y(
        self, y, weights: np.ndarray, *, reset: bool, name: str = "y"
    ) -> np.ndarray:
        """Validated targets as the loss reads them; with `reset`, learn about them."""

    @abstractmethod
    def _decide_on_input(self, samples: _Samples, seed: int) -> None:
        """Settle the parameters that are "auto" and depend on the training data.

        Where a part of the samples is enough, it is drawn by `seed`.
        """

    @abstractmethod
    def _build_network(self, *, dropout: float, masked: bool) -> nn.Module:
        """Network with fresh weights, from parameters and fitted attributes.

        A `masked` network looks for padding and unknown letters, where they can occur.
        """

    @abstractmethod
    def _build_loss(self, *, smoothed: bool = True) -> nn.Module:
        """Weighted loss of the task; without the smoothing of labels on demand."""

    @abstractmethod
    def _complement_order(self) -> list[int] | None:
        """Order of the channels on the opposite strand, where both are read."""

    def _strand_order(self) -> list[int] | None:
        """Order of the channels on the opposite strand, if that is the same input.

        Known before the fit decides whether both strands are read.
        """
        return None

    @property
    def _profile(self) -> bool:
        """Whether targets hold a value for every position of an input."""
        return False

    def _may_be_padded(self, inputs: Inputs) -> bool:
        """Whether there may be padding or unknown letters, for which to look."""
        return inputs.ragged

    def _build_features(self, stored: dict[str, np.ndarray]) -> dict[str, nn.Module]:
        """What linear branches see of the inputs, by the branch's name.

        `stored` holds the weights of a fitted stack, if there is one.
        """
        return {}

    def _without_features(self) -> None:
        """Settle that there are no linear branches."""

    @property
    def _fitted_pool_size(self) -> tuple[int, ...]:
        """Blocks pooled after each layer."""
        # Models of older files lack the attribute.
        usual = (self._usual_pool_size,) * len(self.n_filters_)
        return getattr(self, "pool_size_", usual)

    def _decide_on_pool_size(self) -> None:
        """Settle which blocks are pooled, once the number of layers is settled."""
        pool_size = self.pool_size
        if pool_size == "auto":
            pool_size = self._usual_pool_size
            if self._source is not None and not self._profile:
                pool_size = self._source._fitted_pool_size
        self.pool_size_ = local_pool_sizes(pool_size, len(self.n_filters_))

    def _layers(self) -> tuple[tuple[int, ...], tuple[int, ...], tuple[int, ...]]:
        """Filters, kernel sizes and pool sizes of the layers, as given or settled."""
        if self.activation not in ("auto", self.activation_):
            raise architecture_error()
        given = {name: getattr(self, name) for name in ("n_filters", "kernel_size")}
        n_filters, kernel_sizes = layer_sizes(
            *(
                getattr(self, f"{name}_") if value == "auto" else value
                for name, value in given.items()
            )
        )
        # No weight has a shape that shows the pooling.
        pool_sizes = self._fitted_pool_size
        if self.pool_size != "auto":
            pool_sizes = local_pool_sizes(self.pool_size, len(n_filters))
        if pool_sizes != self._fitted_pool_size or len(pool_sizes) != len(n_filters):
            raise architecture_error()
        return n_filters, kernel_sizes, pool_sizes

    def _augmentation(self) -> Callable[..., torch.Tensor] | None:
        """Random change of a batch in training, by draws from a generator."""
        return None

    def _read_y(self, y, name: str):
        """Targets in a container that NumPy and scikit-learn read."""
        return read_targets(y, name, profile=self._profile)

    def _target_weights(self, y, weights: np.ndarray) -> np.ndarray:
        """Sample weights with what the targets add to them."""
        return weights

    def _stratify_by(self, targets: np.ndarray) -> np.ndarray | None:
        """Labels whose shares a hold-out keeps."""
        return None

    @abstractmethod
    def _restrict_to(self, task: int) -> None:
        """Become an estimator of one of many tasks, for outputs (n, 1)."""

    @abstractmethod
    def _decode_targets(self, targets: np.ndarray) -> np.ndarray:
        """Labels (n,) of targets (n,) of one task."""

    def _check_partial_fit_classes(self, y, classes, *, first: bool) -> None:
        """Take or check the classes that `partial_fit` was given."""

    @property
    def _kin(self) -> type:
        """The class whose estimators have networks of the same kind."""
        return next(c for c in type(self).__mro__ if BaseCNN in c.__bases__)

    def _check_source(self) -> None:
        """Refuse a source whose network does not fit these inputs and parameters."""
        if self._source is None:
            return
        for attribute, (what, name) in self._source_must_share().items():
            own, its = getattr(self, attribute), getattr(self._source, attribute)
            if own != its:
                raise ValueError(
                    f"the {type(self._source).__name__} passed as pretrained has "
                    f"{what} {its!r}, but {name} {own!r}"
                )

    @abstractmethod
    def _source_must_share(self) -> dict[str, tuple[str, str]]:
        """Attributes in which a source must agree, and words for both sides."""

    def _remember(self, inputs: Inputs, name: str) -> None:
        """Keep hashes of sequences; warn if the source has been trained on them."""
        if inputs.alphabet is None:
            return
        hashes = hash_inputs(inputs, self._strand_order())
        kept = getattr(self, "training_hashes_", np.array([], dtype=np.uint64))
        of_source = getattr(self._source, "training_hashes_", None)
        if of_source is not None:
            warn_of_overlap(of_source, hashes, name)
            kept = add_hashes(kept, of_source)
        self.training_hashes_ = add_hashes(kept, hashes)

    def _same_task(self) -> bool:
        """Whether a source's head means what the head of this estimator means."""
        source = self._source
        same_kind = type(source) is type(self) and source._profile == self._profile
        if not same_kind or source._n_outputs != self._n_outputs:
            return False
        ours, its = (getattr(e, "classes_", None) for e in (self, source))
        return np.array_equal(ours, its)

    def _source_branches(self, features: dict) -> dict[str, LinearBranch]:
        """Linear branches of the source for the same task and of the same features."""
        if self._source is None or not self._same_task():
            return {}
        module = self._source._build_ensemble("both")
        return {
            name: branch
            for name, branch in getattr(module, "branches", {}).items()
            if name in features and same_features(branch.features, features[name])
        }

    def _phases(self, *, resume: bool, one_epoch: bool) -> list[Phase]:
        """The parts of a training; one, except for a gradual fine-tuning."""
        if self.pretrained is None:
            return [Phase()]
        n_layers = len(self.n_filters_)
        parts = phases(self.freeze, n_layers)
        return parts[-1:] if resume or one_epoch else parts

    def _prepare(self, network: nn.Module, samples: _Samples, weights) -> None:
        """Give a fresh network what it needs to know of the training set."""
        if network.standardize is None:
            return
        lost = network.standardize.adapt(samples.inputs.chunks(weights))
        # Once: before the first member is added.
        if lost and _n_members(self.weights_) == 0:
            warn(
                f"the values in channel {lost[0]} of X differ too little beside their "
                "mean, or are too small or large, for single precision; subtract a "
                "constant from them, change their unit, or pass precision='float64'"
            )

    def _finish_module(self, module: nn.Module) -> nn.Module:
        """Module whose outputs are in the units of the targets."""
        return module

    @_fit_context(prefer_skip_nested_validation=True)
    def fit(
        self,
        X: ArrayLike,
        y: ArrayLike,
        sample_weight: ArrayLike | None = None,
        *,
        groups: ArrayLike | None = None,
        X_val: ArrayLike | None = None,
        y_val: ArrayLike | None = None,
        sample_weight_val: ArrayLike | None = None,
    ):
        """Train, from scratch unless ``warm_start=True``.

        A fit that fails or is interrupted leaves the estimator as it was.

        Parameters
        ----------
        X : container of n_samples inputs
            What the class takes; see its docstring.
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
            Targets. Profiles are (n_samples, length), or n_samples arrays where lengths
            differ.
        sample_weight : array-like of shape (n_samples,), default=None
            How much each sample counts; not negative and not all zero. A sample of
            weight 0 is left out. None counts all alike.
        groups : array-like of shape (n_samples,), default=None
            Samples of one group stay on one side wherever the fit holds a part out, for
            early stopping or to weigh its parts against each other: sequences of one
            chromosome, or those that overlap, by
            `~sklearn_cnn.preprocessing.overlap_groups`. None does so with equal inputs
            (of DNA, on either strand), and splits at random otherwise.
        X_val, y_val : as X and y, default=None
            Data for early stopping in place of a part of X. In a pipeline they reach
            this estimator transformed where metadata routing is enabled and
            ``Pipeline(transform_input=["X_val"])`` says so.
        sample_weight_val : array-like of shape (n_val_samples,), default=None
            Weights of the samples in X_val.

        Returns
        -------
        self
            The fitted estimator itself.

        Raises
        ------
        ValueError
            If a parameter or an argument is not as described.
        FloatingPointError
            If the loss becomes infinite or NaN in the first epoch. Later than that, or
            where training goes on from a previous fit, the last good weights are kept,
            with a ConvergenceWarning.
        """
        fit_arguments = {
            "sample_weight": sample_weight,
            "groups": groups,
            "X_val": X_val,
            "y_val": y_val,
            "sample_weight_val": sample_weight_val,
        }
        followed = follow_fit(self, X, y, sample_weight)
        work = copy.copy(self)
        resume = self.warm_start and hasattr(self, "weights_")
        if not resume:
            _forget(work)
        work._fit(X, y, **fit_arguments, resume=resume, followed=followed)
        _hand_over(work, self)
        if followed is not None:
            followed.end(X, y, sample_weight)
        return self

    def _fit(
        self,
        X,
        y,
        sample_weight,
        *,
        groups,
        X_val,
        y_val,
        sample_weight_val,
        resume,
        followed,
    ):
        rng = check_random_state(self.random_state)
        seeds = self._draw_seeds(rng, resume)
        if self.pretrained is not None and not resume:
            self._source = resolve_source(self.pretrained, self._kin)
        samples = self._encode(X, y, sample_weight, reset=not resume)
        if groups is not None:
            groups = unpack(groups, "groups")
            groups = check_groups(groups, len(X))[samples.rows]
        held_out = None
        holds_out = self._holds_out(samples, X_val, y_val, sample_weight_val)
        if holds_out and X_val is None:
            rows, rows_held_out = hold_out(
                len(samples.inputs),
                fraction=self.validation_fraction,
                labels=self._stratify_by(samples.targets),
                groups=self._equal_inputs(samples) if groups is None else groups,
                random_state=rng.randint(np.iinfo(np.int32).max),
            )
            samples, held_out = samples[rows], samples[rows_held_out]
            groups = None if groups is None else groups[rows]
        if not resume:
            self._decide_on_input(samples, seeds[0])
            self._check_source()
        if X_val is not None:
            held_out = self._encode(
                X_val, y_val, sample_weight_val, reset=False, suffix="_val"
            )
        # A training that goes on has seen all samples: there is nothing to weigh by.
        stacks = not resume and self._can_stack(samples)
        features = self._build_features({}) if stacks else {}
        folds = None
        if features:
            if groups is None:
                groups = hash_inputs(samples.inputs, self._strand_order())
            folds = deal_folds(
                groups,
                self._stratify_by(samples.targets),
                max(_N_FOLDS, len(seeds)),
                rng.randint(np.iinfo(np.int32).max),
            )
            # Nothing can be left out of one or two groups.
            features = features if folds.max() >= 2 else {}
        if not features and not resume:
            self._without_features()
        self._train(
            samples,
            held_out,
            seeds=seeds[: self._n_networks(held_out, features, resume)],
            resume=resume,
            followed=followed,
            features=features,
            folds=folds,
        )

    def _partial_fit(self, X, y, sample_weight, *, classes=None):
        self._validate_params()
        if self.early_stopping != "auto" and self.early_stopping:
            raise ValueError(
                "partial_fit does not support early_stopping=True: it trains for one "
                "epoch, after which there is nothing to stop"
            )
        self._require_y(y, "y")
        y = self._read_y(y, "y")
        first = not hasattr(self, "weights_")
        work = copy.copy(self)
        if first and self.pretrained is not None:
            work._source = resolve_source(self.pretrained, self._kin)
        seeds = self._draw_seeds(check_random_state(self.random_state), not first)
        if self.n_estimators == "auto":
            seeds = seeds[: 1 if first else _n_members(self.weights_)]
        work._check_partial_fit_classes(y, classes, first=first)
        learn_y = first and not hasattr(work, "classes_")
        samples = work._encode(X, y, sample_weight, reset=first, reset_y=learn_y)
        if first:
            work._decide_on_input(samples, seeds[0])
            work._check_source()
            work._without_features()
        work._train(samples, None, seeds=seeds, resume=not first, one_epoch=True)
        _hand_over(work, self)
        return self

    def _equal_inputs(self, samples: _Samples) -> np.ndarray | None:
        """Group (n,) of each input where some are equal; else None."""
        hashes = hash_inputs(samples.inputs, self._strand_order())
        return hashes if len(np.unique(hashes)) < len(hashes) else None

    def _draw_seeds(self, rng: np.random.RandomState, resume: bool) -> np.ndarray:
        """Seed of each member; a training that goes on goes on with fresh ones."""
        n_members = _N_NETWORKS if self.n_estimators == "auto" else self.n_estimators
        seeds = rng.randint(np.iinfo(np.int32).max, size=n_members)
        return seeds + self.n_iter_ if resume else seeds

    def _n_networks(self, held_out, features, resume: bool) -> int:
        """Number of networks; "auto" is more where each leaves out a fold."""
        if self.n_estimators != "auto":
            return self.n_estimators
        if resume:
            return _n_members(self.weights_)
        if not features or held_out is not None:
            return 1
        return _N_NETWORKS

    def _can_stack(self, samples: _Samples) -> bool:
        """Whether linear branches can be trained and weighed against the network."""
        labels = self._stratify_by(samples.targets)
        if labels is not None:
            counts = np.sort(np.unique(labels, return_counts=True)[1])
            if len(counts) < 2 or counts[-2] < _N_FOLDS:
                return False
        few_outputs = self._n_outputs <= _MAX_STACKED_OUTPUTS
        return len(samples.inputs) >= _ENOUGH_TO_STACK and few_outputs

    def _encode(
        self, X, y, sample_weight, *, reset, reset_y=None, suffix=""
    ) -> _Samples:
        """Validate and encode samples; leave out those that count for nothing.

        These are those of weight zero and those of which no label is known.
        """
        self._require_y(y, f"y{suffix}")
        X, y = unpack(X, f"X{suffix}"), self._read_y(y, f"y{suffix}")
        inputs = self._encode_X(X, reset=reset, name=f"X{suffix}")
        check_orientation(y, len(inputs), f"y{suffix}")
        check_consistent_length(inputs.values, y)
        weights = _check_weights(sample_weight, inputs, name=f"sample_weight{suffix}")
        if self._profile:
            y = read_profiles(y, inputs, f"y{suffix}")
        kept = np.flatnonzero(weights)
        if len(kept) < len(weights):
            X, y = _safe_indexing(X, kept), _safe_indexing(y, kept)
            inputs, weights = inputs[kept], weights[kept]
        reset_y = reset if reset_y is None else reset_y
        targets = self._encode_y(y, weights, reset=reset_y, name=f"y{suffix}")
        if self._profile:
            # As wide as the inputs, of which the longest may have been left out.
            missing = inputs.length - targets.shape[1]
            targets = np.pad(targets, ((0, 0), (0, missing)), constant_values=np.nan)
        given = None if sample_weight is None else weights
        weights = self._target_weights(y, weights)
        if not weights.any():
            raise ValueError(f"class_weight is zero for every class in y{suffix}")
        samples = _Samples(kept, X, y, inputs, targets, weights, given)
        known = ~np.isnan(targets).reshape(len(targets), -1).all(axis=1)
        if not known.any():
            raise ValueError(f"y{suffix} holds no known label: all of it is NaN")
        known &= weights > 0
        samples = samples if known.all() else samples[np.flatnonzero(known)]
        self._remember(samples.inputs, f"X{suffix}")
        return samples

    def _require_y(self, y, name: str) -> None:
        if y is None:
            raise ValueError(
                f"{type(self).__name__} requires {name} to be passed, but the target "
                f"{name} is None"
            )

    def _holds_out(self, samples, X_val, y_val, sample_weight_val) -> bool:
        """Whether there is early stopping; complain of arguments that do not match."""
        if X_val is None and (y_val is not None or sample_weight_val is not None):
            raise ValueError("y_val and sample_weight_val need X_val, which is None")
        stops = self.early_stopping == "auto" or self.early_stopping
        if X_val is not None and not stops:
            raise ValueError(
                "X_val and y_val are for early stopping, but early_stopping=False"
            )
        if self.early_stopping == "auto":
            return X_val is not None or len(samples.inputs) >= _ENOUGH_TO_HOLD_OUT
        return self.early_stopping

    def _train(
        self,
        samples,
        held_out,
        *,
        seeds,
        resume,
        one_epoch=False,
        followed=None,
        features=None,
        folds=None,
    ):
        """Train the members on samples; set what makes the estimator fitted.

        Where there are `features`, linear branches learn from them. To weigh them
        against the networks, each network leaves out a fold, unless samples are held
        out anyway.
        """
        check_callbacks(self.callbacks or [], self._recorded(held_out))
        device = resolve_device(self.device)
        n_samples = len(samples.inputs)
        # Calls of partial_fit are parts of a training, whatever their size; and the
        # folds of a stack are drawn by chance anyway.
        few = n_samples <= samples.inputs.rows_at_once(_FULL_BATCH)
        few = few and not one_epoch and not features
        full_batch = self.batch_size == "auto" and few
        old_weights = self.weights_ if resume else {}
        # Moments go on from one call of partial_fit to the next, and no further.
        old_state = vars(self).pop("optimizer_state_", {})
        old_state = old_state if one_epoch else {}
        exact = full_batch or needs_double(samples.inputs.values)
        dtype = self._training_dtype(device, exact, _of_member(old_weights, 0))
        masked = any(
            self._may_be_padded(part.inputs)
            for part in (samples, held_out)
            if part is not None
        )
        cross_fits = bool(features) and held_out is None
        unseen = np.full((n_samples if features else 0, self._n_outputs), np.nan)
        self.history_ = list(self.history_) if resume else []
        # What goes on trains the networks; the rest stays.
        stack = _of_member(old_weights, _STACK)
        self.weights_ = {f"{_STACK}.{key}": array for key, array in stack.items()}
        self.device_ = str(device)
        optimizer_state = {}
        parts = self._phases(resume=resume, one_epoch=one_epoch)
        for member, seed in enumerate(seeds):
            left_out = np.flatnonzero(folds == member) if cross_fits else None
            part = samples[np.flatnonzero(folds != member)] if cross_fits else samples
            randomness = Randomness(int(seed), device)
            with randomness.initial_weights():
                network = self._build_network(
                    dropout=0.0 if full_batch else self.dropout, masked=masked
                ).to(dtype)
            randomness.lend_to(network)
            weights = part.weights / part.weights.mean()
            if _of_member(old_weights, member):
                _load_weights(network, _of_member(old_weights, member))
            else:
                self._prepare(network, part, weights)
            network.to(device, dtype)
            if self._source is not None:
                source = self._source.weights_
                take_weights(
                    network,
                    _of_member(source, member % _n_members(source)),
                    with_head=self._same_task(),
                )
            batches = self._make_batches(part, device, dtype, randomness)
            # What goes on has good weights before its first epoch.
            goes_on = bool(_of_member(old_weights, member))
            guard = FiniteWeights(network if goes_on else None)
            callbacks = self._internal_callbacks(part, held_out, member, followed)
            history = []
            for number, phase in enumerate(parts, start=1):
                freeze_layers(network, phase.n_frozen)
                records, state = train(
                    network,
                    self._build_loss(),
                    batches,
                    self._training_settings(
                        len(batches), one_epoch, phase.lr_factor, len(parts)
                    ),
                    guard=guard,
                    callbacks=callbacks,
                    user_callbacks=self.callbacks,
                    optimizer_state=_of_member(old_state, member),
                )
                if len(parts) > 1:
                    records = [{**record, "phase": number} for record in records]
                history += records
            self._add_member(member, network, history)
            optimizer_state |= {f"{member}.{key}": a for key, a in state.items()}
            if cross_fits and len(left_out):
                unseen[left_out] = self._outputs_of(network, samples.inputs[left_out])
        if one_epoch:
            self.optimizer_state_ = optimizer_state
        if features:
            self._add_stack(samples, held_out, features, folds, unseen, seeds[0])

    def _recorded(self, held_out: _Samples | None) -> set[str]:
        """What is recorded of each epoch."""
        always = {"epoch", "train_loss"}
        if held_out is None:
            return always
        score = set() if self.monitor == "loss" else {"valid_score"}
        return always | {"valid_loss", "best"} | score

    def _make_batches(self, samples, device, dtype, randomness) -> Batches:
        weights = samples.weights / samples.weights.mean()
        small = self._profile and len(weights) > _FULL_BATCH
        auto = samples.inputs.rows_at_once(
            _PROFILE_BATCH_SIZE if small else _BATCH_SIZE
        )
        return Batches(
            DeviceInputs(samples.inputs, device, dtype),
            _to_device(samples.targets, device, dtype),
            _to_device(weights, device, dtype),
            batch_size=auto if self.batch_size == "auto" else self.batch_size,
            complement_order=self._complement_order(),
            weighted=bool(np.ptp(weights) > 0),
            generator=randomness.of_batches,
            augment=self._augmentation(),
            profile=self._profile,
        )

    def _training_settings(
        self, n_batches: int, one_epoch: bool, lr_factor: float, n_phases: int
    ) -> TrainingSettings:
        return TrainingSettings(
            max_epochs=1 if one_epoch else self._n_epochs(n_batches, n_phases),
            lr=self.lr * lr_factor,
            constant_lr=one_epoch,
            weight_decay=self.weight_decay,
            mixed=self.precision == "mixed",
            verbose=int(self.verbose),
            description=type(self).__name__,
        )

    def _add_stack(self, samples, held_out, features, folds, unseen, seed) -> None:
        """Train linear branches and add them, with weights, to the fitted state.

        `unseen` holds outputs of the networks for samples that they have not seen, NaN
        where there is none. Of many samples a part is drawn by `seed`.
        """
        device = torch.device(self.device_)
        loss = self._build_loss(smoothed=False)
        rows = draw_rows(
            len(samples.inputs),
            _MAX_LINEAR_SAMPLES,
            seed,
            self._stratify_by(samples.targets),
        )
        part = samples[rows]
        of_source = self._source_branches(features)
        branches, outputs = {}, [unseen[rows]]
        description = f"{type(self).__name__}, linear models"
        with Steps(description, "step", int(self.verbose)) as bar:
            for name, module in features.items():
                branches[name], unseen_by_branch = fit_branch(
                    module,
                    part.inputs,
                    _to_device(part.targets, device, torch.float32),
                    _to_device(part.weights, device, torch.float32),
                    torch.from_numpy(folds[rows]).to(device),
                    loss,
                    self._n_outputs,
                    bar,
                    of_source.get(name),
                )
                outputs.extend(unseen_by_branch)
        ensemble = self._build_ensemble("both")
        if held_out is not None:
            part = held_out
            outputs = [self._outputs_of(ensemble, part.inputs)]
            for branch in branches.values():
                fits = predict_branch(branch, part.inputs, device)
                outputs.extend(np.split(fits, fits.shape[1] // self._n_outputs, axis=1))
        known = np.flatnonzero(~np.isnan(outputs[0][:, 0]))
        weight, bias = fit_stack(
            torch.from_numpy(np.stack(outputs)[:, known]),
            torch.from_numpy(part.targets[known]),
            torch.from_numpy(part.weights[known] / part.weights[known].mean()),
            loss,
            shared=part.targets.ndim == 1,
        )
        merged, weight = merge_branches(branches, weight)
        stack = Stack(ensemble, merged, self._n_outputs)
        stack.weight.copy_(weight)
        stack.bias.copy_(bias)
        self.weights_ = self.weights_ | {
            f"{_STACK}.{name}": tensor.cpu().numpy().copy()
            for name, tensor in stack.state_dict().items()
            if not name.startswith("networks.")
        }

    def _add_member(self, member: int, network: nn.Module, history) -> None:
        """Add a trained network to the fitted state."""
        trained = [record for record in self.history_ if record["member"] == member]
        self.history_ = [
            *self.history_,
            *(
                {"member": member, **record, "epoch": len(trained) + i}
                for i, record in enumerate(history, start=1)
            ),
        ]
        self.weights_ = self.weights_ | {
            f"{member}.{name}": tensor.cpu().numpy().copy()
            for name, tensor in network.state_dict().items()
        }
        self.n_iter_ = max(record["epoch"] for record in self.history_)

    def _internal_callbacks(self, samples, held_out, member, followed) -> list:
        """Early stopping and scikit-learn's callbacks, where there are any."""
        callbacks = []
        if held_out is not None:
            callbacks.append(
                Validation(
                    lambda network: self._evaluate(network, held_out),
                    self.n_iter_no_change,
                )
            )
        if followed is not None:

            def fitted_attributes(network, history):
                view = copy.copy(self)
                records = [{k: r[k] for k in r if k != "batches"} for r in history]
                view._add_member(member, network, records)
                # What only an earlier fit has set is void.
                earlier = dict.fromkeys(_fitted_state(followed.estimator))
                return earlier | _fitted_state(view)

            arguments = followed.arguments(samples.X, samples.y, samples.sample_weight)
            callbacks.append(
                SklearnCallbacks(followed.context, arguments, fitted_attributes)
            )
        return callbacks

    def _evaluate(self, network: nn.Module, held_out: _Samples) -> dict:
        """Loss on held-out samples and, where it is not monitored, the score."""
        outputs = self._outputs_of(network, held_out.inputs)
        weights = torch.from_numpy(held_out.weights / held_out.weights.mean())
        targets = torch.from_numpy(held_out.targets)
        loss = self._build_loss()(torch.from_numpy(outputs), (targets, weights))
        record = {"valid_loss": loss.item()}
        if self.monitor != "loss":
            record["valid_score"] = self._score_outputs(network, outputs, held_out)
        return record

    def _score_outputs(self, network, outputs: np.ndarray, held_out: _Samples) -> float:
        """What `monitor` says of outputs, in the mean over tasks if labels miss."""
        scorer = resolve_scorer(self.monitor, self)
        known = ~np.isnan(held_out.targets)
        weights = weights_for(scorer, held_out.sample_weight)
        if self.missing_labels == "raise" or known.all():
            view = self._view_of(network, held_out.X, outputs)
            return float(scorer(view, held_out.X, held_out.y, **weights))
        scores = []
        for task in range(self._n_outputs):
            rows = np.flatnonzero(known[:, task])
            targets = held_out.targets[rows, task]
            if len(np.unique(targets)) < 2:
                continue  # Most scores are undefined.
            X = _safe_indexing(held_out.X, rows)
            view = self._view_of(network, X, outputs[rows, task, None], task)
            y = view._decode_targets(targets)
            of_rows = {name: values[rows] for name, values in weights.items()}
            scores.append(scorer(view, X, y, **of_rows))
        if not scores:
            raise ValueError(
                f"monitor={self.monitor!r} is undefined: in no task do the known "
                "labels of the held-out samples differ"
            )
        return float(np.mean(scores))

    def _view_of(self, network, X, outputs: np.ndarray, task: int | None = None):
        """View of the estimator, or of one of many tasks, with one network.

        Its outputs for the very X are known already.
        """
        view = copy.copy(self)
        view.weights_ = {}

        def predict_outputs(given):
            if given is X:
                return outputs
            others = self._outputs_of(network, self._encode_X(given, reset=False))
            return others if task is None else others[:, task, None]

        view._predict_outputs = predict_outputs
        if task is not None:
            view._restrict_to(task)
        return view

    def _outputs_of(self, network: nn.Module, inputs: Inputs) -> np.ndarray:
        """Outputs (n, n_outputs) of a network, or of several, for encoded inputs."""
        parameter = next(network.parameters())
        if not inputs.ragged:
            # As they are: a network without a mask would read padding as sequence.
            inputs = replace(inputs, lengths=None)
        if not isinstance(network, Ensemble):
            order = self._complement_order()
            network = Ensemble([network], order, profile=self._profile)
        return predict_outputs(network, inputs, parameter.device, parameter.dtype)

    def _training_dtype(self, device, exact, old_weights) -> torch.dtype:
        if self.precision == "mixed":
            return torch.float32
        if self.precision != "auto":
            return getattr(torch, self.precision)
        if old_weights:
            return dtype_on(device, _float_dtype(old_weights))
        return dtype_on(device, torch.float64) if exact else torch.float32

    def _n_epochs(self, n_batches: int, n_phases: int) -> int:
        """Epochs of each phase."""
        n_epochs = self.max_epochs
        if n_epochs == "auto":
            few = self.n_filters_[0] < _FEW_FILTERS
            at_least = _MIN_EPOCHS_OF_FEW_FILTERS if few else _MIN_EPOCHS
            at_least = _MIN_PROFILE_EPOCHS if self._profile else at_least
            n_epochs = max(at_least, math.ceil(_MIN_STEPS / n_batches))
        return math.ceil(n_epochs / n_phases)

    def to_module(self, strands: str = "both") -> nn.Module:
        """Fresh plain PyTorch module of the fitted estimator.

        Parameters
        ----------
        strands : {"both", "forward"}, default="both"
            "both" gives what the estimator predicts: the mean over both strands where
            it reads both. "forward" reads the strand it is given, which is what methods
            in the manner of DeepLIFT need.

        Returns
        -------
        torch.nn.Module
            In evaluation mode, on the CPU; takes floats (n, channels, length), or
            images (n, channels, height, width), in single precision, or in double where
            ``precision="float64"`` was asked for or single precision would round away
            how signals or targets vary beside a large mean. Of a classifier it returns
            logits
            (n, n_outputs), one column for two classes; of a regressor, predictions
            (n, n_targets) in the units of the targets; of either, with profiles,
            (n, length).

        Raises
        ------
        ValueError
            If `strands` is neither "both" nor "forward".
        """
        check_is_fitted(self)
        if strands not in ("both", "forward"):
            raise ValueError(f"strands must be 'both' or 'forward'; got {strands!r}")
        module = self._finish_module(self._build_ensemble(strands))
        double = self.precision == "float64"
        if self.precision == "auto":
            # Not wherever training was in double precision: few samples are enough.
            units = [
                m for m in module.modules() if isinstance(m, (Standardize, Rescale))
            ]
            double = any(are_lost(m.mean, m.scale, torch.float32).any() for m in units)
        return module.to(torch.float64 if double else torch.float32).eval()

    def _build_ensemble(self, strands: str) -> nn.Module:
        """Module of all members, and of linear branches if there are any."""
        members = []
        for member in range(_n_members(self.weights_)):
            with torch.device("meta"):
                network = self._build_network(dropout=0.0, masked=True)
            _load_weights(network, _of_member(self.weights_, member))
            members.append(network)
        order = self._complement_order() if strands == "both" else None
        ensemble = Ensemble(members, order, profile=self._profile)
        weights = _of_member(self.weights_, _STACK)
        if not weights:
            return ensemble
        branches = {
            name: LinearBranch(
                features, len(weights[f"branches.{name}.mean"]), self._n_outputs
            )
            for name, features in self._build_features(weights).items()
        }
        stack = Stack(nn.Identity(), branches, self._n_outputs)
        _load_weights(stack, weights)
        stack.networks = ensemble
        return stack

    def _predict_outputs(self, X, strands: str = "both") -> np.ndarray:
        """Outputs of the network (n_samples, n_outputs), in float64.

        Profiles are (n_samples, longest), NaN behind the end of a shorter sequence.
        """
        check_is_fitted(self)
        inputs = self._encode_X(X, reset=False)
        device = resolve_device(self.device)
        module = self._build_ensemble(strands)
        dtype = dtype_on(device, _float_dtype(_of_member(self.weights_, 0)))
        return predict_outputs(module, inputs, device, dtype)


def _fitted_state(estimator) -> dict:
    return {
        name: value
        for name, value in vars(estimator).items()
        if name.endswith("_") and not name.startswith("_")
    }


def _forget(estimator) -> None:
    """Remove what a fit has set."""
    for name in _fitted_state(estimator):
        delattr(estimator, name)


def _hand_over(work, estimator) -> None:
    """Give the fitted state of a working copy to the estimator, all at once."""
    state = _fitted_state(work)
    _forget(estimator)
    vars(estimator).update(state)


def _n_members(weights: dict[str, np.ndarray]) -> int:
    """Number of networks whose weights these are."""
    return len({key.split(".")[0] for key in weights} - {_STACK})


def _of_member(
    arrays: dict[str, np.ndarray], member: int | str
) -> dict[str, np.ndarray]:
    """Arrays of one member (or of the stack), by name without its number."""
    prefix = f"{member}."
    return {
        key.removeprefix(prefix): array
        for key, array in arrays.items()
        if key.startswith(prefix)
    }


def _float_dtype(weights: dict[str, np.ndarray]) -> torch.dtype:
    """Floating-point type of weights (which hold counters of batches, too)."""
    dtypes = {array.dtype for array in weights.values() if array.dtype.kind == "f"}
    return getattr(torch, str(dtypes.pop()))


def architecture_error() -> ValueError:
    """Error for weights that do not belong to the present parameters."""
    return ValueError(
        "the parameters of the architecture (n_filters, kernel_size, activation, "
        "pool_size, pooling, dense_units, output) have changed since the weights were "
        "fitted"
    )


def _load_weights(network: nn.Module, weights: dict[str, np.ndarray]) -> None:
    # Copies: a module may be trained on, the estimator stays as it is.
    state = {name: torch.tensor(array) for name, array in weights.items()}
    shapes = {name: tensor.shape for name, tensor in network.state_dict().items()}
    if shapes != {name: tensor.shape for name, tensor in state.items()}:
        raise architecture_error()
    network.load_state_dict(state, assign=True)


def _check_weights(sample_weight, inputs: Inputs, *, name: str) -> np.ndarray:
    """Weights (n,) as float64, ones where none are given."""
    n_samples = len(inputs)
    if sample_weight is None or isinstance(sample_weight, Real):
        sample_weight = np.full(
            n_samples, 1.0 if sample_weight is None else sample_weight
        )
    weights = check_array(
        unpack(sample_weight, name),
        ensure_2d=False,
        dtype=np.float64,
        input_name=name,
    )
    if weights.shape != (n_samples,):
        raise ValueError(
            f"{name} has shape {weights.shape}; one weight for each of the {n_samples} "
            "samples is needed"
        )
    if weights.min() < 0:
        index = int(np.argmin(weights))
        raise ValueError(
            f"Negative values in {name}: {name}[{index}] is {weights[index]}; weights "
            "must be zero or more"
        )
    if not weights.any():
        raise ValueError(
            f"{name} is all zero. Sample weights must contain at least one non-zero "
            "number."
        )
    return weights


def _to_device(array: np.ndarray, device, dtype) -> torch.Tensor:
    """Floats in the given precision, integers as they are."""
    dtype = dtype if array.dtype.kind == "f" else None
    return torch.tensor(array, dtype=dtype, device=device)
