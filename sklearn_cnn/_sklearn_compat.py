"""New or private parts of scikit-learn: callbacks, and how clones are made."""

import copy
from dataclasses import dataclass
from typing import Any

from sklearn.base import _clone_parametrized

try:
    from sklearn.callback import CallbackSupportMixin
except ImportError:  # Experimental, from version 1.9 on.

    class CallbackSupportMixin:
        """Stands in where scikit-learn is older than its callbacks."""


class FittedParameterMixin:
    """Clones share the parameter named by `_fitted_parameter`, so that it stays fitted.

    scikit-learn would clone an estimator among the parameters, which undoes its fit.
    """

    _fitted_parameter: str

    def __sklearn_clone__(self):
        """Clone that shares the parameter with this estimator."""
        without = copy.copy(self)
        setattr(without, self._fitted_parameter, None)
        clone = _clone_parametrized(without)
        setattr(clone, self._fitted_parameter, getattr(self, self._fitted_parameter))
        return clone

    def get_params(self, deep: bool = True) -> dict:
        """Parameters of this estimator.

        Parameters
        ----------
        deep : bool, default=True
            Ignored: the parameters of an estimator among them are its own.

        Returns
        -------
        dict
            Names and values.
        """
        return super().get_params(deep=False)


@dataclass(frozen=True)
class FollowedFit:
    """A fit that callbacks follow.

    Parameters
    ----------
    context : sklearn.callback.CallbackContext
        Context of the fit.
    estimator : estimator
        The one that the callbacks were set on, by which they know it; not the working
        copy.
    """

    context: Any
    estimator: Any

    def arguments(self, X, y, sample_weight) -> dict:
        """Arguments of the hooks; of the metadata, scorers take weights alone."""
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
