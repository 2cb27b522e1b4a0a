"""Data sets to learn from and to test on.

The loaders follow scikit-learn's: a :class:`~sklearn.utils.Bunch`, or ``(X, y)`` with
``return_X_y=True``, with pandas objects if ``as_frame=True``.
"""

from sklearn_cnn.datasets._splice_junctions import load_splice_junctions

__all__ = ["load_splice_junctions"]
