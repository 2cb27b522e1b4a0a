import gzip
import re

import numpy as np
import pandas as pd
import pytest

from sklearn_cnn.datasets import _bed

NAN = float("nan")


def read_bed(path):
    return _bed.read_bed(path)[0]


@pytest.fixture
def write(tmp_path):
    def write(content, name="a.bed"):
        if isinstance(content, str):
            content = content.encode()
        (tmp_path / name).write_bytes(content)
        return tmp_path / name

    return write


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("chr1\t5\t9", ("chr1", 5, 9, NAN, ".", -1)),
        ("chr1 5 9", ("chr1", 5, 9, NAN, ".", -1)),
        ("chr1\t0\t9\tpeak 1", ("chr1", 0, 9, NAN, ".", -1)),
        ("2\t5\t9\t.\t7.5", ("2", 5, 9, 7.5, ".", -1)),
        ("2\t5\t9\t\t.\t-", ("2", 5, 9, NAN, "-", -1)),
        ("2\t5\t9\tp\t1e3\t+\t5\t9\t255,0,0", ("2", 5, 9, 1000, "+", -1)),
        ("2\t5\t9\tp\t3\t.\t9.1\t8.7\t7.6\t3", ("2", 5, 9, 3, ".", 3)),
        ("2\t5\t9\tp\t3\t.\t9.1\t8.7\t7.6\t-1", ("2", 5, 9, 3, ".", -1)),
        ("2\t5\t9\tp\t3\t+\t5\t9\t0\t2\t1,1\t0,3", ("2", 5, 9, 3, "+", -1)),
        ("2\t5\t9\tp\t3\t.\t9.1\t8.7\t7.6\t3\tset1", ("2", 5, 9, 3, ".", 3)),
        ("2\t5\t9\tp\t3\t.\t9.1\t8.7\t7.6\t1\t4\t0", ("2", 5, 9, 3, ".", -1)),
        ("2\t5\t9\tp\t3\t.\t9.1\t8.7\t7.6\t1\t2.4\t2.7", ("2", 5, 9, 3, ".", 1)),
        ("2\t5\t9\tp\t3\t.\t1\t8\t7\t2\t2.4\t2.7\t10\t50", ("2", 5, 9, 3, ".", 2)),
        ("2\t5\t9\tp\t3\t.\t5\t9\t0\t1\t4\t0\t9\t8\t7", ("2", 5, 9, 3, ".", -1)),
        ("2\t5\t9\tp\tNA\t*", ("2", 5, 9, NAN, ".", -1)),
        ("2\t5.0\t9\tp\t.\t.", ("2", 5, 9, NAN, ".", -1)),
        ("2\t-5\t9\tp\t.\t.", ("2", -5, 9, NAN, ".", -1)),
        ("2\t9\t9\tp\t.\t.", ("2", 9, 9, NAN, ".", -1)),
    ],
    ids=["BED3", "spaces", "BED4", "BED5", "BED6", "BED9", "narrowPeak", "no summit",
         "BED12", "11 columns", "one block", "12 columns", "14 columns", "gappedPeak",
         "strand *", "5.0", "below zero", "insertion"],
)  # fmt: skip
def test_columns(line, expected, write):
    columns = ["chrom", "start", "end", "score", "strand", "summit", "line", "exponent"]
    table = pd.DataFrame([(*expected, 1, False)], columns=columns)
    table = table.astype({"score": float})
    pd.testing.assert_frame_equal(read_bed(write(line + "\n")), table)


@pytest.mark.parametrize(
    ("text", "value"), [("1e+05", 100_000), ("1.234E4", 12_340), ("12e0", 12)]
)
def test_exponents_are_read_and_marked(text, value, write):
    table = read_bed(write(f"chr1\t{text}\t200000\nchre2\t5\t9\n"))
    assert table["start"].tolist() == [value, 5]
    assert table["exponent"].tolist() == [True, False]


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_headers_comments_and_blank_lines(pack, end, write):
    lines = [
        "browser position chr7:1-10",
        'track type=narrowPeak name="CTCF" description="track 1"',
        "#chrom\tstart\tend",
        "",
        "chr1\t0\t1",
        "  ",
        "# chr1\t1\t2",
        "chr2\t3\t4",
    ]
    table = read_bed(write(pack(end.join(lines).encode())))
    assert table["chrom"].tolist() == ["chr1", "chr2"]
    assert table["line"].tolist() == [5, 8]


@pytest.mark.parametrize("seed", range(20))
def test_what_is_written_is_read(seed, write):
    rng = np.random.default_rng(seed)
    n = int(rng.integers(1, 50))
    start = rng.integers(0, 1000, size=n)
    table = pd.DataFrame(
        {
            "chrom": rng.choice(["chr1", "chrX", "scaffold_12"], size=n),
            "start": start,
            "end": start + rng.integers(1, 500, size=n),
            "name": [f"peak{i}" for i in range(n)],
            "score": rng.random(n).round(6),
            "strand": rng.choice(["+", "-", "."], size=n),
        }
    )
    n_columns = int(rng.integers(3, 7))
    path = write("")
    table.iloc[:, :n_columns].to_csv(path, sep="\t", header=False, index=False)
    if n_columns < 6:
        table["strand"] = "."
    if n_columns < 5:
        table["score"] = NAN
    columns = ["chrom", "start", "end", "score", "strand"]
    pd.testing.assert_frame_equal(
        read_bed(path)[columns], table[columns], check_dtype=False
    )


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (">chr1", "the line begins with '>', as in FASTA; intervals are read from BED "
         "or narrowPeak files. Are the files of intervals and genome swapped?"),
        ("chr1\t5", "BED has three columns or more, chromosome, start and end, "
         "separated by tabs; found ['chr1', '5']"),
        ("chr1:5-9", "found ['chr1:5-9']"),
        ("chr1,5,9", "found ['chr1,5,9']"),
        ("chrom\tstart\tend", "must be whole numbers; found 'start' and "
         "'end'. Put '#' before a line of column names"),
        ("chr1\t5.5\t9", "found '5.5' and '9'"),
        ("chr1\t1,000\t2,000", "found '1,000' and '2,000'"),
        ("chr1\t1.23e1\t99", "found '1.23e1' and '99'"),
        ("chr1\tHAVANA\tgene\t5\t9", "found 'HAVANA' and 'gene'"),
        ("chr1\t9\t5", "the end must not be smaller than the start; found 9 and 5 (1 "
         "of 2 intervals are wrong)"),
        ("chr1\t5\t9\t+\tCTCF", "column 5 of BED is the score, a number or '.'; found "
         "'CTCF'. 'cut -f1-3' keeps the coordinates alone"),
        ("chr1\t5\t9\tp\t1\tplus", "column 6 of BED is the strand, '+', '-' or '.'; "
         "found 'plus'"),
        ("chr1\t5\t9\tp\t1\t.\t1\t1\t1\t4", "whose tenth is the summit, counted "
         "from the start of the peak, or -1; found '4' in a peak of 4 bases"),
        ("chr1\t5\t9\tp\t1\t.\t1\t1\t1\tx", "found 'x' in a peak of 4 bases"),
    ],
)  # fmt: skip
def test_wrong_lines(line, message, write):
    path = write(f"#\nchr1\t1\t2\n\n{line}\n")
    with pytest.raises(ValueError, match=re.escape(f"{path}, line 4: ")) as error:
        read_bed(path)
    assert message in str(error.value)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("\x1c", "BED has three columns or more"),
        ("chr1\t1\t9223372036854775808", "start and end are at most 1000000000000; "),
        ("chr1\t-1e300\t2", "start and end are at most 1000000000000; found -1e300"),
        ("chr1\t1\t" + "9" * 5000, "must be whole numbers; found '1' and '999"),
    ],
)
def test_odd_lines(line, message, write):
    with pytest.raises(ValueError, match=rf"a\.bed, line 1: .*{message}") as error:
        read_bed(write(f"{line}\nchr1\t1\t2\n"))
    assert len(str(error.value)) < 500


@pytest.mark.parametrize("content", ["", "# nothing\n\n"])
def test_no_intervals(content, write):
    with pytest.raises(ValueError, match=r"a\.bed holds no intervals"):
        read_bed(write(content))


def test_truncated_gzip(write):
    text = "".join(f"chr1\t{i * i}\t{i * i + 7 * i + 1}\n" for i in range(5000))
    packed = gzip.compress(text.encode())
    with pytest.raises(ValueError, match=r"a\.bed, after line \d+: the gzip file is"):
        read_bed(write(packed[: len(packed) // 2]))


@pytest.mark.parametrize(
    ("encoding", "message"),
    [("utf-16", "line 1: the file is not text in UTF-8"), ("latin-1", "line 1: the")],
)
def test_other_encodings(encoding, message, write):
    path = write("chr1\t1\t2\tgène\n".encode(encoding))
    with pytest.raises(ValueError, match=message):
        read_bed(path)


@pytest.mark.parametrize("n_at_once", [1, 2, 3, 100])
def test_rows_at_once_change_nothing(n_at_once, write, monkeypatch):
    path = write("chr1\t5\t9\np\t1\t2\tx\t3\t-\n2\t1e1\t20\n")
    expected = read_bed(path)
    monkeypatch.setattr(_bed, "_ROWS_AT_ONCE", n_at_once)
    pd.testing.assert_frame_equal(read_bed(path), expected)
    assert expected["line"].tolist() == [1, 2, 3]
    write("chr1\t5\t9\nchr1\t5\t9\nchr1\t9\t5\n")
    with pytest.raises(ValueError, match=r"line 3: .* \(1 of 3 intervals are wrong\)"):
        read_bed(path)
