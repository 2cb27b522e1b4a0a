"""scikit-learn's callbacks (experimental, from version 1.9 on), where present."""

try:
    from sklearn.callback import CallbackSupportMixin
except ImportError:

    class CallbackSupportMixin:
        """Stands in where scikit-learn is older than its callbacks."""


def begin_fit(estimator, X, y, metadata: dict):
    """Context in which scikit-learn's callbacks follow a fit, where it has them."""
    if not hasattr(estimator, "_init_callback_context"):
        return None
    context = estimator._init_callback_context(max_subtasks=None)
    context.call_on_fit_task_begin(estimator=estimator, X=X, y=y, metadata=metadata)
    return context
