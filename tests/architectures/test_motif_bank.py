"""Scores of motifs against scores by hand and by a plain loop."""

import numpy as np
import pytest
import torch

from sklearn_cnn.architectures._motif_bank import MotifBank
from sklearn_cnn.datasets._motif_database import load_jaspar
from sklearn_cnn.preprocessing._alphabet import DNA
from sklearn_cnn.preprocessing._codes import encode

COLUMNS = torch.tensor(DNA.columns)
# "AC": 1 bit each for A, then C, and -1 for all else; and "G" with 2 bits.
TOY = np.array([[1, -1, -1, -1], [-1, 1, -1, -1], [-2, -2, 2, -2]], float)


def _both_ways(bank, sequences):
    """Scores of codes, which those of one-hot columns must equal."""
    codes, _, _ = encode(sequences, DNA)
    codes = torch.from_numpy(codes)
    scores = bank.features_from_codes(codes, COLUMNS)
    of_columns = bank(COLUMNS[codes.int()].transpose(1, 2))
    torch.testing.assert_close(of_columns, scores, rtol=0, atol=5e-5)
    return scores.numpy()


@pytest.mark.parametrize(
    ("sequence", "expected"),
    [
        ("TTACTT", [2, -2]),
        ("TTAGTT", [0, 2]),
        ("TTTTTT", [-2, -2]),
        ("A", [-2, -2]),  # No window for the first motif: its lowest score.
        ("ANT", [0.5, -1]),  # N is the mean of the four.
        ("TTRTT", [-1, 0]),  # R is A or G; TR scores -1 + -1, RT 0 + -1.
    ],
)
def test_one_strand_by_hand(sequence, expected):
    bank = MotifBank(TOY, [2, 1], both_strands=False)
    np.testing.assert_allclose(_both_ways(bank, [sequence])[0], expected)


@pytest.mark.parametrize(
    ("sequence", "expected"), [("TTGTTT", [2, 2]), ("TTTTCT", [0, 2])]
)
def test_both_strands_by_hand(sequence, expected):
    """GT on one strand is AC on the other, C is G."""
    bank = MotifBank(TOY, [2, 1], both_strands=True)
    np.testing.assert_allclose(_both_ways(bank, [sequence])[0], expected)


def test_padding_changes_nothing():
    bank = MotifBank(TOY, [2, 1], both_strands=True)
    together = _both_ways(bank, ["CA", "TTACTTGG", "C"])
    alone = [_both_ways(bank, [s])[0] for s in ("CA", "TTACTTGG", "C")]
    np.testing.assert_array_equal(together, alone)


def test_all_of_jaspar_against_a_plain_loop():
    jaspar = load_jaspar()
    log_odds, widths = jaspar.log_odds()
    rng = np.random.default_rng(0)
    codes = rng.integers(0, 4, (3, 40)).astype(np.uint8)
    bank = MotifBank(log_odds, widths, both_strands=True)
    scores = bank.features_from_codes(torch.from_numpy(codes), COLUMNS).numpy()
    for j in range(0, len(jaspar), 50):
        matrix = np.log2(jaspar.frequencies(j) / 0.25)
        for row in range(3):
            best = max(
                strand[np.arange(len(strand)), codes[row, i : i + len(strand)]].sum()
                for strand in (matrix, matrix[::-1, ::-1])
                for i in range(40 - len(matrix) + 1)
            )
            assert scores[row, j] == pytest.approx(best, abs=1e-4)


def test_many_rows_and_motifs():
    """More than fit into one block of the tables."""
    rng = np.random.default_rng(0)
    widths = rng.integers(1, 9, 150)
    bank = MotifBank(rng.normal(size=(widths.sum(), 4)), widths, both_strands=True)
    sequences = ["".join(rng.choice(list("ACGTN"), 12)) for _ in range(150)]
    scores = _both_ways(bank, sequences)
    assert scores.shape == (150, 150)
    assert len(np.unique(scores.round(3))) > 5000
