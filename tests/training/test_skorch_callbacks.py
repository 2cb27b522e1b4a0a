"""skorch's callbacks work, or are refused before anything is trained."""

import numpy as np
import pytest
import torch
from skorch.callbacks import (
    BatchScoring,
    Callback,
    Checkpoint,
    EarlyStopping,
    EpochScoring,
    EpochTimer,
    InputShapeSetter,
    LoadInitState,
    LRScheduler,
    PassthroughScoring,
    ProgressBar,
    SacredLogger,
    TensorBoard,
    TrainEndCheckpoint,
    WandbLogger,
)

from sklearn_cnn import MotifCNNClassifier
from sklearn_cnn.training._skorch_callbacks import check_callbacks

X = ["ACGTTGCA", "TTGACGTC", "GGGACCTA", "CATCATCA"] * 5
Y = np.arange(20) % 2
HELD_OUT = {"X_val": X, "y_val": Y}


class Count(Callback):
    """Counts trainings, by skorch's own signature, and records a number an epoch."""

    def __init__(self):
        self.trainings = []

    def on_train_begin(self, net, X, y, **kwargs):
        self.trainings.append(len(X))

    def on_epoch_end(self, net, **kwargs):
        net.history.record("mine", 1.0)


def _fit(callbacks, validation=None, **parameters):
    clf = MotifCNNClassifier(
        n_filters=2, max_epochs=3, random_state=0, callbacks=callbacks, **parameters
    )
    return clf.fit(X, Y, **validation or {})


NO_DATA = "but no data are held out; set early_stopping=True"


@pytest.mark.parametrize(
    ("callback", "words"),
    [
        (EpochScoring("accuracy"), "EpochScoring, .* ScoringMonitor"),
        (BatchScoring("accuracy"), "BatchScoring, .*monitor='accuracy'"),
        (PassthroughScoring("train_loss"), "PassthroughScoring, .*history_"),
        (ProgressBar(), "ProgressBar, .*verbose=1"),
        (LoadInitState(Checkpoint()), "LoadInitState, .*warm_start=True"),
        (InputShapeSetter(), "InputShapeSetter, .*leave it out"),
        (WandbLogger(None), "WandbLogger with save_model=True, .*save_model=False"),
        (SacredLogger(None, log_on_batch_end=True), "pass log_on_batch_end=False"),
        (Checkpoint(monitor=None, f_pickle="net"), "Checkpoint with f_pickle='net'"),
        (TrainEndCheckpoint(f_pickle="net"), "TrainEndCheckpoint with f_pickle"),
        (EarlyStopping(), f"EarlyStopping, which monitors 'valid_loss', {NO_DATA}"),
        (Checkpoint(), "'valid_loss_best'; the loop records 'best', .*monitor='best'"),
        (Checkpoint(monitor="best"), f"Checkpoint, .* 'best', {NO_DATA}"),
        (LRScheduler("ReduceLROnPlateau", monitor="valid_loss"), NO_DATA),
    ],
)
def test_refused_before_training(callback, words):
    count = Count()
    with pytest.raises(ValueError, match=words):
        _fit([count, ("named", callback)])
    assert count.trainings == []


def test_a_key_that_nobody_records():
    stop = EarlyStopping(monitor="valid_acc")
    match = "'valid_acc', which is not recorded; there are 'dur', 'train_loss'$"
    with pytest.raises(ValueError, match=match):
        check_callbacks([stop, EpochTimer()], {"epoch", "train_loss"})
    with pytest.raises(ValueError, match="'valid_score', but monitor='loss'"):
        _fit([EarlyStopping(monitor="valid_score")], HELD_OUT)


@pytest.mark.parametrize("key", ["train_loss", "event_lr", "dur", "mine"])
def test_keys_that_callbacks_record(key):
    schedule = LRScheduler(torch.optim.lr_scheduler.StepLR, step_size=1)
    stop = EarlyStopping(key, patience=1, threshold=9, threshold_mode="abs")
    clf = _fit([Count(), EpochTimer(), schedule, stop])
    assert clf.n_iter_ == 2


def test_early_stopping_on_held_out_data():
    stop = EarlyStopping(patience=1, threshold=9, threshold_mode="abs")
    assert _fit([stop], HELD_OUT).n_iter_ == 2


def test_a_checkpoint_of_the_best_epoch(tmp_path):
    checkpoint = Checkpoint(monitor="best", dirname=str(tmp_path))
    clf = _fit([checkpoint], HELD_OUT, linear_models=None)
    stored = torch.load(tmp_path / "params.pt", weights_only=True)
    assert {f"0.{name}" for name in stored} == clf.weights_.keys()
    for name, tensor in stored.items():
        np.testing.assert_array_equal(clf.weights_[f"0.{name}"], tensor.numpy())


def test_logs_get_every_epoch():
    class Log:
        def __init__(self):
            self.lines = []

        def watch(self, module):
            pass

        def log(self, record):
            self.lines.append(record["train_loss"])

        def add_scalar(self, tag, scalar_value, global_step):
            self.lines.append(scalar_value)

        def log_scalar(self, name, value, step):
            self.lines.append(value)

    logs = [Log() for _ in range(3)]
    callbacks = [
        WandbLogger(logs[0], save_model=False),
        TensorBoard(logs[1], close_after_train=False),
        SacredLogger(logs[2]),
    ]
    clf = _fit(callbacks)
    losses = [record["train_loss"] for record in clf.history_]
    assert [log.lines for log in logs] == [losses] * 3


def test_a_schedule_by_batches():
    schedule = LRScheduler("CyclicLR", base_lr=0.1, max_lr=0.2, step_every="batch")
    schedule.kwargs["cycle_momentum"] = False
    assert _fit([schedule], batch_size=8).n_iter_ == 3
