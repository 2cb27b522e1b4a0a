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


def word(motifs, i=0):
    """Letters of the largest frequencies."""
    return "".join("ACGT"[k] for k in motifs.frequencies(i).argmax(axis=1))


def rows_of(word, high=0.97, low=0.01):
    """Tab-separated rows, one a position."""
    return "".join(
        "\t".join(str(high if b == letter else low) for b in "ACGT") + "\n"
        for letter in word
    )


def columns_of(word, high=0.97, low=0.01):
    """Rows, one a letter."""
    return "".join(
        " ".join(str(high if b == letter else low) for letter in word) + "\n"
        for b in "ACGT"
    )


@pytest.mark.parametrize("sites", ["nsites= 0", "nsites= 1e+02", "nsites=50", ""])
def test_frequencies_stay_as_they_are(sites, write):
    """No sites means that their number is not known, not that there are none."""
    motifs = read_motifs(write(MEME.replace("nsites= 20", sites)))
    n_sites = {"nsites= 1e+02": 100, "nsites=50": 50}.get(sites, 20)
    np.testing.assert_allclose(motifs.counts(0)[1], [0, 0, n_sites, 0])
    assert motifs.frequencies(0)[1, 2] > 0.95


STARS = "*" * 80
DNA_BLOCK = """ALPHABET "DNA" DNA-LIKE
A "Adenine" CC0000 ~ T "Thymine" 008000
C "Cytosine" 0000CC ~ G "Guanine" FFB300
N "Any base" = ACGT
U = T
END ALPHABET
"""
RNA_BLOCK = """ALPHABET "RNA" RNA-LIKE
A "Adenine" CC0000
C "Cytosine" 0000CC
G "Guanine" FFB300
U "Uracil" 008000
N "Any base" = ACGU
END ALPHABET
"""


@pytest.mark.parametrize(
    "text",
    [
        f"{STARS}\nMEME - Motif discovery tool\n{STARS}\n{MEME}",
        "# DREME 5.0.5\n# command: dreme\n\n" + MEME,
        MEME.replace("ALPHABET= ACGT\n", DNA_BLOCK),
        MEME.replace("ALPHABET= ACGT\n", RNA_BLOCK),
        MEME.replace("ALPHABET= ", "ALPHABET="),
        MEME.replace("ALPHABET= ACGT", 'ALPHABET "DNA"'),
        MEME.replace("ACGT", "ACGU"),
        MEME.replace("ALPHABET= ACGT\n", ""),
        MEME.replace("w= 3", ""),
        MEME.replace("\n", "\r\n"),
        MEME.replace("\n", "\r"),
        MEME.replace(" 0.00 0.00 1.00", "# a comment\n0.00e+00 0 1.0e-00", 1),
        MEME.replace("0.25\n\nMOTIF", "0.25\n" + "-" * 80 + "\n\tMotif M1\nMOTIF"),
    ],
    ids=["banner", "DREME", "DNA-LIKE", "RNA-LIKE", "no blank", "named", "RNA",
         "no alphabet", "no width", "Windows", "old Mac", "exponents", "dashes"],
)  # fmt: skip
def test_meme_as_its_programs_write_it(text, write):
    motifs = read_motifs(write(text))
    assert motifs.ids.tolist() == ["M1", "M2"]
    np.testing.assert_allclose(motifs.counts(0), COUNTS)


def test_name_that_meme_gives(write):
    text = MEME.replace("MOTIF M1 CRE", "MOTIF  1\twidth =   3  sites =  20  llr = 9")
    assert read_motifs(write(text)).names.tolist() == ["1", "M2"]


def test_alphabet_with_more_letters(write):
    block = DNA_BLOCK.replace("END", 'm "5-Methylcytosine" A8 ~ 1 "G" 5F\nEND')
    with pytest.raises(ValueError, match="line 3: the alphabet is 1ACGTm; that of DNA"):
        read_motifs(write(MEME.replace("ALPHABET= ACGT\n", block)))


def test_homer(write):
    """One row a position, behind a header of several columns."""
    header = ">{}\tAP-1(bZIP)/Th-PU.1-ChIP-Seq(GSE1)/Homer\t6.049\t-1782.9\t0\tT:9"
    text = "\n".join([header.format("TGACTCA"), rows_of("TGACTCA")])
    text += ">GATA\t1-GATA,BestGuess:Gata1(Zf)\t7.1\n" + rows_of("GATA")
    motifs = read_motifs(write(text))
    assert [word(motifs, i) for i in (0, 1)] == ["TGACTCA", "GATA"]
    assert motifs.names.tolist() == ["AP-1", "1-GATA"]
    assert motifs.ids[0] == "AP-1(bZIP)/Th-PU.1-ChIP-Seq(GSE1)/Homer"
    np.testing.assert_allclose(motifs.counts(0)[0], [0.2, 0.2, 0.2, 19.4])


@pytest.mark.parametrize(("high", "low"), [(0.97, 0.01), (61.5, 2.25)])
def test_hocomoco(high, low, write):
    """Its .ppm and .pcm have one row a position, its files for JASPAR one a letter."""
    n_sites = 20 if high < 1 else 1
    for matrix in (rows_of, columns_of):
        text = ">AHR_HUMAN.H11MO.0.B\n" + matrix("TTGCGTG", high, low)
        motifs = read_motifs(write(text))
        assert motifs.ids.tolist() == motifs.names.tolist() == ["AHR_HUMAN.H11MO.0.B"]
        assert word(motifs) == "TTGCGTG"
        expected = n_sites * np.array([low, low, low, high])
        np.testing.assert_allclose(motifs.counts(0)[0], expected)


@pytest.mark.parametrize(
    "rows",
    [
        "A [ 9 0 1 ]\nC [ 0 9 1 ]\nG [ 0 0 1 ]\nT [ 0 0 6 ]",
        "A|9 0 1\nC|0 9 1\nG|0 0 1\nT|0 0 6",
        "a: 9 0 1\nc: 0 9 1\ng: 0 0 1\nu: 0 0 6",
        "T 0 0 6\n G\t0\t0\t1\nC = [0 9 1]\nA\t9\t0\t1",
        "9 0 1\n0 9 1\n0 0 1\n0 0 6",
        "A C G U\n9 0 0 0\n0 9 0 0\n1 1 1 6",
        "T G C A\n0 0 0 9\n0 0 9 0\n6 1 1 1",
    ],
)
def test_rows_of_letters_and_of_positions(rows, write):
    motifs = read_motifs(write(f"# by hand\n>MY.1\tA  motif\n\n{rows}\n"))
    assert motifs.label(0) == "A motif_MY.1"
    np.testing.assert_allclose(
        motifs.counts(0), [[9, 0, 0, 0], [0, 9, 0, 0], [1, 1, 1, 6]]
    )


def test_four_by_four(write):
    """Never transposed by chance: header, letters, the other matrices, the sums."""
    rows, columns = rows_of("AACG"), columns_of("AACG")
    # Rows of frequencies sum to 1 either way; columns do not.
    assert word(read_motifs(write(">M\n" + rows))) == "AACG"
    assert word(read_motifs(write(">M\n" + columns))) == "AACG"
    # All letters once: both have one sum.
    rows, columns = rows_of("CATG"), columns_of("CATG")
    for text in (rows, columns):
        with pytest.raises(
            ValueError, match=r"line 1: it cannot be told whether the ro"
        ):
            read_motifs(write(">M\n" + text))
    assert word(read_motifs(write(">M\nA C G T\n" + rows))) == "CATG"
    assert word(read_motifs(write(">CATG\tM\t5.1\n" + rows))) == "CATG"
    named = "".join(
        f"{b} {x}\n" for b, x in zip("ACGT", columns.split("\n")[:4], strict=True)
    )
    assert word(read_motifs(write(">M\n" + named))) == "CATG"
    for matrix, other in ((rows, rows_of("TGACG")), (columns, columns_of("TGACG"))):
        motifs = read_motifs(write(f">M\n{matrix}>N\n{other}"))
        assert [word(motifs, i) for i in (0, 1)] == ["CATG", "TGACG"]
    # What the others say, and what the sums say, must agree.
    with pytest.raises(ValueError, match=r"line 6: it cannot be told"):
        read_motifs(write(f">N\n{columns_of('TGA')}>M\n{rows_of('AACG')}"))


@pytest.mark.parametrize(
    "text",
    [
        TRANSFAC,
        TRANSFAC.replace("PO ", "P0\t").replace("      M\n", "\n"),
        "VV  TRANSFAC MATRIX TABLE\nXX\n//\nAC  M00001;\nXX\n" + TRANSFAC,
        "DE\tM1\tCRE\n0\t10\t10\t0\t0\tM\n1\t0\t0\t20\t0\tG\n2\t5\t5\t5\t5\tN\nXX\n"
        "DE\tM2\n0\t1e1\t0\t0\t0\nXX\n",
        TRANSFAC.replace("A      C      G      T", "T G C A").replace(
            "10     10      0      0", "0 0 10 10").replace("20      0 ", "0 20"
        ).replace("0      0     0 20", "0 20 0 0"),
        TRANSFAC.replace("10  ", ".5 ").replace("20", "1").replace(" 5 ", ".25 "),
    ],
    ids=["plain", "P0", "header", "STAMP", "other order", "frequencies"],
)  # fmt: skip
def test_transfac_as_it_is_found(text, write):
    motifs = read_motifs(write(text))
    np.testing.assert_allclose(motifs.counts(0), COUNTS)


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
        (
            MEME.replace("w= 3", "w= 4"),
            "line 11: the matrix of 'M1' is not 4 x 4, but 3",
        ),
        (MEME.replace("0.50 0.50", "1.50 -0.50"), "M1' .* not negative"),
        (MEME.replace("MOTIF M2", "MOTIF"), "line 16: there is no name behind MOTIF"),
        (MEME.replace("letter-probability", "log-odds"), "no 'letter-probability mat"),
        (MEME.replace("0.25 0.25 0.25 0.25", "0.25 0.25 0.25"), "line 14: the rows of"),
        (
            MEME.replace(" 0.25 0.25 0.25 0.25", " 0.25 0.25 0.25 0.05"),
            "line 11: the "
            "matrix of 'M1' holds frequencies, but those of position 2 .* sum to 0.8",
        ),
        ("<?xml version='1.0'?>", "is XML or HTML; take the text"),
        (">M\nA [1 2]\nC [1]\n", r"line 2: a row for each .* found \['A', 'C'\]"),
        (
            ">M\nA 1 2\nC 1 2\nG 1\nT 1 2",
            "line 4: the rows of a matrix have one length",
        ),
        (">M\nA 1 2\nC 1 2\nG 1 x\nT 1 2", "line 4: a row of numbers .* found '1 x'"),
        (">M\n>N\n1 2 3 4", "line 1: no matrix follows '>M'"),
        (">M\nA C G T\n1 2 3", "line 2: the matrix is 1 x 3; 4 columns are needed"),
        (">M\nA C G T", "line 2: the matrix is 0 x 0; 4 columns are needed"),
        (">M\n1 2 3\n1 2 3", "line 2: the matrix is 2 x 3; it needs 4 rows, or 4 col"),
        (
            ">AHR.H11MO.0.B\n" + "-1.5\t0.8\t0.3\t-2\n" * 5,
            "line 1: the matrix of "
            r"'AHR.H11MO.0.B' holds numbers .* log-odds do; take the file of counts",
        ),
        (TRANSFAC.replace("A      C", "A      X"), "line 5: the columns are AXGT"),
        (TRANSFAC.replace("0     20      0      G", "0"), "line 7: a row holds a pos"),
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


def test_repeated_ids_get_numbers(write):
    """So that features, logos and hits have names of their own."""
    motifs = read_motifs(write(JASPAR + JASPAR.replace("MA1.1 CRE", "MA1.1") + JASPAR))
    assert motifs.ids.tolist() == ["MA1.1", "MA1.1_2", "MA1.1_3"]
    assert motifs.names.tolist() == ["CRE", "MA1.1_2", "CRE"]
    assert motifs["MA1.1"].label(0) == "CRE_MA1.1"


@pytest.mark.parametrize(
    "text",
    [
        MEME.replace("ACGT", "ACGU"),
        JASPAR.replace("T [", "U ["),
        TRANSFAC.replace("G      T", "G      U"),
        ">M1\nA C G U\n10 10 0 0\n0 0 20 0\n5 5 5 5\n",
    ],
)
def test_motifs_with_u_are_of_rna(write, text):
    motifs = read_motifs(write(text))
    assert motifs.alphabet == motifs[0].alphabet == "rna"
    np.testing.assert_allclose(motifs.counts(0), COUNTS)


def test_ids_are_found_whatever_their_case(write):
    motifs = read_motifs(write(MEME.replace("M1 CRE", "mine.1 CRE")))
    for key in ("mine.1", "MINE.1", "mine", "cre"):
        assert motifs[key].label(0) == "CRE_mine.1"


def test_a_whole_id_goes_before_the_beginning_of_another(write):
    motifs = read_motifs(write(MEME.replace("M1 CRE", "A.x CRE").replace("M2", "A")))
    assert motifs["A"].ids.tolist() == ["A"]


def test_positions_without_counts_are_refused(write):
    text = ">M1\nA [0 5]\nC [0 4]\nG [0 1]\nT [0 0]\n"
    with pytest.raises(ValueError, match="'M1' holds nothing but zeros at position 0"):
        read_motifs(write(text))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            JASPAR.replace("T [ 0", "U [ 0").replace("G [ 0", "x [ 0"),
            "line 2: a row for",
        ),
        (JASPAR + "x\n", "line 2: a row for each of A, C, G and T is needed; found"),
        (
            JASPAR.replace("10 0 5", "1e308 0 5"),
            r"of 'MA1.1' holds counts of up to 1e\+308",
        ),
        (
            MEME.replace("nsites= 20", "nsites= 1e308"),
            r"counts of up to 1e\+308; those",
        ),
        (
            MEME.replace("MOTIF M1 CRE\n", ""),
            "line 10: there is a matrix before the first",
        ),
    ],
)
def test_odd_files(text, message, write):
    with pytest.raises(ValueError, match=message):
        read_motifs(write(text))


def test_names_of_blanks_are_replaced(write):
    homer = ">ACGT\t\x85\t6.5\n1\t0\t0\t0\n>\x85\t\x85\t6.5\n1\t0\t0\t0\n"
    assert list(read_motifs(write(homer)).ids) == ["ACGT", "motif2"]
    transfac = read_motifs(write(TRANSFAC.replace("NA  CRE", "NA  \x85")))
    assert list(transfac.names) == ["M1"]


def test_names_of_odd_letters_are_written_so_that_they_are_read(write):
    motifs = read_motifs(write(TRANSFAC.replace("NA  CRE", "NA  a\0b")))
    assert read_motifs(write(motifs.to_jaspar())).names.tolist() == ["a_b"]


def test_whole_numbers_are_counts_however_small(write):
    text = ">M1\nA [1 0]\nC [1 1]\nG [0 1]\nT [0 0]\n"
    assert read_motifs(write(text)).counts(0).tolist() == [[1, 1, 0, 0], [0, 1, 1, 0]]


def test_sets_of_motifs_in_arrays(write):
    """They are one object each, as in the tables of a search."""
    motifs = read_motifs(write(MEME))
    assert np.asarray(motifs).shape == ()
    assert np.array([motifs, motifs]).shape == (2,)
