"""Reverse complement of DNA and RNA sequences."""

import numpy as np
import pandas as pd

from sklearn_cnn.preprocessing._codes import decode, encode


def reverse_complement(
    sequences, alphabet: str = "auto"
) -> str | np.ndarray | pd.Series:
    """Reverse complement of DNA or RNA: the other strand, read 5' to 3'.

    DNA is double-stranded: a protein that binds a motif on one strand binds its reverse
    complement on the other. IUPAC ambiguity codes are complemented too (R = A or G
    becomes Y = C or T). The result is in upper case, whatever the input.

    Parameters
    ----------
    sequences : str, or container of str
        One sequence, or several of equal or unequal lengths in a list, tuple, array,
        pandas or polars Series, or one-column DataFrame.
    alphabet : {"auto", "dna", "rna"}, default="auto"
        "auto" decides by the letters of all sequences together: DNA when every letter
        is an IUPAC nucleotide code other than U and at least 90 % are A, C, G, T or N;
        RNA by the same rule with U in place of T. Name it where ambiguity codes are
        many: few sequences such as "GGR" look like a protein.

    Returns
    -------
    str, pandas Series or ndarray of shape (n_sequences,) and dtype object
        A str for a str; a Series with the same index and name for a pandas Series; an
        array for any other container.

    Raises
    ------
    ValueError
        If the alphabet is, or is inferred to be, another than DNA or RNA; if a letter
        is not in the alphabet; if a sequence is empty or missing.
    TypeError
        If an entry is not a string.

    References
    ----------
    A. Cornish-Bowden (1985). Nomenclature for incompletely specified bases in nucleic
    acid sequences: recommendations 1984. Nucleic Acids Research 13(9), 3021-3030.

    Examples
    --------
    >>> from sklearn_cnn.preprocessing import reverse_complement
    >>> reverse_complement("AACGN")
    'NCGTT'
    >>> reverse_complement(["acgtt", "GGN"])
    array(['AACGT', 'NCC'], dtype=object)
    >>> reverse_complement("GGR", alphabet="dna")
    'YCC'
    """
    single = isinstance(sequences, str)
    codes, _, alphabet_ = encode(
        [sequences] if single else sequences, alphabet, name="sequences"
    )
    if alphabet_.complement is None:
        raise ValueError(
            "only 'dna' and 'rna' have a reverse complement; alphabet="
            f"{alphabet!r} gave {alphabet_.name!r} (pass alphabet='dna' or 'rna' where "
            "many letters are ambiguity codes)"
        )
    # Reversal moves the padding to the left; decode leaves it out there as well.
    complements = decode(alphabet_.complement[codes[:, ::-1]], alphabet_)
    if single:
        return complements[0]
    if isinstance(sequences, pd.Series):
        return pd.Series(complements, index=sequences.index, name=sequences.name)
    return complements
