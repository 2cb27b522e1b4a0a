"""The embedded binding sites of CTCF and RAD21.

The numbers that the description beside the data states are checked here; what CTCF and
RAD21 share is computed anew, by another way than that of the script.
"""

import gzip
import hashlib
import tomllib
from collections import Counter
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_array_equal
from sklearn.utils import Bunch

from sklearn_cnn.datasets import load_tf_binding
from sklearn_cnn.datasets.data.make_tf_binding import main

PARTS = [(f, s) for f in ("CTCF", "RAD21") for s in ("train", "test")]
SHA256_OF_ROWS = [
    "1a53b5f15b7ba86fbfb572be9ab5884625b81c6dbc7101ae02cdb53852e4f8f3",
    "97c013ca960b0cf4cfe7bc287ddc5e0c192bcbf715b197606f18fe1060cafd94",
    "bd2b9792ed4019e1530ea5e8f502037a5d0c4d9e08b4a3388e7327e4e281e31f",
    "a2f7a661cf97fd4fb8240bfc6b65d74a999034bffb3777d7178266952f2b3f48",
]
PROJECT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def parts():
    """Every part with all of its sequences."""
    return {part: load_tf_binding(*part, shared=True) for part in PARTS}


@pytest.fixture(scope="module")
def words(parts):
    """The 31-mers of each part as numbers in base 4: forward, and both strands."""

    def numbers(codes):
        return sum(codes[:, i : i + 70] * 4**i for i in range(31))

    found = {}
    for part, sites in parts.items():
        letters = np.frombuffer("".join(sites.data).encode(), np.uint8)
        codes = np.searchsorted(list(b"ACGT"), letters).reshape(2000, 100)
        forward, reverse = numbers(codes), numbers(3 - codes[:, ::-1])
        found[part] = forward, np.unique([forward, reverse])
    return found


@pytest.mark.parametrize("part", PARTS)
def test_counts(parts, part):
    sites = parts[part]
    assert Counter(sites.target.tolist()) == {0: 1000, 1: 1000}
    assert {len(sequence) for sequence in sites.data} == {100}
    assert set("".join(sites.data)) == set("ACGT")


@pytest.mark.parametrize(
    ("part", "expected"), list(zip(PARTS, SHA256_OF_ROWS, strict=True))
)
def test_rows_are_the_ones_released(parts, part, expected):
    sites = parts[part]
    rows = "".join(f"{s},{y}\n" for s, y in zip(sites.data, sites.target, strict=True))
    assert hashlib.sha256(rows.encode()).hexdigest() == expected


@pytest.mark.parametrize(
    ("part", "n_distinct", "gc"),
    [
        (("CTCF", "train"), 1992, (0.51, 0.63)),
        (("CTCF", "test"), 1993, (0.52, 0.62)),
        (("RAD21", "train"), 1991, (0.53, 0.63)),
        (("RAD21", "test"), 1991, (0.52, 0.62)),
    ],
)
def test_copies_and_composition(parts, part, n_distinct, gc):
    frame = pd.DataFrame({k: parts[part][k] for k in ("data", "target")})
    assert frame["data"].nunique() == n_distinct
    copies = frame["data"].duplicated(keep=False)
    assert not frame.loc[copies, "target"].any()
    content = frame["data"].str.count("[GC]").groupby(frame["target"]).mean() / 100
    assert tuple(content.round(2)) == gc


@pytest.mark.parametrize("factor", ["CTCF", "RAD21"])
def test_what_a_factors_parts_share(parts, words, factor):
    train, test = parts[factor, "train"], parts[factor, "test"]
    assert not set(train.data) & set(test.data)
    of_train = words[factor, "train"][1]
    shared = np.isin(words[factor, "test"][0], of_train).any(axis=1)
    n_shared = Counter(test.target[shared].tolist())
    assert n_shared == {"CTCF": {0: 7}, "RAD21": {0: 8, 1: 1}}[factor]


@pytest.mark.parametrize(
    ("subset", "n_shared"), [("train", {1: 378, 0: 5}), ("test", {1: 136, 0: 4})]
)
def test_what_rad21_shares_with_the_training_part_of_ctcf(
    parts, words, subset, n_shared
):
    everything = parts["RAD21", subset]
    of_ctcf = words["CTCF", "train"][1]
    expected = np.isin(words["RAD21", subset][0], of_ctcf).any(axis=1)
    assert_array_equal(everything.shared, expected)
    assert Counter(everything.target[expected].tolist()) == n_shared

    left = load_tf_binding("RAD21", subset)
    assert_array_equal(left.data, everything.data[~expected])
    assert_array_equal(left.target, everything.target[~expected])
    assert not left.shared.any()


@pytest.mark.parametrize(("subset", "n_shared"), [("train", 217), ("test", 157)])
def test_what_is_left_still_meets_the_test_part_of_ctcf(parts, words, subset, n_shared):
    sites = parts["RAD21", subset]
    of_ctcf = words["CTCF", "test"][1]
    shared = np.isin(words["RAD21", subset][0], of_ctcf).any(axis=1)
    assert np.sum(shared & ~sites.shared & (sites.target == 1)) == n_shared


@pytest.mark.parametrize("subset", ["train", "test"])
def test_all_of_ctcf_is_kept(parts, subset):
    sites = load_tf_binding("CTCF", subset)
    assert_array_equal(sites.data, parts["CTCF", subset].data)
    assert not parts["CTCF", subset].shared.any()


@pytest.mark.parametrize("factor", ["CTCF", "RAD21"])
def test_all_is_training_part_then_test_part(factor):
    train, test, both = (load_tf_binding(factor, s) for s in ("train", "test", "all"))
    assert_array_equal(both.data, [*train.data, *test.data])
    assert_array_equal(both.target, [*train.target, *test.target])


def test_bunch(parts):
    sites = load_tf_binding("RAD21")
    assert isinstance(sites, Bunch)
    assert sites.data.shape == sites.target.shape == sites.shared.shape == (1617,)
    assert sites.data.dtype == object
    assert all(type(sequence) is str for sequence in sites.data)
    assert sites.target.dtype.kind == "i"
    assert sites.shared.dtype == bool
    assert sites.feature_names == ["sequence"]
    assert sites.target_names.tolist() == ["unbound", "bound"]
    assert sites.frame is None
    assert Path(sites.filename).name == "tf_binding.csv.gz"
    assert Path(sites.filename).is_file()


def test_data_and_target():
    sites = load_tf_binding("CTCF", "test")
    X, y = load_tf_binding("CTCF", "test", return_X_y=True)
    assert_array_equal(X, sites.data)
    assert_array_equal(y, sites.target)


def test_as_frame():
    sites = load_tf_binding("RAD21", "test")
    framed = load_tf_binding("RAD21", "test", as_frame=True)
    assert framed.frame.columns.tolist() == ["sequence", "bound"]
    assert framed.frame.index.equals(pd.RangeIndex(1860))
    pd.testing.assert_frame_equal(framed.data, framed.frame[["sequence"]])
    pd.testing.assert_series_equal(framed.target, framed.frame["bound"])
    assert_array_equal(framed.data["sequence"].to_numpy(dtype=object), sites.data)
    assert_array_equal(framed.target.to_numpy(), sites.target)
    X, y = load_tf_binding("RAD21", "test", return_X_y=True, as_frame=True)
    pd.testing.assert_frame_equal(X, framed.data)
    pd.testing.assert_series_equal(y, framed.target)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"factor": "JUND"}, "'factor' parameter .* Got 'JUND'"),
        ({"factor": "CTCF", "subset": "validation"}, "'subset' .* Got 'validation'"),
    ],
)
def test_other_factors_and_parts(arguments, message):
    with pytest.raises(ValueError, match=message):
        load_tf_binding(**arguments)


def test_source_and_licence_are_named():
    description = load_tf_binding("CTCF").DESCR
    assert description.startswith(".. _tf_binding_dataset:")
    licences = tomllib.loads((PROJECT / "pyproject.toml").read_text())["project"]
    assert {"NOTICE", "LICENSES/*"} <= set(licences["license-files"])
    for text in (description, (PROJECT / "NOTICE").read_text()):
        assert "https://github.com/QData/FastSK" in text
        assert "Apache License" in text
    licence = (PROJECT / "LICENSES" / "Apache-2.0.txt").read_text()
    assert "Version 2.0, January 2004" in licence


def write_source(folder, parts, first=0):
    """Write each part from row `first` on in the layout of the source."""
    for (factor, subset), sites in parts.items():
        rows = zip(sites.data[first:], sites.target[first:], strict=True)
        text = "".join(f">{label}\n{sequence.lower()}\n" for sequence, label in rows)
        (folder / f"{factor}.{subset}.fasta").write_text(text)


def test_script_reproduces_the_file(parts, tmp_path):
    write_source(tmp_path, parts)
    output = tmp_path / "tf_binding.csv.gz"
    main([str(tmp_path), "--output", str(output)])
    assert output.read_bytes()[3:8] == bytes(5)  # neither name nor time
    # Not compared compressed: zlib's output differs between its versions.
    released = gzip.decompress(Path(parts["CTCF", "train"].filename).read_bytes())
    assert gzip.decompress(output.read_bytes()) == released


def test_script_refuses_an_incomplete_source(parts, tmp_path):
    write_source(tmp_path, parts, first=1)
    with pytest.raises(ValueError, match=r"expected \{'1': 1000.*got \{'1': 999"):
        main([str(tmp_path)])


@pytest.mark.parametrize("lines", [">2\n" + 100 * "A", ">1\n" + 99 * "A", ">0\nN"])
def test_script_refuses_another_layout(lines, tmp_path):
    (tmp_path / "CTCF.train.fasta").write_text(f">1\n{100 * 'A'}\n{lines}\n")
    with pytest.raises(ValueError, match="line 3: expected '>0' or '>1'"):
        main([str(tmp_path)])
