import pickle
import re

import numpy as np
import pytest

from sklearn_cnn.preprocessing._alphabet import (
    DNA,
    PROTEIN,
    RNA,
    infer_alphabet,
    resolve_alphabet,
)

# Written out by hand from the IUPAC recommendations of 1984.
DNA_COMPLEMENTS = dict(zip("ACGTRYSWKMBDHVN", "TGCAYRSWMKVHDBN", strict=True))


def infer(*sequences):
    lengths = np.array([len(sequence) for sequence in sequences])
    return infer_alphabet("".join(sequences).encode(), lengths)


def test_symbols_and_codes():
    assert DNA.symbols == "ACGT"
    assert RNA.symbols == "ACGU"
    assert PROTEIN.symbols == "ACDEFGHIKLMNPQRSTVWY"
    assert DNA.letters == "ACGTRYSWKMBDHVN"
    assert DNA.padding_code == 15
    assert PROTEIN.letters == "ACDEFGHIKLMNPQRSTVWYBZJX"
    assert PROTEIN.padding_code == 24


def test_dna_columns():
    half, third = 1 / 2, 1 / 3
    expected = [
        [1, 0, 0, 0],
        [0, 1, 0, 0],
        [0, 0, 1, 0],
        [0, 0, 0, 1],
        [half, 0, half, 0],  # R
        [0, half, 0, half],  # Y
        [0, half, half, 0],  # S
        [half, 0, 0, half],  # W
        [0, 0, half, half],  # K
        [half, half, 0, 0],  # M
        [0, third, third, third],  # B
        [third, 0, third, third],  # D
        [third, third, 0, third],  # H
        [third, third, third, 0],  # V
        [1 / 4, 1 / 4, 1 / 4, 1 / 4],  # N
        [0, 0, 0, 0],  # padding
    ]
    assert DNA.columns.dtype == np.float32
    np.testing.assert_array_equal(DNA.columns, np.array(expected, dtype=np.float32))
    np.testing.assert_array_equal(RNA.columns, DNA.columns)


def test_protein_ambiguity_columns():
    columns = dict(zip(PROTEIN.letters, PROTEIN.columns, strict=False))
    for letter, pair in (("B", "DN"), ("Z", "EQ"), ("J", "IL")):
        shares = dict(zip(PROTEIN.symbols, columns[letter], strict=True))
        assert {symbol for symbol, share in shares.items() if share} == set(pair)
        assert shares[pair[0]] == shares[pair[1]] == 0.5
    np.testing.assert_allclose(columns["X"], 1 / 20)
    np.testing.assert_array_equal(PROTEIN.columns[:20], np.eye(20))


@pytest.mark.parametrize("alphabet", [DNA, RNA], ids=lambda alphabet: alphabet.name)
def test_complement(alphabet):
    expected = [
        alphabet.letters.index(
            DNA_COMPLEMENTS[letter].replace("T", alphabet.symbols[3])
        )
        for letter in DNA.letters
    ]
    assert alphabet.complement.dtype == np.uint8
    np.testing.assert_array_equal(alphabet.complement, [*expected, 15])


@pytest.mark.parametrize("alphabet", [DNA, RNA], ids=lambda alphabet: alphabet.name)
def test_reversed_symbol_order_is_complement(alphabet):
    columns = alphabet.columns
    np.testing.assert_array_equal(columns[alphabet.complement], columns[:, ::-1])


def test_only_nucleotides_have_complements():
    assert PROTEIN.complement is None
    assert resolve_alphabet("ACGT").complement is None


@pytest.mark.parametrize("name", ["dna", "DNA", "rna", "protein", "Protein"])
def test_resolve_named(name):
    assert resolve_alphabet(name).name == name.lower()


def test_resolve_own_symbols():
    alphabet = resolve_alphabet("HEC")
    assert alphabet.name == alphabet.symbols == alphabet.letters == "HEC"
    assert alphabet.ambiguity == ()
    assert alphabet.case_sensitive
    assert alphabet.padding_code == 3
    np.testing.assert_array_equal(alphabet.columns, np.eye(4, 3))


@pytest.mark.parametrize(
    ("alphabet", "message"),
    [
        ("A", "distinct symbols such as 'HEC'; got 'A'"),
        ("", "got ''"),
        ("HECH", "'H' is repeated in 'HECH'"),
        ("H C", "' ' in 'H C' is not a printable ASCII character"),
        ("H\nC", r"'\n' in 'H\nC' is not a printable ASCII character"),
        ("éè", "'é' in 'éè' is not a printable ASCII character"),
        ("auto", "'auto' needs sequences"),
        (None, "got None"),
        (("A", "C"), "got ('A', 'C')"),
    ],
)
def test_resolve_errors(alphabet, message):
    expected = "alphabet must be 'dna', 'rna', 'protein' or a string of two or more"
    with pytest.raises(ValueError, match=f"{expected}.*{re.escape(message)}"):
        resolve_alphabet(alphabet)


@pytest.mark.parametrize("alphabet", [DNA, RNA, PROTEIN, resolve_alphabet("HEC")])
def test_value_semantics(alphabet):
    copy = pickle.loads(pickle.dumps(alphabet))
    assert copy == alphabet
    assert hash(copy) == hash(alphabet)
    assert len(pickle.dumps(alphabet)) < 1000
    assert repr(alphabet) == (
        f"Alphabet(name={alphabet.name!r}, symbols={alphabet.symbols!r})"
    )


def test_alphabets_differ():
    assert resolve_alphabet("ACGT") != DNA


@pytest.mark.parametrize(
    ("sequences", "expected"),
    [
        (["ACGT"], DNA),
        (["acgt", "NNNN"], DNA),
        (["ACAC", "G"], DNA),  # neither T nor U
        (["A" * 9 + "R"], DNA),  # 90 % plain
        (["ACGU"], RNA),
        (["ACG", "acgu"], RNA),
        (["U" * 9 + "S"], RNA),
        (["MKVLAT"], PROTEIN),
        (["mkv", "BZJX"], PROTEIN),
    ],
)
def test_infer(sequences, expected):
    assert infer(*sequences) == expected


@pytest.mark.parametrize(
    ("sequences", "counts"),
    [
        (["A" * 8 + "RY"], "2 of 10"),  # 80 % plain: alanine, arginine, tyrosine
        (["MKV"], "3 of 3"),
        (["ACG", "NKKT"], "2 of 7"),
    ],
)
def test_a_guess_that_may_be_wrong_is_said(sequences, counts):
    message = f"nucleotide codes, but {counts} are ambiguity codes other than N"
    with pytest.warns(UserWarning, match=message):
        assert infer(*sequences) == PROTEIN


@pytest.mark.filterwarnings("ignore:all letters in X are nucleotide codes")
def test_infer_counts_over_block_borders():
    # 2,097,152 letters (two blocks of 2**20) of A, and one R too many for 90 %.
    n_ambiguous = 2**21 // 9
    assert infer("A" * 2**21 + "R" * n_ambiguous) == DNA
    assert infer("A" * 2**21 + "R" * (n_ambiguous + 1)) == PROTEIN


@pytest.mark.parametrize(
    ("sequences", "message"),
    [
        (
            ["ACGT", "AC-T"],
            "X[1] has the letter '-' at position 2 (counted from 0), which is in none "
            "of the alphabets 'dna', 'rna' and 'protein'",
        ),
        (["MKO"], "X[0] has the letter 'O' at position 2"),
        (["ACGU*", "A"], "X[0] has the letter '*' at position 4"),
        (
            ["ACG", "TTUA"],
            "X[1] has the letter 'U' at position 2 (counted from 0), which is a letter "
            "of RNA and not of DNA or proteins, but the sequences do not look like "
            "RNA: T occurs as well; replace U by T or T by U, or pass alphabet=",
        ),
        (["ACGTu"], "X[0] has the letter 'u' at position 4"),
        (["ACL", "GUU"], "X[1] has the letter 'U' at position 1"),
        (["ACL", "GUU"], "'L' occurs as well, which is no nucleotide code"),
        (["URY"], "fewer than 90 % of the letters are A, C, G, U or N"),
    ],
)
def test_infer_errors(sequences, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        infer(*sequences)
