"""What motifs are, wherever they come from."""

import os
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from difflib import get_close_matches
from pathlib import Path

import numpy as np
import pandas as pd

from sklearn_cnn.datasets._information import information
from sklearn_cnn.preprocessing._alphabet import Alphabet, resolve_alphabet

# A letter stands for a position from this share on, if it is twice as frequent as the
# next one; two letters do from that share on together.
_ONE_LETTER, _TWO_LETTERS = 0.5, 0.75


class UnknownMotifError(KeyError, ValueError):
    """No motif has this id or name."""

    __str__ = Exception.__str__  # A KeyError puts its message into quotes.


class MotifSet(ABC):
    """Motifs: position frequency matrices with ids and names; they do not change.

    This is what :func:`read_motifs` and :func:`load_jaspar` return, and
    :func:`~sklearn_cnn.inspection.extract_motifs`: what is described here can be had of
    all three. Make one of your own matrices by
    :class:`~sklearn_cnn.inspection.Motifs`. Wherever known motifs are asked for, any of
    them is taken.

    ``motifs[0]``, ``motifs[:3]``, ``motifs[[0, 2]]`` and ``motifs["CTCF"]`` are the
    motifs chosen, again a set. A string is looked up as `find` does. A loop gives one
    motif after the other, each as a set of one; ``len()`` is their number.

    Attributes
    ----------
    alphabet : str
        "dna", "rna" or "protein", or the own symbols.
    symbols : str
        The letters, in the order of the columns.
    ids : list of str or ndarray of str
        Id of each motif, all different.
    names : list of str or ndarray of str
        Name of each motif: in JASPAR that of its transcription factor.
    widths : ndarray of int of shape (n_motifs,)
        Number of positions.
    counts : sequence of ndarray of shape (width, n_symbols)
        Counts of the letters at each position.
    frequencies : sequence of ndarray of shape (width, n_symbols)
        The same divided by their sums: rows add up to 1.
    consensus : list of str
        A letter for each position: one that has at least half of the counts and twice
        those of the next one; else the ambiguity code of two letters that have three
        quarters together; else N, of proteins X, of own symbols a dot (Cavener, 1987).
    information : ndarray of shape (n_motifs,)
        Information content in bits, against equal shares of all letters, summed over
        positions.

    See Also
    --------
    read_motifs : Motifs of a file.
    load_jaspar : All motifs of JASPAR.
    sklearn_cnn.inspection.extract_motifs : Motifs of a fitted estimator.

    Notes
    -----
    There are two kinds, since what is known of motifs that were found is not what is
    known of those that are published.

    - :class:`~sklearn_cnn.inspection.Motifs`, those that were found, have sites, and an
      importance; their ids are their names, and `ids`, `names`, `counts` and
      `frequencies` are lists. They print as a table.
    - ``MotifDatabase``, those that were read, has `classes`, `families`, `groups` and
      `species`. As it may hold thousands of motifs, `ids` and `names` are arrays,
      matrices are cut out when they are asked for, and it prints in one line.
      ``frequencies(i)``, with parentheses, adds a pseudocount of 0.8 before it divides.

    References
    ----------
    D. R. Cavener (1987). Comparison of the consensus sequence flanking translational
    start sites in Drosophila and vertebrates. Nucleic Acids Research 15(4), 1353-1361.
    doi:10.1093/nar/15.4.1353

    T. D. Schneider, R. M. Stephens (1990). Sequence logos: a new way to display
    consensus sequences. Nucleic Acids Research 18(20), 6097-6100.
    doi:10.1093/nar/18.20.6097

    Examples
    --------
    >>> from sklearn_cnn.datasets import MotifSet, load_jaspar
    >>> arnt = load_jaspar()["MA0004.1"]
    >>> isinstance(arnt, MotifSet)
    True
    >>> print(arnt.names[0], arnt.consensus[0], arnt.information[0].round(1))
    Arnt CACGTG 11.0
    >>> arnt.frequencies[0].round(2)
    array([[0.2 , 0.8 , 0.  , 0.  ],
           [0.95, 0.  , 0.05, 0.  ],
           [0.  , 1.  , 0.  , 0.  ],
           [0.  , 0.  , 1.  , 0.  ],
           [0.  , 0.  , 0.  , 1.  ],
           [0.  , 0.  , 1.  , 0.  ]])
    """

    alphabet: str
    ids: Sequence[str]
    names: Sequence[str]
    widths: np.ndarray
    counts: Sequence[np.ndarray]
    # Further columns of the table.
    _annotation: pd.DataFrame

    @property
    def symbols(self) -> str:
        return resolve_alphabet(self.alphabet).symbols

    @property
    def frequencies(self) -> Sequence[np.ndarray]:
        return [matrix / matrix.sum(axis=1, keepdims=True) for matrix in self.counts]

    @property
    def consensus(self) -> list[str]:
        alphabet = resolve_alphabet(self.alphabet)
        return [consensus(matrix, alphabet) for matrix in self.frequencies]

    @property
    def information(self) -> np.ndarray:
        return np.array([information(matrix).sum() for matrix in self.frequencies])

    def __len__(self) -> int:
        return len(self.ids)

    @abstractmethod
    def __getitem__(self, key) -> "MotifSet": ...

    def __iter__(self) -> "Iterator[MotifSet]":
        return (self[i] for i in range(len(self)))

    def _head(self) -> str:
        """What every representation begins with."""
        n = len(self)
        return f"{n} motif{'' if n == 1 else 's'} of {self.alphabet}"

    def to_frame(self) -> pd.DataFrame:
        """Table with one row a motif.

        Returns
        -------
        DataFrame
            The columns "name", "consensus", "width" and "information" (bits), then what
            else is known: of motifs that were read, "id", "class", "family", "group"
            and "species"; of motifs that were found, what
            :func:`~sklearn_cnn.inspection.extract_motifs` says.
        """
        table = pd.DataFrame(
            {
                "name": list(map(str, self.names)),
                "consensus": self.consensus,
                "width": self.widths,
                "information": self.information,
            }
        )
        return pd.concat([table, self._annotation], axis=1)

    def entries(self) -> list[tuple[str, str, np.ndarray]]:
        """What files hold of each motif.

        Returns
        -------
        list of tuple
            Id, name and counts (width, n_symbols).
        """
        return [
            (str(identifier), str(name), counts)
            for identifier, name, counts in zip(
                self.ids, self.names, self.counts, strict=True
            )
        ]

    def label(self, i: int) -> str:
        """Name and id of a motif in one word.

        Parameters
        ----------
        i : int
            Which one.

        Returns
        -------
        str
            Such as "CTCF_MA0139.2"; the name alone where the id is the same.
        """
        name, identifier = self.names[i], self.ids[i]
        return str(name) if name == identifier else f"{name}_{identifier}"

    def find(self, key: str) -> int:
        """Index of the motif that has an id or a name, upper and lower case alike.

        Parameters
        ----------
        key : str
            An id ("MA0139.2"; "MA0139" is its newest version) or a name ("CTCF").

        Returns
        -------
        int
            Where it is. Of several motifs of one name, those of vertebrates go first,
            then those spelled as `key` (human "RARB", mouse "Rarb"), then the lowest
            id: JASPAR gives the later ids of a factor to variants of its motif (MA0139
            is CTCF's core motif, MA1929 and MA1930 are its extended ones).

        Raises
        ------
        KeyError
            If there is none (the error is a ValueError, too), with close matches.
        """
        found = self.lookup(key)
        if found is None:
            raise UnknownMotifError(self._unknown(key))
        return found

    def lookup(self, key: str) -> int | None:
        """Index of an id or a name, as `find` gives it, or None.

        Parameters
        ----------
        key : str
            An id or a name.

        Returns
        -------
        int or None
            None where there is none.
        """
        ids = list(map(str, self.ids))
        if key in ids:
            return ids.index(key)
        wanted = key.upper()
        ids = [identifier.upper() for identifier in ids]
        for known in (ids, [identifier.partition(".")[0] for identifier in ids]):
            if wanted in known:
                return known.index(wanted)
        same = [i for i, name in enumerate(self.names) if name.upper() == wanted]
        return min(same, key=lambda i: self._rank(i, key), default=None)

    def _rank(self, i: int, key: str) -> tuple:
        """Of motifs of one name, the one with the lowest rank is found."""
        return self.names[i] != key, i

    @abstractmethod
    def _unknown(self, key: str) -> str:
        """Error message for an id or a name that no motif has."""

    def suggestion(self, key: str) -> str:
        """Ids and names that are like a misspelled one, to end an error message.

        Parameters
        ----------
        key : str
            What was looked for.

        Returns
        -------
        str
            The words; empty where nothing is alike.
        """
        known = {word.upper(): str(word) for word in (*self.ids, *self.names)}
        close = get_close_matches(key.upper(), known, n=4, cutoff=0.7)
        if not close:
            return ""
        return f"; close matches: {', '.join(known[word] for word in close)}"

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
        symbols = self.symbols
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
    name = "_".join(str(name).split())
    return "".join(x if x.isprintable() else "_" for x in name)


def _written(text: str, path: str | os.PathLike | None) -> str:
    if path is not None:
        Path(path).write_text(text, encoding="utf-8", newline="\n")
    return text
