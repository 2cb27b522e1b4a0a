import numpy as np
import pytest
import torch

from sklearn_cnn.training._losses import (
    BinaryCrossEntropy,
    CrossEntropy,
    RegressionLoss,
)

LOGITS = np.log([[1.0, 2.0, 1.0], [3.0, 1.0, 1.0]])


def _loss(loss, output, target, weight):
    target = torch.as_tensor(target)
    return loss(torch.as_tensor(output), (target, torch.as_tensor(weight))).item()


def test_cross_entropy_counts_rows_with_weights():
    # Probabilities of the true classes: 2/4 and 3/5.
    value = _loss(CrossEntropy(), LOGITS, [1, 0], [0.5, 1.5])
    assert value == pytest.approx((0.5 * np.log(2) + 1.5 * np.log(5 / 3)) / 2)


def test_cross_entropy_with_smoothed_labels():
    value = _loss(CrossEntropy(0.3), LOGITS[:1], [1], [1.0])
    # 0.7 + 0.1 on the true class of probability 1/2, 0.1 on each other of 1/4.
    assert value == pytest.approx(0.8 * np.log(2) + 0.2 * np.log(4))


def test_binary_cross_entropy():
    output, target = np.log([[3.0], [1.0]]), np.array([[1.0], [0.0]])
    value = _loss(BinaryCrossEntropy(), output, target, [1.5, 0.5])
    assert value == pytest.approx((1.5 * np.log(4 / 3) + 0.5 * np.log(2)) / 2)
    smoothed = _loss(BinaryCrossEntropy(0.2), output[:1], target[:1], [1.0])
    assert smoothed == pytest.approx(0.9 * np.log(4 / 3) + 0.1 * np.log(4))


def test_unknown_targets_count_for_nothing():
    # Three known entries: log(4/3), log 2, log 2.
    output = torch.tensor(np.log([[3.0, 1.0], [1.0, 5.0]]), requires_grad=True)
    target = torch.tensor([[1.0, 0.0], [1.0, torch.nan]])
    value = BinaryCrossEntropy()(output, (target, torch.ones(2)))
    assert value.item() == pytest.approx((np.log(4 / 3) + 2 * np.log(2)) / 3)
    value.backward()
    # (p - target) / 3, and nothing for the unknown entry.
    assert output.grad.flatten().tolist() == pytest.approx([-1 / 12, 1 / 6, -1 / 6, 0])


def test_unknown_numbers_count_for_nothing():
    output = np.array([[1.0, 2.0], [4.0, 9.0]])
    target = np.array([[0.0, np.nan], [2.0, 6.0]])
    value = _loss(RegressionLoss("squared_error"), output, target, [1.0, 1.0])
    assert value == pytest.approx((1 + 4 + 9) / 3)


def test_a_batch_without_any_known_target_has_no_loss():
    target = np.full((2, 1), np.nan)
    assert _loss(RegressionLoss("huber"), np.ones((2, 1)), target, [1.0, 1.0]) == 0
