"""The estimators that can be looked into."""

from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted

from sklearn_cnn._base import BaseCNN
from sklearn_cnn._persistence import public_estimators


def check_fitted_cnn(estimator: BaseEstimator) -> None:
    """Refuse what is no fitted estimator of this package.

    Raises
    ------
    TypeError
        If it is another object; a pipeline or a search holds an estimator.
    sklearn.exceptions.NotFittedError
        If it is not fitted.
    """
    if not isinstance(estimator, BaseCNN):
        raise TypeError(
            f"estimator must be a fitted {', '.join(public_estimators())}; got a "
            f"{type(estimator).__name__}. (Of a search pass `best_estimator_`, of a "
            "pipeline its step)"
        )
    check_is_fitted(estimator)
