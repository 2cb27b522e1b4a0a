"""Motifs as matrices, with what is known about them."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from sklearn_cnn.datasets._motif_set import MotifSet
from sklearn_cnn.preprocessing._alphabet import Alphabet, resolve_alphabet

_MAX_REPR_ROWS = 20


class Motifs(MotifSet):
    """Position frequency matrices, with names and annotation; they do not change.

    What :func:`extract_motifs` returns: a set of motifs, which can do what
    :class:`~sklearn_cnn.datasets.MotifSet` describes, and has sites. It prints as a
    table.

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
    alphabet, symbols, widths, consensus, information
        See :class:`~sklearn_cnn.datasets.MotifSet`.
    names : list of str
        Name of each motif.
    ids : list of str
        The same.
    counts : list of ndarray of shape (width, n_symbols)
        Counts of the letters.
    frequencies : list of ndarray of shape (width, n_symbols)
        The same divided by their sums: rows add up to 1.
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
    sklearn_cnn.datasets.MotifSet : What all sets of motifs have.
    extract_motifs : Motifs of a fitted estimator.
    match_motifs : Which known motifs they resemble.

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
    def names(self) -> list[str]:
        return list(self._names)

    @property
    def ids(self) -> list[str]:
        return self.names

    @property
    def widths(self) -> np.ndarray:
        return np.array([len(matrix) for matrix in self._counts], dtype=int)

    @property
    def counts(self) -> list[np.ndarray]:
        return list(self._counts)

    @property
    def sites(self) -> pd.DataFrame:
        return self._sites.copy()

    def __getitem__(self, key) -> "Motifs":
        if isinstance(key, str):
            key = self.find(key)
        chosen = np.atleast_1d(np.arange(len(self))[key])
        names = [self._names[i] for i in chosen]
        return Motifs(
            [self._counts[i] for i in chosen],
            alphabet=self.alphabet,
            names=names,
            annotation=self._annotation.iloc[chosen],
            sites=self._sites[self._sites["motif"].isin(names)],
        )

    def _unknown(self, key: str) -> str:
        return f"no motif is named {key!r}; there are {self.names}"

    def __repr__(self) -> str:
        n, head = len(self), self._head()
        if not n:
            return head
        table = self.to_frame().iloc[:_MAX_REPR_ROWS].round(3)
        more = f"\n... and {n - _MAX_REPR_ROWS} more" if n > _MAX_REPR_ROWS else ""
        return f"{head}\n{table.to_string(index=False)}{more}"


def as_motifs(motifs: MotifSet) -> Motifs:
    """Motifs as they are, or those of a database, named by their ids."""
    if isinstance(motifs, Motifs):
        return motifs
    return Motifs(
        motifs.counts,
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
