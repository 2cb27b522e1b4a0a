"""Windows that stay in their genome are those that `read_peaks` reads."""

import gzip
import pickle
import re

import numpy as np
import pandas as pd
import polars as pl
import pytest
from sklearn.model_selection import GroupKFold, KFold, train_test_split
from sklearn.utils import _safe_indexing

from sklearn_cnn.datasets import GenomeWindows, read_peaks
from sklearn_cnn.preprocessing import _stored_sequences, reverse_complement
from sklearn_cnn.preprocessing._alphabet import DNA

#        0         1
#        01234567890123456789
CHR1 = "ACGTTGCAaccgNRTTGGCA"
CHR2 = "GGGGCCCCAT"
TABLE = pd.DataFrame(
    {
        "chrom": ["chr1", "chr2", "chr1", "chr2", "chr1"],
        "start": [6, 0, 10, 6, 0],
        "end": [10, 4, 16, 9, 3],
        "strand": ["+", "-", ".", "+", "-"],
        "bound": [1, 0, 1, 1, 0],
    }
)


@pytest.fixture
def genome(tmp_path):
    path = tmp_path / "genome.fa"
    path.write_text(f">chr1\n{CHR1[:7]}\n{CHR1[7:14]}\n{CHR1[14:]}\n>chr2\n{CHR2}\n")
    return path


@pytest.fixture
def windows(genome):
    return GenomeWindows(TABLE, genome, length=6, labels="bound")


def test_sequences_are_those_of_the_genome(windows, genome):
    assert list(windows) == [windows[i] for i in range(5)]
    assert (
        list(windows)
        == read_peaks(TABLE, genome, length=6, drop=())["sequence"].tolist()
    )
    # Base 8 at index 3, which is beside the middle of six.
    assert windows[0] == CHR1[5:11].upper() == "GCAACC"
    assert windows[-1] == "AACGTN"
    assert windows[np.int64(2)] == "CGNRTT"
    # On the other strand, the first four bases and one beyond the chromosome.
    assert windows[1] == reverse_complement(["NGGGGC"])[0]


@pytest.mark.parametrize("n_letters", [6, 13])
def test_sequences_do_not_depend_on_parts(n_letters, windows, monkeypatch):
    whole = list(windows)
    monkeypatch.setattr(_stored_sequences, "_LETTERS_AT_ONCE", n_letters)
    assert list(windows) == whole
    assert [len(part) for _, part in windows.parts()] == {
        6: [1] * 5,
        13: [2, 2, 1],
    }[n_letters]


@pytest.mark.parametrize(
    "key",
    [
        slice(1, 4),
        slice(None, None, -2),
        [3, 0, 0],
        np.array([-1, 2]),
        np.array([True, False, True, False, False]),
        [True, True, False, False, True],
        [],
    ],
)
def test_indexing_gives_a_container(key, windows):
    chosen = windows[key]
    # NumPy takes an empty list for numbers that are no rows.
    rows = np.arange(5)[slice(0) if isinstance(key, list) and not key else key]
    assert type(chosen) is GenomeWindows
    assert list(chosen) == [windows[row] for row in rows]
    assert chosen.shape == (len(chosen),) == (len(rows),)
    assert chosen.labels.tolist() == TABLE["bound"].iloc[rows].tolist()
    assert len(windows) == 5


@pytest.mark.parametrize("key", ["a", 1.5, [[0, 1]], (0, 1), None, [0.5]])
def test_other_keys_are_refused(key, windows):
    with pytest.raises(IndexError, match="an integer, a slice, or a one-dimensional"):
        windows[key]


@pytest.mark.parametrize("key", [5, -6])
def test_no_window_behind_the_last(key, windows):
    with pytest.raises(IndexError, match=f"there are 5 windows; got index {key}"):
        windows[key]


def test_choosing_reads_nothing(windows, genome):
    genome.unlink()
    assert len(windows[[0, 1]][:1]) == 1
    assert "2 windows" in repr(windows[[0, 1]])


def test_scikit_learn_splits_it(windows):
    sequences = np.array(list(windows))
    parts = train_test_split(windows, windows.labels, sequences, random_state=0)
    for part, labels, expected in zip(parts[:2], parts[2:4], parts[4:], strict=True):
        assert type(part) is GenomeWindows
        assert list(part) == expected.tolist()
        assert np.array_equal(labels, part.labels)
    for rows, _ in KFold(2).split(windows):
        assert list(_safe_indexing(windows, rows)) == sequences[rows].tolist()
    groups = windows.table["chrom"]
    ((rows, others), _) = GroupKFold(2).split(windows, groups=groups)
    assert set(groups.iloc[rows]).isdisjoint(groups.iloc[others])


def test_table(windows):
    table = windows[[1, 4]].table
    assert table.index.tolist() == [1, 4]
    assert table.astype({"chrom": str, "strand": str}).to_numpy().tolist() == [
        ["chr2", -1, 5, "-"],
        ["chr1", -1, 5, "-"],
    ]


def test_it_is_no_array(windows):
    with pytest.raises(TypeError, match="GenomeWindows is not made an array"):
        np.asarray(windows)


def test_pickles(windows, genome, monkeypatch, tmp_path):
    there = pickle.loads(pickle.dumps(windows))
    (tmp_path / "other").mkdir()
    monkeypatch.chdir(tmp_path / "other")
    assert list(there) == list(windows)
    monkeypatch.chdir(tmp_path)
    relative = GenomeWindows(TABLE, genome.name, length=6)
    monkeypatch.chdir(tmp_path / "other")
    assert list(relative) == list(windows)


def test_a_pickle_holds_no_letters(genome):
    sizes = [len(pickle.dumps(GenomeWindows(TABLE, genome, length=n))) for n in (1, 20)]
    assert abs(sizes[0] - sizes[1]) < 4


@pytest.mark.parametrize("kind", ["bed", "gzip", "polars"])
def test_kinds_of_peaks(kind, genome, windows, tmp_path):
    table = TABLE.assign(name="x", score=[5.0, 4, 3, 2, 1])
    columns = ["chrom", "start", "end", "name", "score", "strand"]
    text = table[columns].to_csv(sep="\t", header=False, index=False)
    peaks = tmp_path / "peaks.bed"
    if kind == "polars":
        peaks = pl.DataFrame(table.to_dict("list"))
    elif kind == "gzip":
        peaks.write_bytes(gzip.compress(text.encode()))
    else:
        peaks.write_text(text)
    read = GenomeWindows(peaks, genome, length=6, labels="score")
    assert list(read) == list(windows)
    assert read.labels.tolist() == [5, 4, 3, 2, 1]


def test_summit_or_middle(genome, tmp_path):
    peaks = tmp_path / "p.narrowPeak"
    peaks.write_text("chr1\t2\t8\ta\t1\t.\t1\t2\t3\t1\n")
    assert GenomeWindows(peaks, genome, length=1)[0] == CHR1[3]
    assert GenomeWindows(peaks, genome, length=1, center="middle")[0] == CHR1[5]
    labels = GenomeWindows(peaks, genome, length=1, labels="q_value").labels
    assert labels.tolist() == [3]


@pytest.mark.parametrize(
    "labels", [[0, 1, 2, 3, 4], np.eye(5), pd.Series(list("abcde"), index=range(5, 10))]
)
def test_labels_follow(labels, genome):
    windows = GenomeWindows(TABLE, genome, length=3, labels=labels)
    assert np.array_equal(windows[[4, 1]].labels, np.asarray(labels)[[4, 1]])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"chrom": ["chr1", "2", "chr1", "chr2", "chr9"]},
         "peaks, row 1: 2 of 5 intervals are on chromosomes that {genome} does not "
         "hold: '2', 'chr9' (it holds 'chr2' for '2'"),
        ({"start": [6, 0, 30, 6, 0], "end": [10, 4, 34, 9, 3]},
         "peaks, row 2: the center of the interval lies behind the end of 'chr1', "
         "which has 20 bases in {genome} (1 of 5 intervals lie there)"),
        ({"start": [6, -9, 10, 6, 0]},
         "peaks, row 1: the center of the interval, -3, lies before the start of "
         "'chr2' (1 of 5 intervals lie there)"),
    ],
)  # fmt: skip
def test_windows_that_are_not_there(change, message, genome):
    message = re.escape(message.format(genome=genome))
    with pytest.raises(ValueError, match=message):
        GenomeWindows(TABLE.assign(**change), genome, length=6)


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        ("class", "labels='class' is no column of peaks, which has 'chrom', 'start'"),
        ([1, 2], "labels has 2 rows, but peaks has 5 intervals"),
    ],
)
def test_wrong_labels(labels, message, genome):
    with pytest.raises(ValueError, match=message):
        GenomeWindows(TABLE, genome, length=6, labels=labels)


@pytest.mark.parametrize("length", [0, 2.5, None])
def test_wrong_lengths(length, genome):
    with pytest.raises(ValueError, match="'length' parameter of GenomeWindows"):
        GenomeWindows(TABLE, genome, length=length)


def test_a_genome_that_is_removed(windows, genome):
    genome.unlink()
    message = "the genome that <GenomeWindows: 5 windows .* is no longer there; put it"
    with pytest.raises(FileNotFoundError, match=message):
        list(windows)
    with pytest.raises(FileNotFoundError, match=re.escape(str(genome))):
        windows[0]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (f">chr1\n{CHR1}AA\n>chr2\n{CHR2}\n", "'chr1' had 20 bases, and now has 22"),
        (f">chr1\n{CHR1}\n", "'chr2' had 10 bases, and now has 0"),
    ],
)
def test_a_genome_that_is_replaced(text, message, windows, genome):
    genome.write_text(text)
    with pytest.raises(ValueError, match=f"{genome} has changed since .*: {message}"):
        list(windows)


def test_a_letter_that_is_no_nucleotide(genome):
    genome.write_text(f">chr1\n{CHR1[:14]}E{CHR1[15:]}\n>chr2\n{CHR2}\n")
    windows = GenomeWindows(TABLE, genome, length=6)
    message = (
        "the window at chr1:10-16 (row 2 of peaks) holds 'E', at position 14 of 'chr1' "
        f"in {genome}; allowed are A C G T and"
    )
    with pytest.raises(ValueError, match=re.escape(message)):
        list(windows)


def test_codes_and_the_order_they_are_read_in(windows):
    codes = windows.codes()
    assert codes.dtype == np.uint8
    assert codes[2].tolist() == [DNA.letters.index(letter) for letter in "CGNRTT"]
    # chr1 comes first in the table: its windows at -1, 4 and 10.
    starts = windows.table["start"].to_numpy()
    assert starts[windows.reading_order()].tolist() == sorted(starts[[0, 2, 4]]) + (
        sorted(starts[[1, 3]])
    )
