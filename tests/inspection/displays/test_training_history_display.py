"""Pictures of the course of a training."""

import sys

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression

from sklearn_cnn import ImageCNNClassifier, MotifCNNClassifier, MotifCNNRegressor
from sklearn_cnn.inspection import TrainingHistoryDisplay

LOSSES = [0.9, 0.5, 0.4, 0.45]
HELD_OUT = [0.8, 0.6, 0.7, 0.75]
SCORES = [0.6, 0.7, 0.9, 0.8]
PLAIN = {"n_filters": 4, "kmers": None, "motif_bank": None, "random_state": 0}


@pytest.fixture(autouse=True)
def _close_figures():
    with mpl.rc_context({"backend": "agg"}):
        yield
        plt.close("all")


def _history(n_members=1, **columns):
    epochs = {"epoch": [1, 2, 3, 4], "train_loss": LOSSES, **columns}
    frames = [pd.DataFrame({"member": m, **epochs}) for m in range(n_members)]
    return pd.concat(frames, ignore_index=True)


def _legend(ax):
    return [text.get_text() for text in ax.get_legend().get_texts()]


def test_training_loss_alone():
    display = TrainingHistoryDisplay(history=_history(3), loss_name="nats").plot()
    lines = display.ax_.get_lines()
    assert len(lines) == 3
    assert len({line.get_color() for line in lines}) == 1
    np.testing.assert_array_equal(
        lines[1].get_xydata(), np.column_stack([[1, 2, 3, 4], LOSSES])
    )
    assert display.ax_.get_xlabel() == "epoch"
    assert display.ax_.get_ylabel() == "training loss (nats)"
    assert display.ax_.get_ylim()[0] == 0
    assert display.ax_.get_legend() is None
    assert display.score_ax_ is None
    assert display.figure_ is display.ax_.figure


def test_the_last_improvement_of_the_loss_is_marked():
    history = _history(valid_loss=HELD_OUT, best=[True, True, False, False])
    display = TrainingHistoryDisplay(history=history, loss_name="nats").plot()
    training, held_out, dot = display.ax_.get_lines()
    np.testing.assert_array_equal(dot.get_xydata(), [[2, 0.6]])
    assert dot.get_color() == held_out.get_color() != training.get_color()
    assert display.ax_.get_ylabel() == "loss (nats)"
    assert _legend(display.ax_) == [
        "training loss",
        "held-out loss",
        "best epoch, kept",
    ]


def test_a_score_has_a_scale_of_its_own():
    best = [True, True, True, False]
    history = _history(2, valid_loss=HELD_OUT, valid_score=SCORES, best=best)
    display = TrainingHistoryDisplay(
        history=history, loss_name="nats", score_name="roc_auc"
    ).plot()
    assert len(display.ax_.get_lines()) == 4
    *_, dots = display.score_ax_.get_lines()
    np.testing.assert_array_equal(dots.get_xydata(), [[3, 0.9], [3, 0.9]])
    assert display.score_ax_.get_ylabel() == "held-out roc_auc"
    assert _legend(display.ax_)[2:] == ["held-out roc_auc", "best epoch, kept"]


def test_phases_of_a_fine_tuning():
    history = _history(2, phase=[1, 1, 2, 2])
    display = TrainingHistoryDisplay(history=history, loss_name="nats").plot()
    *_, border = display.ax_.get_lines()
    assert border.get_xdata() == [2.5, 2.5]
    assert _legend(display.ax_) == ["training loss", "all layers learn"]


def test_losses_below_zero_are_seen():
    history = _history()
    history["train_loss"] -= 1
    display = TrainingHistoryDisplay(history=history, loss_name="nats").plot()
    assert display.ax_.get_ylim()[0] < -0.6


def test_from_estimator(planted):
    X, y = planted
    settings = {"early_stopping": True, "max_epochs": 3, **PLAIN}
    source = MotifCNNClassifier(monitor="accuracy", **settings).fit(X[:90], y[:90])
    _, ax = plt.subplots()
    display = TrainingHistoryDisplay.from_estimator(source, ax=ax)
    assert display.ax_ is ax
    records = source.history_
    losses = [record["train_loss"] for record in records]
    np.testing.assert_array_equal(ax.get_lines()[0].get_ydata(), losses)
    best = max(record["epoch"] for record in records if record["best"])
    assert display.score_ax_.get_lines()[-1].get_xdata() == [best]
    assert display.score_ax_.get_ylabel() == "held-out accuracy"
    assert ax.get_ylabel() == "loss (cross-entropy, nats)"

    tuned = MotifCNNRegressor(pretrained=source, max_epochs=4, **PLAIN)
    tuned.fit(X[90:150], (y[90:150] == "bound").astype(float))
    assert [record["phase"] for record in tuned.history_] == [1, 1, 2, 2]
    display = TrainingHistoryDisplay.from_estimator(tuned)
    name = "training loss (squared error, standardised)"
    assert display.ax_.get_ylabel() == name
    assert display.ax_.get_lines()[1].get_xdata() == [2.5, 2.5]


def test_one_epoch_is_seen():
    clf = ImageCNNClassifier(n_filters=2, random_state=0)
    clf.partial_fit(np.eye(8)[:4].reshape(4, 1, 8), [0, 1, 0, 1], classes=[0, 1])
    display = TrainingHistoryDisplay.from_estimator(clf)
    assert display.ax_.get_lines()[0].get_marker() == "."


def test_errors(monkeypatch):
    with pytest.raises(TypeError, match="got a LogisticRegression"):
        TrainingHistoryDisplay.from_estimator(LogisticRegression())
    with pytest.raises(NotFittedError):
        TrainingHistoryDisplay.from_estimator(MotifCNNClassifier())
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    display = TrainingHistoryDisplay(history=_history(), loss_name="nats")
    with pytest.raises(ImportError, match=r"pip install 'sklearn-cnn\[plot\]'"):
        display.plot()
