"""Encode strings of DNA or RNA."""

from sklearn_cnn.inputs._inputs import Inputs
from sklearn_cnn.preprocessing._alphabet import DNA, RNA
from sklearn_cnn.preprocessing._codes import encode


def encode_nucleotides(X) -> Inputs:
    """Codes of sequences, read as RNA if the letter U occurs, else as DNA.

    The codes of T and U are the same.
    """
    alphabet = RNA if any(map(_holds_u, X)) else DNA
    codes, lengths, alphabet = encode(X, alphabet)
    return Inputs(codes, alphabet, lengths)


def _holds_u(sequence: str | bytes) -> bool:
    u = "U" if isinstance(sequence, str) else b"U"
    return u in sequence.upper()
