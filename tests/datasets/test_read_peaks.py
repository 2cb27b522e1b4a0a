import gzip
import re

import numpy as np
import pandas as pd
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
    at_summit = read_peaks(peaks, genome, length=3)
    assert rows(at_summit) == [["GTT", 2, 5], ["CAA", 6, 9]]
    middle = read_peaks(peaks, genome, length=3, center="middle")
    assert rows(middle) == [["CAA", 6, 9]] * 2
    assert rows(read_peaks(peaks, genome)) == [["GTTGCAACCG", 2, 12]] * 2


def test_windows_over_the_ends_are_padded(genome, write):
    peaks = write(("chr1", 0, 2), ("chr2", 8, 10), ("chr2", 0, 10), ("chr2", 7, 12))
    assert rows(read_peaks(peaks, genome, length=6)) == [
        ["NNACGT", -2, 4],
        ["CCATNN", 6, 12],
        ["GGCCCC", 2, 8],
        ["CCATNN", 6, 12],
    ]
    assert rows(read_peaks(peaks, genome))[-1] == ["CATNN", 7, 12]


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
        f"{peaks}: no interval is left without 2 of 2 intervals: 2 on chromosomes that "
        f"{genome} does not hold: '1', '2' (it holds 'chr1' for '1': rename them in "
        "one of the files)"
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
        f"genome.fa ({n_beyond} intervals in all); take the assembly that the peaks "
        "were called on"
    )


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
    table = read_peaks(peaks, genome, length=length)
    assert table["sequence"].tolist() == truth
    assert (table["end"] - table["start"] == length).all()


def test_ready_for_a_split_by_chromosome(genome, write):
    table = read_peaks(write(("chr1", 0, 9), ("chr2", 0, 9), ("chr1", 2, 9)), genome)
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
