import re

import numpy as np
import pandas as pd
import polars as pl
import pytest

from sklearn_cnn.preprocessing._alphabet import (
    DNA,
    PROTEIN,
    RNA,
    resolve_alphabet,
)
from sklearn_cnn.preprocessing._codes import decode, encode, is_sequences

EQUAL = ["ACGT", "acgn", "TTTT"]
UNEQUAL = ["ACG", "t", "NACGA"]

CONTAINERS = {
    "list": list,
    "tuple": tuple,
    "array of U": np.array,
    "array of big-endian U": lambda s: np.array(s).astype(">U5"),
    "array of wide U": lambda s: np.array(s, dtype="U30"),
    "array of S": lambda s: np.array(s, dtype="S"),
    "strided array of S": lambda s: np.repeat(np.array(s, dtype="S"), 2)[::2],
    "object array": lambda s: np.array(s, dtype=object),
    "object array of bytes": lambda s: np.array([x.encode() for x in s], dtype=object),
    "list of bytes": lambda s: [x.encode() for x in s],
    "list of str and bytes": lambda s: [s[0].encode(), *s[1:]],
    "list of numpy str": lambda s: list(np.array(s)),
    "(n, 1) array of U": lambda s: np.array(s)[:, None],
    "(n, 1) array of S": lambda s: np.array(s, dtype="S")[:, None],
    "(n, 1) object array": lambda s: np.array(s, dtype=object)[:, None],
    "pandas Series of object": lambda s: pd.Series(s, dtype=object),
    "pandas Series of string": lambda s: pd.Series(s, dtype="string"),
    "pandas Series of str": lambda s: pd.Series(s, dtype="str"),
    "pandas Series of category": lambda s: pd.Series(s, dtype="category"),
    "pandas Series with index": lambda s: pd.Series(s, index=[7, 5, 3]),
    "pandas Index": pd.Index,
    "pandas frame": lambda s: pd.DataFrame({"seq": s}),
    "pandas frame of object": lambda s: pd.DataFrame({0: s}, dtype=object),
    "polars Series": pl.Series,
    "polars Series of category": lambda s: pl.Series(s, dtype=pl.Categorical),
    "polars Series of bytes": lambda s: pl.Series([x.encode() for x in s]),
    "polars frame": lambda s: pl.DataFrame({"seq": s}),
}
if hasattr(np.dtypes, "StringDType"):
    CONTAINERS["array of StringDType"] = lambda s: np.array(s, np.dtypes.StringDType())


def naive_codes(sequences, alphabet):
    """Letter by letter, without NumPy."""
    width = max(map(len, sequences))
    rows = []
    for sequence in sequences:
        if not alphabet.case_sensitive:
            sequence = sequence.upper()
        row = [alphabet.letters.index(letter) for letter in sequence]
        rows.append(row + [len(alphabet.letters)] * (width - len(row)))
    return rows


def random_sequences(rng, letters, n_sequences, lengths):
    return [
        "".join(rng.choice(list(letters), size=length))
        for length in rng.integers(*lengths, size=n_sequences)
    ]


def test_equal_lengths():
    codes, lengths, alphabet = encode(EQUAL)
    assert alphabet == DNA
    assert codes.dtype == np.uint8
    assert lengths.dtype == np.int64
    np.testing.assert_array_equal(codes, [[0, 1, 2, 3], [0, 1, 2, 14], [3, 3, 3, 3]])
    np.testing.assert_array_equal(lengths, [4, 4, 4])


def test_unequal_lengths():
    codes, lengths, _ = encode(UNEQUAL)
    expected = [[0, 1, 2, 15, 15], [3, 15, 15, 15, 15], [14, 0, 1, 2, 0]]
    np.testing.assert_array_equal(codes, expected)
    np.testing.assert_array_equal(lengths, [3, 1, 5])


@pytest.mark.parametrize("sequences", [EQUAL, UNEQUAL], ids=["equal", "unequal"])
@pytest.mark.parametrize("container", CONTAINERS.values(), ids=CONTAINERS.keys())
def test_containers_agree(container, sequences):
    X = container(sequences)
    codes, lengths, alphabet = encode(X)
    assert alphabet == DNA
    assert codes.dtype == np.uint8
    assert codes.flags.writeable
    np.testing.assert_array_equal(codes, naive_codes(sequences, DNA))
    np.testing.assert_array_equal(lengths, list(map(len, sequences)))
    assert is_sequences(X)


def test_codes_do_not_share_memory_with_input():
    X = np.array(EQUAL, dtype="S")
    codes, _, _ = encode(X)
    codes[:] = 0
    np.testing.assert_array_equal(X, np.array(EQUAL, dtype="S"))


@pytest.mark.parametrize(
    ("given", "resolved"),
    [("dna", DNA), (DNA, DNA), ("protein", PROTEIN), ("ACGTN", None)],
)
def test_given_alphabet(given, resolved):
    codes, _, alphabet = encode(["ACGN"], given)
    resolved = resolved or resolve_alphabet("ACGTN")
    assert alphabet == resolved
    np.testing.assert_array_equal(codes, naive_codes(["ACGN"], resolved))


@pytest.mark.parametrize(
    "alphabet",
    [DNA, RNA, PROTEIN, resolve_alphabet("HEC"), resolve_alphabet("aA-.()")],
    ids=lambda alphabet: alphabet.name,
)
@pytest.mark.parametrize("lengths", [(17, 18), (1, 40)], ids=["equal", "unequal"])
@pytest.mark.parametrize("container", [list, np.array], ids=["list", "array"])
def test_round_trip_and_naive_agreement(alphabet, lengths, container):
    rng = np.random.default_rng(0)
    letters = alphabet.letters
    if not alphabet.case_sensitive:
        letters += letters.lower()
    sequences = random_sequences(rng, letters, 60, lengths)
    codes, found_lengths, _ = encode(container(sequences), alphabet)
    np.testing.assert_array_equal(codes, naive_codes(sequences, alphabet))
    np.testing.assert_array_equal(found_lengths, list(map(len, sequences)))
    expected = sequences if alphabet.case_sensitive else [s.upper() for s in sequences]
    assert decode(codes, alphabet).tolist() == expected


def test_decode():
    sequences = decode(np.array([[15, 0, 15, 14], [15, 15, 15, 15]]), DNA)
    assert sequences.dtype == object
    assert sequences.shape == (2,)
    assert sequences.tolist() == ["AN", ""]
    assert decode(np.empty((2, 0), np.uint8), DNA).tolist() == ["", ""]
    assert decode(np.empty((0, 3), np.uint8), DNA).shape == (0,)


@pytest.mark.parametrize("code", [-1, 16, 300])
def test_decode_refuses_other_codes(code):
    message = rf"between 0 and 15 \(padding\).*'dna'; found {min(0, code)} to "
    with pytest.raises(ValueError, match=message):
        decode(np.array([[0, code]]), DNA)


NAN = float("nan")


@pytest.mark.parametrize(
    ("X", "error", "message"),
    [
        ("ACGT", TypeError, "reads is a single str, where a container of sequences is "
         "expected; wrap it in a list: [reads]"),
        (b"ACGT", TypeError, "reads is a single bytes"),
        ([], ValueError, "reads is empty; at least one sequence is needed"),
        (np.array([]), ValueError, "reads is empty"),
        (np.array([], dtype="U"), ValueError, "reads is empty"),
        (pd.DataFrame({"seq": []}), ValueError, "reads is empty"),
        (pl.Series([], dtype=pl.String), ValueError, "reads is empty"),
        (["AC", ""], ValueError, "reads[1] is an empty string"),
        (np.array(["AC", "", "A"]), ValueError, "reads[1] is an empty string"),
        (np.array([b"", b""]), ValueError, "reads[0] is an empty string"),
        (["AC", None], ValueError, "reads[1] is missing (None)"),
        (["AC", NAN], ValueError, "reads[1] is missing (nan)"),
        (pd.Series(["AC", None], dtype="string"), ValueError, "reads[1] is missing"),
        (pd.Series(["AC", None], dtype="str"), ValueError, "reads[1] is missing"),
        (pd.Series(["AC", None], dtype="category"), ValueError, "reads[1] is missing"),
        (pl.Series(["AC", None]), ValueError, "reads[1] is missing (None)"),
        (["AC", "A", 5], TypeError, "reads[2] is of type int; each entry must be a "
         "string"),
        ([["AC"], ["A"]], TypeError, "reads[0] is of type list"),
        (pd.Series([1.5, 2.0]), TypeError, "reads[0] is of type float"),
        (np.ones(3), TypeError, "reads must hold strings; got an array of dtype "
         "float64"),
        (np.ones((3, 1)), TypeError, "reads must hold strings"),
        (np.array([["A", "C", "G"]]), ValueError, "reads must hold one column of "
         "sequences, but its shape is (n, 3); join the letters of each row: [\"\".join("
         "row) for row in reads]"),
        (pd.DataFrame({"a": ["A"], "b": ["C"]}), ValueError, "its shape is (n, 2)"),
        (pl.DataFrame({"a": ["A"], "b": ["C"]}), ValueError, "its shape is (n, 2)"),
        (np.array([[["A"]]]), ValueError, "its shape is (1, 1, 1)"),
        (np.array("A"), ValueError, "its shape is ()"),
        ({"chr1": "ACGT"}, TypeError, "reads must be a list, tuple, array, Series or "
         "one-column DataFrame of strings; got dict"),
        (iter(["ACGT"]), TypeError, "got list_iterator"),
        (7, TypeError, "got int"),
    ],
)  # fmt: skip
def test_container_errors(X, error, message):
    with pytest.raises(error, match=re.escape(message)):
        encode(X, name="reads")


@pytest.mark.parametrize(
    "container", [list, np.array, pd.Series], ids=["list", "array", "Series"]
)
@pytest.mark.parametrize(
    ("sequences", "alphabet", "message"),
    [
        (["ACGT", "ACGGE", "A"], "dna", "X[1] has the letter 'E' at position 4 "
         "(counted from 0), which is not in the alphabet 'dna'; allowed: A C G T and "
         "the ambiguity codes R Y S W K M B D H V N (upper or lower case)"),
        (["ACGT", "AC", "UU"], "dna", "X[2] has the letter 'U' at position 0"),
        (["ACGU", "t"], "rna", "X[1] has the letter 't' at position 0"),
        (["MK*"], "protein", "X[0] has the letter '*' at position 2"),
        (["HEC", "HEh"], "HEC", "X[1] has the letter 'h' at position 2 (counted from "
         "0), which is not in the alphabet 'HEC'; allowed: H E C (exactly as written)"),
        (["AC\nGT"], "dna", r"X[0] has the letter '\n' at position 2"),
        (["AC\nGT"], "dna", "White space and line breaks do not belong in a sequence"),
        (["ACGT", "ACG T"], "auto", "X[1] has the letter ' ' at position 3"),
        (["ACGT "], "auto", "remove them, for instance with ''.join(sequence.split())"),
        (["AC", "GÄ"], "dna", "X[1] has the letter 'Ä' at position 1 (counted from 0), "
         "which is not an ASCII character"),
        (["AC", "é"], "auto", "X[1] has the letter 'é' at position 0"),
        (["AC", "G\0T"], "dna", r"X[1] has the letter '\x00' at position 1"),
    ],
)  # fmt: skip
def test_letter_errors(container, sequences, alphabet, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        encode(container(sequences), alphabet)


def test_bytes_beyond_ascii():
    for X in ([b"AC", b"G\xe4"], np.array([b"AC", b"G\xe4"])):
        with pytest.raises(
            ValueError, match=r"X\[1\] has the letter 'ä' at position 1"
        ):
            encode(X, "dna")


def test_unknown_alphabet():
    with pytest.raises(ValueError, match="alphabet must be 'dna', 'rna', 'protein'"):
        encode(["ACGT"], None)


@pytest.mark.parametrize(
    "X",
    [
        "ACGT",
        b"ACGT",
        [None, "ACGT"],
        [NAN, b"A"],
        np.array([None, "A"], dtype=object),
        np.array([["A", "C"]]),
        pd.Series([None, "A"], dtype="string"),
        pd.DataFrame({"n": [1], "seq": ["A"]}),
        pl.DataFrame({"n": [1], "seq": ["A"]}),
    ],
)
def test_is_sequences(X):
    assert is_sequences(X) is True


@pytest.mark.parametrize(
    "X",
    [
        [],
        [1, 2],
        [None],
        [[1.0, 2.0]],
        [NAN, 1.0],
        np.ones((2, 3)),
        np.ones((2, 4, 5), dtype=np.uint8),
        np.ones((2, 3), dtype=object),
        np.array([True]),
        pd.Series([1.0]),
        pd.DataFrame({"a": [1], "b": [2.0]}),
        pd.DataFrame(np.ones((2, 2)), columns=["a", "a"]),
        pl.Series([1, 2]),
        pl.DataFrame({"a": [1]}),
        None,
        3,
        np.float64(3),
        {"a": "ACGT"},
    ],
)
def test_is_not_sequences(X):
    assert is_sequences(X) is False
