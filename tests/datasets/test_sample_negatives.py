import re

import numpy as np
import pandas as pd
import polars as pl
import pytest
from scipy.stats import wasserstein_distance

from sklearn_cnn.datasets import read_peaks, sample_negatives
from sklearn_cnn.preprocessing import dinucleotide_shuffle, reverse_complement

COLUMNS = ["sequence", "chrom", "start", "end", "strand", "score"]
METHODS = ["gc_matched", "flanking", "dinucleotide_shuffle"]
N_CHROMOSOMES = 3
LENGTH = 200_000


def random_letters(rng, gc):
    """Bases with the probability of C or G given for each."""
    strong, first = rng.random(len(gc)) < gc, rng.random(len(gc)) < 0.5
    letters = np.where(strong, np.where(first, "C", "G"), np.where(first, "A", "T"))
    return "".join(letters)


@pytest.fixture(scope="module")
def chroms():
    """GC content changes along the chromosomes; a tenth is gaps of N."""
    rng = np.random.default_rng(0)
    chroms = {}
    for i in range(N_CHROMOSOMES):
        gc = np.repeat(rng.uniform(0.3, 0.6, size=LENGTH // 500), 500)
        letters = np.array(list(random_letters(rng, gc)))
        for start in rng.integers(0, LENGTH - 1200, size=20):
            letters[start : start + 1200] = "N"
        chroms[f"chr{i}"] = "".join(letters)
    return chroms


@pytest.fixture(scope="module")
def folder(chroms, tmp_path_factory):
    """Genome, and 120 peaks of 100 to 160 bases, more where G and C are frequent."""
    folder = tmp_path_factory.mktemp("genome")
    rng = np.random.default_rng(1)
    text, lines = "", []
    for chrom, letters in chroms.items():
        wrapped = [letters[i : i + 60] for i in range(0, LENGTH, 60)]
        text += "\n".join([f">{chrom}", *wrapped, ""])
        while len(lines) < 40 * (int(chrom[3:]) + 1):
            start, width = rng.integers(0, LENGTH - 160), rng.integers(100, 161)
            inside = letters[start : start + width]
            gc = (inside.count("G") + inside.count("C")) / width
            if "N" not in inside and rng.random() < gc**4:
                strand = rng.choice(["+", "-", "."])
                lines.append(f"{chrom}\t{start}\t{start + width}\tp\t9\t{strand}\n")
    (folder / "genome.fa").write_text(text)
    (folder / "peaks.bed").write_text("".join(lines))
    return folder


@pytest.fixture(scope="module")
def genome(folder):
    return folder / "genome.fa"


@pytest.fixture(scope="module")
def peaks(folder, genome):
    return read_peaks(folder / "peaks.bed", genome, drop=())


def gc_content(sequences):
    return sequences.str.count("[CG]") / sequences.str.len()


def overlaps(table, other):
    """Whether each row of a table overlaps one of the other table, row by row."""
    return np.array(
        [
            any(
                row.chrom == o.chrom and row.start < o.end and o.start < row.end
                for o in other.itertuples()
                if o is not row
            )
            for row in table.itertuples()
        ]
    )


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("ratio", [1, 2])
def test_one_negative_like_each_peak(method, ratio, peaks, genome):
    negatives = sample_negatives(
        peaks, genome, method=method, ratio=ratio, random_state=0
    )
    twins = peaks.loc[negatives.index]
    assert negatives.columns.tolist() == COLUMNS
    assert negatives.index.tolist() == np.repeat(np.arange(120), ratio).tolist()
    for column in ["chrom", "strand"]:
        assert negatives[column].tolist() == twins[column].tolist()
    lengths = negatives["sequence"].str.len()
    assert lengths.tolist() == twins["sequence"].str.len().tolist()
    assert (negatives["end"] - negatives["start"]).tolist() == lengths.tolist()
    assert negatives["score"].isna().all()
    assert negatives.dtypes.tolist() == peaks.dtypes.tolist()


@pytest.mark.parametrize("method", ["gc_matched", "flanking"])
def test_windows_are_read_from_free_stretches(method, chroms, peaks, genome):
    negatives = sample_negatives(peaks, genome, method=method, ratio=2, random_state=0)
    for row in negatives.itertuples():
        forward = chroms[row.chrom][row.start : row.end]
        expected = reverse_complement(forward) if row.strand == "-" else forward
        assert row.sequence == expected
    assert set("".join(negatives["sequence"])) == set("ACGT")
    assert not overlaps(negatives, peaks).any()
    for _, rows in negatives.sort_values("start").groupby("chrom"):
        assert (rows["start"].to_numpy()[1:] >= rows["end"].to_numpy()[:-1]).all()


def test_gc_content_is_matched(peaks, genome):
    negatives = sample_negatives(peaks, genome, ratio=3, random_state=0)
    wanted = gc_content(peaks["sequence"])
    found = gc_content(negatives["sequence"])
    difference = found - wanted.loc[negatives.index]
    assert difference.abs().max() <= 0.02 + 1e-12
    assert abs(difference.mean()) < 0.002
    assert wasserstein_distance(wanted, found) < 0.005
    # As it is not by chance, nor beside the peaks.
    flanking = sample_negatives(peaks, genome, method="flanking", random_state=0)
    assert wasserstein_distance(wanted, gc_content(flanking["sequence"])) > 0.02


def test_windows_are_spread_over_the_chromosome(peaks, genome):
    negatives = sample_negatives(peaks, genome, ratio=5, random_state=0)
    tenths = negatives["start"] * 10 // LENGTH
    counts = tenths.value_counts()
    assert len(counts) == 10
    assert counts.max() < 3 * counts.min()


def test_gc_content_of_short_windows(tmp_path):
    """In four bases, 0.02 is less than one: the number of C and G is the same."""
    letters = "ACGTTGCA" * 50 + "ATTA" * 50
    (tmp_path / "genome.fa").write_text(f">1\n{letters}\n")
    (tmp_path / "peaks.bed").write_text("1\t0\t4\n1\t10\t14\n1\t500\t504\n")
    peaks = read_peaks(tmp_path / "peaks.bed", tmp_path / "genome.fa")
    negatives = sample_negatives(peaks, tmp_path / "genome.fa", random_state=0)
    assert gc_content(negatives["sequence"]).tolist() == [0.5, 0.5, 0]


def test_flanking_windows_are_the_nearest_free_ones(tmp_path):
    genome, bed = tmp_path / "genome.fa", tmp_path / "peaks.bed"
    bed.write_text("1\t30\t40\n1\t40\t50\n2\t0\t10\n")
    genome.write_text(
        f">1\n{'A' * 30}{'C' * 20}{'G' * 50}\n>2\n{'C' * 10}{'TTTTN' * 2}{'G' * 20}\n"
    )
    peaks = read_peaks(bed, genome)
    for seed in range(5):
        negatives = sample_negatives(
            peaks, genome, method="flanking", random_state=seed
        )
        # Each peak has the other at one side; gaps and the end are in the way.
        assert negatives["start"].tolist() == [20, 50, 20]
        assert negatives["sequence"].tolist() == ["A" * 10, "G" * 10, "G" * 10]


def test_flanking_windows_on_both_sides(tmp_path):
    genome, bed = tmp_path / "genome.fa", tmp_path / "peaks.bed"
    genome.write_text(f">1\n{'A' * 30}{'C' * 10}{'T' * 30}\n")
    bed.write_text("1\t30\t40\n")
    peaks = read_peaks(bed, genome)
    for ratio, starts in [(2, [20, 40]), (4, [10, 20, 40, 50])]:
        negatives = sample_negatives(
            peaks, genome, method="flanking", ratio=ratio, random_state=0
        )
        assert sorted(negatives["start"]) == starts


def test_side_of_flanking_windows_is_random(tmp_path):
    genome, bed = tmp_path / "genome.fa", tmp_path / "peaks.bed"
    genome.write_text(f">1\n{'ACGT' * 1000}\n")
    bed.write_text("".join(f"1\t{i}\t{i + 5}\n" for i in range(10, 4000, 20)))
    peaks = read_peaks(bed, genome)
    negatives = sample_negatives(peaks, genome, method="flanking", random_state=0)
    shifts = (negatives["start"] - peaks["start"]).value_counts()
    assert shifts.to_dict() == pytest.approx({-5: 100, 5: 100}, abs=25)


def test_avoid(folder, peaks, genome):
    """Of windows narrower than the peaks, the rest of the peaks is avoided, too."""
    narrow = read_peaks(folder / "peaks.bed", genome, length=20, drop=())
    for method in ["gc_matched", "flanking"]:
        free = sample_negatives(narrow, genome, method=method, random_state=0)
        assert overlaps(free, peaks).any()
        negatives = sample_negatives(
            narrow, genome, method=method, avoid=folder / "peaks.bed", random_state=0
        )
        assert not overlaps(negatives, peaks).any()


def test_avoid_takes_files_and_tables(folder, peaks, genome):
    """Every second peak is given as peaks, the others are to be avoided."""
    path = folder / "peaks.bed"
    some, others = peaks[::2], peaks[1::2]
    expected = sample_negatives(some, genome, avoid=path, random_state=0)
    of_polars = pl.DataFrame(others[["chrom", "start", "end"]].to_dict("list"))
    for avoid in (peaks, [path], [others, some], (path, others), of_polars):
        found = sample_negatives(some, genome, avoid=avoid, random_state=0)
        assert not overlaps(found, peaks).any()
        pd.testing.assert_frame_equal(found, expected)
    without = sample_negatives(some, genome, avoid=[], random_state=0)
    assert overlaps(without, others).any()
    with pytest.raises(ValueError, match=r"all intervals of avoid lie on chromosomes"):
        sample_negatives(some, genome, avoid=[path, others.assign(chrom="x")])
    # An int would be a file that is open somewhere.
    with pytest.raises(TypeError, match="avoid must be a path or a table of pandas"):
        sample_negatives(some, genome, avoid=[path, 3])
    with pytest.raises(ValueError, match=r"avoid must be .* lacks the columns \['end'"):
        sample_negatives(some, genome, avoid=others.drop(columns="end"))


def test_columns_that_are_not_needed(peaks, genome):
    """Strand and score may be missing, and others may be there."""
    bare = peaks[["start", "sequence", "end", "chrom"]].assign(more=1)
    found = sample_negatives(bare, genome, random_state=0)
    expected = sample_negatives(peaks.assign(strand="."), genome, random_state=0)
    pd.testing.assert_frame_equal(found, expected)


def test_avoid_in_another_assembly(peaks, genome, tmp_path):
    (tmp_path / "others.bed").write_text("1\t5\t9\n2\t5\t9\n")
    message = r"all intervals of .*others\.bed lie on .*: '1', '2' \(it holds 'chr1'"
    with pytest.raises(ValueError, match=message):
        sample_negatives(peaks, genome, avoid=tmp_path / "others.bed")


def test_dinucleotide_shuffles(peaks):
    lower = peaks.assign(sequence=peaks["sequence"].str.lower())
    negatives = sample_negatives(
        lower, None, method="dinucleotide_shuffle", ratio=2, random_state=0
    )
    twins = peaks.loc[negatives.index]
    expected = dinucleotide_shuffle(twins["sequence"], random_state=0)
    assert negatives["sequence"].tolist() == expected.tolist()
    assert (negatives["sequence"] != twins["sequence"]).all()
    pd.testing.assert_frame_equal(
        negatives[["chrom", "start", "end"]], twins[["chrom", "start", "end"]]
    )


@pytest.mark.parametrize("method", METHODS)
def test_random_state(method, peaks, genome):
    state = np.random.get_state()[1].copy()  # noqa: NPY002
    first = sample_negatives(peaks, genome, method=method, random_state=0)
    for seed in (0, np.random.RandomState(0)):
        again = sample_negatives(peaks, genome, method=method, random_state=seed)
        pd.testing.assert_frame_equal(again, first)
    other = sample_negatives(peaks, genome, method=method, random_state=1)
    assert (other["sequence"] != first["sequence"]).mean() > 0.2
    np.testing.assert_array_equal(np.random.get_state()[1], state)  # noqa: NPY002


def test_peaks_are_left_alone(peaks, genome):
    before = peaks.copy()
    for method in METHODS:
        sample_negatives(peaks, genome, method=method, random_state=0)
    pd.testing.assert_frame_equal(peaks, before)


def test_own_index_is_kept(peaks, genome):
    some = peaks.iloc[[5, 3, 100]].set_axis(["a", "b", "c"])
    assert sample_negatives(some, genome).index.tolist() == ["a", "b", "c"]


def test_padding_does_not_count_as_gc(tmp_path):
    genome = tmp_path / "genome.fa"
    genome.write_text(f">1\nCCCC{'A' * 40}{'G' * 40}{'A' * 40}\n")
    (tmp_path / "peaks.bed").write_text("1\t0\t4\n")
    peaks = read_peaks(tmp_path / "peaks.bed", genome, length=12, center="middle")
    assert peaks["sequence"].tolist() == ["NNNNCCCCAAAA"]
    negatives = sample_negatives(peaks, genome, random_state=0)
    assert gc_content(negatives["sequence"]).tolist() == [0.5]


def test_warning_where_there_is_no_room(tmp_path):
    genome, bed = tmp_path / "genome.fa", tmp_path / "peaks.bed"
    genome.write_text(f">1\n{'AC' * 30}\n>2\n{'AC' * 10}\n>3\n{'N' * 40}{'AC' * 5}\n")
    bed.write_text("1\t0\t10\n2\t5\t15\n3\t20\t30\n")
    peaks = read_peaks(bed, genome, drop=())
    message = (
        "no window was found for 2 of 3 negatives with method='gc_matched': too little "
        "of their chromosomes is free of peaks and gaps, or of their GC content"
    )
    with pytest.warns(UserWarning, match=f"^{re.escape(message)}$") as record:
        negatives = sample_negatives(peaks, genome, random_state=0)
    assert negatives.index.tolist() == [0]
    assert [warning.filename for warning in record] == [__file__]


@pytest.mark.parametrize("method", ["gc_matched", "flanking"])
def test_no_room_at_all(method, tmp_path):
    (tmp_path / "genome.fa").write_text(">1\nACGTACGT\n")
    (tmp_path / "peaks.bed").write_text("1\t2\t6\n")
    peaks = read_peaks(tmp_path / "peaks.bed", tmp_path / "genome.fa")
    message = f"no window was found for 1 of 1 negatives with method='{method}'"
    with pytest.raises(ValueError, match=message):
        sample_negatives(peaks, tmp_path / "genome.fa", method=method)


def test_windows_longer_than_the_chromosome(tmp_path):
    genome = tmp_path / "genome.fa"
    genome.write_text(f">1\nACGT\n>2\n{'ACGT' * 20}\n")
    (tmp_path / "peaks.bed").write_text("1\t1\t2\n2\t20\t21\n")
    peaks = read_peaks(tmp_path / "peaks.bed", genome, length=8)
    for method in ["gc_matched", "flanking"]:
        with pytest.warns(UserWarning, match="no window was found for 1 of 2"):
            negatives = sample_negatives(peaks, genome, method=method, random_state=0)
        assert negatives["chrom"].tolist() == ["2"]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda table: table.drop(columns=["strand", "start"]), "peaks must be a table "
         "such as read_peaks returns, but it lacks the columns ['start']"),
        (lambda table: table.drop(columns="sequence"), "but it lacks the column "
         "'sequence'; read_peaks(peaks, genome) adds it"),
        (lambda table: table.iloc[:0], "but it has no rows"),
        (lambda table: table.replace("chr1", "1"), "does not hold: '1' (it holds "
         "'chr1' for '1'"),
        (lambda table: table["sequence"], "The 'peaks' parameter of sample_negatives"),
    ],
)  # fmt: skip
def test_wrong_peaks(change, message, peaks, genome):
    with pytest.raises(ValueError, match=re.escape(message)):
        sample_negatives(change(peaks), genome)


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"method": "random"}, "The 'method' parameter of sample_negatives"),
        ({"ratio": 0}, "The 'ratio' parameter of sample_negatives"),
        ({"ratio": 0.5}, "The 'ratio' parameter of sample_negatives"),
        ({"genome": None}, "method='gc_matched' needs a genome; got genome=None"),
    ],
)
def test_parameters(parameters, message, peaks, genome):
    with pytest.raises(ValueError, match=message):
        sample_negatives(peaks, **{"genome": genome, **parameters})
