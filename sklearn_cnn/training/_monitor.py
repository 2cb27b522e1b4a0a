"""The score that early stopping watches."""

import copy
import inspect

from sklearn.metrics import check_scoring


def resolve_scorer(monitor, estimator):
    """The scorer that `monitor` names, for the classes of an estimator.

    Scores such as "f1" take the label 1 for the positive class. Where there is no such
    label, the positive class is ``classes_[1]``, as in ``decision_function``.
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
