"""What all sets of motifs have in common: they can be written to files."""

import os
from abc import ABC, abstractmethod
from pathlib import Path

import numpy as np

from sklearn_cnn.preprocessing._alphabet import Alphabet, resolve_alphabet

# A letter stands for a position from this share on, if it is twice as frequent as the
# next one; two letters do from that share on together.
_ONE_LETTER, _TWO_LETTERS = 0.5, 0.75


class MotifSet(ABC):
    """Motifs that were read or found; to be matched, drawn, scanned for, written."""

    @property
    @abstractmethod
    def alphabet(self) -> str:
        """Name of the alphabet, or its own symbols."""

    @abstractmethod
    def entries(self) -> list[tuple[str, str, np.ndarray]]:
        """Id, name and counts (width, n_symbols) of each motif."""

    @abstractmethod
    def __len__(self) -> int: ...

    def __array__(self, dtype=None, copy=None) -> np.ndarray:
        """One object: matrices of unequal widths do not make an array."""
        array = np.empty((), dtype=object)
        array[()] = self
        return array

    def to_meme(self, path: str | os.PathLike | None = None) -> str:
        """Text in MEME's format, version 4, for the tools of the MEME suite.

        Parameters
        ----------
        path : str or path-like, default=None
            File to write the text to, if any.

        Returns
        -------
        str
            The text. Positions hold frequencies, "nsites" the number of sites.

        Raises
        ------
        ValueError
            If the symbols are the user's own, which the format would have to define.
        """
        self._check_format("MEME", ("dna", "rna", "protein"))
        symbols = resolve_alphabet(self.alphabet).symbols
        lines = ["MEME version 4", "", f"ALPHABET= {symbols}", ""]
        if self.alphabet == "dna":
            lines += ["strands: + -", ""]
        lines += ["Background letter frequencies"]
        lines += [" ".join(f"{symbol} {1 / len(symbols):g}" for symbol in symbols), ""]
        for identifier, name, counts in self.entries():
            n_sites = counts.sum(axis=1, keepdims=True)
            words = dict.fromkeys((_word(identifier), _word(name)))
            lines += [
                f"MOTIF {' '.join(words)}",
                f"letter-probability matrix: alength= {len(symbols)} w= {len(counts)} "
                f"nsites= {max(1, round(n_sites.max()))} E= 0",
                *(" ".join(f"{x:.6f}" for x in row) for row in counts / n_sites),
                "",
            ]
        return _written("\n".join(lines), path)

    def to_jaspar(self, path: str | os.PathLike | None = None) -> str:
        """Text in JASPAR's format, counts of nucleotides.

        Parameters
        ----------
        path : str or path-like, default=None
            File to write the text to, if any.

        Returns
        -------
        str
            The text.

        Raises
        ------
        ValueError
            If the motifs are not of DNA or RNA. U stands as T, as the format wants it.
        """
        self._check_format("JASPAR", ("dna", "rna"))
        lines = []
        for identifier, name, counts in self.entries():
            lines.append(f">{_word(identifier)} {_word(name)}")
            for symbol, column in zip("ACGT", counts.T, strict=True):
                lines.append(f"{symbol} [ {' '.join(f'{x:.6g}' for x in column)} ]")
        return _written("\n".join(lines) + "\n", path)

    def to_transfac(self, path: str | os.PathLike | None = None) -> str:
        """Text in TRANSFAC's format, counts of nucleotides.

        Parameters
        ----------
        path : str or path-like, default=None
            File to write the text to, if any.

        Returns
        -------
        str
            The text.

        Raises
        ------
        ValueError
            If the motifs are not of DNA or RNA. U stands as T, as the format wants it.
        """
        self._check_format("TRANSFAC", ("dna", "rna"))
        alphabet = resolve_alphabet("dna")
        lines = []
        for identifier, name, counts in self.entries():
            lines += [
                f"ID  {_word(identifier)}",
                "XX",
                f"NA  {_word(name)}",
                "XX",
                "P0  A C G T",
            ]
            letters = consensus(counts / counts.sum(axis=1, keepdims=True), alphabet)
            for i, (row, letter) in enumerate(zip(counts, letters, strict=True), 1):
                lines.append(f"{i:02d}  {' '.join(f'{x:.6g}' for x in row)} {letter}")
            lines += ["XX", "//"]
        return _written("\n".join(lines) + "\n", path)

    def _check_format(self, name: str, alphabets: tuple[str, ...]) -> None:
        if self.alphabet not in alphabets:
            raise ValueError(
                f"{name}'s format is for {', '.join(alphabets)}; the alphabet of these "
                f"motifs is {self.alphabet!r}"
            )


def consensus(frequencies: np.ndarray, alphabet: Alphabet) -> str:
    """A letter for each position: one, an ambiguity code of two, or that of all."""
    codes = {frozenset(options): letter for letter, options in alphabet.ambiguity}
    any_letter = codes.get(frozenset(alphabet.symbols), ".")
    letters = []
    for row in frequencies:
        first, second = np.argsort(-row, kind="stable")[:2]
        pair = frozenset(alphabet.symbols[k] for k in (first, second))
        if row[first] >= _ONE_LETTER and row[first] >= 2 * row[second]:
            letters.append(alphabet.symbols[first])
        elif row[first] + row[second] >= _TWO_LETTERS:
            letters.append(codes.get(pair, any_letter))
        else:
            letters.append(any_letter)
    return "".join(letters)


def _word(name: str) -> str:
    """Name without blanks, which end a name in these formats."""
    return "_".join(str(name).split())


def _written(text: str, path: str | os.PathLike | None) -> str:
    if path is not None:
        Path(path).write_text(text, encoding="utf-8")
    return text
