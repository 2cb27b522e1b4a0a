import numpy as np
import pytest

from sklearn_cnn.preprocessing._alphabet import DNA
from sklearn_cnn.preprocessing._codes import encode
from sklearn_cnn.preprocessing._onehot import one_hot
from sklearn_cnn.preprocessing._reverse_complement import reverse_complement


def test_channels_first():
    codes, _, alphabet = encode(["ACN", "TR"], "dna")
    expected = [
        # A at 0, C at 1, a quarter of everything at 2
        [[1, 0, 0.25], [0, 1, 0.25], [0, 0, 0.25], [0, 0, 0.25]],
        # T at 0, A or G at 1, padding at 2
        [[0, 0.5, 0], [0, 0, 0], [0, 0.5, 0], [1, 0, 0]],
    ]
    x = one_hot(codes, alphabet)
    assert x.dtype == np.float32
    assert x.flags.c_contiguous
    np.testing.assert_array_equal(x, expected)


@pytest.mark.parametrize("dtype", [np.float16, "float64"])
def test_dtype(dtype):
    x = one_hot(np.array([[0, 14]], dtype=np.uint8), DNA, dtype=dtype)
    assert x.dtype == np.dtype(dtype)
    assert x.shape == (1, 4, 2)


@pytest.mark.parametrize("symbols", ["ACGTRYSWKMBDHVN", "ACGURYSWKMBDHVN"])
def test_flipping_both_axes_is_the_reverse_complement(symbols):
    rng = np.random.default_rng(1)
    name = "rna" if "U" in symbols else "dna"
    sequences = ["".join(rng.choice(list(symbols), size=31)) for _ in range(20)]
    forward = one_hot(encode(sequences, name)[0], encode(sequences, name)[2])
    other_strand = reverse_complement(sequences, name)
    backward = one_hot(encode(other_strand, name)[0], encode(other_strand, name)[2])
    np.testing.assert_array_equal(forward[:, ::-1, ::-1], backward)
