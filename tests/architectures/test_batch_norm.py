import numpy as np
import pytest
import torch

from sklearn_cnn.architectures._batch_norm import WeightedBatchNorm


def _x(*shape):
    generator = torch.Generator().manual_seed(0)
    return torch.randn(*shape, generator=generator, dtype=torch.float64)


@pytest.mark.parametrize("shape", [(6, 3), (6, 3, 5)])
def test_without_weights_is_batch_normalisation(shape):
    x = _x(*shape)
    norm = WeightedBatchNorm(3).double()
    reference = torch.nn.BatchNorm1d(3).double()
    torch.testing.assert_close(norm(x), reference(x))
    torch.testing.assert_close(norm.running_mean, reference.running_mean)
    assert norm.num_batches_tracked == 1


def test_running_variance_is_that_of_the_population():
    norm = WeightedBatchNorm(1).double()
    norm(torch.tensor([[1.0], [3.0]], dtype=torch.float64))
    # Mean 2 and variance 1 of {1, 3}, mixed into 0 and 1 with momentum 0.1.
    assert norm.running_mean.item() == pytest.approx(0.2)
    assert norm.running_var.item() == pytest.approx(1.0)


@pytest.mark.parametrize("shape", [(6, 3), (6, 3, 5)])
def test_weight_of_two_is_the_row_twice(shape):
    x = _x(*shape)
    counts = torch.tensor([2, 1, 0, 3, 1, 1])
    weighted, repeated = (WeightedBatchNorm(3).double() for _ in range(2))
    weight = counts.double().view(-1, *[1] * (len(shape) - 1))
    output = weighted(x, weight)
    torch.testing.assert_close(
        output.repeat_interleave(counts, dim=0),
        repeated(x.repeat_interleave(counts, dim=0)),
    )
    torch.testing.assert_close(weighted.running_mean, repeated.running_mean)
    torch.testing.assert_close(weighted.running_var, repeated.running_var)


def test_masked_positions_do_not_count():
    x = _x(1, 2, 4)
    mask = torch.tensor([[[1.0, 1.0, 1.0, 0.0]]], dtype=torch.float64)
    masked, cropped = (WeightedBatchNorm(2).double() for _ in range(2))
    torch.testing.assert_close(masked(x, mask)[..., :3], cropped(x[..., :3]))


def test_single_value_gives_the_bias():
    norm = WeightedBatchNorm(2)
    output = norm(torch.tensor([[3.0, -1.0]]))
    np.testing.assert_array_equal(output.detach(), [[0.0, 0.0]])
