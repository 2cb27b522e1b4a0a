"""scikit-learn's callbacks (experimental, from version 1.9 on), where present."""

from dataclasses import dataclass
from typing import Any

try:
    from sklearn.callback import CallbackSupportMixin
except ImportError:

    class CallbackSupportMixin:
        """Stands in where scikit-learn is older than its callbacks."""


@dataclass(frozen=True)
class FollowedFit:
    """A fit that callbacks follow.

    Parameters
    ----------
    context : sklearn.callback.CallbackContext
        Of the fit.
    estimator : estimator
        The one that the callbacks were set on, not a working copy: they know it again.
    """

    context: Any
    estimator: Any

    def arguments(self, X, y, sample_weight) -> dict:
        """What hooks are called with; of metadata, scorers take weights alone."""
        weighted = {} if sample_weight is None else {"sample_weight": sample_weight}
        return {"estimator": self.estimator, "X": X, "y": y, "metadata": weighted}

    def end(self, X, y, sample_weight) -> None:
        """Tell the callbacks that the estimator is fitted."""
        self.context.call_on_fit_task_end(
            **self.arguments(X, y, sample_weight), reconstruction_attributes={}
        )


def follow_fit(estimator, X, y, sample_weight) -> FollowedFit | None:
    """Let the callbacks of an estimator follow its fit, where there are any."""
    if not hasattr(estimator, "_init_callback_context"):
        return None
    followed = FollowedFit(
        estimator._init_callback_context(max_subtasks=None), estimator
    )
    followed.context.call_on_fit_task_begin(**followed.arguments(X, y, sample_weight))
    return followed if getattr(estimator, "_skl_callbacks", None) else None
