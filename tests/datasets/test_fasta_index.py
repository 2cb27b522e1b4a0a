"""Where letters are: against pyfaidx, and files that changed behind their index."""

import os

import numpy as np
import pyfaidx
import pytest
from Bio import bgzf

from sklearn_cnn.datasets._genome import open_genome

TEXT = ">1 first\nACGTA\nCGN\n>2\nTT\n>3\nGATTACA\n"
LETTERS = {"1": "ACGTACGN", "2": "TT", "3": "GATTACA"}


@pytest.fixture
def path(tmp_path):
    (tmp_path / "genome.fa").write_text(TEXT)
    return tmp_path / "genome.fa"


def chromosomes(path):
    with open_genome(path) as genome:
        return {name: genome.chromosome(name) for name in genome.lengths}


def write_in_blocks(path, text, size):
    """As bgzip writes it, with blocks of a size."""
    with bgzf.BgzfWriter(str(path)) as file:
        for start in range(0, len(text), size):
            file._write_block(text[start : start + size].encode())
    return path


def test_index_is_that_of_pyfaidx(path, tmp_path):
    assert chromosomes(path) == LETTERS
    ours = (tmp_path / "genome.fa.fai").read_text()
    assert ours == "1\t8\t9\t5\t6\n2\t2\t22\t2\t3\n3\t7\t28\t7\t8\n"
    (tmp_path / "genome.fa.fai").unlink()
    with pyfaidx.Fasta(path):
        assert (tmp_path / "genome.fa.fai").read_text() == ours


@pytest.mark.parametrize("age", [-1000, 1000])
@pytest.mark.parametrize(
    "text",
    [
        TEXT.replace(">2\nTT", ">2\nTTTT"),
        TEXT.replace(">3", ">X"),
        TEXT.replace("ACGTA\nCGN", "ACGT\nACGN"),  # as long as before
        TEXT.replace("GATTACA", "GATTACAT"),
        TEXT.replace("GATTACA\n", "GATTAC\n"),
        TEXT.replace(">2\nTT\n", ""),
        TEXT + ">4\nA\n",
        TEXT.replace("\n", "\r\n"),
        TEXT.replace(" first", " the first"),
    ],
)
def test_index_of_another_file_is_not_believed(text, age, path, tmp_path):
    """It may be older than the genome or newer (copied, restored, renamed)."""
    chromosomes(path)
    path.write_bytes(text.encode())
    index = tmp_path / "genome.fa.fai"
    then = path.stat().st_mtime + age
    os.utime(index, (then, then))
    found = chromosomes(path)
    index.unlink()
    assert found == chromosomes(path)


def test_index_that_points_into_a_header_is_not_believed(path, tmp_path):
    path.write_text(">1 firstC\nT\n")
    (tmp_path / "genome.fa.fai").write_text("1\t2\t8\t1\t2\n")  # C and T
    assert chromosomes(path) == {"1": "T"}


def test_index_that_fits_stays(path, tmp_path):
    chromosomes(path)
    index = tmp_path / "genome.fa.fai"
    os.utime(index, (1, 1))
    assert chromosomes(path) == LETTERS
    assert index.stat().st_mtime == 1


@pytest.mark.parametrize(
    "content",
    [
        *("", "no index", "1\t8\t9\t5", "1\t8\t9\t0\t6\n"),
        "1\t-8\t9\t5\t6\n2\t2\t22\t2\t3\n3\t7\t28\t7\t8\n",
        f"1\t{10**30}\t9\t5\t6\n2\t2\t22\t2\t3\n3\t7\t28\t7\t8\n",
        f"1\t8\t9\t5\t{2**61}\n2\t2\t22\t2\t3\n3\t7\t28\t7\t8\n",
        # Each end of a line is where there is one, but not the first.
        "1\t17\t9\t9\t10\n2\t2\t22\t2\t3\n3\t7\t28\t7\t8\n",
    ],
)
def test_index_of_another_kind_is_replaced(content, path, tmp_path):
    (tmp_path / "genome.fa.fai").write_text(content)
    assert chromosomes(path) == LETTERS
    assert (tmp_path / "genome.fa.fai").read_text().startswith("1\t8\t9\t5\t6\n")


def test_index_that_points_into_a_header_is_replaced(path, tmp_path):
    path.write_text(">s letters\nACGT\n")
    (tmp_path / "genome.fa.fai").write_text("s\t2\t9\t1\t2\n")
    assert chromosomes(path) == {"s": "ACGT"}


@pytest.mark.parametrize("letters", ["AC>TA", "AC TA", "AC\xe9TA"])
def test_file_that_was_damaged_between_the_ends(letters, path):
    """Of a long sequence, the index is compared with the first line and the end."""
    text = ">1\nACGTA\nACGTA\nACGTA\n"
    path.write_text(text)
    assert chromosomes(path) == {"1": "ACGTA" * 3}
    path.write_text(f">1\nACGTA\n{letters}\nACGTA\n", encoding="latin-1")
    match = r"genome\.fa: the letters of '1' cannot be read .* Delete .*genome\.fa\.fai"
    with pytest.raises(ValueError, match=match):
        chromosomes(path)


@pytest.mark.parametrize(
    "text",
    [
        "\n; made by hand\n>1\n;first\nACGTA\nCGN\n; end\n\n>2\nTT\n>3\nGATTACA",
        "\ufeff>1\nACGTA  \nCGN\n>2\nTT  \n>3\nGATTACA\n\n",
        ">1\nACGTACGN\n>2\nT\nT\n>3\ngatt\naca\n",
    ],
)
def test_comments_and_blanks_around_sequences(text, path):
    path.write_text(text, encoding="utf-8")
    assert chromosomes(path) == LETTERS
    assert chromosomes(path) == LETTERS  # and with the index


def test_sequence_without_letters(path):
    path.write_text(">1\n>2\nAC\n>3\n")
    assert chromosomes(path) == {"1": "", "2": "AC", "3": ""}
    assert chromosomes(path) == {"1": "", "2": "AC", "3": ""}


@pytest.mark.parametrize("size", [1, 7, 50, 65_536])
def test_blocks(size, tmp_path):
    rng = np.random.default_rng(0)
    letters = "".join(rng.choice(list("ACGT"), 1500 if size < 100 else 150_000))
    lines = [letters[i : i + 60] for i in range(0, len(letters), 60)]
    text = "\n".join([">chr1", *lines, ">chr2", *lines[:3], ""])
    path = write_in_blocks(tmp_path / "genome.fa.gz", text, size)
    with open_genome(path) as genome:
        assert genome.lengths == {"chr1": len(letters), "chr2": 180}
        assert genome.chromosome("chr1") == letters
        for _ in range(50):
            start, end = np.sort(rng.integers(0, len(letters), 2))
            assert genome.letters("chr1", start, end) == letters[start:end]
        assert genome.letters("chr2", 170, 180) == letters[170:180]
    plain = tmp_path / "genome.fa"
    plain.write_text(text)
    with open_genome(plain):
        index = (tmp_path / "genome.fa.fai").read_text()
    assert (tmp_path / "genome.fa.gz.fai").read_text() == index


@pytest.mark.parametrize("cut", [28, 40, 1])
def test_blocks_that_are_cut_off(cut, tmp_path):
    path = write_in_blocks(tmp_path / "genome.fa.gz", TEXT, 20)
    path.write_bytes(path.read_bytes()[:-cut])
    message = r"genome\.fa\.gz is cut off or damaged \(.*\); copy or download it again"
    with pytest.raises(ValueError, match=message), open_genome(path):
        pass


def test_damaged_block(tmp_path):
    path = write_in_blocks(tmp_path / "genome.fa.gz", TEXT, 20)
    chromosomes(path)
    content = bytearray(path.read_bytes())
    content[30] ^= 0xFF
    path.write_bytes(content)
    with pytest.raises(ValueError, match="cut off or damaged"):
        chromosomes(path)
