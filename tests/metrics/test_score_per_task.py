import numpy as np
import pytest
from sklearn.metrics import mean_squared_error, roc_auc_score

from sklearn_cnn.metrics import score_per_task

NAN = np.nan


def test_without_missing_labels_it_is_the_metric_of_each_column():
    rng = np.random.default_rng(0)
    y, scores = rng.integers(0, 2, (50, 3)), rng.random((50, 3))
    expected = roc_auc_score(y, scores, average=None)
    np.testing.assert_allclose(score_per_task(roc_auc_score, y, scores), expected)


def test_unknown_targets_are_left_out():
    y_true = [[1, 4], [3, NAN], [NAN, 5], [5, 8]]
    y_pred = [[2, 4], [3, 100], [100, 7], [5, 8]]
    # Squared errors: 1, 0, 0 and 0, 4, 0.
    scores = score_per_task(mean_squared_error, y_true, y_pred)
    np.testing.assert_allclose(scores, [1 / 3, 4 / 3])


def test_weights_go_with_their_samples():
    y_true, y_pred = [[1], [NAN], [3]], [[2], [0], [5]]
    scores = score_per_task(mean_squared_error, y_true, y_pred, sample_weight=[3, 9, 1])
    np.testing.assert_allclose(scores, [(3 * 1 + 1 * 4) / 4])


def test_undefined_tasks_are_nan():
    y_true = [[0, NAN, 1], [1, NAN, 1]]
    scores = score_per_task(roc_auc_score, y_true, np.eye(3)[:2])
    np.testing.assert_array_equal(scores, [0, NAN, NAN])


def test_shapes_and_values_are_checked():
    with pytest.raises(ValueError, match=r"y_true has shape \(2, 1\), but y_pred"):
        score_per_task(roc_auc_score, [[0], [1]], [[0.1, 0.9], [0.9, 0.1]])
    with pytest.raises(ValueError, match="y_pred contains NaN"):
        score_per_task(roc_auc_score, [[0], [1]], [[0.1], [NAN]])
