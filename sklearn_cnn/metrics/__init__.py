"""Scores that scikit-learn lacks, and scorers of them for searches."""

from sklearn_cnn.metrics._pearson import (
    pearson_global,
    pearson_global_scorer,
    pearson_per_window,
    pearson_per_window_scorer,
)

__all__ = [
    "pearson_global",
    "pearson_global_scorer",
    "pearson_per_window",
    "pearson_per_window_scorer",
]
