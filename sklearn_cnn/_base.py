"""The base class of all estimators: the steps of `fit`, and what follows from it."""

import copy
from abc import ABC, abstractmethod
from collections.abc import Callable

import numpy as np
import torch
from numpy.typing import ArrayLike
from sklearn.base import BaseEstimator, _fit_context
from sklearn.utils.validation import _num_samples, check_is_fitted
from torch import nn

from sklearn_cnn import _defaults
from sklearn_cnn._parameters import CONSTRAINTS
from sklearn_cnn._sklearn_compat import (
    CallbackSupportMixin,
    FittedParameterMixin,
    follow_fit,
)
from sklearn_cnn.architectures._for_prediction import for_prediction
from sklearn_cnn.architectures._rescale import Rescale
from sklearn_cnn.architectures._stacked_model import StackedModel
from sklearn_cnn.architectures._standardize import Standardize, are_lost
from sklearn_cnn.backbones._borrowed_config import BorrowedConfig
from sklearn_cnn.inputs._training_hashes import (
    groups_of_equal,
)
from sklearn_cnn.preprocessing._containers import unpack
from sklearn_cnn.preprocessing._stored_sequences import StoredSequences
from sklearn_cnn.stacking._build_model import build_model
from sklearn_cnn.stacking._no_features import NoFeatures
from sklearn_cnn.storage._checkpoint import Checkpoint
from sklearn_cnn.storage._fitted_values import check_arrays, check_sizes
from sklearn_cnn.storage._savable import Savable
from sklearn_cnn.targets._containers import read_targets
from sklearn_cnn.training._device import dtype_on, resolve_device
from sklearn_cnn.training._fitted_state import remove_fitted_state, replace_fitted_state
from sklearn_cnn.training._goes_on import check_goes_on
from sklearn_cnn.training._hold_out import (
    assign_folds,
    check_groups,
    hold_out,
    holds_out,
)
from sklearn_cnn.training._kept_models import kept_model
from sklearn_cnn.training._plain_torch import in_plain_torch
from sklearn_cnn.training._predict import predict_outputs
from sklearn_cnn.training._seeds import draw_seeds, number_of_networks
from sklearn_cnn.training._training_set import TrainingSet
from sklearn_cnn.training._weights import (
    float_dtype,
    weights_of,
)
from sklearn_cnn.transfer._borrowed import BorrowedSource, resolve_pretrained


class BaseCNN(FittedParameterMixin, CallbackSupportMixin, Savable, BaseEstimator, ABC):
    """Base class of all estimators: `fit`, `partial_fit`, `to_module`.

    A subclass says how X is read and what the network is, its mixin what y is.
    """

    _parameter_constraints: dict = CONSTRAINTS

    _fitted_parameter = "pretrained"

    # -- What a subclass says; a mixin adds `_task`, which knows y ---------------------

    @property
    @abstractmethod
    def _input(self):
        """Input encoder, made of parameters and fitted attributes."""

    @abstractmethod
    def _settle(self, samples: TrainingSet, seed: int, source) -> None:
        """Set as attributes what parameters that are "auto" stand for.

        `seed` draws a part of the samples where that is enough; `source` is the fitted
        estimator that fine-tuning starts from, or None.
        """

    @abstractmethod
    def _config(self):
        """Config of the network, made of parameters and fitted attributes."""

    @property
    def _per_position(self) -> bool:
        """Whether y holds a value for every position of an input."""
        return False

    def _augmentation(self) -> Callable[..., torch.Tensor] | None:
        """Function of a batch and a generator that changes the batch at random."""
        return None

    # Features of the linear models, where there are any.
    _features = NoFeatures()

    # -- Fit ---------------------------------------------------------------------------

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

        A fit that fails leaves the estimator as it was. One that is interrupted (by
        Ctrl-C) keeps what it has: networks that are finished, the best weights so far
        of the one in training, linear models if there are, and warns of what is
        missing. Before the first epoch ends, and at a second interrupt, the
        KeyboardInterrupt passes through, and the estimator stays as it was.

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
        MemoryError
            If on a CPU more memory would surely be needed than is free.
        """
        followed = follow_fit(self, X, y, sample_weight)
        work = copy.copy(self)
        resume = self.warm_start and hasattr(self, "weights_")
        if not resume:
            remove_fitted_state(work)
        work._fit(
            *(X, y, sample_weight, groups),
            validation=(X_val, y_val, sample_weight_val),
            resume=resume,
            followed=followed,
        )
        replace_fitted_state(self, work)
        if followed is not None:
            followed.end(X, y, sample_weight)
        return self

    @in_plain_torch
    def _fit(self, X, y, sample_weight, groups, *, validation, resume, followed):
        # Here, so that `import sklearn_cnn` does not wait for what trains networks.
        from sklearn_cnn import _fit as steps
        from sklearn_cnn.stacking._fit_stack import can_stack

        source = None
        if resume:
            check_goes_on(self)
        elif self.pretrained is not None:
            source = resolve_pretrained(self.pretrained, _network_family(type(self)))
        samples = steps.encode_samples(
            self, X, y, sample_weight, learn=not resume, source=source
        )
        if groups is not None:
            groups = unpack(groups, "groups")
            groups = check_groups(groups, _num_samples(X))[samples.rows]
        with steps.checkpoint_of_fit(
            self, samples, groups, validation, source, followed
        ) as checkpoint:
            rng = steps.random_state_of_fit(self, checkpoint)
            seeds = draw_seeds(self, rng, resume)
            held_out = None
            # A continued training has seen all samples: none is left to fit weights to.
            may_stack = not resume and self._features.are_asked_for
            stacks = may_stack and can_stack(samples, self._task)
            stops_early = holds_out(
                self.early_stopping, len(samples), validation, stacks=stacks
            )
            if stops_early and validation[0] is None:
                rows, rows_held_out = hold_out(
                    len(samples),
                    fraction=self.validation_fraction,
                    labels=self._task.strata(samples.targets),
                    groups=groups_of_equal(samples.hashes)
                    if groups is None
                    else groups,
                    random_state=rng.randint(np.iinfo(np.int32).max),
                )
                samples, held_out = samples[rows], samples[rows_held_out]
                groups = None if groups is None else groups[rows]
            if not resume:
                steps.settle_architecture(self, samples, seeds[0], source)
            if validation[0] is not None:
                held_out = steps.encode_samples(
                    self, *validation, learn=False, source=source, suffix="_val"
                )
            features, folds = {}, None
            if may_stack and can_stack(samples, self._task):
                features = self._features.build({})
            if features:
                folds = assign_folds(
                    samples.hashes if groups is None else groups,
                    self._task.strata(samples.targets),
                    _defaults.n_folds(len(seeds)),
                    rng.randint(np.iinfo(np.int32).max),
                )
                # With one or two groups, no fold can be left out.
                features = features if folds.max() >= 2 else {}
            if not features and not resume:
                self._features.leave_out()
            cross_fits = bool(features) and held_out is None
            # Of what others trained, one network is large enough.
            several = cross_fits and not isinstance(source, BorrowedSource)
            n = number_of_networks(self, cross_fits=several, resume=resume)
            steps.train_estimator(
                self,
                *(samples, held_out, seeds[:n]),
                resume=resume,
                source=source,
                followed=followed,
                features=features,
                folds=folds,
                checkpoint=checkpoint,
            )

    @in_plain_torch
    def _partial_fit(self, X, y, sample_weight, *, classes=None):
        from sklearn_cnn import _fit as steps

        self._validate_params()
        if self.early_stopping != "auto" and self.early_stopping:
            raise ValueError(
                "partial_fit does not support early_stopping=True: it trains for one "
                "epoch, after which there is nothing to stop"
            )
        steps.require_y(self, y, "y")
        y = read_targets(y, "y", profile=self._per_position)
        first = not hasattr(self, "weights_")
        work, source = copy.copy(self), None
        if not first:
            check_goes_on(self)
        elif self.pretrained is not None:
            source = resolve_pretrained(self.pretrained, _network_family(type(self)))
        rng = steps.random_state_of_fit(self, Checkpoint())
        seeds = draw_seeds(self, rng, not first)
        n = number_of_networks(self, cross_fits=False, resume=not first)
        task = work._task_of_classes(y, classes, first=first)
        if task is not None:
            vars(work).update(task.attributes())
        samples = steps.encode_samples(
            work,
            *(X, y, sample_weight),
            learn=first,
            learn_task=first and task is None,
            source=source,
        )
        if first:
            steps.settle_architecture(work, samples, seeds[0], source)
            work._features.leave_out()
        steps.train_estimator(
            work,
            *(samples, None, seeds[:n]),
            resume=not first,
            source=source,
            one_epoch=True,
        )
        replace_fitted_state(self, work)
        return self

    # -- What follows from the fitted state --------------------------------------------

    @in_plain_torch
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
            If `strands` is neither "both" nor "forward"; or if the network, which
            others trained, makes tokens of the letters, so that it takes no floats.
        """
        check_is_fitted(self)
        if strands not in ("both", "forward"):
            raise ValueError(f"strands must be 'both' or 'forward'; got {strands!r}")
        if self.architecture_.reads_tokens:
            raise ValueError(
                "the network reads tokens, which its tokenizer makes of the letters: "
                "there is no module that takes floats, and there are no gradients. "
                "Predict by the estimator; attributions have method='ism'"
            )
        model = self._model(strands)
        # Without linear models, names of layers need no "networks." in front.
        model = model if model.branches else model.networks
        module = self._task.in_target_units(model)
        double = self.precision == "float64"
        if self.precision == "auto":
            # Small sets are trained in double precision too, but do not need it here.
            units = [
                m for m in module.modules() if isinstance(m, (Standardize, Rescale))
            ]
            double = any(are_lost(m.mean, m.scale, torch.float32).any() for m in units)
        return module.to(torch.float64 if double else torch.float32).eval()

    @in_plain_torch
    def _model(self, strands: str) -> StackedModel:
        """Stacked model of the fitted weights, reading one strand or both."""
        order = self._input.complement_order if strands == "both" else None
        return build_model(
            self.weights_, self.architecture_, self._features.build, order
        )

    @in_plain_torch
    def _predict_outputs(self, X, strands: str = "both", name: str = "X") -> np.ndarray:
        """Outputs of the networks (n_samples, n_outputs), in float64.

        Profiles are (n_samples, longest), NaN behind the end of a shorter sequence.
        Sequences in a file are read part by part, which changes no prediction.
        """
        check_is_fitted(self)
        X = self._input.unpack(X, name)
        if isinstance(X, StoredSequences):
            return _stacked(
                [
                    self._predict_outputs(
                        part.in_memory(), strands, f"{name}[{rows.start}:{rows.stop}]"
                    )
                    for rows, part in X.parts()
                ]
            )
        inputs = self._input.read(X, name)
        device = resolve_device(self.device)
        dtype = dtype_on(device, float_dtype(weights_of(self.weights_, 0)))
        model = self._model_for_prediction(strands, device)
        mixed = self.precision == "mixed"
        return predict_outputs(model, inputs, device, dtype, mixed=mixed)

    def _model_for_prediction(self, strands: str, device: torch.device) -> StackedModel:
        """Stacked model that predicts fast; on a CPU, that of the last call."""

        def build():
            return for_prediction(self._model(strands))

        if device.type != "cpu":
            return build()
        settings = strands, self.architecture_, *self._features.settings
        return kept_model(self, self.weights_, settings, build)

    def __setstate__(self, state: dict) -> None:
        super().__setstate__(state)
        if hasattr(self, "weights_") and not hasattr(self, "architecture_"):
            # Fitted by an older version, which read the parameters in `predict`.
            self.architecture_ = self._config()

    def _check_loaded(self) -> None:
        # The networks, without memory for weights: are their names and shapes these?
        with torch.device("meta"):
            self._model("both")
        n_targets, n_outputs = self._task.n_outputs, self.architecture_.n_outputs
        if n_targets != n_outputs:
            raise ValueError(
                f"its targets need {n_targets} outputs, but its networks have "
                f"{n_outputs}"
            )
        check_sizes(self)
        check_arrays(
            self.weights_,
            getattr(self, "optimizer_state_", {}),
            borrowed=isinstance(self.architecture_, BorrowedConfig),
        )


def _network_family(cls: type) -> type:
    """Base class of all estimators whose networks are of one kind.

    One of them can start from the trained layers of another.
    """
    return next(c for c in cls.__mro__ if BaseCNN in c.__bases__)


def _stacked(parts: list[np.ndarray]) -> np.ndarray:
    """Outputs of parts below each other; NaN behind the end of shorter profiles."""
    width = max(part.shape[1] for part in parts)
    outputs = np.full((sum(map(len, parts)), width), np.nan)
    start = 0
    for part in parts:
        outputs[start : start + len(part), : part.shape[1]] = part
        start += len(part)
    return outputs
