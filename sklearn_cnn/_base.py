"""What all estimators share: `fit` as a composition, and what its state gives."""

import copy
import os
from abc import ABC, abstractmethod
from collections.abc import Callable
from numbers import Integral, Real

import numpy as np
import torch
from numpy.typing import ArrayLike
from sklearn.base import BaseEstimator, _fit_context
from sklearn.metrics import get_scorer_names
from sklearn.utils import _safe_indexing, check_random_state
from sklearn.utils._param_validation import Interval, StrOptions
from sklearn.utils.validation import check_consistent_length, check_is_fitted
from torch import nn

from sklearn_cnn._sklearn_compat import (
    CallbackSupportMixin,
    KeptParameterMixin,
    follow_fit,
)
from sklearn_cnn.architectures._ensemble import Ensemble
from sklearn_cnn.architectures._linear_branch import LinearBranch
from sklearn_cnn.architectures._rescale import Rescale
from sklearn_cnn.architectures._stacked_model import StackedModel
from sklearn_cnn.architectures._standardize import Standardize, are_lost
from sklearn_cnn.inputs._inputs import Inputs
from sklearn_cnn.inputs._training_hashes import (
    add_hashes,
    groups_of_equal,
    hash_inputs,
    warn_of_overlap,
)
from sklearn_cnn.preprocessing._containers import unpack
from sklearn_cnn.stacking._build_model import build_model
from sklearn_cnn.stacking._fit_stack import fit_stack
from sklearn_cnn.targets._containers import check_orientation, read_targets
from sklearn_cnn.targets._profiles import read_profiles
from sklearn_cnn.targets._task import Task
from sklearn_cnn.training._device import dtype_on, resolve_device
from sklearn_cnn.training._evaluation import Evaluation, recorded
from sklearn_cnn.training._goes_on import check_goes_on
from sklearn_cnn.training._hold_out import assign_folds, check_groups, hold_out
from sklearn_cnn.training._members import NetworkMaker, Trained, train_members
from sklearn_cnn.training._plan import make_plan
from sklearn_cnn.training._predict import predict_networks, predict_outputs
from sklearn_cnn.training._rules import (
    N_FOLDS,
    can_stack,
    draw_seeds,
    holds_out,
    number_of_networks,
)
from sklearn_cnn.training._sklearn_callbacks import SklearnCallbacks
from sklearn_cnn.training._skorch_callbacks import check_callbacks
from sklearn_cnn.training._training_set import TrainingSet, check_weights
from sklearn_cnn.training._validation import Validation
from sklearn_cnn.training._weights import (
    STACK,
    float_dtype,
    n_networks,
    to_arrays,
    weights_of,
)
from sklearn_cnn.transfer._features import same_features
from sklearn_cnn.transfer._source import resolve_source


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

    # What `save_model` takes.
    __sklearn_cnn_savable__ = True

    _kept = "pretrained"

    # -- What a subclass says ----------------------------------------------------------

    @property
    @abstractmethod
    def _input(self):
        """How X is read, out of parameters and fitted attributes."""

    @property
    @abstractmethod
    def _task(self) -> Task:
        """What the targets are, out of the fitted attributes."""

    @abstractmethod
    def _learn_task(self, y, weights: np.ndarray, name: str) -> Task:
        """What the targets of a first fit are."""

    @abstractmethod
    def _settle(self, samples: TrainingSet, seed: int, source) -> None:
        """Settle the parameters that are "auto" and depend on the training data.

        Where a part of the samples is enough, it is drawn by `seed`.
        """

    @abstractmethod
    def _config(self):
        """Architecture, from parameters and what the fit has settled."""

    @abstractmethod
    def _shared_with(self, source) -> dict[str, tuple]:
        """What a source must agree in: by name, its value, ours, and words for ours."""

    @property
    def _per_position(self) -> bool:
        """Whether targets hold a value for every position of an input."""
        return False

    def _present_task(self) -> Task:
        """The task, with what the parameters ask for now."""
        return self._task

    @property
    def _smoothing(self) -> float:
        """Smoothing of labels in training."""
        return 0.0

    def _read_y(self, y, name: str):
        """Targets in a container that NumPy and scikit-learn read."""
        return read_targets(y, name, profile=self._per_position)

    def _target_weights(self, y, weights: np.ndarray) -> np.ndarray:
        """Sample weights with what the targets add to them."""
        return weights

    def _task_of_classes(self, y, classes, *, first: bool) -> Task | None:
        """The task of the classes that `partial_fit` was given, if it was."""
        return None

    def _augmentation(self) -> Callable[..., torch.Tensor] | None:
        """Random change of a batch in training, by draws from a generator."""
        return None

    def _features(self, stored: dict[str, np.ndarray]) -> dict[str, nn.Module]:
        """What linear branches see of the inputs, by the branch's name.

        `stored` holds the weights of a fitted stack, if there is one.
        """
        return {}

    def _without_features(self) -> None:
        """Settle that there are no linear branches."""

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
        followed = follow_fit(self, X, y, sample_weight)
        work = copy.copy(self)
        resume = self.warm_start and hasattr(self, "weights_")
        if not resume:
            _forget(work)
        work._fit(
            *(X, y, sample_weight, groups),
            validation=(X_val, y_val, sample_weight_val),
            resume=resume,
            followed=followed,
        )
        _hand_over(work, self)
        if followed is not None:
            followed.end(X, y, sample_weight)
        return self

    def _fit(self, X, y, sample_weight, groups, *, validation, resume, followed):
        rng = check_random_state(self.random_state)
        seeds = draw_seeds(self, rng, resume)
        source = None
        if resume:
            check_goes_on(self)
        elif self.pretrained is not None:
            source = resolve_source(self.pretrained, _kin(type(self)))
        samples = self._encode(X, y, sample_weight, learn=not resume, source=source)
        if groups is not None:
            groups = unpack(groups, "groups")
            groups = check_groups(groups, len(X))[samples.rows]
        held_out = None
        stops_early = holds_out(self.early_stopping, len(samples), validation)
        if stops_early and validation[0] is None:
            rows, rows_held_out = hold_out(
                len(samples),
                fraction=self.validation_fraction,
                labels=self._task.strata(samples.targets),
                groups=groups_of_equal(samples.hashes) if groups is None else groups,
                random_state=rng.randint(np.iinfo(np.int32).max),
            )
            samples, held_out = samples[rows], samples[rows_held_out]
            groups = None if groups is None else groups[rows]
        if not resume:
            self._settle_architecture(samples, seeds[0], source)
        if validation[0] is not None:
            held_out = self._encode(
                *validation, learn=False, source=source, suffix="_val"
            )
        features, folds = {}, None
        # A training that goes on has seen all samples: there is nothing to weigh by.
        if not resume and can_stack(samples, self._task):
            features = self._features({})
        if features:
            folds = assign_folds(
                samples.hashes if groups is None else groups,
                self._task.strata(samples.targets),
                max(N_FOLDS, len(seeds)),
                rng.randint(np.iinfo(np.int32).max),
            )
            # Nothing can be left out of one or two groups.
            features = features if folds.max() >= 2 else {}
        if not features and not resume:
            self._without_features()
        cross_fits = bool(features) and held_out is None
        n = number_of_networks(self, cross_fits=cross_fits, resume=resume)
        self._train(
            *(samples, held_out, seeds[:n]),
            resume=resume,
            source=source,
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
        _require_y(self, y, "y")
        y = self._read_y(y, "y")
        first = not hasattr(self, "weights_")
        work, source = copy.copy(self), None
        if not first:
            check_goes_on(self)
        elif self.pretrained is not None:
            source = resolve_source(self.pretrained, _kin(type(self)))
        seeds = draw_seeds(self, check_random_state(self.random_state), not first)
        if self.n_estimators == "auto":
            seeds = seeds[: 1 if first else n_networks(self.weights_)]
        task = work._task_of_classes(y, classes, first=first)
        if task is not None:
            vars(work).update(task.attributes())
        samples = work._encode(
            *(X, y, sample_weight),
            learn=first,
            learn_task=first and task is None,
            source=source,
        )
        if first:
            work._settle_architecture(samples, seeds[0], source)
            work._without_features()
        work._train(
            *(samples, None, seeds), resume=not first, source=source, one_epoch=True
        )
        _hand_over(work, self)
        return self

    def _encode(
        self,
        X,
        y,
        sample_weight,
        *,
        learn: bool,
        learn_task: bool | None = None,
        source=None,
        suffix: str = "",
    ) -> TrainingSet:
        """Validate and encode samples; leave out those that count for nothing.

        These are those of weight zero and those of which no label is known.
        """
        _require_y(self, y, f"y{suffix}")
        X, y = unpack(X, f"X{suffix}"), self._read_y(y, f"y{suffix}")
        if learn:
            inputs = self._input.learn(X, f"X{suffix}", source)
        else:
            inputs = self._input.read(X, f"X{suffix}")
        check_orientation(y, len(inputs), f"y{suffix}")
        check_consistent_length(inputs.values, y)
        name = f"sample_weight{suffix}"
        weights = check_weights(sample_weight, len(inputs), name=name)
        if self._per_position:
            y = read_profiles(y, inputs, f"y{suffix}")
        kept = np.flatnonzero(weights)
        if len(kept) < len(weights):
            X, y = _safe_indexing(X, kept), _safe_indexing(y, kept)
            inputs, weights = inputs[kept], weights[kept]
        if learn if learn_task is None else learn_task:
            task = self._learn_task(y, weights, f"y{suffix}")
        else:
            task = self._present_task()
        vars(self).update(task.attributes())
        targets = task.encode(
            y,
            name=f"y{suffix}",
            missing_labels=self.missing_labels,
            width=inputs.length,
        )
        given = None if sample_weight is None else weights
        weights = self._target_weights(y, weights)
        if not weights.any():
            raise ValueError(f"class_weight is zero for every class in y{suffix}")
        hashes = hash_inputs(inputs, self._input.strand_order)
        samples = TrainingSet(kept, X, y, inputs, hashes, targets, weights, given)
        known = ~np.isnan(targets).reshape(len(targets), -1).all(axis=1)
        if not known.any():
            raise ValueError(f"y{suffix} holds no known label: all of it is NaN")
        known &= weights > 0
        samples = samples if known.all() else samples[np.flatnonzero(known)]
        if inputs.alphabet is not None:
            self._keep_hashes(samples.hashes, f"X{suffix}", source)
        return samples

    def _keep_hashes(self, hashes: np.ndarray, name: str, source) -> None:
        """Keep hashes of sequences; warn if the source has been trained on them."""
        kept = getattr(self, "training_hashes_", np.array([], dtype=np.uint64))
        of_source = getattr(source, "training_hashes_", None)
        if of_source is not None:
            warn_of_overlap(of_source, hashes, name)
            kept = add_hashes(kept, of_source)
        self.training_hashes_ = add_hashes(kept, hashes)

    def _settle_architecture(self, samples: TrainingSet, seed: int, source) -> None:
        """Settle what is "auto"; refuse a source whose network does not fit."""
        self._settle(samples, seed, source)
        shared = {} if source is None else self._shared_with(source)
        for what, (its, ours, words) in shared.items():
            if its != ours:
                raise ValueError(
                    f"the {type(source).__name__} passed as pretrained has "
                    f"{what} {its!r}, but {words} {ours!r}"
                )
        self.architecture_ = self._config()

    def _train(
        self,
        samples: TrainingSet,
        held_out: TrainingSet | None,
        seeds: np.ndarray,
        *,
        resume: bool,
        source,
        one_epoch: bool = False,
        followed=None,
        features: dict | None = None,
        folds: np.ndarray | None = None,
    ) -> None:
        """Train the networks on samples; set what makes the estimator fitted.

        Where there are `features`, linear branches learn from them. To weigh them
        against the networks, each network leaves out a fold, unless samples are held
        out anyway.
        """
        monitored = None if held_out is None else self.monitor
        check_callbacks(self.callbacks or [], recorded(monitored))
        parts = [samples] if held_out is None else [samples, held_out]
        plan = make_plan(
            self,
            parts,
            seeds,
            masked=any(self._input.may_be_padded(part.inputs) for part in parts),
            resume=resume,
            one_epoch=one_epoch,
            stacks=bool(features),
        )
        # Moments go on from one call of partial_fit to the next, and no further.
        moments = vars(self).pop("optimizer_state_", {})
        earlier = Trained()
        if resume:
            earlier = Trained(
                self.weights_, list(self.history_), moments if one_epoch else {}
            )
        maker = NetworkMaker(
            config=self.architecture_,
            task=self._task,
            smoothing=self._smoothing,
            complement_order=self._input.complement_order,
            augment=self._augmentation(),
            source={} if source is None else source.weights_,
            with_head=_have_same_task(self, source),
        )
        self.device_ = str(plan.device)
        trained, out_of_fold = train_members(
            plan,
            maker,
            samples,
            folds if features and held_out is None else None,
            earlier=earlier,
            callbacks_of=lambda *network: self._callbacks_of(
                *network, held_out, followed
            ),
            user_callbacks=self.callbacks,
            outputs_of=self._outputs_of,
        )
        self._take(trained)
        if one_epoch:
            self.optimizer_state_ = trained.optimizer_state
        if features:
            model = fit_stack(
                self._model("both").networks,
                features,
                _shared_branches(self, source, features),
                *(samples, held_out, folds, out_of_fold),
                task=self._task,
                device=plan.device,
                dtype=plan.dtype,
                seed=seeds[0],
                description=f"{type(self).__name__}, linear models",
                verbose=int(self.verbose),
            )
            model.networks = nn.Identity()
            self.weights_ = self.weights_ | to_arrays(model, STACK)

    def _take(self, trained: Trained) -> None:
        """Make what the networks have learned fitted attributes."""
        self.weights_, self.history_ = trained.weights, trained.history
        self.n_iter_ = max(record["epoch"] for record in trained.history)

    def _callbacks_of(self, member, trained, samples, held_out, followed) -> list:
        """Early stopping and scikit-learn's callbacks, where there are any."""
        callbacks = []
        if held_out is not None:
            evaluation = Evaluation(
                held_out,
                outputs_of=self._outputs_of,
                loss=self._task.loss(self._smoothing),
                monitor=self.monitor,
                task=self._task,
                masks_labels=self.missing_labels == "mask",
                view_of=self._view_of,
            )
            callbacks.append(Validation(evaluation, self.n_iter_no_change))
        if followed is not None:

            def fitted_attributes(network, history):
                view = copy.copy(self)
                records = [{k: r[k] for k in r if k != "batches"} for r in history]
                view._take(trained.with_network(member, network, records))
                # What only an earlier fit has set is void.
                earlier = dict.fromkeys(_fitted_state(followed.estimator))
                return earlier | _fitted_state(view)

            arguments = followed.arguments(samples.X, samples.y, samples.sample_weight)
            callbacks.append(
                SklearnCallbacks(followed.context, arguments, fitted_attributes)
            )
        return callbacks

    def _view_of(self, network, X, outputs: np.ndarray, task: Task, index):
        """Estimator that predicts by one network, or one of many tasks by it.

        Its outputs for the very X are known already.
        """
        view = copy.copy(self)
        view.weights_ = {}
        vars(view).update(task.attributes())

        def predict_outputs(given):
            if given is X:
                return outputs
            others = self._outputs_of(network, self._input.read(given))
            return others if index is None else others[:, index, None]

        view._predict_outputs = predict_outputs
        return view

    def _outputs_of(self, network: nn.Module, inputs: Inputs) -> np.ndarray:
        """Outputs (n, n_outputs) of one network for encoded inputs."""
        parameter = next(network.parameters())
        order = self._input.complement_order
        network = Ensemble([network], order, profile=self._per_position)
        return predict_networks(
            network, inputs.as_they_are, parameter.device, parameter.dtype
        )

    # -- What follows from the fitted state --------------------------------------------

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
        model = self._model(strands)
        # The names of layers are short where nothing stands beside the networks.
        model = model if model.branches else model.networks
        module = self._task.in_target_units(model)
        double = self.precision == "float64"
        if self.precision == "auto":
            # Not wherever training was in double precision: few samples are enough.
            units = [
                m for m in module.modules() if isinstance(m, (Standardize, Rescale))
            ]
            double = any(are_lost(m.mean, m.scale, torch.float32).any() for m in units)
        return module.to(torch.float64 if double else torch.float32).eval()

    def _model(self, strands: str) -> StackedModel:
        """Networks and linear branches, on one strand or both."""
        order = self._input.complement_order if strands == "both" else None
        return build_model(self.weights_, self.architecture_, self._features, order)

    def _predict_outputs(self, X, strands: str = "both") -> np.ndarray:
        """Outputs of the networks (n_samples, n_outputs), in float64.

        Profiles are (n_samples, longest), NaN behind the end of a shorter sequence.
        """
        check_is_fitted(self)
        inputs = self._input.read(X)
        device = resolve_device(self.device)
        dtype = dtype_on(device, float_dtype(weights_of(self.weights_, 0)))
        return predict_outputs(self._model(strands), inputs, device, dtype)

    def __setstate__(self, state: dict) -> None:
        super().__setstate__(state)
        if hasattr(self, "weights_") and not hasattr(self, "architecture_"):
            # Fitted by a version that read the parameters instead.
            self.architecture_ = self._config()


def _kin(cls: type) -> type:
    """The class whose estimators have networks of the same kind."""
    return next(c for c in cls.__mro__ if BaseCNN in c.__bases__)


def _require_y(estimator: BaseCNN, y, name: str) -> None:
    if y is None:
        raise ValueError(
            f"{type(estimator).__name__} requires {name} to be passed, but the target "
            f"{name} is None"
        )


def _have_same_task(estimator: BaseCNN, source: BaseCNN | None) -> bool:
    """Whether a source's outputs mean what those of the estimator mean."""
    same_kind = type(source) is type(estimator)
    return same_kind and estimator._task.is_same(source._task)


def _shared_branches(
    estimator: BaseCNN, source: BaseCNN | None, features: dict
) -> dict[str, LinearBranch]:
    """Linear branches of a source for the same task and of the same features."""
    if not _have_same_task(estimator, source):
        return {}
    return {
        name: branch
        for name, branch in source._model("both").branches.items()
        if name in features and same_features(branch.features, features[name])
    }


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
