import numpy as np
import pytest
import torch

from sklearn_cnn.architectures._standardize import Standardize


def _chunks(x, weight, n):
    return zip(torch.tensor(x).split(n), torch.tensor(weight).split(n), strict=True)


@pytest.mark.parametrize("n", [1, 3, 20])
def test_chunks_give_the_statistics_of_the_whole(n):
    rng = np.random.default_rng(0)
    x = rng.normal(5, [[1.0], [30.0]], size=(20, 2, 7))
    x[3:5, :, 4:] = np.nan
    weight = rng.integers(0, 3, 20).astype(float)
    standardize = Standardize(2).double()
    assert standardize.adapt(_chunks(x, weight, n)) == []
    repeated = np.repeat(x, weight.astype(int), axis=0)
    np.testing.assert_allclose(
        standardize.mean.flatten(), np.nanmean(repeated, axis=(0, 2))
    )
    np.testing.assert_allclose(
        standardize.scale.flatten(), np.nanstd(repeated, axis=(0, 2))
    )


def test_bytes_are_added_up_in_double_precision():
    """2**24 + 1 is no number of single precision."""
    x = np.full((2**18 + 1, 1, 64), 255, dtype=np.uint8)
    x[:, :, ::2] = 1
    standardize = Standardize(1).double()
    standardize.adapt(_chunks(x, np.ones(len(x)), 2**14))
    assert standardize.mean.item() == 128
    assert standardize.scale.item() == 127


@pytest.mark.parametrize("unit", [1e-200, 1e-13, 1.0, 1e13])
def test_the_unit_does_not_matter(unit):
    x = unit * np.array([[[0.0, 4.0], [3.0, 3.0], [0.1, 0.1]]])
    x = np.repeat(x, 10, axis=0)
    standardize = Standardize(3).double()
    standardize.adapt(_chunks(x, np.ones(10), 3))
    np.testing.assert_allclose(standardize.scale[0], 2 * unit if unit > 1e-99 else 1)
    # Constant channels become zero.
    out = standardize(torch.tensor(x))
    np.testing.assert_allclose(out[:, 1:] / unit, 0, atol=1e-15)
    if unit > 1e-99:
        np.testing.assert_allclose(out[0, 0], [-1, 1])


@pytest.mark.parametrize(
    ("mean", "scale", "lost"),
    [
        (0, 1, []),
        (1e4, 1, []),
        (1e6, 1, [0]),
        (1e6, 0, []),
        (-1e-7, 1e-13, [0]),
        (0, 1e-40, [0]),
    ],
)
def test_channels_that_single_precision_loses(mean, scale, lost):
    x = mean + scale * np.array([[[-1.0, 1.0]]])
    assert Standardize(1).adapt(_chunks(x, [1.0], 1)) == lost
    assert Standardize(1).double().adapt(_chunks(x, [1.0], 1)) == []
