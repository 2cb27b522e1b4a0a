"""The fitted estimator that fine-tuning starts from."""

import os

from sklearn.exceptions import NotFittedError
from sklearn.frozen import FrozenEstimator

from sklearn_cnn._persistence import load_model
from sklearn_cnn.storage._estimators import public_estimators


def resolve_source(pretrained, family: type, name: str = "pretrained"):
    """The fitted estimator that `pretrained` stands for.

    Parameters
    ----------
    pretrained : estimator, FrozenEstimator, str or path-like
        As the user gave it.
    family : type
        Class that the estimator must belong to.
    name : str
        What error messages call the argument.

    Raises
    ------
    TypeError
        If it is none of these, or of another class.
    sklearn.exceptions.NotFittedError
        If the estimator is not fitted.
    """
    if isinstance(pretrained, (str, os.PathLike)):
        pretrained = load_model(pretrained)
    if isinstance(pretrained, FrozenEstimator):
        pretrained = pretrained.estimator
    if not isinstance(pretrained, family):
        public = public_estimators().items()
        names = " or ".join(name for name, cls in public if issubclass(cls, family))
        raise TypeError(
            f"{name} must be a fitted {names}, a FrozenEstimator of one, or the "
            f"path of a file that save_model wrote; got {type(pretrained).__name__}"
        )
    if not hasattr(pretrained, "weights_"):
        raise NotFittedError(
            f"the {type(pretrained).__name__} passed as {name} is not fitted. "
            "(In the grid of a search it is cloned, which undoes a fit: pass "
            "FrozenEstimator(estimator) or the path of a saved model there)"
        )
    return pretrained


def check_source(source, estimator) -> None:
    """Raise if the source's network differs from that of the estimator."""
    its, ours = source.architecture_, estimator.architecture_
    alphabets = (getattr(e, "alphabet_", None) for e in (source, estimator))
    given = "that of this estimator is"
    for what, of_source, own, words in (
        ("the alphabet", *alphabets, "X has"),
        ("a number of channels of", its.n_channels, ours.n_channels, "X has"),
        ("n_filters", its.n_filters, ours.n_filters, given),
        ("kernel_size", its.kernel_sizes, ours.kernel_sizes, given),
        ("pool_size", its.pool_sizes, ours.pool_sizes, given),
        ("activation", its.activation, ours.activation, given),
    ):
        if of_source != own:
            raise ValueError(
                f"the {type(source).__name__} passed as pretrained has "
                f"{what} {of_source!r}, but {words} {own!r}"
            )
