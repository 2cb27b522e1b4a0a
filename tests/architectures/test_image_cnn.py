import pytest
import torch
from torch import nn

from sklearn_cnn.architectures._batch_norm import WeightedBatchNorm
from sklearn_cnn.architectures._global_head import GlobalHead
from sklearn_cnn.architectures._image_block import ImageBlock
from sklearn_cnn.architectures._image_cnn import ImageCNN
from sklearn_cnn.architectures._standardize import Standardize


def _network(**kwargs):
    settings = {
        "size": (8, 6),
        "n_filters": (4, 5),
        "kernel_sizes": (3, 3),
        "pool_sizes": (2, 2),
        "activation": "relu",
        "pooling": "flatten",
        "dense_units": 7,
        "dropout": 0.0,
        "standardize": Standardize(2),
    }
    torch.manual_seed(0)
    return ImageCNN(2, 3, **settings | kwargs).double()


def _x(*shape):
    generator = torch.Generator().manual_seed(0)
    return torch.randn(*shape, generator=generator, dtype=torch.float64)


def test_block_is_convolution_normalisation_activation_and_maximum():
    block = ImageBlock(1, 1, 3, "relu", (2, 4)).eval()
    with torch.no_grad():
        block.conv.weight.zero_()
        block.conv.weight[0, 0, 1, 2] = 1.0  # The right neighbour.
        block.norm.running_mean.fill_(2.0)
    x = torch.tensor([[[[0.0, 1.0, 5.0, 9.0], [0.0, 4.0, 0.0, 0.0]]]])
    # Shifted to the left and less 2: (-1, 3, 7, -2), (2, -2, -2, -2).
    expected = torch.tensor([[[[3.0, 7.0]]]])
    torch.testing.assert_close(block(x), expected, rtol=1e-4, atol=0)


@pytest.mark.parametrize(
    ("size", "pooled"),
    [((8, 8), (4, 4)), ((7, 2), (4, 1)), ((1, 5), (1, 3)), ((1, 1), (1, 1))],
)
@pytest.mark.parametrize("kernel_size", [1, 2, 3, 4, 7])
def test_pooling_halves_an_axis_until_it_is_one_pixel(size, pooled, kernel_size):
    block = ImageBlock(2, 3, kernel_size, "relu", size)
    assert block.size == pooled
    assert block(torch.zeros(2, 2, *size)).shape == (2, 3, *pooled)


@pytest.mark.parametrize(
    ("size", "kernel"), [((1, 5), (1, 3)), ((1, 1), (1, 1)), ((2, 9), (3, 3))]
)
def test_filters_are_no_larger_than_reaches_across_the_image(size, kernel):
    assert ImageBlock(1, 1, 3, "relu", size).conv.weight.shape[2:] == kernel


def test_small_filter_sees_what_a_large_one_would():
    small, x = ImageBlock(1, 1, 3, "relu", (1, 6)).double(), _x(4, 1, 1, 6)
    weight = small.conv.weight
    full = nn.functional.pad(weight, (0, 0, 1, 1))
    torch.testing.assert_close(small.conv(x), nn.functional.conv2d(x, full, padding=1))


@pytest.mark.parametrize(
    ("pooling", "n_features"), [("flatten", 20), ("max_mean", 10), ("max", 5)]
)
def test_head_reads_pooled_responses(pooling, n_features):
    # Two layers make 2 x 2 of 8 x 6 pixels, of five filters.
    network = _network(pooling=pooling)
    assert network.head.norm.num_features == n_features
    assert network(_x(3, 2, 8, 6)).shape == (3, 3)


def test_flatten_keeps_places():
    head = GlobalHead(
        1, 1, pooling="flatten", dense_units=None, dropout=0.0, length=3
    ).eval()
    with torch.no_grad():
        head.dense[-1].weight.copy_(torch.tensor([[1.0, 10.0, 100.0]]))
        head.dense[-1].bias.zero_()
    x = torch.tensor([[[1.0, 2.0, 3.0]]])
    assert head(x).item() == pytest.approx(321, rel=1e-4)


def test_first_layer_alone_has_the_activation():
    network = _network(activation="exponential")
    names = [type(block.activation).__name__ for block in network.trunk]
    assert names == ["Exponential", "ReLU"]


def test_standardisation_is_by_channel_over_all_pixels():
    x = torch.tensor([[[[0, 2], [4, 6]], [[9, 9], [9, 9]]]], dtype=torch.uint8)
    standardize = Standardize(2).double()
    standardize.adapt([(x, torch.ones(1, dtype=torch.float64))])
    # 0, 2, 4, 6: mean 3, variance 5; the second channel is constant.
    torch.testing.assert_close(
        standardize.mean.flatten(), torch.tensor([3.0, 9.0]).double()
    )
    torch.testing.assert_close(
        standardize.scale.flatten(), torch.tensor([5**0.5, 1.0]).double()
    )


def test_batch_normalisation_of_images():
    x = _x(6, 3, 4, 5)
    norm, reference = WeightedBatchNorm(3).double(), nn.BatchNorm2d(3).double()
    torch.testing.assert_close(norm(x), reference(x))
    torch.testing.assert_close(norm.running_mean, reference.running_mean)
    state = norm.state_dict()
    reference.load_state_dict(state)
    torch.testing.assert_close(norm.eval()(x), reference.eval()(x))


def test_weight_of_two_is_the_image_twice():
    x, counts = _x(4, 2, 8, 6), torch.tensor([2, 1, 0, 3])
    weighted, repeated = _network(), _network()
    torch.testing.assert_close(
        weighted(x, counts.double()).repeat_interleave(counts, dim=0),
        repeated(x.repeat_interleave(counts, dim=0)),
    )
    for one, other in zip(weighted.buffers(), repeated.buffers(), strict=True):
        torch.testing.assert_close(one, other)
