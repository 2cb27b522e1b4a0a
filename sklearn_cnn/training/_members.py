"""Train the networks of a fit."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from itertools import takewhile

import numpy as np
import torch
from torch import nn

from sklearn_cnn._package import warn
from sklearn_cnn.inputs._device_inputs import DeviceInputs
from sklearn_cnn.storage._checkpoint import Checkpoint
from sklearn_cnn.training._batches import Batches
from sklearn_cnn.training._divergence_guard import DivergenceGuard
from sklearn_cnn.training._early_stopping import EarlyStopping
from sklearn_cnn.training._frozen_features import with_frozen_features
from sklearn_cnn.training._plan import TrainingPlan
from sklearn_cnn.training._seeds import Randomness
from sklearn_cnn.training._snapshots import Snapshots, under_way
from sklearn_cnn.training._threads import Threads
from sklearn_cnn.training._train import train
from sklearn_cnn.training._training_set import TrainingSet
from sklearn_cnn.training._weights import (
    STACK,
    load_weights,
    n_networks,
    to_arrays,
    weights_of,
)
from sklearn_cnn.transfer._phases import freeze_layers
from sklearn_cnn.transfer._weights import take_weights

# The array in a part of a checkpoint that is not a weight.
_OUT_OF_FOLD = "out of fold"


@dataclass
class Trained:
    """State of the networks trained so far.

    Parameters
    ----------
    weights : dict of str to ndarray
        Weights by name; names begin with the number of the network.
    history : list of dict
        One record an epoch.
    optimizer_state : dict of str to ndarray
        Moments of the optimiser, from which a training can go on.
    interrupted : str or None
        Where a KeyboardInterrupt ended the training of the networks, in words.
    """

    weights: dict[str, np.ndarray] = field(default_factory=dict)
    history: list[dict] = field(default_factory=list)
    optimizer_state: dict[str, np.ndarray] = field(default_factory=dict)
    interrupted: str | None = None

    def add_untrained(self, earlier: "Trained", n: int) -> None:
        """Keep the earlier state of each of n networks that was not trained on."""
        for member in range(n):
            if not weights_of(self.weights, member):
                prefix = f"{member}."
                for own, its in (
                    (self.weights, earlier.weights),
                    (self.optimizer_state, earlier.optimizer_state),
                ):
                    own |= {key: its[key] for key in its if key.startswith(prefix)}

    def with_network(
        self, member: int, weights: dict[str, np.ndarray], records: list[dict]
    ) -> "Trained":
        """The state with one more network, or with one that was trained on.

        Names of its weights begin with its number, too.
        """
        n_before = sum(record["member"] == member for record in self.history)
        history = [
            {"member": member, **record, "epoch": n_before + i}
            for i, record in enumerate(records, start=1)
        ]
        return Trained(
            self.weights | weights,
            self.history + history,
            dict(self.optimizer_state),
        )


@dataclass(frozen=True)
class NetworkMaker:
    """Makes the networks of a fit, and batches of its samples.

    Parameters
    ----------
    config : SequenceCNNConfig or ImageCNNConfig
        Architecture.
    task : Task
        What the targets are.
    smoothing : float
        Label smoothing.
    complement_order : list of int or None
        Order of the channels on the opposite strand; None to read one strand.
    augment : callable or None
        Changes a batch at random.
    source : dict of str to ndarray
        Weights that fine-tuning starts from; empty without a source.
    with_head : bool
        Whether the source has the same task, so that its head is taken too.
    """

    config: object
    task: object
    smoothing: float
    complement_order: list[int] | None
    augment: Callable[..., torch.Tensor] | None
    source: dict[str, np.ndarray]
    with_head: bool

    def batches(self, plan: TrainingPlan, samples: TrainingSet, generator) -> Batches:
        """Batches of a training set."""
        weights = samples.mean_one_weights
        return Batches(
            DeviceInputs(samples.inputs, plan.device, plan.dtype),
            to_device(samples.targets, plan.device, plan.dtype),
            to_device(weights, plan.device, plan.dtype),
            batch_size=plan.rows_of_batch(samples),
            complement_order=self.complement_order,
            weighted=bool(np.ptp(weights) > 0),
            generator=generator,
            augment=self.augment,
            profile=plan.per_position,
        )

    def network(
        self, plan: TrainingPlan, randomness: Randomness, samples: TrainingSet
    ) -> nn.Module:
        """Network with fresh weights, and with the task's initial bias, if any."""
        with randomness.initial_weights():
            dropout = 0.0 if plan.full_batch else plan.dropout
            network = self.config.build(dropout, plan.masked).to(plan.dtype)
        randomness.lend_to(network)
        plan.processes.lend_to(network)
        bias = self.task.initial_bias(samples.targets)
        if bias is not None:
            network.profile_head.start_at(bias)
        return network


@dataclass
class _Member:
    """What the training of one network gives.

    Parameters
    ----------
    weights, moments : dict of str to ndarray
        Of the network and of the optimiser; names begin with its number.
    records : list of dict
        One an epoch.
    interrupted : bool
        Whether a KeyboardInterrupt ended the training.
    out_of_fold : ndarray of shape (n_left_out, n_outputs) or None
        Outputs for the samples that it left out.
    """

    weights: dict[str, np.ndarray]
    moments: dict[str, np.ndarray]
    records: list[dict]
    interrupted: bool = False
    out_of_fold: np.ndarray | None = None

    @property
    def is_trained(self) -> bool:
        """Whether there is something to keep."""
        return bool(self.records) or not self.interrupted


def train_members(
    plan: TrainingPlan,
    maker: NetworkMaker,
    samples: TrainingSet,
    folds: np.ndarray | None,
    *,
    earlier: Trained,
    make_callbacks: Callable[..., list],
    user_callbacks: list | None,
    predict_network: Callable[..., np.ndarray],
    checkpoint: Checkpoint,
    threads: Threads,
    beside: Callable[[], object] | None,
) -> tuple[Trained, np.ndarray, object]:
    """Train all networks, and call a function beside them.

    Parameters
    ----------
    plan : TrainingPlan
        How they are trained.
    maker : NetworkMaker
        Makes the networks.
    samples : TrainingSet
        Training samples.
    folds : ndarray of shape (n,) or None
        Fold of each sample; network k leaves fold k out. None to leave out nothing.
    earlier : Trained
        State that a continued training starts from; empty otherwise.
    make_callbacks : callable
        Takes the number of a network, the state so far and the samples; returns skorch
        callbacks.
    user_callbacks : list or None
        Callbacks that the user gave.
    predict_network : callable
        Takes a network and inputs; returns outputs (n, n_outputs).
    checkpoint : Checkpoint
        Has what is finished, where an earlier fit has left something; keeps the rest.
    threads : Threads
        Train the networks.
    beside : callable or None
        Takes nothing; a thread for which no network is left calls it.

    Returns
    -------
    trained : Trained
    out_of_fold : ndarray of shape (n, n_outputs)
        Output of the network that left a sample out; NaN where none did. Empty without
        folds: there may be many samples and outputs.
    of_beside : object
        What `beside` has returned; None if it was interrupted.
    """
    n_rows = 0 if folds is None else len(samples)
    out_of_fold = np.full((n_rows, maker.task.n_outputs), np.nan)
    # A continued training changes the networks alone; linear models stay.
    stack = weights_of(earlier.weights, STACK)
    start = Trained({f"{STACK}.{k}": v for k, v in stack.items()}, earlier.history)
    members: list[_Member | None] = [_finished(checkpoint, k) for k in _numbers(plan)]

    def train_one(k: int) -> None:
        part = samples if folds is None else samples[np.flatnonzero(folds != k)]
        network, members[k] = _train_member(
            *(plan, maker, k, part, earlier),
            make_callbacks(k, _add_up(start, members), part),
            *(user_callbacks, checkpoint),
        )
        member = members[k]
        try:
            if member.interrupted:
                raise KeyboardInterrupt
            left_out = np.flatnonzero([] if folds is None else folds == k)
            if len(left_out):
                inputs = samples.inputs[left_out]
                member.out_of_fold = predict_network(network, inputs)
        except KeyboardInterrupt:
            member.interrupted = True
            raise
        _finish(checkpoint, k, member)

    to_train = [k for k in _numbers(plan) if members[k] is None]
    *_, of_beside = threads.run(
        [*(partial(train_one, k) for k in to_train), beside or (lambda: None)]
    )
    trained = _add_up(start, members)
    for k, member in enumerate(members):
        if member is not None and member.out_of_fold is not None:
            out_of_fold[folds == k] = member.out_of_fold
    if all(member is not None and not member.interrupted for member in members):
        return trained, out_of_fold, of_beside
    # Several processes may not have been interrupted in the same epoch.
    if plan.processes.n > 1 or not n_networks(trained.weights):
        raise KeyboardInterrupt  # There is nothing to keep.
    trained.add_untrained(earlier, len(members))
    trained.interrupted = _where(members)
    return trained, out_of_fold, None


def _numbers(plan: TrainingPlan) -> range:
    """Numbers of the networks."""
    return range(len(plan.seeds))


def _add_up(start: Trained, members: list[_Member | None]) -> Trained:
    """State with the networks up to the first one of which there is nothing."""
    for k, member in enumerate(takewhile(lambda m: m and m.is_trained, members)):
        start = start.with_network(k, member.weights, member.records)
        start.optimizer_state |= member.moments
    return start


def _where(members: list[_Member | None]) -> str:
    """Where an interrupt ended the training of networks, in words."""
    under_way = [k for k, member in enumerate(members) if member and member.interrupted]
    places = []
    for k in under_way or [members.index(None)]:
        n = len(members[k].records) if members[k] else 0
        epochs = f"{n} epoch{'' if n == 1 else 's'}"
        places.append(f"in network {k + 1} of {len(members)}, after {epochs}")
    return ", and ".join(places)


def _finish(checkpoint: Checkpoint, number: int, member: _Member) -> None:
    """Keep a finished network."""
    arrays = dict(member.weights)
    if member.out_of_fold is not None:
        arrays[_OUT_OF_FOLD] = member.out_of_fold
    checkpoint.drop(under_way(number))
    checkpoint.keep(f"network {number}", {"records": member.records}, arrays)


def _finished(checkpoint: Checkpoint, number: int) -> _Member | None:
    """A network that an earlier fit has finished; None if it has not."""
    part = checkpoint.part(f"network {number}")
    if part is None:
        return None
    values, arrays = part
    weights = {key: arrays[key] for key in arrays if key != _OUT_OF_FOLD}
    return _Member(weights, {}, values["records"], out_of_fold=arrays.get(_OUT_OF_FOLD))


def _train_member(
    plan, maker, number, samples, earlier, callbacks, user_callbacks, checkpoint
) -> tuple[nn.Module, _Member]:
    """Train one network in all its phases."""
    before = weights_of(earlier.weights, number)
    network, randomness = _start_network(plan, maker, number, samples, before)
    # A continued training has weights to go back to.
    guard = DivergenceGuard(network if before else None)
    stopping = next((c for c in callbacks if isinstance(c, EarlyStopping)), None)
    batches = maker.batches(plan, samples, randomness.batch_generator)
    snapshots = Snapshots(checkpoint, number, batches.generator, guard, stopping)
    moments, interrupted = {}, False
    for phase in plan.phases[snapshots.phase_ - 1 :]:
        freeze_layers(network, phase.n_frozen)
        records, moments, interrupted = train(
            network,
            maker.task.loss(maker.smoothing),
            with_frozen_features(
                batches, network, plan.micro_batches, mixed=plan.mixed
            ),
            plan.settings(number, len(batches), phase),
            micro_batches=plan.micro_batches,
            processes=plan.processes,
            guard=guard,
            callbacks=callbacks,
            snapshots=snapshots,
            user_callbacks=user_callbacks,
            moments=weights_of(earlier.optimizer_state, number),
        )
        if len(plan.phases) > 1:
            records = [{**record, "phase": snapshots.phase_} for record in records]
        snapshots.end_phase(records)
        if interrupted:
            break
    moments = {f"{number}.{key}": array for key, array in moments.items()}
    weights = to_arrays(network, number)
    return network, _Member(weights, moments, snapshots.history_, interrupted)


def to_device(array: np.ndarray, device, dtype) -> torch.Tensor:
    """Tensor on the device; floats in the given precision, integers as they are."""
    dtype = dtype if array.dtype.kind == "f" else None
    return torch.tensor(array, dtype=dtype, device=device)


def _start_network(
    plan, maker, member, samples, before
) -> tuple[nn.Module, Randomness]:
    """Network on the device, ready to be trained, and its random generators."""
    randomness = Randomness(int(plan.seeds[member]), plan.device)
    network = maker.network(plan, randomness, samples)
    if before:
        load_weights(network, before)
    elif network.standardize is not None:
        weights = samples.mean_one_weights
        lost = network.standardize.adapt(samples.inputs.chunks(weights))
        if lost and member == 0:
            warn(
                f"the values in channel {lost[0]} of X differ too little beside their "
                "mean, or are too small or large, for single precision; subtract a "
                "constant from them, change their unit, or pass precision='float64'"
            )
    network.to(plan.device, plan.dtype)
    if maker.source:
        source_weights = weights_of(maker.source, member % n_networks(maker.source))
        take_weights(network, source_weights, with_head=maker.with_head)
    return network, randomness
