import gzip

import numpy as np
import pytest

from sklearn_cnn import MotifCNNClassifier
from sklearn_cnn.datasets import make_motif_classification, read_motifs

MEME = """MEME version 4

ALPHABET= ACGT

strands: + -

Background letter frequencies
A 0.25 C 0.25 G 0.25 T 0.25

MOTIF M1 CRE
letter-probability matrix: alength= 4 w= 3 nsites= 20 E= 0
 0.50 0.50 0.00 0.00
 0.00 0.00 1.00 0.00
 0.25 0.25 0.25 0.25

MOTIF M2
letter-probability matrix: alength= 4 w= 2 nsites= 10 E= 0
 1.00 0.00 0.00 0.00
 0.00 0.00 0.00 1.00
"""
JASPAR = """>MA1.1 CRE
A [10 0 5]
C [10 0 5]
G [ 0 20 5]
T [ 0 0 5]
"""
TRANSFAC = """ID  M1
XX
NA  CRE
XX
PO      A      C      G      T
01     10     10      0      0      M
02      0      0     20      0      G
03      5      5      5      5      N
XX
//
"""
COUNTS = [[10, 10, 0, 0], [0, 0, 20, 0], [5, 5, 5, 5]]


@pytest.fixture
def write(tmp_path):
    def write(text):
        path = tmp_path / "motifs.txt"
        path.write_text(text)
        return path

    return write


@pytest.mark.parametrize("text", [MEME, JASPAR, TRANSFAC])
def test_the_same_matrix_in_three_formats(write, text):
    motifs = read_motifs(write(text))
    np.testing.assert_allclose(motifs.counts(0), COUNTS)
    assert motifs.names[0] == "CRE"
    assert motifs.label(0).startswith("CRE_M")


def test_frequencies_are_not_rounded(write):
    motifs = read_motifs(write(MEME.replace("0.50 0.50", "0.333 0.667")))
    np.testing.assert_allclose(motifs.counts(0)[0], [6.66, 13.34, 0, 0])


def test_several_matrices(write):
    motifs = read_motifs(write(MEME))
    assert len(motifs) == 2
    assert motifs.widths.tolist() == [3, 2]
    np.testing.assert_allclose(motifs.counts(1), [[10, 0, 0, 0], [0, 0, 0, 10]])
    assert motifs.label(1) == "M2"


def test_a_file_as_motif_bank(write):
    word = "TGACGTCA"
    rows = [
        f"{base} [ {' '.join('9' if b == base else '0' for b in word)} ]"
        for base in "ACGT"
    ]
    path = write("\n".join([">MY.1 CRE", *rows]))
    X, y = make_motif_classification(300, length=60, motif=word, random_state=0)
    clf = MotifCNNClassifier(
        motif_bank=path, kmers=None, n_filters=4, max_epochs=1, random_state=0
    )
    clf.fit(X[:100], y[:100])
    assert clf.motif_bank_ == str(path)
    path.unlink()  # The matrices are part of the fitted model.
    assert clf.score(X[100:], y[100:]) > 0.95
    assert clf.weights_["stack.branches.motifs.features.widths"].tolist() == [8]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("hello", "begins with 'hello'"),
        ("", "begins with ''"),
        ("MEME version 4\n\nALPHABET= ACGT\n\n", "holds no motif"),
        (MEME.replace("ACGT", "ACDEFG"), "alphabet is ACDEFG"),
        (MEME.replace("w= 3", "w= 4"), "M1' is not 4 x 4"),
        (MEME.replace("0.50 0.50", "1.50 -0.50"), "M1' .* not negative"),
        (">M\nA [1 2]\nC [1]\n", "holds no motif"),
    ],
)
def test_other_files(write, text, message):
    with pytest.raises(ValueError, match=message):
        read_motifs(write(text))


def test_no_such_file():
    X, y = ["ACGTACGTAA", "TTTTTGGGGG"] * 30, [0, 1] * 30
    with pytest.raises(ValueError, match=r"there is no file 'no_such_file.meme'"):
        MotifCNNClassifier(motif_bank="no_such_file.meme", max_epochs=1).fit(X, y)


def test_a_file_in_latin_1_is_named(tmp_path):
    path = tmp_path / "motifs.meme"
    path.write_bytes(MEME.replace("M1", "Müller").encode("latin-1"))
    match = r"motifs\.meme, line \d+: the byte 0xfc at position 7 is not UTF-8"
    with pytest.raises(ValueError, match=match):
        read_motifs(path)


def test_gzipped(tmp_path):
    path = tmp_path / "motifs.meme.gz"
    path.write_bytes(gzip.compress(MEME.encode()))
    assert read_motifs(path).ids.tolist() == ["M1", "M2"]
