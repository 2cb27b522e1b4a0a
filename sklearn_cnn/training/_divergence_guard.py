"""Stop a training whose loss becomes infinite or NaN."""

import copy

import numpy as np
import torch
from sklearn.exceptions import ConvergenceWarning
from skorch.callbacks import Callback
from torch import nn

from sklearn_cnn._package import warn
from sklearn_cnn.training._stopping import StopTraining

_ADVICE = (
    "lower lr (it was {lr}), and look for extreme values in X, y and the sample weights"
)


class DivergenceGuard(Callback):
    """Stop a training that diverges, and restore the last finite weights.

    One guard watches all phases of the training of a network.

    Parameters
    ----------
    trained : torch.nn.Module or None
        The network, if it has been trained before: its weights are then restored where
        the first epoch diverges.

    Raises
    ------
    FloatingPointError
        If there are no weights to restore.
    """

    def __init__(self, trained: nn.Module | None = None):
        self.good_weights_ = None
        self.n_epochs_ = 0
        if trained is not None:
            self.good_weights_ = copy.deepcopy(trained.state_dict())

    def on_train_begin(self, net, **kwargs):
        """Begin a phase; the weights of an earlier one can still be restored."""
        self.diverged_ = False

    def on_train_end(self, net, **kwargs):
        """Restore the weights of the last whole epoch after an interrupt."""
        if net.interrupted_ and self.good_weights_ is not None:
            net.module_.load_state_dict(self.good_weights_)

    def on_epoch_end(self, net, **kwargs):
        """Store finite weights; otherwise restore the last ones and stop."""
        if _is_finite(net):
            self.good_weights_ = copy.deepcopy(net.module_.state_dict())
            self.n_epochs_ += 1
            return
        advice = _ADVICE.format(lr=net.lr)
        if self.good_weights_ is None:
            raise FloatingPointError(
                f"the loss became infinite or NaN in the first epoch; {advice}"
            )
        net.module_.load_state_dict(self.good_weights_)
        self.diverged_ = True
        n = self.n_epochs_
        kept = f"weights of epoch {n}" if n else "weights that it had before"
        warn(
            f"the loss became infinite or NaN in epoch {n + 1}; the model keeps the "
            f"{kept}. To train on, {advice}",
            ConvergenceWarning,
        )
        raise StopTraining


def _is_finite(net) -> bool:
    """Whether the loss of the last epoch and all weights are finite."""
    return np.isfinite(net.history[-1, "train_loss"]) and all(
        bool(torch.isfinite(tensor).all())
        for tensor in net.module_.state_dict().values()
    )
