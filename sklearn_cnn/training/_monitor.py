"""The score that early stopping watches."""

import copy
import inspect

from sklearn.metrics import check_scoring


def resolve_scorer(monitor, estimator):
    """Scorer of `monitor`, for the classes of an estimator.

    Scores of two classes, such as "f1", ask which one is positive, and take it to be
    the label 1 unless told. Where there is no such label it is ``classes_[1]``, the
    class whose probability a classifier of two classes gives.
    """
    scorer = check_scoring(estimator, monitor)
    classes = getattr(estimator, "classes_", [])
    function = getattr(scorer, "_score_func", None)
    if function is None or len(classes) != 2 or estimator.multilabel_:
        return scorer
    asked = inspect.signature(function).parameters.get("pos_label")
    if asked is None or "pos_label" in scorer._kwargs or asked.default in classes:
        return scorer
    scorer = copy.copy(scorer)
    scorer._kwargs = scorer._kwargs | {"pos_label": classes[1]}
    return scorer
