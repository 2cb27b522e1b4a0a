"""Codes and one-hot columns in tables of numbers."""

import re

import numpy as np
import pytest

from sklearn_cnn.preprocessing import SequenceEncoder
from sklearn_cnn.preprocessing._alphabet import DNA, PROTEIN, resolve_alphabet
from sklearn_cnn.preprocessing._coded_rows import (
    is_flat_one_hot,
    n_symbols_of_one_hot,
    read_codes,
)

SEQUENCES = ["ACGTACGTAC", "TTGACATTNA", "GGGTA", "CAGATTAC"]


@pytest.mark.parametrize("dtype", [np.uint8, np.int8, np.int64, np.float32, float])
def test_codes_of_any_type(dtype):
    rows = np.array([[0, 3, 15, 15], [14, 1, 2, 15]], dtype=dtype)
    codes, lengths = read_codes(rows, DNA, "X")
    assert codes.dtype == np.uint8
    # As wide as the longest sequence.
    np.testing.assert_array_equal(codes, [[0, 3, 15], [14, 1, 2]])
    np.testing.assert_array_equal(lengths, [2, 3])


def test_codes_of_the_encoder():
    encoder = SequenceEncoder(encoding="codes").fit(SEQUENCES)
    codes, lengths = read_codes(encoder.transform(SEQUENCES), DNA, "X")
    np.testing.assert_array_equal(lengths, [10, 10, 5, 8])
    assert encoder.inverse_transform(codes).tolist() == SEQUENCES


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([[0, 1], [2, 16]], "X[1, 1] is 16, but with alphabet='dna' a table of numbers "
         "is read as codes, whole numbers from 0 to 14 (ACGTRYSWKMBDHVN) and 15 for"),
        ([[0, -1]], "X[0, 1] is -1"),
        ([[0, 1.5]], "X[0, 1] is 1.5"),
        ([[300, 1]], "X[0, 0] is 300"),
        ([[0, 1], [15, 2]], "X[1] is not one sequence followed by padding (code 15"),
        ([[15, 15], [1, 2]], "X[0] is not one sequence followed by padding"),
    ],
)  # fmt: skip
def test_what_are_no_codes(rows, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        read_codes(np.array(rows), DNA, "X")


@pytest.mark.parametrize(
    ("alphabet", "sequences"),
    [
        (DNA, SEQUENCES),
        (DNA, ["ACGT", "GGTA"]),
        (PROTEIN, ["MKVLAX", "ACDEF"]),
        (resolve_alphabet("HEC"), ["HHEC", "CCE"]),
    ],
)
def test_columns_of_the_encoder_look_one_hot(alphabet, sequences):
    columns = SequenceEncoder(alphabet=alphabet.name).fit_transform(sequences)
    n_symbols = len(alphabet.symbols)
    assert is_flat_one_hot(columns, n_symbols)
    assert n_symbols_of_one_hot(columns) == n_symbols
    assert not is_flat_one_hot(columns, n_symbols + 1)


def _stacked_probabilities():
    """Probabilities of 4 classes by 3 models: sums of 1, but hardly ever ones."""
    shares = np.random.default_rng(0).random((20, 3, 4))
    return (shares / shares.sum(axis=2, keepdims=True)).reshape(20, 12)


@pytest.mark.parametrize(
    "X",
    [
        np.zeros((5, 12)),
        np.ones((5, 12)),
        np.eye(4),
        np.random.default_rng(0).normal(size=(5, 12)),
        np.random.default_rng(0).integers(0, 2, (20, 12)),
        np.random.default_rng(0).integers(0, 4, (20, 12)),
        _stacked_probabilities(),
        -np.ones((3, 8)),
        np.full((3, 8), 1e9),
    ],
)
def test_other_tables_do_not(X):
    assert n_symbols_of_one_hot(X) is None
    assert not is_flat_one_hot(X, 4)
