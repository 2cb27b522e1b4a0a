"""Data sets to learn from and to test on.

The loaders follow scikit-learn's: a :class:`~sklearn.utils.Bunch`, or ``(X, y)`` with
``return_X_y=True``, with pandas objects if ``as_frame=True``. The simulators return
``(X, y)``, or a Bunch with ``return_details=True``.
"""

from sklearn_cnn.datasets._make_motif_classification import make_motif_classification
from sklearn_cnn.datasets._make_motif_regression import make_motif_regression
from sklearn_cnn.datasets._splice_junctions import load_splice_junctions

__all__ = [
    "load_splice_junctions",
    "make_motif_classification",
    "make_motif_regression",
]
