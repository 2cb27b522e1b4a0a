import gzip
import re

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_array_equal
from sklearn.utils import Bunch

from sklearn_cnn.datasets import read_tf_challenge

SEQUENCES = "sequence\twindow_name\nACG\tw1\nTTG\tw2\n"
SCORES = "w2\tw1\n0\t6.5\n7\t0\n7.5\t1e1\n"


@pytest.fixture
def write(tmp_path):
    def write(sequences=SEQUENCES, scores=SCORES):
        for name, content in [("sequences", sequences), ("scores", scores)]:
            if isinstance(content, str):
                content = content.encode()
            (tmp_path / f"chr1_{name}.txt.gz").write_bytes(content)
        return tmp_path / "chr1_sequences.txt.gz", tmp_path / "chr1_scores.txt.gz"

    return write


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_scores_are_aligned_and_transposed(pack, end, write):
    files = [text.replace("\n", end).encode() for text in (SEQUENCES, SCORES)]
    bunch = read_tf_challenge(*write(*map(pack, files)))
    assert isinstance(bunch, Bunch)
    index = pd.Index(["w1", "w2"], name="window_name")
    expected = pd.Series(["ACG", "TTG"], index=index, name="sequence")
    pd.testing.assert_series_equal(bunch.data, expected)
    assert_array_equal(bunch.target, [[6.5, 0, 10], [0, 7, 7.5]])
    assert bunch.target.dtype == float


def test_return_X_y(write):
    X, y = read_tf_challenge(*write(), return_X_y=True)
    bunch = read_tf_challenge(*write())
    pd.testing.assert_series_equal(X, bunch.data)
    assert_array_equal(y, bunch.target)


def test_without_scores(write):
    sequences, _ = write("window_name\tnote\tsequence\nw1\tx\tAC\n")
    bunch = read_tf_challenge(str(sequences))
    assert bunch.data.to_dict() == {"w1": "AC"}
    assert bunch.target is None
    assert read_tf_challenge(sequences, return_X_y=True)[1] is None


@pytest.mark.parametrize("seed", range(5))
def test_as_the_course_writes_them(seed, write):
    """300 bases, written by pandas; columns in another order."""
    rng = np.random.default_rng(seed)
    n = int(rng.integers(1, 40))
    names = [f"chr22_{i * 300}_{i * 300 + 299}" for i in rng.permutation(n)]
    X = ["".join(rng.choice(list("ACGT"), size=300)) for _ in names]
    y = rng.choice([0, 6.4, 8.1], size=(n, 300))
    sequences = pd.DataFrame({"sequence": X, "window_name": names})
    scores = pd.DataFrame(y.T, columns=names)[rng.permutation(names)]
    bunch = read_tf_challenge(
        *write(
            gzip.compress(sequences.to_csv(sep="\t", index=False).encode()),
            gzip.compress(scores.to_csv(sep="\t", index=False).encode()),
        )
    )
    assert bunch.data.tolist() == X
    assert bunch.data.index.tolist() == names
    assert_array_equal(bunch.target, y)


@pytest.mark.parametrize(
    ("sequences", "scores", "message"),
    [
        (SEQUENCES, SCORES.replace("w1", "w3"), "chr1_scores.txt.gz lacks 1 windows of "
         "the other file, the first being 'w1'; give the two files of one chromosome"),
        (SEQUENCES + "GGG\tw3\n", SCORES, "chr1_scores.txt.gz lacks 1 windows of the "
         "other file, the first being 'w3'"),
        ("sequence\twindow_name\nACG\tw1\n", SCORES, "chr1_sequences.txt.gz lacks 1 "
         "windows of the other file, the first being 'w2'"),
        (SEQUENCES.replace("ACG", "ACGT"), SCORES, "chr1_scores.txt.gz holds 3 lines "
         "of scores, but the sequence of 'w1' in "),
        (SEQUENCES.replace("w1", "w2"), SCORES, "chr1_sequences.txt.gz: the names of "
         "windows must differ, but 'w2' occurs twice"),
        (SEQUENCES, SCORES.replace("w1", "w2"), "chr1_scores.txt.gz: the names of "),
        (SEQUENCES, SCORES.replace("6.5", "x"), "chr1_scores.txt.gz, line 2: could not "
         "convert string to float: 'x'"),
        (SEQUENCES, SCORES.replace("7\t0", "7"), "chr1_scores.txt.gz, line 3: 1 scores "
         "are found for the 2 windows named in line 1"),
        (SEQUENCES.replace("TTG\tw2", "TTG"), SCORES, "chr1_sequences.txt.gz, line 3: "
         "2 columns are expected; found 1"),
        (">w1\nACG\n", SCORES, "chr1_sequences.txt.gz, line 1: the first line must "
         "name the columns 'sequence' and 'window_name', separated by tabs; found "
         "'>w1'"),
        (SCORES, SEQUENCES, r"found 'w2\tw1'"),
        ("", SCORES, "chr1_sequences.txt.gz, line 1: the first line must name"),
        ("sequence\twindow_name\n", SCORES, "chr1_sequences.txt.gz holds no sequences"),
        (gzip.compress(SEQUENCES.encode())[:-9], SCORES, "chr1_sequences.txt.gz, after "
         "line 0: the gzip file is cut off"),
        (SEQUENCES, gzip.compress(SCORES.encode())[:-9], "chr1_scores.txt.gz, after "),
        (SEQUENCES.encode("utf-16"), SCORES, "chr1_sequences.txt.gz, line 1: the file"),
    ],
)  # fmt: skip
def test_wrong_files(sequences, scores, message, write):
    with pytest.raises(ValueError, match=re.escape(message)):
        read_tf_challenge(*write(sequences, scores))
