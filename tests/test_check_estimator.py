"""scikit-learn's own checks, on the very classes that users import."""

import os

import pytest
from sklearn.utils.estimator_checks import parametrize_with_checks

from sklearn_cnn import (
    ImageCNNClassifier,
    ImageCNNRegressor,
    MotifCNNClassifier,
    MotifCNNRegressor,
)

# scikit-learn skips this one itself unless SCIPY_ARRAY_API=1 is set.
SKIPPED = {"check_array_api_input"} if "SCIPY_ARRAY_API" not in os.environ else set()


@pytest.mark.slow
@parametrize_with_checks([MotifCNNClassifier(), MotifCNNRegressor()])
def test_motif_estimator_passes(estimator, check):
    _run(check, estimator)


@pytest.mark.slow
@parametrize_with_checks([ImageCNNClassifier(), ImageCNNRegressor()])
def test_image_estimator_passes(estimator, check):
    _run(check, estimator)


def _run(check, estimator) -> None:
    name = getattr(check, "func", check).__name__
    try:
        check(estimator)
    except pytest.skip.Exception:
        assert name in SKIPPED
        raise
