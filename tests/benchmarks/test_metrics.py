import numpy as np
import pytest
from _metrics import calibration_error, classification_scores, regression_scores


def test_calibration_error_by_hand():
    # Bin [0.6, 0.7): 0.6 and 0.64, one right: gap |1 - 1.24| = 0.24. Bin [0.9, 1]: 0.9
    # and 1.0, both right: gap |2 - 1.9| = 0.1. In all 0.34 over 4 samples.
    positive = np.array([0.6, 0.36, 0.9, 1.0])
    proba = np.column_stack([1 - positive, positive])
    error = calibration_error(["b", "b", "b", "b"], proba, ["a", "b"])
    assert error == pytest.approx(0.34 / 4)


def test_certain_and_right_is_calibrated():
    proba = np.eye(3)
    assert calibration_error([0, 1, 2], proba, [0, 1, 2]) == 0


def test_binary_scores_take_the_last_class_as_positive():
    y, positive = np.array(["a", "b", "a", "b"]), np.array([0.1, 0.4, 0.6, 0.8])
    proba = np.column_stack([1 - positive, positive])
    scores = classification_scores(y, ["a", "b"], scores=positive, proba=proba)
    # Of the four pairs of b and a, only 0.4 against 0.6 is in the wrong order.
    assert scores["auroc"] == pytest.approx(3 / 4)
    # Precision at the positives in rank order 0.8, (0.6), 0.4: 1/1 and 2/3.
    assert scores["average_precision"] == pytest.approx((1 + 2 / 3) / 2)
    assert scores["accuracy"] == 0.5
    assert scores["mcc"] == 0
    expected = -np.log([0.9, 0.4, 0.4, 0.8]).mean()
    assert scores["log_loss"] == pytest.approx(expected)


def test_scores_without_probabilities():
    y = np.array([0, 0, 1, 1])
    scores = classification_scores(y, [0, 1], scores=np.array([-2, 0.5, 1, 3]))
    assert scores["auroc"] == 1
    assert scores["accuracy"] == 0.75
    assert scores["log_loss"] is None
    assert scores["ece"] is None


def test_multiclass_auroc_is_the_mean_over_classes():
    y = np.array([0, 1, 2, 2])
    proba = np.array([[0.8, 0.1, 0.1], [0.2, 0.3, 0.5], [0.3, 0.4, 0.3], [0, 0, 1]])
    scores = classification_scores(y, [0, 1, 2], scores=proba, proba=proba)
    # Class 0: 1. Class 1: 0.3 above 0.1 and 0 but not 0.4: 2/3. Class 2: of 0.3 and 1
    # against 0.1 and 0.5: 3/4.
    assert scores["auroc"] == pytest.approx((1 + 2 / 3 + 3 / 4) / 3)


def test_undefined_scores_are_none():
    one_class = classification_scores(
        np.array([1, 1]), [0, 1], scores=np.array([-1.0, 2.0])
    )
    assert one_class["auroc"] is None
    assert (
        regression_scores(np.array([1.0, 2.0]), np.array([3.0, 3.0]))["pearson"] is None
    )


def test_regression_scores_by_hand():
    scores = regression_scores(np.array([0.0, 1.0, 2.0]), np.array([0.0, 1.0, 5.0]))
    assert scores["spearman"] == pytest.approx(1)
    # Residual sum of squares 9, total 2.
    assert scores["r2"] == pytest.approx(1 - 9 / 2)
    # Covariance 5, sums of squares 2 and 14.
    assert scores["pearson"] == pytest.approx(5 / np.sqrt(2 * 14))
