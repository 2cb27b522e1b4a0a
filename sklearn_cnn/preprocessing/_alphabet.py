"""Alphabets: the symbols a sequence is made of, and their ambiguity codes."""

import re
from dataclasses import dataclass, field
from functools import cache

import numpy as np

from sklearn_cnn._package import warn
from sklearn_cnn.preprocessing._letter_error import letter_error


@dataclass(frozen=True)
class Alphabet:
    """Symbols and ambiguity codes of a kind of sequence.

    A letter's code is its index in `letters`; the next code stands for padding.

    Parameters
    ----------
    name : str
        "dna", "rna", "protein", or the own symbols themselves.
    symbols : str
        The symbols, one column of a one-hot array each, in this order.
    ambiguity : tuple of (str, str)
        Each ambiguity letter with the symbols it may stand for.
    """

    name: str
    symbols: str
    ambiguity: tuple[tuple[str, str], ...] = field(default=(), repr=False)

    @property
    def letters(self) -> str:
        """Symbols followed by ambiguity letters."""
        return self.symbols + "".join(letter for letter, _ in self.ambiguity)

    @property
    def padding_code(self) -> int:
        """Code of padding, one above that of the last letter."""
        return len(self.letters)

    @property
    def case_sensitive(self) -> bool:
        """Whether "a" differs from "A": in alphabets of own symbols only."""
        return self.name not in _NAMED

    @property
    def columns(self) -> np.ndarray:
        """Float32 array of shape (len(letters) + 1, len(symbols)), read-only.

        One-hot rows for symbols, equal shares for ambiguity letters, zeros for padding.
        """
        return _columns(self)

    @property
    def complement(self) -> np.ndarray | None:
        """Uint8 array: code of a letter -> code of its complement; else None.

        Padding stays padding. Only DNA and RNA have complements.
        """
        if self.name not in ("dna", "rna"):
            return None
        # In the order ACGT, complementing is reversing: A-T, C-G, G-C, T-A.
        partner = dict(zip(self.symbols, self.symbols[::-1], strict=True))
        stands_for = {symbol: {symbol} for symbol in self.symbols}
        stands_for |= {letter: set(options) for letter, options in self.ambiguity}
        code_of = {
            frozenset(options): code for code, options in enumerate(stands_for.values())
        }
        complements = [
            code_of[frozenset(partner[symbol] for symbol in options)]
            for options in stands_for.values()
        ]
        return np.array([*complements, self.padding_code], dtype=np.uint8)

    @property
    def allowed(self) -> str:
        """What a sequence may hold, in words, for error messages."""
        words = " ".join(self.symbols)
        if self.ambiguity:
            codes = " ".join(letter for letter, _ in self.ambiguity)
            words += f" and the ambiguity codes {codes}"
        case = "exactly as written" if self.case_sensitive else "upper or lower case"
        return f"{words} ({case})"


@cache
def _columns(alphabet: Alphabet) -> np.ndarray:
    """Made once: batch by batch it would take a share of the time of small networks."""
    columns = np.zeros((alphabet.padding_code + 1, len(alphabet.symbols)), np.float32)
    np.fill_diagonal(columns, 1)
    for code, (_, options) in enumerate(alphabet.ambiguity, len(alphabet.symbols)):
        columns[code] = [symbol in options for symbol in alphabet.symbols]
        columns[code] /= len(options)
    columns[alphabet.padding_code] = 0
    columns.flags.writeable = False
    return columns


def _nucleotide_alphabet(name: str, t: str) -> Alphabet:
    """DNA (t is "T") or RNA (t is "U") with the IUPAC ambiguity codes."""
    codes = (
        ("R", "AG"),
        ("Y", "CT"),
        ("S", "CG"),
        ("W", "AT"),
        ("K", "GT"),
        ("M", "AC"),
        ("B", "CGT"),
        ("D", "AGT"),
        ("H", "ACT"),
        ("V", "ACG"),
        ("N", "ACGT"),
    )
    ambiguity = tuple((letter, options.replace("T", t)) for letter, options in codes)
    return Alphabet(name, f"ACG{t}", ambiguity)


_AMINO_ACIDS = "ACDEFGHIKLMNPQRSTVWY"
DNA = _nucleotide_alphabet("dna", "T")
RNA = _nucleotide_alphabet("rna", "U")
PROTEIN = Alphabet(
    "protein",
    _AMINO_ACIDS,
    (("B", "DN"), ("Z", "EQ"), ("J", "IL"), ("X", _AMINO_ACIDS)),
)
_NAMED = {"dna": DNA, "rna": RNA, "protein": PROTEIN}


def resolve_alphabet(alphabet: str) -> Alphabet:
    """Alphabet of a name ("dna", "rna", "protein") or of own symbols ("HEC")."""
    expected = (
        "alphabet must be 'dna', 'rna', 'protein' or a string of two or more "
        "distinct symbols such as 'HEC'"
    )
    if not isinstance(alphabet, str):
        raise ValueError(f"{expected}; got {alphabet!r}")
    if alphabet.lower() in _NAMED:
        return _NAMED[alphabet.lower()]
    if alphabet == "auto":
        raise ValueError(f"{expected}; 'auto' needs sequences to be inferred from")
    for symbol in alphabet:
        if not symbol.isascii() or not symbol.isprintable() or symbol.isspace():
            raise ValueError(
                f"{expected}; {symbol!r} in {alphabet!r} is not a printable ASCII "
                "character"
            )
        if alphabet.count(symbol) > 1:
            raise ValueError(f"{expected}; {symbol!r} is repeated in {alphabet!r}")
    if len(alphabet) < 2:
        raise ValueError(f"{expected}; got {alphabet!r}")
    return Alphabet(alphabet, alphabet)


def infer_alphabet(letters: bytes, lengths: np.ndarray, name: str = "X") -> Alphabet:
    """Alphabet of sequences: the rule behind ``alphabet="auto"``.

    - DNA when every letter is an IUPAC nucleotide code other than U and at least 90 %
      of the letters are A, C, G, T or N (so letters without T or U are DNA);
    - RNA by the same rule with U in place of T;
    - protein when every letter is one of the 20 amino acids or B, Z, J or X (with a
      warning where all are nucleotide codes, too);
    - otherwise an error that names the first letter which does not fit.

    Case does not matter. Shares are taken over the letters of all sequences together.

    Parameters
    ----------
    letters : bytes
        The sequences, laid end to end.
    lengths : ndarray of shape (n_sequences,)
        Their lengths, which add up to ``len(letters)``.
    name : str
        What error messages call the sequences.
    """
    counts = _count_letters(letters)

    def n_of(chosen: str) -> int:
        return counts[list(chosen.encode())].sum()

    for alphabet in (DNA, RNA):
        mostly_plain = n_of(alphabet.symbols + "N") >= 0.9 * len(letters)
        if n_of(alphabet.letters) == len(letters) and mostly_plain:
            return alphabet
    if n_of(PROTEIN.letters) == len(letters):
        if n_of(DNA.letters) == len(letters):
            n_codes = len(letters) - n_of(DNA.symbols + "N")
            warn(
                f"all letters in {name} are nucleotide codes, but {n_codes} of "
                f"{len(letters)} are ambiguity codes other than N, so that {name} is "
                "read as proteins; pass alphabet='dna' or 'protein' to say what it is"
            )
        return PROTEIN

    # Every nucleotide code but U is also a letter of the protein alphabet.
    foreign = _first_outside(PROTEIN.letters + "U", letters)
    if foreign is not None:
        reason = (
            "which is in none of the alphabets 'dna', 'rna' and 'protein'; remove it "
            "or pass alphabet= with a string of all symbols that occur"
        )
        raise letter_error(letters, foreign, lengths, name, reason)
    if n_of("T"):
        conflict = "T occurs as well; replace U by T or T by U"
    elif n_of(RNA.letters) == len(letters):
        conflict = "fewer than 90 % of the letters are A, C, G, U or N"
    else:
        letter = chr(letters[_first_outside(RNA.letters, letters)])
        conflict = f"{letter!r} occurs as well, which is no nucleotide code"
    reason = (
        "which is a letter of RNA and not of DNA or proteins, but the sequences do "
        f"not look like RNA: {conflict}, or pass alphabet="
    )
    first_u = re.search(b"[Uu]", letters).start()
    raise letter_error(letters, first_u, lengths, name, reason)


def _count_letters(letters: bytes) -> np.ndarray:
    """How often each of the 256 byte values occurs, lower case counted as upper."""
    values = np.frombuffer(letters, np.uint8)
    counts = np.zeros(256, dtype=np.int64)
    # bincount widens its input to eight bytes a value; blocks keep that small.
    block = 2**20
    for start in range(0, len(values), block):
        counts += np.bincount(values[start : start + block], minlength=256)
    lower, upper = slice(ord("a"), ord("z") + 1), slice(ord("A"), ord("Z") + 1)
    counts[upper] += counts[lower]
    counts[lower] = 0
    return counts


def _first_outside(known: str, letters: bytes) -> int | None:
    """Offset of the first letter which is not in `known`, case aside."""
    match = re.search(f"[^{known}]".encode(), letters, re.IGNORECASE)
    return match.start() if match else None
