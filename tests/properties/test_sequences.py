"""Properties of what is made of any sequences: letters, codes, strands, files."""

import string
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sklearn_cnn.datasets import read_fasta
from sklearn_cnn.preprocessing import (
    SequenceEncoder,
    dinucleotide_shuffle,
    reverse_complement,
)
from sklearn_cnn.preprocessing._alphabet import DNA, PROTEIN, RNA, resolve_alphabet
from sklearn_cnn.preprocessing._codes import decode, encode

OWN = "HEC-"
ALPHABETS = st.sampled_from([DNA, RNA, PROTEIN, resolve_alphabet(OWN)])


def lists_of(letters):
    return st.lists(st.text(letters, min_size=1, max_size=12), min_size=1, max_size=5)


def with_sequences(alphabet):
    letters = alphabet.letters
    if not alphabet.case_sensitive:
        letters += letters.lower()
    return st.tuples(st.just(alphabet), lists_of(letters))


@given(ALPHABETS.flatmap(with_sequences))
def test_codes_are_decoded(case):
    alphabet, X = case
    codes, lengths, _ = encode(X, alphabet)
    assert codes.dtype == np.uint8
    assert codes.max() <= alphabet.padding_code
    assert lengths.tolist() == list(map(len, X))
    expected = X if alphabet.case_sensitive else [x.upper() for x in X]
    assert decode(codes, alphabet).tolist() == expected


@given(ALPHABETS.flatmap(with_sequences), st.sampled_from(["onehot", "codes"]))
def test_the_encoder_has_an_inverse(case, encoding):
    alphabet, X = case
    encoder = SequenceEncoder(alphabet=alphabet.name, encoding=encoding)
    table = encoder.fit_transform(X)
    strings = encoder.inverse_transform(table)
    np.testing.assert_array_equal(encoder.transform(strings), table)
    for i, x in enumerate(X):
        np.testing.assert_array_equal(encoder.transform([x])[0], table[i])


@given(st.sampled_from([DNA, RNA]).flatmap(with_sequences))
def test_strands(case):
    alphabet, X = case
    strand = reverse_complement(X, alphabet.name)
    assert list(map(len, strand)) == list(map(len, X))
    upper = [x.upper() for x in X]
    assert reverse_complement(strand, alphabet.name).tolist() == upper


@given(lists_of("ACGT"), st.integers(0, 2**32 - 1))
def test_shuffles_keep_pairs(X, seed):
    def pairs(x):
        return sorted(map("".join, pairwise(x)))

    shuffled = dinucleotide_shuffle(X, random_state=seed)
    assert list(map(pairs, shuffled)) == list(map(pairs, X))
    again = dinucleotide_shuffle(X, random_state=seed)
    assert list(again) == list(shuffled)


@pytest.mark.filterwarnings("ignore:all letters in X are nucleotide codes")
@given(st.lists(st.one_of(st.text(), st.binary(), st.none(), st.floats()), max_size=4))
@settings(max_examples=300)
def test_any_entries_are_encoded_or_refused(X):
    try:
        codes, _, alphabet = encode(X)
    except (TypeError, ValueError) as caught:
        error = caught
    else:
        assert codes.max() <= alphabet.padding_code
        return
    assert type(error) in (TypeError, ValueError)
    assert str(error).startswith("X")


WORDS = st.text(string.ascii_letters + string.digits + "|.:-_\xa0é", min_size=1)
PRINTABLE = "".join(map(chr, range(ord("!"), ord("~") + 1)))
LETTERS = st.text(PRINTABLE.replace(">", "").replace(";", ""), min_size=1)


@given(st.lists(st.tuples(WORDS, LETTERS), min_size=1, max_size=5), st.integers(1, 9))
def test_fasta_is_read_as_written(tmp_path_factory, records, width):
    path = tmp_path_factory.mktemp("fasta") / "a.fa"
    lines = []
    for name, letters in records:
        rows = [letters[i : i + width] for i in range(0, len(letters), width)]
        lines += [f">{name}", *rows]
    path.write_text("\n".join(lines), encoding="utf-8")
    assert list(read_fasta(path).items()) == records
