"""What an inspection needs to be true of an estimator, and which output it is about."""

from numbers import Integral

from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted

from sklearn_cnn._base import BaseCNN
from sklearn_cnn._fitted_model import FittedModel
from sklearn_cnn._image import BaseImageCNN
from sklearn_cnn._motif import BaseMotifCNN
from sklearn_cnn.backbones._borrowed_config import BorrowedConfig


def check_estimator(estimator: BaseEstimator) -> None:
    """Refuse what is not a fitted estimator of this package."""
    _check_kind(estimator, BaseCNN, "an estimator of sklearn_cnn")


def check_sequence_estimator(estimator: BaseEstimator) -> None:
    """Refuse what is not an estimator fitted on sequences of symbols."""
    _check_kind(estimator, BaseMotifCNN, "MotifCNNClassifier or MotifCNNRegressor")
    if estimator.alphabet_ is None:
        raise ValueError(
            f"the {type(estimator).__name__} was fitted on numeric signals, but "
            "sequences of symbols (strings or one-hot columns) are needed"
        )


def check_image_estimator(estimator: BaseEstimator) -> None:
    """Refuse what is not a fitted estimator for images."""
    _check_kind(estimator, BaseImageCNN, "ImageCNNClassifier or ImageCNNRegressor")


def check_own_network(estimator: BaseEstimator) -> None:
    """Refuse networks that others trained, whose layers may be anything."""
    if isinstance(estimator.architecture_, BorrowedConfig):
        raise ValueError(
            f"the {type(estimator).__name__} has a network that others trained, whose "
            "layers this cannot read; attributions says what matters to it"
        )


def resolve_target(estimator: BaseCNN, target, length: int) -> int | None:
    """Which output an inspection is about.

    Parameters
    ----------
    estimator : BaseCNN
        Fitted.
    target : object
        What the user gave: a label out of `classes_`, or the index of an output.
    length : int
        Positions of the inputs, for profiles.

    Returns
    -------
    int or None
        Column of the outputs; for profiles the position, None for all.
    """
    if FittedModel(estimator).task.per_position:
        if target is not None and not _is_index(target, length):
            raise ValueError(
                f"target must be a position from 0 to {length - 1}, or None for the "
                f"mean over all; got {target!r}"
            )
        return None if target is None else int(target)
    n_outputs = FittedModel(estimator).task.n_outputs
    if n_outputs == 1:
        if target is not None:
            raise ValueError(
                f"target={target!r}, but the estimator has a single output; pass None"
            )
        return 0
    labels = getattr(estimator, "classes_", None)
    labels = list(range(n_outputs)) if labels is None else labels.tolist()
    if target in labels:
        return labels.index(target)
    numbered = all(isinstance(label, Integral) for label in labels)
    if not numbered and _is_index(target, n_outputs):
        return int(target)
    raise ValueError(
        f"the estimator has {n_outputs} outputs, of which target must name one: "
        f"{', '.join(map(repr, labels[:10]))}{', ...' if n_outputs > 10 else ''}"
        f"{'' if numbered else ', or its index'}; got {target!r}"
    )


def _check_kind(estimator, kind: type, words: str) -> None:
    if not isinstance(estimator, kind):
        raise TypeError(f"estimator must be {words}; got a {type(estimator).__name__}")
    check_is_fitted(estimator)


def _is_index(value, n: int) -> bool:
    is_int = isinstance(value, Integral) and not isinstance(value, bool)
    return is_int and 0 <= value < n
