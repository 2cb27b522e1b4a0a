import re

import numpy as np
import pandas as pd
import polars as pl
import pytest

from sklearn_cnn.preprocessing import reverse_complement

PARTNERS = {
    "dna": dict(zip("ACGTRYSWKMBDHVN", "TGCAYRSWMKVHDBN", strict=True)),
    "rna": dict(zip("ACGURYSWKMBDHVN", "UGCAYRSWMKVHDBN", strict=True)),
}


@pytest.mark.parametrize(
    ("sequence", "alphabet", "expected"),
    [
        ("AACGT", "auto", "ACGTT"),
        ("aacgn", "auto", "NCGTT"),
        ("GAUUACA", "auto", "UGUAAUC"),
        ("AAA", "rna", "UUU"),
        ("RYKMBDHVSWN", "dna", "NWSBDHVKMRY"),
    ],
)
def test_single_string(sequence, alphabet, expected):
    assert reverse_complement(sequence, alphabet) == expected


@pytest.mark.parametrize(
    "container",
    [
        list,
        tuple,
        np.array,
        lambda s: np.array(s, dtype="S"),
        lambda s: np.array(s)[:, None],
        lambda s: pd.DataFrame({"seq": s}),
        pl.Series,
        lambda s: pl.DataFrame({"seq": s}),
    ],
)
def test_containers_give_object_arrays(container):
    result = reverse_complement(container(["AACG", "t", "GGN"]))
    assert isinstance(result, np.ndarray)
    assert result.dtype == object
    assert result.tolist() == ["CGTT", "A", "NCC"]


def test_pandas_series_keeps_index_and_name():
    series = pd.Series(["AACG", "TT"], index=["peak1", "peak2"], name="sequence")
    expected = pd.Series(["CGTT", "AA"], index=["peak1", "peak2"], name="sequence")
    pd.testing.assert_series_equal(reverse_complement(series), expected)


@pytest.mark.parametrize("alphabet", ["dna", "rna"])
def test_against_a_dictionary(alphabet):
    rng = np.random.default_rng(2)
    partner = PARTNERS[alphabet]
    sequences = [
        "".join(rng.choice(list(partner), size=length))
        for length in rng.integers(1, 50, size=100)
    ]
    complements = reverse_complement(sequences, alphabet)
    expected = ["".join(partner[x] for x in reversed(s)) for s in sequences]
    assert complements.tolist() == expected
    assert reverse_complement(complements, alphabet).tolist() == sequences


@pytest.mark.parametrize(
    ("sequences", "alphabet", "message"),
    [
        ("MKVLE", "auto", "only 'dna' and 'rna' have a reverse complement; alphabet="
         "'auto' gave 'protein'"),
        (["ACGT"], "protein", "alphabet='protein' gave 'protein'"),
        (["ACGT"], "ACGT", "alphabet='ACGT' gave 'ACGT'"),
        ("GGR", "auto", "pass alphabet='dna' or 'rna' where many letters are "
         "ambiguity codes"),
        (["AC", "GE"], "dna", "sequences[1] has the letter 'E' at position 1"),
        ("", "auto", "sequences[0] is an empty string"),
    ],
)  # fmt: skip
@pytest.mark.filterwarnings("ignore:all letters in sequences are nucleotide codes")
def test_errors(sequences, alphabet, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        reverse_complement(sequences, alphabet)
