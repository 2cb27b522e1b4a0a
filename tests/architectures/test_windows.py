"""Windows of an input: their moments, and products with them by look-up."""

import pytest
import torch
import torch.nn.functional as F

from sklearn_cnn.architectures._windows import Windows, window_moments
from sklearn_cnn.architectures._workspace import Workspace


def _letters(n, length, seed=0):
    generator = torch.Generator().manual_seed(seed)
    codes = torch.randint(0, 4, (n, length), generator=generator)
    return torch.eye(4)[codes].transpose(1, 2).contiguous()


def _convolved(x, filters, width):
    """Products by PyTorch's convolution: (n, length, n_filters)."""
    kernels = filters[:-1].T.view(-1, width, x.shape[1]).transpose(1, 2)
    padded = F.conv1d(x, kernels, padding=width // 2)[..., : x.shape[2]]
    return padded.transpose(1, 2) + filters[-1]


@pytest.mark.parametrize("width", [1, 4, 5, 19])
@pytest.mark.parametrize("masked", [False, True])
@pytest.mark.parametrize("weighted", [False, True])
def test_moments_of_windows(width, masked, weighted):
    x = _letters(6, 12).double()
    mask = weight = None
    counts = torch.ones(6, 12, dtype=torch.float64)
    if masked:
        mask = torch.ones(6, 1, 12, dtype=torch.float64)
        mask[1, :, 8:] = 0
        mask[2, :, :3] = 0
        x = x * mask
        counts = counts * mask[:, 0]
    if weighted:
        weight = torch.tensor([1.0, 2, 0, 3, 1, 1], dtype=torch.float64)
        counts = counts * weight[:, None]
    windows = Windows(x, width, Workspace())
    mean, covariance = window_moments(x, windows, mask, weight)
    rows = windows.matrix(slice(None))[:, :-1]
    expected = torch.cov(rows.T, correction=0, aweights=counts.flatten())
    torch.testing.assert_close(covariance, expected)
    counts = counts.flatten() / counts.sum()
    torch.testing.assert_close(mean, counts @ rows)


@pytest.mark.parametrize("channels", [1, 4, 20])
@pytest.mark.parametrize("width", [1, 2, 5, 19])
def test_words_give_the_products(channels, width):
    generator = torch.Generator().manual_seed(0)
    codes = torch.randint(0, channels, (5, 23), generator=generator)
    x = torch.eye(channels)[codes].transpose(1, 2).contiguous()
    x[0, :, 20:] = 0
    filters = torch.randn(width * channels + 1, 6, generator=generator)
    windows = Windows(x, width, Workspace())
    assert windows.words is not None
    found = windows.products(filters)(slice(1, 4)).view(3, 23, 6)
    torch.testing.assert_close(found, _convolved(x, filters, width)[1:4])


@pytest.mark.parametrize("kind", ["soft", "numbers", "double", "two letters"])
def test_products_where_there_are_no_words(kind):
    x = _letters(5, 23)
    if kind == "soft":
        x[1, :, 4] = 0.25
    elif kind == "numbers":
        x = torch.randn(x.shape, generator=torch.Generator().manual_seed(1))
    elif kind == "double":
        x = x.double()
    else:
        x[1, :2, 4] = 1
    generator = torch.Generator().manual_seed(0)
    filters = torch.randn(21, 6, generator=generator).to(x.dtype)
    windows = Windows(x, 5, Workspace())
    assert windows.words is None
    found = windows.products(filters)(slice(None)).view(5, 23, 6)
    torch.testing.assert_close(found, _convolved(x, filters, 5))
