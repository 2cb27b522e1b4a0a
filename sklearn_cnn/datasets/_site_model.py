"""How sites are planted: which motifs, where, on which strand, in which background."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import comb, factorial, log, prod
from numbers import Integral

import numpy as np
import pandas as pd
from sklearn.utils._param_validation import Interval, StrOptions

from sklearn_cnn.datasets._background import (
    Background,
    resolve_background,
    sample_letters,
)
from sklearn_cnn.datasets._motif import (
    as_frequency_matrix,
    is_motif_set,
    motif_label,
)
from sklearn_cnn.datasets._resolve_motifs import resolve_motifs

# What scikit-learn's validate_params checks; `make_site_model` checks the rest.
SITE_PARAMETERS = {
    "n_samples": [Interval(Integral, 1, None, closed="left")],
    "length": [Interval(Integral, 1, None, closed="left")],
    "motif": "no_validation",
    "n_motifs": [Interval(Integral, 1, None, closed="left")],
    "background": "no_validation",
    "strand": [StrOptions({"both", "+", "-"})],
    "region": [tuple, list, None],
    "return_details": ["boolean"],
    "random_state": ["random_state"],
}
SITE_COLUMNS = ("sequence", "start", "end", "strand", "motif", "score")


@dataclass(frozen=True, eq=False)
class SiteModel:
    """Sites of motifs, planted in a background.

    A site replaces the letters of the background. All ways to place the sites within
    bases `low` to `high` are equally likely in which at least one base of the
    background remains between any two; so are the strands.
    """

    labels: tuple[str, ...]
    matrices: tuple[np.ndarray, ...]
    background: Background
    strand: str
    low: int
    high: int

    @property
    def widths(self) -> list[int]:
        """Number of positions of each motif."""
        return [len(matrix) for matrix in self.matrices]

    @property
    def strands(self) -> str:
        """The strands on which sites may lie: "+", "-" or "+-"."""
        return "+-" if self.strand == "both" else self.strand

    @property
    def log_odds(self) -> list[np.ndarray]:
        """Log-odds matrix (width, 4) of each motif, against the letters around it."""
        with np.errstate(divide="ignore"):
            return [
                np.log(matrix / self.background.letters) for matrix in self.matrices
            ]

    def n_free(self, counts: Sequence[int]) -> int:
        """Bases left over by `counts[j]` sites of each motif j; negative: no room."""
        n_between = max(sum(counts) - 1, 0)
        taken = sum(n * width for n, width in zip(counts, self.widths, strict=True))
        return self.high - self.low - taken - n_between

    def log_n_placements(self, counts: Sequence[int]) -> float:
        """Log of the number of ways to place `counts[j]` sites of each motif j."""
        n_sites = sum(counts)
        n_orders = factorial(n_sites) // prod(factorial(n) for n in counts)
        return log(n_orders * comb(self.n_free(counts) + n_sites, n_sites))

    def plant(
        self, codes: np.ndarray, counts: np.ndarray, rng: np.random.RandomState
    ) -> pd.DataFrame:
        """Plant `counts[i, j]` sites of motif j in sequence i, in place; list them."""
        tables = []
        for kind in np.unique(counts, axis=0):
            rows = np.flatnonzero((counts == kind).all(axis=1))
            motifs, starts = self._place(len(rows), kind, rng)
            for j in np.flatnonzero(kind):
                i, slot = np.nonzero(motifs == j)
                tables.append(self._fill(codes, j, rows[i], starts[i, slot], rng))
        if not tables:
            return pd.DataFrame(columns=SITE_COLUMNS)
        sites = pd.concat(tables)
        return sites.sort_values(["sequence", "start"], ignore_index=True)

    def _place(
        self, n_rows: int, counts: np.ndarray, rng: np.random.RandomState
    ) -> tuple[np.ndarray, np.ndarray]:
        """Motif and start of each site from left to right, two (n_rows, n_sites)."""
        n_sites = counts.sum()
        motifs = np.repeat(np.arange(len(counts)), counts)
        order = rng.random_sample((n_rows, n_sites)).argsort(axis=1)
        motifs = motifs[order]
        # Shrink every site to one base and drop the base after it: what is left is to
        # choose the n_sites among n_free + n_sites bases.
        chosen = random_subsets(n_rows, n_sites, self.n_free(counts) + n_sites, rng)
        lengths = np.array(self.widths)[motifs]
        grown = np.cumsum(lengths, axis=1) - lengths
        return motifs, self.low + chosen + grown

    def _fill(
        self,
        codes: np.ndarray,
        j: int,
        rows: np.ndarray,
        starts: np.ndarray,
        rng: np.random.RandomState,
    ) -> pd.DataFrame:
        """Write sites of motif j at the places given; list them."""
        matrix = self.matrices[j]
        letters = [sample_letters(row, len(rows), rng) for row in matrix]
        sites = np.stack(letters, axis=1)
        scores = self.log_odds[j][np.arange(len(matrix)), sites].sum(axis=1)
        strands = np.array(list(self.strands))
        strands = strands[rng.randint(len(strands), size=len(rows))]
        # In the codes of A, C, G, T the complement of a base is 3 minus it.
        reverse = strands == "-"
        sites[reverse] = 3 - sites[reverse, ::-1]
        codes[rows[:, None], starts[:, None] + np.arange(len(matrix))] = sites
        ends = starts + len(matrix)
        columns = (rows, starts, ends, strands, self.labels[j], scores)
        return pd.DataFrame(dict(zip(SITE_COLUMNS, columns, strict=True)))


def random_subsets(
    n_rows: int, size: int, n_items: int, rng: np.random.RandomState
) -> np.ndarray:
    """Random `size` of the numbers below `n_items`, sorted: (n_rows, size).

    Floyd's algorithm: Bentley and Floyd (1987), Communications of the ACM 30, 754-757.
    """
    chosen = np.full((n_rows, size), -1)
    for i, last in enumerate(range(n_items - size, n_items)):
        drawn = rng.randint(last + 1, size=n_rows)
        is_taken = (chosen == drawn[:, None]).any(axis=1)
        chosen[:, i] = np.where(is_taken, last, drawn)
    return np.sort(chosen, axis=1)


def make_site_model(motif, length, n_motifs, background, strand, region) -> SiteModel:
    """Check the parameters that the simulators share, and put them together."""
    motifs = {}
    for label, matrix in _listed(motif):
        if label in motifs:
            raise ValueError(
                f"motif lists {label!r} twice; n_motifs gives the number of its sites"
            )
        motifs[label] = matrix
    low, high = _checked_region(region, length)
    model = SiteModel(
        labels=tuple(motifs),
        matrices=tuple(motifs.values()),
        background=resolve_background(background),
        strand=strand,
        low=low,
        high=high,
    )
    missing = -model.n_free([n_motifs] * len(motifs))
    if missing > 0:
        raise ValueError(
            f"n_motifs={n_motifs} sites of the widths {model.widths}, with a base "
            f"between any two, need {high - low + missing} bases; "
            f"{'length' if region is None else 'region'} gives {high - low}"
        )
    return model


def _checked_region(region, length: int) -> tuple[int, int]:
    """Bases that sites may cover, as (start, end)."""
    if region is None:
        return 0, length
    are_integers = all(isinstance(bound, Integral) for bound in region)
    if not are_integers or len(region) != 2 or not 0 <= region[0] < region[1] <= length:
        raise ValueError(
            "region must be two integers (start, end) with 0 <= start < end <= "
            f"length={length}; got {region!r}"
        )
    return tuple(region)


def _listed(motif) -> list[tuple[str, np.ndarray]]:
    """Labels and frequency matrices of one motif, of a list, or of a set of motifs."""
    is_list = isinstance(motif, list | tuple) and any(
        is_motif_set(x) or np.ndim(x) != 1 for x in motif
    )
    named = {"motif": motif}
    if is_list:
        named = {f"motif[{i}]": one for i, one in enumerate(motif)}
    labelled = []
    for name, one in named.items():
        if is_motif_set(one):
            known = resolve_motifs(one, name)
            labelled += [
                (known.label(i), known.frequencies(i)) for i in range(len(known))
            ]
        else:
            labelled.append((motif_label(one, name), as_frequency_matrix(one, name)))
    return labelled
