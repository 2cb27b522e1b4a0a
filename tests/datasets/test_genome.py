import gzip
import re
import subprocess
import sys
from importlib.util import find_spec

import numpy as np
import pandas as pd
import pytest

from sklearn_cnn.datasets._genome import open_genome


@pytest.fixture
def write(tmp_path):
    def write(content):
        if isinstance(content, str):
            content = content.encode()
        (tmp_path / "genome.fa").write_bytes(content)
        return tmp_path / "genome.fa"

    return write


def windows(*rows):
    return pd.DataFrame(rows, columns=["chrom", "start", "end", "strand"])


def test_windows(write):
    with open_genome(write(">1 first\nACGTa\ncgn\n>2\nTT\n")) as genome:
        assert genome.lengths == {"1": 8, "2": 2}
        assert genome.chromosome("1") == "ACGTACGN"
        sequences = genome.read(
            windows(
                ("1", 0, 8, "+"),
                ("1", 3, 6, "."),
                ("1", -2, 1, "-"),
                ("2", -1, 4, "."),
                ("1", 6, 11, "-"),
            )
        )
        assert sequences.tolist() == ["ACGTACGN", "TAC", "TNN", "NTTNN", "NNNNC"]
        assert sequences.dtype == object


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("seed", range(10))
def test_windows_are_slices(seed, end, write):
    rng = np.random.default_rng(seed)
    letters = "".join(rng.choice(list("ACGTNacgtn"), size=rng.integers(1, 300)))
    width = rng.integers(1, 80)
    lines = [letters[i : i + width] for i in range(0, len(letters), width)]
    padded = "N" * 50 + letters.upper() + "N" * 50
    with open_genome(write(end.join([">chr1", *lines, ""]))) as genome:
        for start in rng.integers(-50, len(letters), size=30):
            stop = max(start, 0) + rng.integers(1, 50)
            window = genome.read(windows(("chr1", start, stop, "+")))[0]
            assert window == padded[start + 50 : stop + 50]


def test_index_follows_the_file(write):
    path = write(">1\nACGT\n")
    with open_genome(path) as genome:
        assert genome.chromosome("1") == "ACGT"
    assert path.with_suffix(".fa.fai").exists()


@pytest.mark.parametrize(
    ("chroms", "message"),
    [
        (["1", "1"], "does not hold: '1' (it holds 'chr1' for '1': rename them in one "
         "of the files)"),
        (["chrM", "chr7"], "does not hold: 'chrM', 'chr7' (it holds '7' for 'chr7'"),
        (["a", "b", "c", "d", "e"], "does not hold: 'a', 'b', 'c', 'd', ... (it holds "
         "'chr1', '7', '8', '9', ...)"),
    ],
)  # fmt: skip
def test_missing_chromosomes(chroms, message, write):
    text = "".join(f">{name}\nACGT\n" for name in ["chr1", "7", "8", "9", "10"])
    path = write(text)
    with open_genome(path) as genome:
        assert genome.explain_missing(chroms) == (
            f"on chromosomes that {path} {message}"
            if message.endswith(")")
            else f"on chromosomes that {path} {message}: rename them in one of the "
            "files)"
        )


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("chr1\t5\t9\n", "genome.fa, line 1: a FASTA file begins with '>'; found "
         r"'chr1\t5\t9', as in a table"),
        ("", "genome.fa, line 1: a FASTA file begins with '>'; found ''"),
        (gzip.compress(b">chr1\nACGT\n"), "genome.fa is compressed as a whole, which "
         "forbids random access; compress it in blocks ('gunzip' and then 'bgzip'"),
        (">chr1\nACGT\nA\nACGT\n", "genome.fa, line 4: the line before has another "
         "length than the first line of 'chr1', or is blank. Random access needs"),
        (">chr1\nACGT\n\nACGT\n>chr2\nA\n", "genome.fa, line 4: the line before"),
        (">chr1\nAC\nACGT\n", "genome.fa, line 3: the line before has another length"),
        (">chr1\nACGT\nAC T\n", "genome.fa, line 3: there are blanks, '>', or "),
        (">1\nACGT\n >2\nACGT\n", "genome.fa, line 3: there are blanks, '>', or "),
        (">chr1\nACGT\nAßT\n", "genome.fa, line 3: there are blanks, '>', or "),
        (">chr1\nACGT\n>chr1\nAC\n", "genome.fa, line 3: there is a sequence named "
         "'chr1' before; names must differ"),
        (b">chr1\nACGT\n>ch\xe9\nAC\n", "genome.fa, line 3: the name b'ch\\xe9' is "
         "not UTF-8"),
        (">chr1\nACGT\n>\nAC\n", "genome.fa, line 3: there is no name behind '>'"),
        (">chr1\nACGT\n".encode("utf-16"), "genome.fa, line 1: the file is not text"),
    ],
)  # fmt: skip
def test_wrong_files(content, message, write):
    path = write(content)
    with pytest.raises(ValueError, match=re.escape(message)), open_genome(path):
        pass


def test_where_no_index_can_be_written(write):
    path = write(">chr1\nACGT\n")
    path.with_suffix(".fa.fai").mkdir()
    with open_genome(path) as genome:
        assert genome.chromosome("chr1") == "ACGT"


def test_missing_file(tmp_path):
    with pytest.raises(FileNotFoundError, match="none"), open_genome(tmp_path / "none"):
        pass


def test_torch_is_not_imported(write):
    # The package itself imports torch: an empty package stands in for its __init__.
    code = f"""
import sys, types
package = sys.modules["sklearn_cnn"] = types.ModuleType("sklearn_cnn")
package.__path__ = {list(find_spec("sklearn_cnn").submodule_search_locations)!r}
from sklearn_cnn.datasets._genome import open_genome
with open_genome({str(write(">1 ACGT"))!r}):
    print("torch" in sys.modules)
"""
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False
    )
    assert result.stdout == "False\n", result.stderr
