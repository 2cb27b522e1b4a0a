import numpy as np
import pytest
import torch

from sklearn_cnn.training._losses import BinaryCrossEntropy, CrossEntropy

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
