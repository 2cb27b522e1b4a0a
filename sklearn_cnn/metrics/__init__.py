"""Scores that scikit-learn lacks, and scorers of them.

``pearson_per_window_scorer`` and ``pearson_global_scorer`` go where scikit-learn takes
``scoring=``, as in ``GridSearchCV(..., scoring=pearson_per_window_scorer)``, and where
the estimators of this package take ``monitor=``.
"""

from sklearn_cnn._package import publish
from sklearn_cnn.metrics._pearson import (
    pearson_global,
    pearson_global_scorer,
    pearson_per_window,
    pearson_per_window_scorer,
)
from sklearn_cnn.metrics._score_per_task import score_per_task

__all__ = [
    "pearson_global",
    "pearson_global_scorer",
    "pearson_per_window",
    "pearson_per_window_scorer",
    "score_per_task",
]

publish(__name__)
