"""What holds data becomes one of the containers that the package reads."""

from array import array
from collections import UserList, UserString, deque

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
import torch
from Bio.Seq import MutableSeq, Seq
from Bio.SeqRecord import SeqRecord

from sklearn_cnn.preprocessing import SequenceEncoder, dinucleotide_shuffle
from sklearn_cnn.preprocessing._codes import encode, is_sequences
from sklearn_cnn.preprocessing._containers import unpack

SEQUENCES = ["ACGT", "acgn", "TTTT"]
NUMBERS = np.arange(6.0).reshape(3, 2)


class Column:
    """A sequence without an array, such as a column of Hugging Face's datasets."""

    def __init__(self, values):
        self.values = list(values)

    def __len__(self):
        return len(self.values)

    def __getitem__(self, i):
        return self.values[i]


class Lazy:
    """Offers an array and a length, such as h5py's and zarr's data sets."""

    def __init__(self, values):
        self.values = np.asarray(values)

    def __len__(self):
        return len(self.values)

    def __array__(self, dtype=None, copy=None):
        return np.asarray(self.values, dtype=dtype)


OF_STRINGS = {
    "pyarrow array": pa.array,
    "pyarrow large strings": lambda s: pa.array(s, pa.large_string()),
    "pyarrow bytes": lambda s: pa.array([x.encode() for x in s]),
    "pyarrow dictionary": lambda s: pa.array(s).dictionary_encode(),
    "pyarrow chunks": lambda s: pa.chunked_array([s[:1], s[1:]]),
    "pyarrow table": lambda s: pa.table({"seq": s}),
    "pyarrow scalars": lambda s: list(pa.array(s)),
    "str array of pandas": lambda s: pd.array(s, dtype="str"),
    "string array of pandas": lambda s: pd.array(s, dtype="string"),
    "arrow array of pandas": lambda s: pd.array(s, dtype=pd.ArrowDtype(pa.string())),
    "categories of pandas": pd.Categorical,
    "index of strings": lambda s: pd.Index(s, dtype="string"),
    "column": Column,
    "lazy array": Lazy,
    "lazy objects": lambda s: Lazy(np.array(s, dtype=object)),
    "deque": deque,
    "UserList": UserList,
    "masked array without a mask": np.ma.array,
    "bytearrays": lambda s: [bytearray(x.encode()) for x in s],
    "bytearrays and strings": lambda s: [bytearray(s[0].encode()), *s[1:]],
}
OF_NUMBERS = {
    "pyarrow lists": lambda a: pa.array(list(a)),
    "pyarrow fixed lists": lambda a: pa.FixedSizeListArray.from_arrays(a.ravel(), 2),
    "pyarrow table": lambda a: pa.table({"a": a[:, 0], "b": a[:, 1]}),
    "polars lists": lambda a: pl.Series(a.tolist()),
    "polars arrays": lambda a: pl.Series(a.tolist(), dtype=pl.Array(pl.Float64, 2)),
    "column": Column,
    "lazy array": Lazy,
    "tensor": torch.tensor,
    "memoryview": memoryview,
    "masked array without a mask": np.ma.array,
}


@pytest.mark.parametrize("container", OF_STRINGS.values(), ids=OF_STRINGS)
def test_strings(container):
    X = container(SEQUENCES)
    codes, lengths, _ = encode(X)
    np.testing.assert_array_equal(codes, [[0, 1, 2, 3], [0, 1, 2, 14], [3, 3, 3, 3]])
    np.testing.assert_array_equal(lengths, [4, 4, 4])
    assert is_sequences(unpack(X, "X"))


@pytest.mark.parametrize("container", OF_NUMBERS.values(), ids=OF_NUMBERS)
def test_numbers(container):
    X = unpack(container(NUMBERS), "X")
    assert not is_sequences(X)
    rows = X.to_numpy() if hasattr(X, "to_numpy") else X
    np.testing.assert_array_equal(np.stack([np.asarray(x) for x in rows]), NUMBERS)


@pytest.mark.parametrize(
    "X",
    [
        SEQUENCES,
        tuple(SEQUENCES),
        np.array(SEQUENCES),
        pd.Series(SEQUENCES),
        pd.DataFrame({"a": SEQUENCES}),
        pl.Series(SEQUENCES),
        pl.DataFrame({"a": SEQUENCES}),
        "ACGT",
        Seq("ACGT"),
        None,
        {"a": "ACGT"},
        7,
    ],
)
def test_what_is_read_already_stays(X):
    assert unpack(X, "X") is X


def test_targets():
    assert unpack(array("i", [1, 2]), "y").tolist() == [1, 2]
    assert unpack(pd.array([1, 2], dtype="Int64"), "y").tolist() == [1, 2]
    assert list(unpack(range(2), "y")) == [0, 1]


def test_an_index_of_several_levels_is_a_table():
    X = unpack(pd.MultiIndex.from_tuples([("A", "C"), ("G", "T")]), "X")
    assert X.to_numpy().tolist() == [["A", "C"], ["G", "T"]]


def test_nulls_are_missing():
    with pytest.raises(ValueError, match=r"X\[1\] is missing"):
        encode(pa.array(["A", None]))
    with pytest.raises(ValueError, match=r"X\[1\] is missing"):
        encode(pd.array(["A", None], dtype="string"))


MASKED = np.ma.array([[1.0, 2.0], [3.0, 4.0]], mask=[[False, True], [False, False]])


@pytest.mark.parametrize(
    ("X", "match"),
    [
        (MASKED, r"weights is a masked array in which 1 of 4 values are masked.*"
         r"weights\.filled\(value\)"),
        ([NUMBERS[0], MASKED[0]], r"weights\[1\] is a masked array in which 1 of 2"),
        (np.ma.array(["A", "C"], mask=[True, True]), "2 of 2 values are masked"),
    ],
)  # fmt: skip
def test_masks_are_missing_data(X, match):
    with pytest.raises(ValueError, match=match):
        unpack(X, "weights")
    np.testing.assert_array_equal(unpack([MASKED[1]], "X")[0], [3, 4])


LETTERS = [list("ACG"), list("TTT")]


@pytest.mark.parametrize(
    ("X", "match"),
    [
        ([Seq("ACG")], r"X\[0\] is of type Seq; .*pass \[str\(x\) for x in X\]"),
        ([MutableSeq("ACG")], r"pass \[str\(x\) for x in X\]"),
        ([SeqRecord(Seq("ACG"))], r"SeqRecord.*pass \[str\(x.seq\) for x in X\]"),
        ([UserString("ACG")], r"pass \[str\(x\) for x in X\]"),
        (Seq("ACG"), r"X is a single Seq.*wrap it in a list: \[str\(X\)\]"),
        (bytearray(b"ACG"), r"X is a single bytearray.*\[bytes\(X\)\]"),
        (np.array(LETTERS), r'\(n, 3\); join the letters .*\[""\.join\(row\) for'),
        (np.array(LETTERS, "S"), r'\[b""\.join\(row\) for row in X\]'),
        (np.array(LETTERS, object), r'\[""\.join\(row\) for row in X\]'),
        (pd.DataFrame(LETTERS), r"\.join\(row\) for row in X\.to_numpy\(\)\]"),
        (pl.DataFrame(LETTERS, orient="row"), r"for row in X\.to_numpy\(\)\]"),
        (LETTERS, r"X\[0\] is of type list.*join its letters, \[''\.join\(x\) for"),
        ([np.array(x) for x in LETTERS], r"ndarray.*join its letters"),
        (pa.array(LETTERS), "join its letters"),
    ],
)  # fmt: skip
def test_what_spells_a_sequence_is_refused_with_the_remedy(X, match):
    assert is_sequences(unpack(X, "X"))
    with pytest.raises((TypeError, ValueError), match=match):
        encode(X)


def test_all_readers_of_sequences():
    X = pa.chunked_array([SEQUENCES])
    expected = SequenceEncoder().fit_transform(SEQUENCES)
    np.testing.assert_array_equal(SequenceEncoder().fit_transform(X), expected)
    table = pa.table({"seq": SEQUENCES})
    encoder = SequenceEncoder().fit(table)
    assert encoder.feature_names_in_.tolist() == ["seq"]
    np.testing.assert_array_equal(encoder.transform(table), expected)
    shuffled = dinucleotide_shuffle(Column(["ACACGT", "GGGG"]), random_state=0)
    assert sorted(shuffled[0]) == sorted("ACACGT")
