"""The steps of a fit: encode samples, settle the architecture, train.

Each takes the working copy of the estimator and sets fitted attributes on it.
"""

import copy
from contextlib import AbstractContextManager, nullcontext
from datetime import datetime
from functools import partial

import numpy as np
from sklearn.utils import _safe_indexing, check_random_state
from sklearn.utils.validation import check_consistent_length
from torch import nn

import sklearn_cnn
from sklearn_cnn._package import warn
from sklearn_cnn.architectures._ensemble import Ensemble
from sklearn_cnn.architectures._linear_branch import LinearBranch
from sklearn_cnn.inputs._inputs import Inputs
from sklearn_cnn.inputs._training_hashes import add_hashes, hash_inputs, warn_of_overlap
from sklearn_cnn.stacking._branches import require_memory_for_branch
from sklearn_cnn.stacking._fit_stack import fit_linear_models, fit_stack
from sklearn_cnn.storage._checkpoint import Checkpoint, open_checkpoint
from sklearn_cnn.targets._containers import check_orientation, read_targets
from sklearn_cnn.targets._profiles import read_profiles
from sklearn_cnn.targets._task import Task
from sklearn_cnn.training._device import resolve_device
from sklearn_cnn.training._early_stopping import EarlyStopping
from sklearn_cnn.training._evaluation import Evaluation, recorded
from sklearn_cnn.training._fingerprint import fingerprint
from sklearn_cnn.training._fitted_state import fitted_state
from sklearn_cnn.training._members import NetworkMaker, Trained, train_members
from sklearn_cnn.training._memory import require_memory_to_train
from sklearn_cnn.training._micro_batches import (
    MicroBatches,
    micro_batches_of_predictions,
)
from sklearn_cnn.training._plan import make_plan
from sklearn_cnn.training._predict import predict_networks
from sklearn_cnn.training._processes import processes_of_fit
from sklearn_cnn.training._sklearn_callbacks import SklearnCallbacks
from sklearn_cnn.training._skorch_callbacks import check_callbacks
from sklearn_cnn.training._threads_of_fit import threads_of_fit
from sklearn_cnn.training._training_set import TrainingSet, check_weights, near_one
from sklearn_cnn.training._weights import STACK, n_networks, to_arrays
from sklearn_cnn.transfer._borrowed import BorrowedSource
from sklearn_cnn.transfer._features import same_features
from sklearn_cnn.transfer._source import check_source


def encode_samples(
    estimator,
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

    A sample counts for nothing if its weight is zero or none of its labels is known.

    Parameters
    ----------
    estimator : BaseCNN
        Working copy of the estimator.
    X, y, sample_weight
        As the user gave them.
    learn : bool
        Whether to learn from X how inputs are encoded, or to read X as learned before.
    learn_task : bool or None
        Whether to learn the task from y; None is as `learn`.
    source : BaseCNN or None
        Fitted estimator that fine-tuning starts from.
    suffix : str
        Follows "X", "y" and "sample_weight" in error messages.
    """
    require_y(estimator, y, f"y{suffix}")
    X = estimator._input.unpack(X, f"X{suffix}")
    y = read_targets(y, f"y{suffix}", profile=estimator._per_position)
    if learn:
        inputs = estimator._input.learn(X, f"X{suffix}", source)
    else:
        inputs = estimator._input.read_samples(X, f"X{suffix}")
    check_orientation(y, len(inputs), f"y{suffix}")
    check_consistent_length(inputs.values, y)
    name = f"sample_weight{suffix}"
    weights = check_weights(sample_weight, len(inputs), name=name)
    if estimator._per_position:
        y = read_profiles(y, inputs, f"y{suffix}")
    kept = np.flatnonzero(weights)
    if len(kept) < len(weights):
        X, y = _safe_indexing(X, kept), _safe_indexing(y, kept)
        inputs, weights = inputs[kept], weights[kept]
    given, weights = None if sample_weight is None else weights, near_one(weights)
    if learn if learn_task is None else learn_task:
        task = estimator._learn_task(y, weights, f"y{suffix}")
    else:
        task = estimator._present_task()
    vars(estimator).update(task.attributes())
    targets = task.encode(
        y,
        name=f"y{suffix}",
        missing_labels=estimator.missing_labels,
        width=inputs.length,
    )
    weights = near_one(estimator._target_weights(y, weights))
    if not weights.any():
        raise ValueError(f"class_weight is zero for every class in y{suffix}")
    hashes = hash_inputs(inputs, estimator._input.strand_order)
    samples = TrainingSet(kept, X, y, inputs, hashes, targets, weights, given)
    known = ~np.isnan(targets).reshape(len(targets), -1).all(axis=1)
    if not known.any():
        raise ValueError(f"y{suffix} holds no known label: all of it is NaN")
    known &= weights > 0
    samples = samples if known.all() else samples[np.flatnonzero(known)]
    if inputs.alphabet is not None:
        _add_training_hashes(estimator, samples.hashes, f"X{suffix}", source)
    return samples


def _add_training_hashes(estimator, hashes: np.ndarray, name: str, source) -> None:
    """Add hashes to `training_hashes_`; warn if the source was trained on some."""
    kept = getattr(estimator, "training_hashes_", np.array([], dtype=np.uint64))
    source_hashes = getattr(source, "training_hashes_", None)
    if source_hashes is not None:
        warn_of_overlap(source_hashes, hashes, name)
        kept = add_hashes(kept, source_hashes)
    estimator.training_hashes_ = add_hashes(kept, hashes)


def settle_architecture(estimator, samples: TrainingSet, seed: int, source) -> None:
    """Settle what is "auto" and set `architecture_`; refuse a source of another one."""
    estimator._settle(samples, seed, source)
    if isinstance(source, BorrowedSource):
        estimator.architecture_ = source.config(estimator, samples.inputs)
    else:
        estimator.architecture_ = estimator._config()
        if source is not None:
            check_source(source, estimator)
    estimator._features.settle(len(samples), samples.inputs.length)


def checkpoint_of_fit(
    estimator, samples: TrainingSet, groups, validation, source, followed
) -> AbstractContextManager[Checkpoint]:
    """Checkpoint from which a fit goes on, in `checkpoint` if that is a folder.

    Parameters
    ----------
    estimator : BaseCNN
        Working copy of the estimator.
    samples : TrainingSet
        All samples.
    groups : ndarray of shape (n,) or None
        Group of each sample.
    validation : tuple
        X_val, y_val and sample_weight_val as the user gave them.
    source : BaseCNN or None
        Fitted estimator that fine-tuning starts from.
    followed : FollowedFit or None
        The fit, where scikit-learn's callbacks follow it.
    """
    # Of several processes, the first one reads and writes for all.
    is_first = processes_of_fit(resolve_device(estimator.device)).rank == 0
    if estimator.checkpoint is None or not is_first:
        return nullcontext(Checkpoint())
    if estimator.callbacks or followed is not None:
        warn(
            "checkpoint is ignored, since the state of callbacks cannot be stored; the "
            "fit starts at the beginning and is lost if it is killed"
        )
        return nullcontext(Checkpoint())
    inputs = samples.inputs
    data = {
        "X": inputs.content(),
        "lengths": inputs.lengths,
        "y": samples.targets,
        "weights": samples.weights,
        "sample_weight": samples.sample_weight,
        "groups": groups,
        **dict(zip(("X_val", "y_val", "sample_weight_val"), validation, strict=True)),
    }
    known_by = fingerprint(estimator, data, source)
    if known_by is None:
        return nullcontext(Checkpoint())
    about = {
        "class": type(estimator).__name__,
        "estimator": repr(estimator),
        "n_samples": len(samples),
        "package_version": sklearn_cnn.__version__,
        "started": datetime.now().astimezone().isoformat(timespec="seconds"),
    }
    return open_checkpoint(estimator.checkpoint, about, known_by)


def random_state_of_fit(estimator, checkpoint: Checkpoint) -> np.random.RandomState:
    """Generator of all that a fit draws; one that goes on draws the same again."""
    processes = processes_of_fit(resolve_device(estimator.device))
    checkpoint.share(processes.from_first)
    draws_afresh = checkpoint.entry is None and processes.n == 1
    if draws_afresh or estimator.random_state is not None:
        return check_random_state(estimator.random_state)
    if checkpoint.seed is None:
        seed = int(check_random_state(None).randint(np.iinfo(np.int32).max))
        checkpoint.seed = processes.from_first(seed)
    return check_random_state(checkpoint.seed)


def train_estimator(
    estimator,
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
    checkpoint: Checkpoint | None = None,
) -> None:
    """Train networks, and linear models beside them; set the fitted attributes.

    Parameters
    ----------
    estimator : BaseCNN
        Working copy of the estimator.
    samples : TrainingSet
        Training samples.
    held_out : TrainingSet or None
        Samples for early stopping; stacking weights are fitted to them too.
    seeds : ndarray of int
        Seed of each network.
    resume : bool
        Whether training goes on from the weights that the estimator has.
    source : BaseCNN or None
        Fitted estimator that fine-tuning starts from.
    one_epoch : bool
        Whether this is a call of `partial_fit`.
    followed : FollowedFit or None
        The fit, where scikit-learn's callbacks follow it.
    features : dict of str to nn.Module
        Features of linear models; empty or None for networks alone.
    folds : ndarray of shape (n,) or None
        Fold of each sample. Where nothing is held out, each network leaves one out, and
        stacking weights are fitted to its outputs there.
    checkpoint : Checkpoint or None
        Has what is finished, and keeps what gets finished.
    """
    checkpoint = Checkpoint() if checkpoint is None else checkpoint
    monitored = None if held_out is None else estimator.monitor
    check_callbacks(estimator.callbacks or [], recorded(monitored))
    parts = [samples] if held_out is None else [samples, held_out]
    plan = make_plan(
        estimator,
        parts,
        seeds,
        masked=any(estimator._input.may_be_padded(part.inputs) for part in parts),
        resume=resume,
        one_epoch=one_epoch,
        stacks=bool(features),
    )
    of_held_out = None if held_out is None else held_out.hashes
    plan.processes.check_alike(
        *(seeds, samples.hashes, samples.targets, samples.weights, folds, of_held_out)
    )
    # Only partial_fit continues with the optimiser's moments.
    moments = vars(estimator).pop("optimizer_state_", {})
    earlier = Trained()
    if resume:
        earlier = Trained(
            estimator.weights_, list(estimator.history_), moments if one_epoch else {}
        )
    maker = NetworkMaker(
        config=estimator.architecture_,
        task=estimator._task,
        smoothing=estimator._smoothing,
        complement_order=estimator._input.complement_order,
        augment=estimator._augmentation(),
        source={} if source is None else source.weights_,
        with_head=_have_same_task(estimator, source),
    )
    estimator.device_ = str(plan.device)
    left_out = folds if features and held_out is None else None
    n_trained_on = len(samples)
    if left_out is not None:
        n_trained_on -= np.bincount(left_out).max()
    require_memory_to_train(plan, maker, samples, n_trained_on)
    for name, module in (features or {}).items():
        require_memory_for_branch(
            name,
            module,
            samples.inputs,
            int(folds.max()) + 1,
            estimator._task.n_outputs,
            plan.device,
        )
    # One for the fit: what it finds out on the memory holds for all predictions.
    micro_batches = micro_batches_of_predictions()
    predict_network = partial(_predict_network, estimator, micro_batches=micro_batches)
    threads = threads_of_fit(
        plan,
        maker,
        samples,
        n_trained_on,
        len(seeds) + bool(features),
        holds_out=held_out is not None,
        is_watched=bool(
            estimator.callbacks or followed is not None or plan.verbose > 1
        ),
    )
    fit_models = partial(
        fit_linear_models,
        features,
        shared_branches(estimator, source, features or {}),
        *(samples, folds),
        task=estimator._task,
        device=plan.device,
        seed=seeds[0],
        micro_batches=micro_batches,
        description=f"{type(estimator).__name__}, linear models",
        verbose=plan.verbose,
        checkpoint=checkpoint,
    )
    trained, out_of_fold, models = train_members(
        plan,
        maker,
        samples,
        left_out,
        earlier=earlier,
        make_callbacks=lambda *network: _make_callbacks(
            estimator, *network, held_out, followed, predict_network
        ),
        user_callbacks=estimator.callbacks,
        predict_network=predict_network,
        checkpoint=checkpoint,
        threads=threads,
        beside=fit_models if features else None,
    )
    _set_trained(estimator, trained)
    if one_epoch:
        estimator.optimizer_state_ = trained.optimizer_state
    interrupted = trained.interrupted
    if features and interrupted is None:
        try:
            if models is None:
                raise KeyboardInterrupt
            model = fit_stack(
                estimator._model("both").networks,
                *(models, samples, held_out, out_of_fold),
                task=estimator._task,
                device=plan.device,
                dtype=plan.dtype,
                micro_batches=micro_batches,
            )
        except KeyboardInterrupt:
            if plan.processes.n > 1:
                raise  # The others may have got further.
            interrupted = "in the linear models"
        else:
            model.networks = nn.Identity()
            estimator.weights_ = estimator.weights_ | to_arrays(model, STACK)
    if interrupted is not None:
        _keep_what_was_trained(estimator, interrupted, bool(features))
    if plan.processes.n > 1:
        # Processors that round otherwise must not have other linear models.
        vars(estimator).update(plan.processes.from_first(fitted_state(estimator)))
    checkpoint.is_finished = interrupted is None


def _keep_what_was_trained(estimator, interrupted: str, stacks: bool) -> None:
    """Keep what was trained before an interrupt, and warn of what is missing."""
    without = ""
    if stacks:
        estimator._features.leave_out()
        without = ", without linear models beside them"
    n = n_networks(estimator.weights_)
    warn(
        f"the fit was interrupted {interrupted}. The estimator is fitted all the same: "
        f"it has {n} network{'' if n == 1 else 's'}{without}. Fit anew for the whole"
    )


def _set_trained(estimator, trained: Trained) -> None:
    """Set weights, history and number of epochs as fitted attributes."""
    estimator.weights_, estimator.history_ = trained.weights, trained.history
    estimator.n_iter_ = max(record["epoch"] for record in trained.history)


def _make_callbacks(
    estimator, member, trained, samples, held_out, followed, predict_network
) -> list:
    """Early stopping if samples are held out, and scikit-learn's callbacks if set."""
    callbacks = []
    if held_out is not None:
        # What a monitor may ask for: the networks that are trained already.
        so_far = copy.copy(estimator)
        if trained.history:
            _set_trained(so_far, trained)
        evaluation = Evaluation(
            held_out,
            predict_network=predict_network,
            loss=estimator._task.loss(estimator._smoothing),
            monitor=estimator.monitor,
            task=estimator._task,
            masks_labels=estimator.missing_labels == "mask",
            as_estimator=partial(_as_estimator, so_far, predict_network),
        )
        callbacks.append(EarlyStopping(evaluation, estimator.n_iter_no_change))
    if followed is not None:

        def fitted_attributes(network, history):
            view = copy.copy(estimator)
            records = [{k: r[k] for k in r if k != "batches"} for r in history]
            weights = to_arrays(network, member)
            _set_trained(view, trained.with_network(member, weights, records))
            # None for attributes that only an earlier fit has set.
            earlier = dict.fromkeys(fitted_state(followed.estimator))
            return earlier | fitted_state(view)

        arguments = followed.arguments(samples.X, samples.y, samples.sample_weight)
        callbacks.append(
            SklearnCallbacks(followed.context, arguments, fitted_attributes)
        )
    return callbacks


def _as_estimator(
    estimator, predict_network, network, X, outputs: np.ndarray, task: Task, index
):
    """Fitted estimator that predicts by one network, for scorers.

    Parameters
    ----------
    estimator : BaseCNN
        Working copy of the estimator.
    predict_network : callable
        Takes a network and inputs; returns outputs (n, n_outputs).
    network : nn.Module
        What predicts.
    X, outputs
        Inputs as the user gave them, and the network's outputs for them, which are not
        computed again.
    task : Task
        What the outputs mean.
    index : int or None
        Which of many tasks is predicted; None for all.
    """
    view = copy.copy(estimator)
    view.weights_ = {}
    vars(view).update(task.attributes())

    def predict_outputs(given):
        if given is X:
            return outputs
        others = predict_network(network, estimator._input.read(given))
        return others if index is None else others[:, index, None]

    view._predict_outputs = predict_outputs
    return view


def _predict_network(
    estimator, network: nn.Module, inputs: Inputs, *, micro_batches: MicroBatches
) -> np.ndarray:
    """Outputs (n, n_outputs) of one network for encoded inputs."""
    parameter = next(network.parameters())
    order = estimator._input.complement_order
    network = Ensemble([network], order, profile=estimator._per_position)
    return predict_networks(
        network,
        inputs.as_they_are,
        parameter.device,
        parameter.dtype,
        micro_batches,
        mixed=estimator.precision == "mixed",
    )


def require_y(estimator, y, name: str) -> None:
    """Raise if y is None."""
    if y is None:
        raise ValueError(
            f"{type(estimator).__name__} requires {name} to be passed, but the target "
            f"{name} is None"
        )


def _have_same_task(estimator, source) -> bool:
    """Whether the outputs of the source and of the estimator mean the same."""
    same_kind = type(source) is type(estimator)
    return same_kind and estimator._task.is_same(source._task)


def shared_branches(estimator, source, features: dict) -> dict[str, LinearBranch]:
    """The source's linear branches that have the same features and the same task."""
    if not _have_same_task(estimator, source):
        return {}
    return {
        name: branch
        for name, branch in source._model("both").branches.items()
        if name in features and same_features(branch.features, features[name])
    }
