"""A training whose loss becomes infinite or NaN."""

import copy
import warnings

import numpy as np
import torch
from sklearn.exceptions import ConvergenceWarning
from skorch.callbacks import Callback

from sklearn_cnn.training._stopping import StopTraining

_ADVICE = (
    "lower lr (it was {lr}), and look for extreme values in X, y and the sample weights"
)


class FiniteWeights(Callback):
    """End a training that diverges, with the weights of the last good epoch.

    Raises
    ------
    FloatingPointError
        If there is no good epoch.
    """

    def on_train_begin(self, net, **kwargs):
        """Forget earlier trainings."""
        self.good_weights_ = None
        self.diverged_ = False

    def on_epoch_end(self, net, **kwargs):
        """Keep good weights, or go back to them and stop."""
        if _is_finite(net):
            self.good_weights_ = copy.deepcopy(net.module_.state_dict())
            return
        advice = _ADVICE.format(lr=net.lr)
        if self.good_weights_ is None:
            raise FloatingPointError(
                f"the loss became infinite or NaN in the first epoch; {advice}"
            )
        net.module_.load_state_dict(self.good_weights_)
        self.diverged_ = True
        epoch = len(net.history)
        warnings.warn(
            f"the loss became infinite or NaN in epoch {epoch}; the model keeps the "
            f"weights of epoch {epoch - 1}. To train on, {advice}",
            ConvergenceWarning,
            stacklevel=2,
        )
        raise StopTraining

    def on_train_end(self, net, **kwargs):
        """Strike the diverged epoch from the history."""
        if self.diverged_:
            net.history.pop()


def _is_finite(net) -> bool:
    return np.isfinite(net.history[-1, "train_loss"]) and all(
        bool(torch.isfinite(tensor).all())
        for tensor in net.module_.state_dict().values()
    )
