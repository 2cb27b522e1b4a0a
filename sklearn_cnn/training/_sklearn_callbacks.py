"""A bridge to scikit-learn's callbacks."""

from collections.abc import Callable

from skorch.callbacks import Callback

from sklearn_cnn.training._stopping import StopTraining


class SklearnCallbacks(Callback):
    """Tell scikit-learn's callbacks of each epoch; stop where one asks for it.

    Parameters
    ----------
    context : sklearn.callback.CallbackContext
        Of the fit.
    arguments : dict
        What the hooks are called with: estimator, X, y, metadata.
    fitted_attributes : callable
        Takes the network and the history; returns what makes the estimator fitted.
    """

    def __init__(
        self, context, arguments: dict, fitted_attributes: Callable[..., dict]
    ):
        self.context = context
        self.arguments = arguments
        self.fitted_attributes = fitted_attributes

    def on_epoch_begin(self, net, **kwargs):
        """Open the epoch's own context."""
        self.epoch_ = self.context.subcontext(task_name="epoch")
        self.epoch_.call_on_fit_task_begin(**self.arguments)

    def on_epoch_end(self, net, **kwargs):
        """Close it; attributes are made only where a callback asks for them."""
        stop = self.epoch_.call_on_fit_task_end(
            **self.arguments,
            reconstruction_attributes=lambda: self.fitted_attributes(
                net.module_, net.history
            ),
        )
        if stop:
            raise StopTraining
