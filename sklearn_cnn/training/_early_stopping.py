"""Early stopping on held-out data."""

import copy
from collections.abc import Callable

import numpy as np
from skorch.callbacks import Callback

from sklearn_cnn._package import warn
from sklearn_cnn.training._stopping import StopTraining


class EarlyStopping(Callback):
    """Judge the network on held-out data after each epoch; restore the best weights.

    Training stops after some epochs without improvement. skorch has a callback of this
    name; this one scores by itself and restores weights across the phases of a
    fine-tuning.

    Parameters
    ----------
    evaluate : callable
        Takes the network; returns a dict with "valid_loss" and, where a score is
        monitored, "valid_score" (greater is better).
    patience : int
        Epochs without improvement after which training stops.
    """

    def __init__(self, evaluate: Callable[..., dict], patience: int):
        self.evaluate = evaluate
        self.patience = patience
        self.best_ = -np.inf
        self.best_weights_ = None

    def on_train_begin(self, net, **kwargs):
        """Count from zero in each phase; the best weights may be an earlier one's."""
        self.epochs_without_ = 0

    def on_epoch_end(self, net, **kwargs):
        """Record the evaluation; store the weights if they are the best so far."""
        # Processors that round otherwise must not stop at another epoch.
        record = net.processes.from_first(self.evaluate(net.module_))
        score = record.get("valid_score", -record["valid_loss"])
        improved = bool(score > self.best_)
        for key, value in record.items():
            net.history.record(key, value)
        net.history.record("best", improved)
        if improved:
            self.best_, self.epochs_without_ = score, 0
            self.best_weights_ = copy.deepcopy(net.module_.state_dict())
        else:
            self.epochs_without_ += 1
        if self.epochs_without_ >= self.patience:
            raise StopTraining

    def on_train_end(self, net, **kwargs):
        """Restore the best weights."""
        if self.best_weights_ is not None:
            net.module_.load_state_dict(self.best_weights_)
        elif self.epochs_without_:
            warn(
                "what early stopping monitors is NaN for the held-out samples in every "
                f"epoch, so that training stopped after {self.epochs_without_} of them "
                "and the weights of the last one stay; give other samples by X_val (of "
                "both classes, of different targets), or another monitor"
            )
