"""Motifs as matrices, with what is known about them."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from sklearn_cnn.datasets._motif_set import MotifSet, consensus
from sklearn_cnn.inspection.motifs._information import information
from sklearn_cnn.preprocessing._alphabet import Alphabet, resolve_alphabet

_MAX_REPR_ROWS = 20


class Motifs(MotifSet):
    """Position frequency matrices, with names and annotation; they do not change.

    What :func:`extract_motifs` returns. It prints as a table; ``motifs[0]``,
    ``motifs[:3]``, ``motifs[[0, 2]]`` and ``motifs["motif_1"]`` are the motifs chosen.

    Parameters
    ----------
    counts : sequence of array-like of shape (width, n_symbols)
        Counts or frequencies of the letters at each position, finite, not negative,
        and not all zero at a position.
    alphabet : str, default="dna"
        "dna", "rna", "protein" or own symbols, in the order of the columns.
    names : sequence of str, default=None
        None names them "motif_1", "motif_2", ...
    annotation : DataFrame, default=None
        One row a motif; what else is known about them.
    sites : DataFrame, default=None
        One row a site, with the column "motif" (a name) among others.

    Attributes
    ----------
    alphabet : str
        Name of the alphabet, or its own symbols.
    symbols : str
        The letters, in the order of the columns.
    names : list of str
        Name of each motif.
    counts : list of ndarray of shape (width, n_symbols)
        Counts of the letters.
    frequencies : list of ndarray of shape (width, n_symbols)
        The same divided by their sums: rows add up to 1.
    consensus : list of str
        A letter for each position: one that has at least half of the counts and twice
        those of the next one; else the ambiguity code of two letters that have three
        quarters together; else N, of proteins X, of own symbols a dot (Cavener, 1987).
    information : ndarray of shape (n_motifs,)
        Information content in bits, against equal shares of all letters, summed over
        positions.
    sites : DataFrame
        The sites on which the counts rest, one a row: "motif", "sequence" (row of X),
        "start" and "end" (counted from 0, the end excluded) and "strand"; and how
        strongly the site counts. Empty where none are known.

    Raises
    ------
    ValueError
        If a matrix has another number of columns than the alphabet has symbols or
        holds what cannot be counts; if names are repeated or not one a motif.

    See Also
    --------
    extract_motifs : Motifs of a fitted estimator.
    match_motifs : Which known motifs they resemble.

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
    >>> from sklearn_cnn.inspection import Motifs
    >>> motifs = Motifs([[[9, 0, 0, 0], [0, 0, 5, 5], [0, 10, 0, 0]]], names=["mine"])
    >>> motifs
    1 motif of dna
    name consensus  width  information
    mine       AKC      3          5.0
    >>> print(motifs.to_jaspar())
    >mine mine
    A [ 9 0 0 ]
    C [ 0 0 10 ]
    G [ 0 5 0 ]
    T [ 0 5 0 ]
    <BLANKLINE>
    """

    def __init__(
        self,
        counts: Sequence[ArrayLike],
        *,
        alphabet: str = "dna",
        names: Sequence[str] | None = None,
        annotation: pd.DataFrame | None = None,
        sites: pd.DataFrame | None = None,
    ):
        self._alphabet = resolve_alphabet(alphabet)
        self._counts = tuple(
            _checked_counts(matrix, i, self._alphabet)
            for i, matrix in enumerate(counts)
        )
        if names is None:
            names = [f"motif_{i}" for i in range(1, len(self._counts) + 1)]
        self._names = tuple(map(str, names))
        if len(set(self._names)) < len(self._names):
            raise ValueError(f"names must differ; got {list(self._names)}")
        if len(self._names) != len(self._counts):
            raise ValueError(
                f"{len(self._names)} names for {len(self._counts)} motifs; one for "
                "each is needed"
            )
        if annotation is None:
            annotation = pd.DataFrame(index=range(len(self._counts)))
        if len(annotation) != len(self._counts):
            raise ValueError(
                f"annotation has {len(annotation)} rows for {len(self._counts)} motifs"
            )
        self._annotation = annotation.reset_index(drop=True)
        self._sites = pd.DataFrame({"motif": []}) if sites is None else sites

    @property
    def alphabet(self) -> str:
        return self._alphabet.name

    @property
    def symbols(self) -> str:
        return self._alphabet.symbols

    @property
    def names(self) -> list[str]:
        return list(self._names)

    @property
    def counts(self) -> list[np.ndarray]:
        return list(self._counts)

    @property
    def frequencies(self) -> list[np.ndarray]:
        return [m / m.sum(axis=1, keepdims=True) for m in self._counts]

    @property
    def consensus(self) -> list[str]:
        return [consensus(m, self._alphabet) for m in self.frequencies]

    @property
    def information(self) -> np.ndarray:
        return np.array([information(m).sum() for m in self.frequencies])

    @property
    def sites(self) -> pd.DataFrame:
        return self._sites.copy()

    def entries(self) -> list[tuple[str, str, np.ndarray]]:
        """What files hold of each motif.

        Returns
        -------
        list of tuple
            Id and name, which are the same, and counts (width, n_symbols).
        """
        return list(zip(self._names, self._names, self._counts, strict=True))

    def __len__(self) -> int:
        return len(self._counts)

    def __getitem__(self, key) -> "Motifs":
        chosen = np.arange(len(self))[self._index(key)]
        chosen = np.atleast_1d(chosen)
        names = [self._names[i] for i in chosen]
        return Motifs(
            [self._counts[i] for i in chosen],
            alphabet=self.alphabet,
            names=names,
            annotation=self._annotation.iloc[chosen],
            sites=self._sites[self._sites["motif"].isin(names)],
        )

    def _index(self, key):
        if not isinstance(key, str):
            return key
        if key not in self._names:
            raise KeyError(f"no motif is named {key!r}; there are {self.names}")
        return self._names.index(key)

    def __repr__(self) -> str:
        n = len(self)
        head = f"{n} motif{'' if n == 1 else 's'} of {self.alphabet}"
        if not n:
            return head
        table = self.to_frame().iloc[:_MAX_REPR_ROWS].round(3)
        more = f"\n... and {n - _MAX_REPR_ROWS} more" if n > _MAX_REPR_ROWS else ""
        return f"{head}\n{table.to_string(index=False)}{more}"

    def to_frame(self) -> pd.DataFrame:
        """Table with one row a motif.

        Returns
        -------
        DataFrame
            The columns "name", "consensus", "width" and "information" (bits), then the
            annotation; that of :func:`extract_motifs` is described there.
        """
        table = pd.DataFrame(
            {
                "name": self._names,
                "consensus": self.consensus,
                "width": [len(m) for m in self._counts],
                "information": self.information,
            }
        )
        return pd.concat([table, self._annotation], axis=1)


def as_motifs(motifs: MotifSet) -> Motifs:
    """Motifs as they are, or those of a database, named by their ids."""
    if isinstance(motifs, Motifs):
        return motifs
    return Motifs(
        [motifs.counts(i) for i in range(len(motifs))],
        alphabet=motifs.alphabet,
        names=motifs.ids,
        annotation=pd.DataFrame({"tf": motifs.names, "family": motifs.families}),
    )


def _checked_counts(matrix: ArrayLike, i: int, alphabet: Alphabet) -> np.ndarray:
    counts = np.array(matrix, dtype=float)
    n_symbols = len(alphabet.symbols)
    if counts.ndim != 2 or counts.shape[1] != n_symbols or len(counts) == 0:
        raise ValueError(
            f"counts[{i}] must have the shape (width, {n_symbols}), columns "
            f"{alphabet.symbols}; got {counts.shape}"
        )
    if not (np.isfinite(counts).all() and (counts >= 0).all()):
        raise ValueError(f"counts[{i}] must hold finite numbers that are not negative")
    sums = counts.sum(axis=1)
    if not sums.all():
        raise ValueError(f"counts[{i}] has no counts at position {sums.argmin()}")
    counts.flags.writeable = False
    return counts
