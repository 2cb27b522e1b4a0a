import pytest
import torch

from sklearn_cnn.scanning._sliding import (
    blocks_and_rest,
    in_blocks,
    maxima,
    sums,
    weighted_sums,
    weights_of_blocks,
)

# (width, stride, n): windows within a block, of whole blocks, of blocks and a rest.
CASES = [(1, 1, 5), (3, 5, 4), (5, 5, 3), (12, 4, 6), (23, 5, 9), (64, 1, 40)]


@pytest.fixture(params=CASES, ids=str)
def windows(request):
    """Rows, width and stride, and the windows themselves (n, width, 3)."""
    width, stride, n = request.param
    generator = torch.Generator().manual_seed(0)
    x = torch.rand((n - 1) * stride + width, 3, generator=generator).double()
    cut = torch.stack([x[i * stride : i * stride + width] for i in range(n)])
    return x, width, stride, cut


@pytest.mark.parametrize(("combine", "name"), [(maxima, "amax"), (sums, "sum")])
def test_over_windows(windows, combine, name):
    x, width, stride, cut = windows
    n_whole, n_rest = blocks_and_rest(width, stride)
    blocks = in_blocks(x, width, stride)
    assert blocks.shape == (len(cut) + n_whole, stride, 3)
    of_blocks, of_rests = (
        getattr(part, name)(dim=1) for part in (blocks, blocks[:, :n_rest])
    )
    expected = getattr(cut, name)(dim=1)
    torch.testing.assert_close(combine(of_blocks, of_rests, n_whole), expected)


def test_weighted_sums(windows):
    x, width, stride, cut = windows
    weight = torch.linspace(-1, 1, width * 3 * 2).double().view(width, 3, 2)
    blocks = in_blocks(x, width, stride).flatten(1)
    found = weighted_sums(blocks @ weights_of_blocks(weight, stride), 2)
    torch.testing.assert_close(found, torch.einsum("nwc,wco->no", cut, weight))


def test_small_sums_beside_large_ones_keep_their_digits():
    x = torch.full((40, 1), 1e-3)
    x[:8] = 1e9
    blocks = in_blocks(x, 8, 2)
    total = sums(blocks.sum(dim=1), blocks.sum(dim=1), 3)
    torch.testing.assert_close(total[-12:], torch.full((12, 1), 8e-3))
