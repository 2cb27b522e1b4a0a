"""The simulated problem how strong the sites of a motif in a sequence are."""

import os
from collections.abc import Sequence
from numbers import Real

import numpy as np
from numpy.typing import ArrayLike
from sklearn.utils import Bunch, check_random_state
from sklearn.utils._param_validation import Interval, validate_params

from sklearn_cnn.datasets._motif_set import MotifSet
from sklearn_cnn.datasets._optimal_score import expected_strength
from sklearn_cnn.datasets._site_model import SITE_PARAMETERS, make_site_model
from sklearn_cnn.preprocessing._alphabet import DNA
from sklearn_cnn.preprocessing._codes import decode


@validate_params(
    {**SITE_PARAMETERS, "noise": [Interval(Real, 0, None, closed="left")]},
    prefer_skip_nested_validation=True,
)
def make_motif_regression(
    n_samples: int = 1000,
    length: int = 200,
    motif: str | os.PathLike | ArrayLike | MotifSet | Sequence = "CTCF",
    n_motifs: int = 3,
    *,
    background: str | ArrayLike = "uniform",
    strand: str = "both",
    region: tuple[int, int] | None = None,
    noise: float = 0.0,
    return_details: bool = False,
    random_state: int | np.random.RandomState | None = None,
) -> tuple[np.ndarray, np.ndarray] | Bunch:
    """Simulate DNA sequences and the total strength of the sites in them.

    Each sequence holds 0 to `n_motifs` sites of each motif, every number with equal
    chance. The strength of a site is its log-odds score: the natural log of the
    probability of its letters by the motif's matrix over that by the letter frequencies
    of the background. In theory this is the energy that a transcription factor gains by
    binding there rather than elsewhere, in units of kT [1]_. The target is the sum over
    the sites, as if each multiplied the activity of an enhancer by its affinity and the
    target were the log of the activity, plus Gaussian noise.

    Parameters
    ----------
    n_samples : int, default=1000
        Number of sequences.

    length : int, default=200
        Number of bases in each.

    motif : str, array-like of shape (width, 4), motifs, or list of these, \
            default="CTCF"
        What to plant: a JASPAR id or TF name ("MA0139.2", "CTCF"), a consensus of IUPAC
        codes ("CANNTG"), a position frequency matrix with the columns A, C, G, T, or
        motifs that were read or found, or their file. The rules are those of
        :func:`make_motif_classification`.

    n_motifs : int, default=3
        Largest number of sites of each motif in a sequence, so that the number of sites
        matters beside their letters. They do not overlap, and at least one base of
        background lies between any two.

    background : {"uniform", "markov"} or container of str, default="uniform"
        Independent bases; a Markov chain with the dinucleotide frequencies of the human
        genome; or one with those of the sequences given. See
        :func:`make_motif_classification`.

    strand : {"both", "+", "-"}, default="both"
        The strand on which sites lie: either with equal chance, or always the forward
        or the reverse one.

    region : tuple (start, end), default=None
        Sites lie within these bases, counted from 0, the end excluded. None allows the
        whole sequence.

    noise : float, default=0.0
        Standard deviation of the Gaussian noise added to the target.

    return_details : bool, default=False
        If True, return a Bunch with the sites and the optimal scores.

    random_state : int, RandomState instance or None, default=None
        Determines the sequences and the noise; pass an int for reproducible output.

    Returns
    -------
    X : ndarray of shape (n_samples,), dtype=object
        The sequences: strings of A, C, G and T.

    y : ndarray of shape (n_samples,), dtype=float
        The sum of the strengths of the sites, plus noise.

    details : :class:`~sklearn.utils.Bunch`
        In place of these if ``return_details=True``, with the attributes:

        data, target : ndarray
            X and y.
        sites : DataFrame
            One row a planted site: "sequence" (index into X), "start" and "end"
            (counted from 0, the end excluded), "strand", "motif" (its label in
            `motifs`) and "score", the strength.
        optimal_score : ndarray of shape (n_samples,), dtype=float
            The expected target given the sequence, which is the best possible
            prediction in the sense of least squares; exact, with the sum over all
            possible numbers, places and strands of the sites. It differs from the
            target by the noise, and because a site may as well have come about by
            chance.
        motifs : dict
            The frequency matrix (width, 4) of each motif, by its label.

    Raises
    ------
    ValueError
        If `motif` cannot be read, with close matches of a misspelled name; if the sites
        do not fit into `region` or the sequence; if another parameter is out of range.

    See Also
    --------
    make_motif_classification : Sequences with and without sites.

    References
    ----------
    .. [1] O. G. Berg, P. H. von Hippel (1987). Selection of DNA binding sites by
       regulatory proteins: statistical-mechanical theory and application to operators
       and promoters. Journal of Molecular Biology 193(4), 723-750.

    Examples
    --------
    Each site of a consensus of 8 bases has the strength 8 log 4 = 11.09:

    >>> from sklearn_cnn.datasets import make_motif_regression
    >>> X, y = make_motif_regression(5, motif="TGACGTCA", random_state=0)
    >>> y.round(2)
    array([11.09, 11.09, 22.18,  0.  , 22.18])

    What the best possible regressor reaches:

    >>> from sklearn.metrics import r2_score
    >>> details = make_motif_regression(
    ...     2000, motif="GABPA", noise=1, return_details=True, random_state=0
    ... )
    >>> round(r2_score(details.target, details.optimal_score), 2)
    0.92
    """
    rng = check_random_state(random_state)
    model = make_site_model(motif, length, n_motifs, background, strand, region)
    most = (n_motifs,) * len(model.matrices)

    codes = model.background.sample(n_samples, length, rng)
    counts = rng.randint(n_motifs + 1, size=(n_samples, len(most)))
    sites = model.plant(codes, counts, rng)
    y = rng.normal(scale=noise, size=n_samples)
    np.add.at(y, sites["sequence"].to_numpy(int), sites["score"].to_numpy(float))
    X = decode(codes, DNA)
    if not return_details:
        return X, y
    return Bunch(
        data=X,
        target=y,
        sites=sites,
        optimal_score=expected_strength(codes, model, most),
        motifs=dict(zip(model.labels, model.matrices, strict=True)),
    )
