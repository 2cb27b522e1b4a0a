"""Call scikit-learn's callbacks from skorch's."""

from collections.abc import Callable

from skorch.callbacks import Callback

from sklearn_cnn.training._stopping import StopTraining


class SklearnCallbacks(Callback):
    """Call scikit-learn's callbacks after each epoch; stop where one asks for it.

    Parameters
    ----------
    context : sklearn.callback.CallbackContext
        Context of the fit.
    arguments : dict
        Arguments of the hooks: estimator, X, y, metadata.
    fitted_attributes : callable
        Takes the network and the history; returns fitted attributes by name.
    """

    def __init__(
        self, context, arguments: dict, fitted_attributes: Callable[..., dict]
    ):
        self.context = context
        self.arguments = arguments
        self.fitted_attributes = fitted_attributes

    def on_epoch_begin(self, net, **kwargs):
        """Open the context of the epoch."""
        self.epoch_ = self.context.subcontext(task_name="epoch")
        self.epoch_.call_on_fit_task_begin(**self.arguments)

    def on_epoch_end(self, net, **kwargs):
        """Close it; fitted attributes are made only if a callback asks for them."""
        stop = self.epoch_.call_on_fit_task_end(
            **self.arguments,
            reconstruction_attributes=lambda: self.fitted_attributes(
                net.module_, net.history
            ),
        )
        if stop:
            raise StopTraining
