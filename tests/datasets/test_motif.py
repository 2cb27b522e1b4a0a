import re

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from sklearn_cnn.datasets._motif import as_frequency_matrix, motif_label
from sklearn_cnn.datasets._motif_database import load_jaspar

A, C, G, T = np.eye(4)
N = np.full(4, 0.25)


@pytest.mark.parametrize(
    ("motif", "expected"),
    [
        ("TGACGTCA", [T, G, A, C, G, T, C, A]),
        ("CANNTG", [C, A, N, N, T, G]),
        ("tgastca", [T, G, A, [0, 0.5, 0.5, 0], T, C, A]),
        ("HDN", [[1 / 3, 1 / 3, 0, 1 / 3], [1 / 3, 0, 1 / 3, 1 / 3], N]),
        ("GT", [G, T]),  # not Drosophila's giant, gt
        ("cg", [C, G]),
    ],
)
def test_consensus(motif, expected):
    matrix = as_frequency_matrix(motif)
    assert matrix.dtype == np.float64
    assert_allclose(matrix, expected, rtol=1e-15)
    assert motif_label(motif) == motif.upper()


@pytest.mark.parametrize(
    ("motif", "label"),
    [
        ("CTCF", "CTCF_MA0139.2"),
        ("MA0139", "CTCF_MA0139.2"),
        ("MYC", "MYC_MA0147.4"),  # all letters are nucleotide codes
        ("sry", "SRY_MA0084.2"),
    ],
)
def test_names_go_before_consensus(motif, label):
    jaspar = load_jaspar()
    i = jaspar.find(label.partition("_")[2])
    assert motif_label(motif) == label
    assert_array_equal(as_frequency_matrix(motif), jaspar.frequencies(i))


@pytest.mark.parametrize(
    "motif",
    [
        [[3, 1, 0, 0], [0, 0, 8, 8]],
        np.array([[0.75, 0.25, 0, 0], [0, 0, 0.5, 0.5]]),
        np.array([[0.75, 0.25, 0, 0], [0, 0, 0.5, 0.5]], dtype=np.float32),
        [[7.5, 2.5, 0, 0], [0, 0, 10.5, 10.5]],
    ],
)
def test_counts_and_frequencies(motif):
    expected = [[0.75, 0.25, 0, 0], [0, 0, 0.5, 0.5]]
    assert_allclose(as_frequency_matrix(motif), expected)
    assert motif_label(motif, "motif[3]") == "motif[3]"


def test_frequencies_with_rounding_and_single_counts():
    assert_allclose(as_frequency_matrix([[0.333, 0.333, 0.333, 0]])[0, 0], 1 / 3)
    assert_allclose(as_frequency_matrix([[1, 1, 0, 0]]), [[0.5, 0.5, 0, 0]])
    assert_array_equal(as_frequency_matrix(np.eye(4)), np.eye(4))


@pytest.mark.parametrize(
    ("motif", "error", "message"),
    [
        ("CTFC", ValueError, "m='CTFC' is neither the id nor the TF name of a matrix "
         "in JASPAR 2026 CORE; close matches: TFEC, CTCF. Nor is it a consensus: 'F' "
         "at position 2 is not an IUPAC nucleotide code"),
        ("MA0139.1", ValueError, "that is MA0139.2"),
        ("GAUUACA", ValueError, "'U' at position 2 is not an IUPAC nucleotide code"),
        ("", ValueError, "m is an empty string"),
        (None, TypeError, "m must be a string or an array of numbers of shape (width, "
         "4); got NoneType"),
        (["A", "C"], TypeError, "got list of dtype <U1"),
        (np.ones((4, 8)), ValueError, "m must have the shape (width, 4), one row a "
         "position and the columns A, C, G, T; got (4, 8); transpose it: m.T"),
        (np.ones((8, 3)), ValueError, "got (8, 3)"),
        (np.ones((0, 4)), ValueError, "got (0, 4)"),
        (np.ones(4), ValueError, "got (4,)"),
        ([[1, 0, 0, 0], [0.5, -2, 0, 0]], ValueError, "not negative (no log-odds); got "
         "-2 at position 1 for C"),
        ([[1, 0, 0, np.nan]], ValueError, "got nan at position 0 for T"),
        ([[1, 0, 0, 0], [0, 0, 0, 0]], ValueError, "m has no counts at position 1"),
        ([[1, 0, 0, 0], [0.5, 0.2, 0, 0]], ValueError, "m holds fractions, but its "
         "frequencies at position 1 sum to 0.7, not to 1"),
    ],
)  # fmt: skip
def test_errors(motif, error, message):
    with pytest.raises(error, match=re.escape(message)):
        as_frequency_matrix(motif, "m")
