"""Cases for the encoders: sequences, signals and images with odd entries."""

import contextlib
import warnings
from array import array
from collections import UserString
from types import SimpleNamespace

import numpy as np
import pandas as pd
import polars as pl
from _fuzz import check
from _fuzz_bytes import choose

from sklearn_cnn import ImageCNNClassifier, MotifCNNClassifier
from sklearn_cnn.inputs._image_input import ImageInput
from sklearn_cnn.inputs._sequence_input import SequenceInput
from sklearn_cnn.preprocessing import SequenceEncoder, reverse_complement

_ALPHABETS = {
    "dna": "ACGT",
    "rna": "ACGU",
    "protein": "ACDEFGHIKLMNPQRSTVWY",
    "HEC": "HEC",
    "Aa": "Aa",
    "auto": "ACGT",
}
# What stands among the letters of a sequence where it should not.
_LETTERS = [
    *(
        "N",
        "R",
        "U",
        "u",
        "X",
        "*",
        "-",
        ".",
        " ",
        "\n",
        "\0",
        "\t",
        "é",
        "\u017f",
        "ß",
    ),
    *("\u0130", "\ud800", "\U0001f9ec", "\u2028", "\u0661", "\x7f", "\xa0", "0"),
]
_ENTRIES = [
    *(None, np.nan, pd.NA, pd.NaT, "", b"", "ACGT", b"ACGT", bytearray(b"AC"), 7, 1.5),
    *(True, ("A", "C"), ["A"], np.array(["A", "C"]), np.str_("AC"), np.bytes_(b"AC")),
    *(
        UserString("AC"),
        {},
        {"A"},
        object,
        1j,
        np.float32(1),
        "A" * 1000,
        memoryview(b"AC"),
    ),
    *(
        SimpleNamespace(seq="AC"),
        slice(3),
        np.datetime64("2020"),
        [[]],
        (),
        "acgtn" * 3,
    ),
]


def sequence_encoder(rng: np.random.Generator) -> None:
    """Encoded, decoded: the same letters, rows that do not depend on each other."""
    alphabet = choose(rng, list(_ALPHABETS))
    X = _sequences(rng, alphabet)
    encoding = choose(rng, ["onehot", "codes"])
    encoder = SequenceEncoder(
        alphabet=_odd_alphabet(rng, alphabet),
        encoding=encoding,
        length=choose(rng, [None, None, None, 8, 40]),
        dtype=np.float32 if encoding == "onehot" else np.uint8,
    )
    table = encoder.fit_transform(X)
    letters, width = encoder.alphabet_.letters, len(encoder.alphabet_.symbols)
    check(
        table.shape == (len(X), len(encoder.get_feature_names_out())), "another shape"
    )
    if encoding == "codes":
        check(table.max() <= encoder.alphabet_.padding_code, "codes out of range")
    else:
        sums = table.reshape(len(X), -1, width).sum(axis=2)
        check(np.all(np.isclose(sums, 1) | (sums == 0)), "shares do not sum to 1")
    strings = encoder.inverse_transform(table)
    check(all(set(string) <= set(letters) for string in strings), "other letters")
    again = encoder.transform(strings)
    check(np.array_equal(again, table), "changed by decoding and encoding")
    order = rng.permutation(len(X))
    check(
        np.array_equal(encoder.transform(strings[order]), table[order]), "rows depend"
    )


def both_strands(rng: np.random.Generator) -> None:
    """The reverse complement of the reverse complement is the sequence."""
    alphabet = choose(rng, ["dna", "rna", "auto", "protein"])
    X = _sequences(rng, alphabet)
    strand = reverse_complement(X, _odd_alphabet(rng, alphabet))
    name = "rna" if any("U" in s for s in _list(strand)) else "dna"
    twice = _list(reverse_complement(_list(strand), name))
    thrice = _list(reverse_complement(twice, name))
    check(thrice == _list(strand), "not its own inverse")


def sequence_input(rng: np.random.Generator) -> None:
    """What the estimators for sequences make of X: codes in range or finite numbers."""
    alphabet = choose(rng, ["auto", "auto", *_ALPHABETS])
    X = _sequences(rng, alphabet) if rng.random() < 0.5 else _numbers(rng)
    estimator = MotifCNNClassifier(
        alphabet=_odd_alphabet(rng, alphabet), position=choose(rng, ["auto", False])
    )
    encoder = SequenceInput(estimator)
    inputs = encoder.learn(X)
    check(inputs.n_channels == estimator.n_channels_ > 0, "another number of channels")
    _check_values(inputs, estimator.alphabet_)
    # As `fit` decides for a single length.
    estimator.position_ = estimator.position == "auto" and estimator.length_ is not None
    again = encoder.read(X)
    _check_values(again, estimator.alphabet_)
    row = int(rng.integers(len(inputs)))
    single = (
        encoder.read(X[row : row + 1]) if isinstance(X, (list, np.ndarray)) else again
    )
    n = single.length
    if single is not again:
        same = np.array_equal(
            single.values[0], again.values[row][..., :n], equal_nan=True
        )
        check(same, "a row depends on others")


def image_input(rng: np.random.Generator) -> None:
    """What the estimators for images make of X: finite numbers (n, channels, h, w)."""
    X = _numbers(rng)
    if rng.random() < 0.3 and isinstance(X, np.ndarray):
        X = choose(rng, [list, tuple, _objects])(list(X))
    estimator = ImageCNNClassifier(
        image_shape=choose(
            rng, [None, None, (2, 2), (1, 4), (2, 2, 1), (0, 4), (-2, -2), (), "ab"]
        ),
        channels=choose(rng, ["first", "last"]),
    )
    estimator.architecture_ = None  # No network that others trained reads them.
    encoder = ImageInput(estimator)
    inputs = encoder.learn(X)
    check(inputs.values.ndim == 4 and np.isfinite(inputs.values).all(), "not images")
    check(np.array_equal(encoder.read(X).values, inputs.values), "read otherwise")


def _check_values(inputs, alphabet) -> None:
    values = inputs.values
    if inputs.alphabet is not None:
        check(values.dtype == np.uint8, "codes are not bytes")
        check(values.max() <= alphabet.padding_code, "codes out of range")
    elif inputs.lengths is None:
        check(np.isfinite(values).all(), "numbers are not finite")
    else:
        outside = np.arange(inputs.length) >= inputs.lengths[:, None]
        inside = np.broadcast_to(~outside[:, None], values.shape)
        check(np.isfinite(values[inside]).all(), "numbers are not finite")


def _sequences(rng: np.random.Generator, alphabet: str):
    """Sequences with odd letters and entries, in a random container."""
    symbols = _ALPHABETS[alphabet]
    if alphabet not in ("HEC", "Aa") and rng.random() < 0.4:
        symbols += symbols.lower() + "N"
    length = int(rng.integers(1, 9)) if rng.random() < 0.3 else None
    X = []
    for _ in range(int(rng.integers(1, 6))):
        n = length or int(rng.integers(1, 9))
        X.append("".join(choose(rng, symbols) for _ in range(n)))
    for _ in range(int(rng.integers(3)) if rng.random() < 0.4 else 0):
        i = int(rng.integers(len(X)))
        if isinstance(X[i], str) and rng.random() < 0.5:
            place = int(rng.integers(len(X[i]) + 1))
            X[i] = X[i][:place] + choose(rng, _LETTERS) + X[i][place:]
        else:
            X[i] = choose(rng, _ENTRIES)
    if rng.random() < 0.1:
        X = [x.encode() if _is_plain(x) else x for x in X]
    return _container(X, rng)


def _container(X: list, rng: np.random.Generator):
    """The same entries in another container, where it takes them."""
    make = choose(rng, _CONTAINERS)
    with warnings.catch_warnings(), contextlib.suppress(Exception):
        # NumPy, pandas or polars may not take them.
        warnings.simplefilter("ignore")
        return make(X)
    return X


def _objects(X: list) -> np.ndarray:
    column = np.empty(len(X), dtype=object)
    for i, x in enumerate(X):
        column[i] = x
    return column


_CONTAINERS = [
    *(list, list, list, tuple, _objects, np.array, pd.Series, pl.Series, pd.Index),
    lambda X: np.array(X, dtype="S"),
    lambda X: np.array(X, dtype="U"),
    lambda X: np.array(X, dtype=">U9"),
    lambda X: np.array(X, dtype=np.dtypes.StringDType()),
    lambda X: np.array(X)[:, None],
    lambda X: np.array(X)[::-1],
    lambda X: np.ma.masked_array(_objects(X), mask=[1] + [0] * (len(X) - 1)),
    lambda X: np.ma.masked_array(_objects(X), mask=False),
    lambda X: np.array([list(x) for x in X]),
    lambda X: pd.Series(X, dtype="string"),
    lambda X: pd.Series(X, dtype="category"),
    lambda X: pd.Series(X, dtype=object, index=[5] * len(X)),
    lambda X: pd.DataFrame({"sequence": X}),
    lambda X: pd.DataFrame({"a": X, "b": X}),
    lambda X: pd.DataFrame({0: X}),
    lambda X: pl.DataFrame({"sequence": X}),
    lambda X: pl.Series(X, dtype=pl.Categorical),
    lambda X: pl.Series([list(x) for x in X]),
    *(iter, set, lambda X: X[0], lambda X: dict.fromkeys(X), lambda X: []),
    *(lambda X: None, lambda X: np.array(X[0]), lambda X: [X], pd.array),
]


def _odd_alphabet(rng: np.random.Generator, alphabet: str):
    """The alphabet; sometimes another one, or none at all."""
    if rng.random() < 0.85:
        return alphabet
    odd = ["auto", "dna", "DNA", "Rna", "protein", "", "A", "AA", "AC GT", "ACGT", "é"]
    return choose(rng, [*odd, "\ud800x", "ACGTN", "[]", "^-", "\\]", None, 3, "xy"])


def _numbers(rng: np.random.Generator):
    """Signals, one-hot columns, codes or pixels, with odd numbers and shapes."""
    n, channels, length = (int(rng.integers(1, 6)) for _ in range(3))
    shape = choose(
        rng, [(n, length), (n, 4, length), (n, channels, length), (n, length, 4)]
    )
    shape = choose(
        rng,
        [
            shape,
            shape,
            shape,
            (n,),
            (0, length),
            (n, 0),
            (n, 2, 2, 3),
            (n, 3, 2, 2),
            (n, 1, 1, 1, 1),
            (n, 2, 0),
        ],
    )
    kind = int(rng.integers(4))
    if kind == 0:
        X = rng.normal(size=shape)
    elif kind == 1:
        X = rng.integers(0, 5, shape)
    elif kind == 2:
        X = rng.integers(0, 2, shape)
    else:
        codes = rng.integers(0, 4, (n, length))
        X = np.eye(4)[codes]
        X = choose(rng, [X, X.transpose(0, 2, 1), X.reshape(n, -1)])
    dtype = choose(
        rng, [*"dddfeO?g", "i1", "u1", "i8", "u8", "c16", ">f8", "M8[s]", "S3", "V2"]
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return _damaged(X.astype(dtype), rng)


def _damaged(X: np.ndarray, rng: np.random.Generator):
    """Numbers with an odd one among them, in a random container."""
    if X.size and X.dtype.kind in "fO" and rng.random() < 0.25:
        odd = [np.nan, np.inf, 1e308, -1e308, 1e-320, -0.0, 1e40]
        if X.dtype.kind == "O" and X.ndim:
            odd += [None, "x", pd.NA, [1, 2], 10**30, b"A"]
        X = X.copy()
        with np.errstate(all="ignore"):
            X[tuple(int(rng.integers(k)) for k in X.shape)] = choose(rng, odd)
    pick = int(rng.integers(14))
    try:
        if pick == 0:
            return X.tolist()
        if pick == 1:
            return pd.DataFrame(X)
        if pick == 2:
            return np.ma.masked_array(X, mask=rng.random(X.shape) < 0.2)
        if pick == 3:
            return [x[..., : int(rng.integers(1, 6))] for x in X]
        if pick == 4:
            return _objects([x[..., : int(rng.integers(0, 6))] for x in X])
        if pick == 5:
            return pl.DataFrame(X)
        if pick == 6:
            return X[::-1, ..., ::-1]
        if pick == 7:
            return np.asfortranarray(X)
        if pick == 8:
            return array("d", X.ravel())
        if pick == 9:
            return memoryview(X)
        if pick == 10:
            return pd.Series(list(X))
    except Exception:  # Whatever NumPy, pandas or polars think of them.
        pass
    return X


def _is_plain(x) -> bool:
    return isinstance(x, str) and x.isascii()


def _list(strings) -> list[str]:
    return [strings] if isinstance(strings, str) else list(strings)
