import gzip
import re

import numpy as np
import pandas as pd
import polars as pl
import pytest
from sklearn.model_selection import GroupKFold

from sklearn_cnn.datasets import read_peaks
from sklearn_cnn.preprocessing import reverse_complement

#        0         1
#        01234567890123456789
CHR1 = "ACGTTGCAaccgNNTTGGCA"
CHR2 = "GGGGCCCCAT"


@pytest.fixture
def genome(tmp_path):
    path = tmp_path / "genome.fa"
    path.write_text(f">chr1\n{CHR1[:7]}\n{CHR1[7:14]}\n{CHR1[14:]}\n>chr2\n{CHR2}\n")
    return path


@pytest.fixture
def write(tmp_path):
    def write(*lines, name="peaks.bed"):
        text = "".join("\t".join(map(str, line)) + "\n" for line in lines)
        (tmp_path / name).write_text(text)
        return tmp_path / name

    return write


def rows(table):
    return table[["sequence", "start", "end"]].to_numpy().tolist()


def test_columns(genome, write):
    peaks = write(("chr1", 6, 10, "p1", 3.5, "+"), ("chr2", 0, 6, "p2", ".", "-"))
    expected = pd.DataFrame(
        {
            "sequence": ["CAAC", "GGCCCC"],
            "chrom": ["chr1", "chr2"],
            "start": [6, 0],
            "end": [10, 6],
            "strand": ["+", "-"],
            "score": [3.5, np.nan],
        }
    )
    table = read_peaks(peaks, genome)
    pd.testing.assert_frame_equal(table, expected, check_dtype=False)
    assert all(type(sequence) is str for sequence in table["sequence"])
    assert table["score"].dtype == float


def test_gzipped_and_strings_as_paths(genome, write, tmp_path):
    peaks = write(("chr1", 6, 10))
    (tmp_path / "p.bed.gz").write_bytes(gzip.compress(peaks.read_bytes()))
    table = read_peaks(str(tmp_path / "p.bed.gz"), str(genome))
    pd.testing.assert_frame_equal(table, read_peaks(peaks, genome))


@pytest.mark.parametrize(
    ("interval", "strand", "length", "expected"),
    [
        ((4, 8), ".", 2, ["GC", 5, 7]),  # the middle is base 6, at index 1 of 2
        ((4, 8), ".", 3, ["GCA", 5, 8]),
        ((4, 9), ".", 3, ["GCA", 5, 8]),
        ((4, 8), ".", 4, ["TGCA", 4, 8]),
        ((4, 9), ".", 5, ["TGCAA", 4, 9]),
        ((6, 7), ".", 4, ["TGCA", 4, 8]),
        # On the other strand, the middle is base 5, read as C, at index 1.
        ((4, 8), "-", 2, ["GC", 5, 7]),
        ((4, 8), "-", 4, ["TGCA", 4, 8]),
        ((6, 7), "-", 4, ["TTGC", 5, 9]),  # base 6, read as G, at index 2
    ],
)
def test_windows_around_the_middle(interval, strand, length, expected, genome, write):
    peaks = write(("chr1", *interval, "p", 0, strand))
    assert rows(read_peaks(peaks, genome, length=length)) == [expected]


@pytest.mark.parametrize("strand", ["+", "-"])
@pytest.mark.parametrize("length", [1, 2, 3, 6, 7])
def test_single_base_is_at_the_middle_of_either_strand(strand, length, genome, write):
    table = read_peaks(
        write(("chr1", 7, 8, "p", 0, strand)), genome, length=length
    ).iloc[0]
    letter = {"+": "A", "-": "T"}[strand]
    assert table["sequence"][length // 2] == letter
    assert table["start"] <= 7
    assert table["end"] > 7


def test_summit(genome, write):
    fields = ("p", 0, ".", 1, 1, 1)  # the columns before the summit
    peaks = write(("chr1", 2, 12, *fields, 1), ("chr1", 2, 12, *fields, -1))
    at_summit = read_peaks(peaks, genome, length=3, drop=())
    assert rows(at_summit) == [["GTT", 2, 5], ["CAA", 6, 9]]
    middle = read_peaks(peaks, genome, length=3, center="middle", drop=())
    assert rows(middle) == [["CAA", 6, 9]] * 2
    assert rows(read_peaks(peaks, genome, drop=())) == [["GTTGCAACCG", 2, 12]] * 2


def test_windows_over_the_ends_are_padded(genome, write):
    peaks = write(("chr1", 0, 2), ("chr2", 8, 10), ("chr2", 0, 10), ("chr2", 7, 12))
    assert rows(read_peaks(peaks, genome, length=6, drop=())) == [
        ["NNACGT", -2, 4],
        ["CCATNN", 6, 12],
        ["GGCCCC", 2, 8],
        ["CCATNN", 6, 12],
    ]
    assert rows(read_peaks(peaks, genome, drop=()))[-1] == ["CATNN", 7, 12]


def test_padding_of_the_reverse_strand(genome, write):
    peaks = write(("chr1", 0, 2, "p", 0, "-"))
    assert rows(read_peaks(peaks, genome, length=6)) == [["ACGTNN", -2, 4]]


def test_windows_over_the_ends_are_dropped(genome, write):
    peaks = write(("chr1", 0, 2), ("chr1", 5, 7), ("chr2", 8, 10))
    message = re.escape(f"{peaks}: dropped 2 of 3 intervals: 2 over the ends of chromo")
    with pytest.warns(UserWarning, match=message) as record:
        table = read_peaks(peaks, genome, length=6, at_ends="drop")
    assert rows(table) == [["TTGCAA", 3, 9]]
    assert table.index.tolist() == [1]
    assert [warning.filename for warning in record] == [__file__]


def test_all_that_is_dropped_is_in_one_warning(genome, write):
    peaks = write(
        ("chr1", 0, 2), ("2", 1, 4), ("chr1", 5, 7), ("chrM", 1, 4), ("chrM", 3, 9)
    )
    message = (
        f"{peaks}: dropped 4 of 5 intervals: 3 on chromosomes that {genome} does not "
        "hold: '2', 'chrM' (it holds 'chr2' for '2': rename them in one of the files); "
        "1 over the ends of chromosomes"
    )
    with pytest.warns(UserWarning, match=re.escape(message)) as record:
        table = read_peaks(peaks, genome, length=6, at_ends="drop")
    assert [str(warning.message) for warning in record] == [message]
    assert table.index.tolist() == [2]


def test_nothing_is_left(genome, write):
    peaks = write(("1", 0, 2), ("2", 0, 2))
    message = (
        f"{peaks}: no interval is left; dropped 2 of 2 intervals: 2 on chromosomes "
        f"that {genome} does not hold: '1', '2' (it holds 'chr1' for '1': rename them "
        "in one of the files)"
    )
    with pytest.raises(ValueError, match=re.escape(message)):
        read_peaks(peaks, genome)
    with pytest.raises(ValueError, match="1 of 1 intervals: 1 over the ends"):
        read_peaks(write(("chr1", 0, 2)), genome, length=6, at_ends="drop")


@pytest.mark.parametrize(
    ("intervals", "parameters", "message"),
    [
        ([("chr2", 5, 9), ("chr2", 10, 12), ("chr2", 50, 60)], {}, "line 2: the "
         "interval lies behind the end of 'chr2', which has 10 bases in "),
        ([("chr2", 8, 13)], {"length": 4}, "line 1: the center of the interval lies "
         "behind the end of 'chr2'"),
    ],
)  # fmt: skip
def test_beyond_the_chromosome(intervals, parameters, message, genome, write):
    with pytest.raises(ValueError, match=message) as error:
        read_peaks(write(*intervals), genome, **parameters)
    n_beyond = max(len(intervals) - 1, 1)
    assert str(error.value).endswith(
        f"genome.fa ({n_beyond} of {len(intervals)} intervals lie there); take the "
        "assembly that the peaks were called on"
    )


def test_odd_lines_are_read_or_counted(genome, write):
    """Coordinates as R writes them, insertions, "*", starts below zero."""
    peaks = write(
        ("chr1", "1e+00", "4.0", "a", "NA", "*"), ("chr1", 8, 8), ("chr1", -2, 3),
        ("chr2", -9, -4),
    )  # fmt: skip
    message = (
        f"{peaks}: dropped 2 of 4 intervals: 1 of no base (start = end), which have a "
        "window only with length=; 1 before the start of their chromosome; kept 1 "
        "overlapping an earlier one (drop=('overlaps',) leaves them out, drop=() keeps "
        "them without this warning); read 1 with an exponent in a coordinate, which "
        "may be rounded"
    )
    with pytest.warns(UserWarning, match=f"^{re.escape(message)}$") as record:
        table = read_peaks(peaks, genome)
    assert len(record) == 1
    assert rows(table) == [["CGT", 1, 4], ["NNACG", -2, 3]]
    assert table["strand"].tolist() == [".", "."]
    # An insertion before base 8 is in the middle of a window.
    insertion = write(("chr1", 8, 8))
    assert rows(read_peaks(insertion, genome, length=4)) == [["CAAC", 6, 10]]


def test_one_wrong_line_does_not_hide_the_others(genome, write):
    peaks = write(("chr1", 0, 4), ("chr1", 9, 5), ("chr1", 5, 9), ("chr1", "x", 9))
    message = r"peaks\.bed, line 2: the end .* found 9 and 5 \(2 of 4 intervals are wr"
    with pytest.raises(ValueError, match=message):
        read_peaks(peaks, genome)


def test_windows_to_think_about(genome, write):
    """Two hold N of the genome (not that of padding), two repeat, two overlap."""
    peaks = write(
        ("chr1", 12, 15), ("chr1", 0, 3), ("chr1", 5, 9), ("chr1", 0, 3),
        ("chr1", 8, 11), ("chr1", 0, 3, "p", 1, "-"), ("chr1", 0, 3, "q", 1, "-"),
        ("chr2", 8, 11), ("chr1", 15, 18), ("chr1", 13, 14), ("chr1", 9, 12),
    )  # fmt: skip
    message = (
        f"{peaks}: kept 2 holding N or other letters than A, C, G and T, as in gaps; 2 "
        "repeating an earlier one; 2 overlapping an earlier one (drop=('gaps', "
        "'duplicates', 'overlaps') leaves them out, drop=() keeps them without this "
        "warning)"
    )
    with pytest.warns(UserWarning, match=re.escape(message)) as record:
        table = read_peaks(peaks, genome)
    assert [warning.filename for warning in record] == [__file__]
    assert len(table) == 11
    pd.testing.assert_frame_equal(read_peaks(peaks, genome, drop=()), table)
    dropped = {
        "gaps": [0, 9], "duplicates": [3, 6], "overlaps": [3, 4, 5, 6, 9],
        ("overlaps", "gaps", "duplicates"): [0, 3, 4, 5, 6, 9],
    }  # fmt: skip
    for drop, left_out in dropped.items():
        with pytest.warns(UserWarning, match=f"dropped {len(left_out)} of 11 interv"):
            clean = read_peaks(peaks, genome, drop=drop)
        assert clean.index.tolist() == [i for i in range(11) if i not in left_out]
    with pytest.raises(ValueError, match=r"drop holds names of 'gaps', .*; found 'N'"):
        read_peaks(peaks, genome, drop=("gaps", "N"))


def test_overlaps_with_what_is_left_out_do_not_count(genome, write):
    """Of a chain, every second one stays; the first in the file goes first."""
    chain = [("chr1", start, start + 4) for start in (0, 3, 6, 9)]
    for lines, left in ((chain, [0, 2]), (chain[::-1], [0, 2]), (chain[1:3], [0])):
        with pytest.warns(UserWarning, match="dropped"):
            table = read_peaks(write(*lines), genome, drop="overlaps")
        assert table.index.tolist() == left


@pytest.mark.parametrize("seed", range(5))
def test_what_stays_is_apart(seed, tmp_path):
    rng = np.random.default_rng(seed)
    genome = tmp_path / "genome.fa"
    genome.write_text(">1\n" + "".join(rng.choice(list("ACGT"), 500)) + "\n")
    start = rng.integers(0, 480, 60)
    table = pd.DataFrame({"chrom": "1", "start": start})
    table["end"] = start + rng.integers(1, 20, 60)
    with pytest.warns(UserWarning, match="dropped"):
        left = read_peaks(table, genome, drop="overlaps").index
    covered = np.zeros(500, dtype=int)
    for i, row in table.iterrows():
        inside = slice(row["start"], row["end"])
        assert (i in left) == (not covered[inside].any())
        covered[inside] += i in left
    assert covered.max() == 1


def test_table_in_place_of_a_file(genome, write):
    peaks = read_peaks(
        write(("chr1", 0, 4, "a", 5, "-"), ("chr2", 2, 6, "b", 7, "+")), genome
    )
    pd.testing.assert_frame_equal(read_peaks(peaks, genome), peaks)
    some = peaks[peaks["score"] > 6]
    assert rows(read_peaks(some, genome, length=2)) == [["GC", 3, 5]]
    bare = pd.DataFrame({"chrom": [1.5, 2], "start": [3.0, 1], "end": [5, 2]})
    with pytest.raises(ValueError, match="peaks: no interval is left; dropped 2 of 2"):
        read_peaks(bare, genome)
    named = pd.DataFrame(
        {"chrom": "chr1", "start": [0, 5], "end": [9, 9], "strand": ["*", None]},
        index=["x", "y"],
    )
    table = read_peaks(named.assign(summit=[1, None]), genome, length=2, drop=())
    assert rows(table) == [["AC", 0, 2], ["CA", 6, 8]]
    assert table.index.tolist() == ["x", "y"]
    assert table["strand"].tolist() == [".", "."]


@pytest.mark.parametrize("dtype", ["Int64", "int64[pyarrow]", "category", object])
def test_tables_of_other_types(dtype, genome):
    table = pd.DataFrame({"chrom": ["chr2", "chr1"], "start": [0, 1], "end": [4, 9]})
    expected = read_peaks(table, genome)
    columns = ["start", "end"]
    other = table.astype(dict.fromkeys(columns, dtype)).astype({"chrom": "category"})
    other["score"], other["summit"] = [".", None], pd.array([2, None], "Int64")
    pd.testing.assert_frame_equal(read_peaks(other, genome), expected)


def test_tables_of_polars(genome):
    table = pl.DataFrame({"chrom": ["chr2", "chr1"], "start": [0, 1], "end": [4, 9]})
    expected = read_peaks(table.to_pandas(), genome)
    pd.testing.assert_frame_equal(read_peaks(table, genome), expected)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"start": [0.5, 1]}, "peaks, row a: 'start' must be a whole number; found "
         "0.5 (1 of 2 rows)"),
        ({"end": [9, None]}, "peaks, row b: 'end' must be a whole number; found nan"),
        ({"start": [0, 10]}, "peaks, row b: the end must not be smaller than the "
         "start (1 of 2 intervals are wrong)"),
        ({"score": [".", "high"]}, "peaks, row b: 'score' must be a number; found "
         "'high' (1 of 2 rows)"),
        ({"summit": [-1, 8]}, "peaks, row b: 'summit' must be -1, or less than the "
         "length of the peak; found 8 (1 of 2 rows)"),
        ({"strand": ["+", "x"]}, "the strand, '+', '-' or '.'; found 'x'"),
        ({"start": [0, 90], "end": 95}, "peaks, row b: the interval lies behind the"),
        ({"chrom": ["chr1", None]}, "peaks, row b: 'chrom' must be the name of a "
         "chromosome; found"),
        ({"start": [1j, 0]}, "peaks: 'start' must hold numbers; found complex ones"),
        ({"end": [9, 1e19]}, "peaks, row b: 'end' must be at most 1000000000000; found "
         "1e+19 (1 of 2 rows)"),
        ({"end": [9, 10**11]}, "peaks, row b: the interval has 99999999999 bases, but "
         "the longest chromosome in"),
    ],
)  # fmt: skip
def test_wrong_tables(change, message, genome):
    table = pd.DataFrame({"chrom": "chr1", "start": [0, 1], "end": 9}, index=["a", "b"])
    with pytest.raises(ValueError, match=re.escape(message)):
        read_peaks(table.assign(**change), genome)


def test_summits_that_are_missing_among_texts(genome):
    table = pd.DataFrame(
        {"chrom": "chr1", "start": [0, 1], "end": 9, "summit": pd.Series(["2", None])}
    )
    expected = read_peaks(table.assign(summit=[2, -1]), genome, length=4, drop=())
    found = read_peaks(table, genome, length=4, drop=())
    pd.testing.assert_frame_equal(found, expected)


def test_all_columns(genome, write):
    """Of narrowPeak and what follows there; the summit moves with the window."""
    fields = ("p", 9, ".", 1.5, "2e-3", -1)
    peaks = write(
        ("chr1", 2, 9, *fields, 1, "x"), ("3", 0, 1), ("chr2", 0, 6, *fields, -1)
    )
    with pytest.warns(UserWarning, match="dropped 1 of 3"):
        table = read_peaks(peaks, genome, length=4, all_columns=True)
    assert table.columns[:6].tolist() == list(read_peaks(table, genome, length=4))
    assert table.iloc[:, 6:].to_dict("list") == {
        "peak_start": [2, 0], "peak_end": [9, 6], "summit": [2, -1],
        "name": ["p", "p"], "signal_value": [1.5, 1.5], "p_value": [0.002, 0.002],
        "q_value": [-1, -1], "column_11": ["x", np.nan],
    }  # fmt: skip
    # The table is one of intervals with summits again.
    again = read_peaks(table, genome, length=2, all_columns=True)
    assert rows(again) == [["GT", 2, 4], ["GG", 2, 4]]
    assert (again["start"] + again["summit"]).iloc[0] == 3
    # The window from 5 to 7, around the middle, does not hold the summit, base 4.
    peaks = write(("chr1", 2, 10, "p", 9, ".", 1, 2, 3, 2))
    middle = read_peaks(peaks, genome, length=2, center="middle", all_columns=True)
    assert middle[["start", "summit"]].to_numpy().tolist() == [[5, -1]]


def test_all_columns_of_bed_and_of_tables(genome, write):
    peaks = write(("chr1", 2, 9, "p", 9, "+", 2, 9, "255,0,0"))
    table = read_peaks(peaks, genome, all_columns=True)
    assert table.iloc[0, 6:].tolist() == [2, 9, -1, "p", "2", "9", "255,0,0"]
    assert table.columns[9:].tolist() == ["name", "column_7", "column_8", "column_9"]
    again = read_peaks(table.assign(fold=3), genome, length=2, all_columns=True)
    assert again.columns[9:].tolist() == [*table.columns[9:], "fold"]
    assert again[["peak_start", "peak_end", "fold"]].iloc[0].tolist() == [2, 9, 3]


def test_files_swapped(genome, write):
    peaks = write(("chr1", 5, 9))
    with pytest.raises(ValueError, match=r"line 1: .* as in FASTA; .* swapped\?"):
        read_peaks(genome, peaks)
    with pytest.raises(ValueError, match="line 1: a FASTA file begins with '>'"):
        read_peaks(peaks, peaks)


@pytest.mark.parametrize("seed", range(20))
def test_windows_are_slices_of_the_genome(seed, tmp_path):
    """Against a plain reading of what is documented, base by base."""
    rng = np.random.default_rng(seed)
    chroms = {
        name: "".join(rng.choice(list("ACGTN"), size=rng.integers(30, 200)))
        for name in ["chr1", "chr2", "chrX"]
    }
    genome = tmp_path / "genome.fa"
    genome.write_text("".join(f">{k}\n{v}\n" for k, v in chroms.items()))
    lines, truth = [], []
    length = int(rng.integers(1, 60))
    for _ in range(rng.integers(1, 40)):
        chrom = str(rng.choice(list(chroms)))
        start = int(rng.integers(0, len(chroms[chrom]) - 1))
        end = int(rng.integers(start + 1, len(chroms[chrom]) + 1))
        summit = int(rng.integers(-1, end - start))
        strand = str(rng.choice(["+", "-", "."]))
        lines.append(f"{chrom}\t{start}\t{end}\t.\t5\t{strand}\t1\t1\t1\t{summit}\n")
        center = (end - start) // 2
        if summit >= 0:
            center = end - 1 - start - summit if strand == "-" else summit
        padded = "N" * 300 + chroms[chrom] + "N" * 300
        if strand == "-":
            padded = reverse_complement(padded, "dna")
            first = len(chroms[chrom]) - end
        else:
            first = start
        begin = 300 + first + center - length // 2
        truth.append(padded[begin : begin + length])
    peaks = tmp_path / "a.narrowPeak"
    peaks.write_text("".join(lines))
    table = read_peaks(peaks, genome, length=length, drop=())
    assert table["sequence"].tolist() == truth
    assert (table["end"] - table["start"] == length).all()


def test_ready_for_a_split_by_chromosome(genome, write):
    table = read_peaks(write(("chr1", 0, 4), ("chr2", 0, 9), ("chr1", 5, 9)), genome)
    cv = GroupKFold(n_splits=2)
    for train, test in cv.split(table["sequence"], groups=table["chrom"]):
        chroms = table["chrom"].to_numpy()
        assert not set(chroms[train]) & set(chroms[test])


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"length": 0}, "The 'length' parameter of read_peaks"),
        ({"length": 5.5}, "The 'length' parameter of read_peaks"),
        ({"center": "start"}, "The 'center' parameter of read_peaks"),
        ({"at_ends": "keep"}, "The 'at_ends' parameter of read_peaks"),
    ],
)
def test_parameters(parameters, message, genome, write):
    with pytest.raises(ValueError, match=message):
        read_peaks(write(("chr1", 0, 9)), genome, **parameters)
