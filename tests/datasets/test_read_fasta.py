import gzip
import re
import tracemalloc

import numpy as np
import pandas as pd
import pytest

from sklearn_cnn.datasets import read_fasta


@pytest.fixture
def write(tmp_path):
    def write(content, name="a.fa"):
        if isinstance(content, str):
            content = content.encode()
        (tmp_path / name).write_bytes(content)
        return tmp_path / name

    return write


def test_wrapped_lines_blank_lines_and_case(write):
    X = read_fasta(write(">one first gene\nACGT\nacgtn\n\n>two\n\nGG\n  \nTT-*\n\n"))
    expected = pd.Series(
        ["ACGTacgtn", "GGTT-*"],
        index=pd.Index(["one", "two"], name="id"),
        name="sequence",
    )
    pd.testing.assert_series_equal(X, expected)
    assert all(type(sequence) is str for sequence in X)


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r", " \t\n"])
def test_line_ends_and_compression(pack, end, write):
    lines = [">one", "AC", "GT", "", ">two\tof two", "TTT", ""]
    X = read_fasta(write(pack(end.join(lines).encode())))
    assert X.to_dict() == {"one": "ACGT", "two": "TTT"}


def test_comments_and_blanks_within_lines(write):
    """As old programs write them: remarks behind ";", letters in blocks of ten."""
    text = "; made by hand\n>one\n;first\nACGTACGTAC GT\n; last\n AC \n>two\nA C\n"
    assert read_fasta(write(text)).to_dict() == {"one": "ACGTACGTACGTAC", "two": "AC"}


def test_last_line_without_an_end(write):
    assert read_fasta(write(">one\nAC\n>two\nGT"))["two"] == "GT"


def test_ids_may_be_repeated(write):
    X = read_fasta(str(write(">1\nAC\n>0\nGT\n>1\nTT\n")))
    assert X.index.tolist() == ["1", "0", "1"]
    assert X.tolist() == ["AC", "GT", "TT"]


def test_id_in_other_letters(write):
    assert read_fasta(write(">größe µ\nAC\n")).index.tolist() == ["größe"]


def test_id_ends_at_blanks_of_ascii(write):
    """As in the index of a genome, and as BED files name chromosomes."""
    path = write(">a\u00a0b\u0085c d\nACGT\n")
    assert read_fasta(path).index.tolist() == ["a\u00a0b\u0085c"]


def test_space_before_the_id(write):
    assert read_fasta(write("> one of two\nAC\n")).index.tolist() == ["one"]


@pytest.mark.parametrize("seed", range(30))
def test_what_is_written_is_read(seed, write):
    rng = np.random.default_rng(seed)
    alphabet = list(["ACGT", "ACGUNacgun", "ACDEFGHIKLMNPQRSTVWY*-"][seed % 3])
    names = [f"seq{i}|{rng.integers(1000)}" for i in range(rng.integers(1, 30))]
    sequences = [
        "".join(rng.choice(alphabet, size=rng.integers(1, 300))) for _ in names
    ]
    end = str(rng.choice(["\n", "\r\n"]))
    text = ""
    for name, sequence in zip(names, sequences, strict=True):
        width = rng.integers(1, 100)
        lines = [sequence[i : i + width] for i in range(0, len(sequence), width)]
        blanks = [end * int(n) for n in rng.integers(0, 2, size=len(lines))]
        text += f">{name} {rng.random()}{end}"
        text += "".join(f"{a}{end}{b}" for a, b in zip(lines, blanks, strict=True))
    packed = gzip.compress(text.encode()) if rng.random() < 0.5 else text
    path = write(packed)
    X = read_fasta(path)
    assert X.index.tolist() == names
    assert X.tolist() == sequences
    size = int(rng.integers(1, len(names) + 2))
    chunks = list(read_fasta(path, chunksize=size))
    assert {len(chunk) for chunk in chunks[:-1]} <= {size}
    assert 1 <= len(chunks[-1]) <= size
    pd.testing.assert_series_equal(pd.concat(chunks), X)


def test_chunks_take_the_memory_of_a_chunk(write):
    record = b">name\n" + b"ACGTACGTAC" * 10 + b"\n"
    path = write(record * 40_000)  # 4.2 MB
    tracemalloc.start()
    try:
        n_read = sum(len(chunk) for chunk in read_fasta(path, chunksize=100))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert n_read == 40_000
    assert peak < 500_000


def test_chunks_are_read_on_demand(write):
    chunks = read_fasta(write(">one\nAC\n>two\nGT\n>three\nA\tT\n"), chunksize=1)
    assert next(chunks).tolist() == ["AC"]
    assert next(chunks).tolist() == ["GT"]
    with pytest.raises(ValueError, match="line 6"):
        next(chunks)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("chr1\t10\t20\n", r"a.fa, line 1: a FASTA file begins with '>'; found "
         r"'chr1\t10\t20', as in a table; pandas.read_csv"),
        ("\n\nACGT\n", "a.fa, line 3: a FASTA file begins with '>'; found 'ACGT'"),
        ("@read1\nACGT\n+\n!!!!\n", "found '@read1', as in FASTQ"),
        ("", "a.fa is empty; a FASTA file holds at least one sequence"),
        ("\n", "a.fa is empty"),
        (">\nACGT\n", "a.fa, line 1: there is no id behind '>'"),
        (">one\n>two\nAC\n", "a.fa, line 1: no sequence follows the header of 'one'"),
        (">one\nAC\n>two\n", "a.fa, line 3: no sequence follows the header of 'two'"),
        (">one\nAC\nAC \tGT\n", r"a.fa, line 3: '\t' at position 2 (counted from 0, "
         "without blanks) does not belong in a sequence"),
        (">one\nAC\n >two\nAC\n", "a.fa, line 3: '>' at position 0"),
        (">one\nACßT\n", "a.fa, line 2: 'ß' at position 2"),
        (b">one\nAC\n>\xe9t\xe9\nAC\n", "a.fa, line 3: the byte 0xe9 at position 1 is "
         "not UTF-8"),
        (">one\nAC\n".encode("utf-16"), "a.fa, line 1: the file is not text in UTF-8"),
        (gzip.compress(b">one\nACGT\n")[:-10], "a.fa, after line 0: the gzip file is "
         "cut off or damaged"),
    ],
)  # fmt: skip
def test_wrong_files(content, message, write):
    path = write(content)
    with pytest.raises(ValueError, match=re.escape(message)):
        read_fasta(path)


def test_gzip_cut_off_within_a_sequence(write):
    text = "\n".join(["ACGT"[i % 4] * (i % 60 + 1) for i in range(20_000)])
    packed = gzip.compress(f">one\n{text}\n".encode())
    with pytest.raises(ValueError, match=r"a\.fa\.gz, after line \d+: the gzip file"):
        read_fasta(write(packed[: len(packed) // 2], "a.fa.gz"))


def test_errors(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"missing\.fa"):
        read_fasta(tmp_path / "missing.fa")
    with pytest.raises(ValueError, match="The 'chunksize' parameter of read_fasta"):
        read_fasta(tmp_path / "missing.fa", chunksize=0)
    with pytest.raises(ValueError, match="The 'path' parameter of read_fasta"):
        read_fasta(["a.fa"])
