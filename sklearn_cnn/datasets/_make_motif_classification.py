"""The simulated problem whether a sequence holds a site of a motif."""

import os
from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike
from sklearn.utils import Bunch, check_random_state
from sklearn.utils._param_validation import validate_params

from sklearn_cnn.datasets._motif_set import MotifSet
from sklearn_cnn.datasets._optimal_score import log_likelihood_ratio
from sklearn_cnn.datasets._site_model import SITE_PARAMETERS, make_site_model
from sklearn_cnn.preprocessing._alphabet import DNA
from sklearn_cnn.preprocessing._codes import decode


@validate_params(SITE_PARAMETERS, prefer_skip_nested_validation=True)
def make_motif_classification(
    n_samples: int = 1000,
    length: int = 200,
    motif: str | os.PathLike | ArrayLike | MotifSet | Sequence = "CTCF",
    n_motifs: int = 1,
    *,
    background: str | ArrayLike = "uniform",
    strand: str = "both",
    region: tuple[int, int] | None = None,
    return_details: bool = False,
    random_state: int | np.random.RandomState | None = None,
) -> tuple[np.ndarray, np.ndarray] | Bunch:
    """Simulate DNA sequences with and without sites of a transcription factor.

    Half of the sequences are background, the other half are background in which sites
    are planted: drawn from the motif's matrix, base by base, on a random strand and at
    a random place. How well the two can be told apart is known: the optimal score is
    the likelihood ratio itself, which no model surpasses on average.

    Parameters
    ----------
    n_samples : int, default=1000
        Number of sequences.

    length : int, default=200
        Number of bases in each.

    motif : str, array-like of shape (width, 4), motifs, or list of these, \
            default="CTCF"
        What to plant; each motif of a list in each positive sequence.

        - A JASPAR id or TF name, such as "MA0139.2" or "CTCF": the newest version of
          any matrix in JASPAR 2026 CORE. Case does not matter. Of several matrices of
          one name those of vertebrates go first, then those of this very spelling, then
          the lowest id. A pseudocount of 0.8 is added to each position.
        - A consensus of IUPAC codes, such as "TGACGTCA" or "CANNTG". A word which is
          also the name of a TF, such as "MYC", means the TF, unless it consists of A,
          C, G and T alone.
        - A position frequency matrix: counts or frequencies, columns A, C, G, T.
        - Motifs that were read or found, by :func:`load_jaspar`, :func:`read_motifs` or
          :func:`~sklearn_cnn.inspection.extract_motifs`, or the path of a motif file:
          all motifs of it, with the same pseudocount.

    n_motifs : int, default=1
        Number of sites of each motif in a positive sequence. They do not overlap, and
        at least one base of background lies between any two.

    background : {"uniform", "markov"} or container of str, default="uniform"
        - "uniform": independent bases, 1/4 each. The textbook case, in which all that
          can be learned is the motif.
        - "markov": a first-order Markov chain with the dinucleotide frequencies of the
          human genome: 41 % G+C, few CG.
        - sequences, in a list, array, Series or one-column frame: such a chain with
          their dinucleotide frequencies (one is added to each count).

    strand : {"both", "+", "-"}, default="both"
        The strand on which sites lie: either with equal chance, or always the forward
        or the reverse one.

    region : tuple (start, end), default=None
        Sites lie within these bases, counted from 0, the end excluded: ``(0, 100)``
        is the left half of 200. None allows the whole sequence.

    return_details : bool, default=False
        If True, return a Bunch with the sites and the optimal scores.

    random_state : int, RandomState instance or None, default=None
        Determines the sequences; pass an int for reproducible output.

    Returns
    -------
    X : ndarray of shape (n_samples,), dtype=object
        The sequences: strings of A, C, G and T.

    y : ndarray of shape (n_samples,), dtype=int
        1 for the ``n_samples // 2`` sequences with sites, 0 for the others, in random
        order.

    details : :class:`~sklearn.utils.Bunch`
        In place of these if ``return_details=True``, with the attributes:

        data, target : ndarray
            X and y.
        sites : DataFrame
            One row a planted site: "sequence" (index into X), "start" and "end"
            (counted from 0, the end excluded), "strand", "motif" (its label in
            `motifs`) and "score" (natural log-odds of its letters by the matrix,
            against the letter frequencies of the background).
        optimal_score : ndarray of shape (n_samples,), dtype=float
            The natural logarithm of the likelihood ratio, P(sequence | sites) /
            P(sequence | background), exact, with the sum over all possible places and
            strands of the sites. A sequence that cannot hold the sites, as a consensus
            allows, has the score -708.4 (the log of the smallest normal float) in
            place of minus infinity. ``scipy.special.expit`` of it is the probability of
            class 1.
        motifs : dict
            The frequency matrix (width, 4) of each motif, by its label: name and id
            ("CTCF_MA0139.2"), the consensus, or "motif" or "motif[0]", ... for arrays.

    Raises
    ------
    ValueError
        If a motif is none of the above, with close matches of a misspelled name; if
        the sites do not fit into `region` or the sequence; if another parameter is out
        of range.

    See Also
    --------
    make_motif_regression : The strength of the sites as a number.
    load_splice_junctions : Real sequences.

    Notes
    -----
    Sites occur by chance, too: a short or variable motif is found in many sequences of
    the background, and the optimal score then is far from perfect. Sampled sites are
    weaker than the consensus, as those in genomes.

    In a background of a Markov chain, a site breaks the chain on either side, which the
    optimal score takes into account.

    References
    ----------
    G. D. Stormo (2000). DNA binding sites: representation and discovery.
    Bioinformatics 16(1), 16-23.

    D. Ovek Baydar, I. Rauluseviciute, D. R. Aronsen et al. (2026). JASPAR 2026:
    expansion of transcription factor binding profiles and integration of deep learning
    models. Nucleic Acids Research 54(D1), D184-D193. The data are licensed under CC
    BY 4.0.

    K. Nishida, M. C. Frith, K. Nakai (2009). Pseudocounts for transcription factor
    binding sites. Nucleic Acids Research 37(3), 939-944.

    Examples
    --------
    >>> from sklearn_cnn.datasets import make_motif_classification
    >>> X, y = make_motif_classification(4, length=20, motif="CACGTG", random_state=0)
    >>> for sequence, label in zip(X, y):
    ...     print(sequence, label)
    GCTATCACATGAGACGTTGC 0
    GTGATTTTGGAACAAAACAA 0
    CTGCACGTGCGCTGAATTCC 1
    GCTTCACGTGGCACACAGAC 1

    What the best possible classifier reaches:

    >>> from sklearn.metrics import roc_auc_score
    >>> details = make_motif_classification(
    ...     2000, motif="GABPA", return_details=True, random_state=0
    ... )
    >>> details.sites.head(2).round(2)
       sequence  start  end strand           motif  score
    0         0    134  144      +  GABPA_MA0062.4   4.30
    1         3    188  198      +  GABPA_MA0062.4   8.76
    >>> round(roc_auc_score(details.target, details.optimal_score), 2)
    0.93
    """
    rng = check_random_state(random_state)
    model = make_site_model(motif, length, n_motifs, background, strand, region)
    counts = (n_motifs,) * len(model.matrices)

    y = rng.permutation(np.arange(n_samples) < n_samples // 2).astype(int)
    codes = model.background.sample(n_samples, length, rng)
    sites = model.plant(codes, np.outer(y, counts), rng)
    X = decode(codes, DNA)
    if not return_details:
        return X, y
    return Bunch(
        data=X,
        target=y,
        sites=sites,
        optimal_score=log_likelihood_ratio(codes, model, counts),
        motifs=dict(zip(model.labels, model.matrices, strict=True)),
    )
