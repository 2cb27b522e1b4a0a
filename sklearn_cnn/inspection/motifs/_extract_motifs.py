"""Motifs of a fitted estimator."""

from numbers import Integral, Real

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from sklearn.utils import check_random_state
from sklearn.utils._param_validation import Interval, StrOptions, validate_params
from sklearn.utils.validation import check_consistent_length

from sklearn_cnn._fitted_model import FittedModel
from sklearn_cnn._motif import BaseMotifCNN
from sklearn_cnn._package import warn
from sklearn_cnn.inputs._inputs import Inputs
from sklearn_cnn.inspection._checks import check_sequence_estimator, resolve_target
from sklearn_cnn.inspection.attribution._score import InputScore, unit_of_score
from sklearn_cnn.inspection.motifs._alignment import align, stack
from sklearn_cnn.inspection.motifs._better_than_shuffled import better_than_shuffled
from sklearn_cnn.inspection.motifs._filter_motifs import FilterMotifs
from sklearn_cnn.inspection.motifs._motif_core import motif_core, trim_sites
from sklearn_cnn.inspection.motifs._motifs import Motifs
from sklearn_cnn.inspection.motifs._peak_motifs import PeakMotifs
from sklearn_cnn.preprocessing._draw_rows import draw_rows
from sklearn_cnn.targets._profiles import read_profiles
from sklearn_cnn.training._progress import Steps

# Matrices as similar as that are of one motif.
_SAME_MOTIF = 0.8


@validate_params(
    {
        "X": "no_validation",
        "method": [StrOptions({"attributions", "filters"})],
        "max_samples": [Interval(Integral, 1, None, closed="left"), None],
        "threshold": [Interval(Real, 0, 1, closed="neither")],
        "min_sites": [Interval(Integral, 2, None, closed="left")],
        "merge": ["boolean"],
        "random_state": ["random_state"],
        "verbose": ["verbose"],
    },
    prefer_skip_nested_validation=True,
)
def extract_motifs(
    estimator: BaseMotifCNN,
    X: ArrayLike,
    y: ArrayLike | None = None,
    *,
    method: str = "attributions",
    target=None,
    max_samples: int | None = 500,
    threshold: float = 0.5,
    min_sites: int = 20,
    merge: bool = True,
    random_state: int | np.random.RandomState | None = 0,
    verbose: int = 0,
) -> Motifs:
    """Motifs that a fitted estimator responds to, the most important first.

    Parameters
    ----------
    estimator : MotifCNNClassifier or MotifCNNRegressor
        Fitted on sequences of symbols: DNA, RNA, proteins or own alphabets.

    X : container of n_samples sequences
        What the estimator takes. Sequences that hold the motifs: the training set will
        do, as nothing is learned here.

    y : array-like of shape (n_samples,) or (n_samples, n_outputs), default=None
        Targets, for the importance and the enrichment of the motifs. None measures
        the importance by the estimator's own scores.

    method : {"attributions", "filters"}, default="attributions"
        - "attributions": substitutions of every letter say how much it adds to the
          score (:func:`attributions`). Peaks are cut out, clustered and aligned. What
          is seen is the estimator as a whole: all networks, all layers and the linear
          branches, known motifs included (with ``motif_bank=None`` it has only seen
          data).
        - "filters": for each filter of the first layer of all networks, the windows
          to which it responds by more than `threshold` of its maximum. Faster, and it
          is what papers on such networks show; but a filter may hold half of a motif,
          several motifs, or nothing that counts for the score.

        The default finds weak motifs which no filter shows; see the user guide.

    target : label or int, default=None
        Class, label or task whose score is meant, by its label or index; needed where
        there are several. Of profiles, a position; None is the mean over all.

    max_samples : int, default=500
        Number of sequences of which attributions are computed or in which filters are
        silenced, since both take time: a random part of X, in which two classes keep
        their shares. None takes all.

    threshold : float, default=0.5
        Share of a filter's maximum from which on a window counts; for "filters".

    min_sites : int, default=20
        A motif with fewer sites is left out.

    merge : bool, default=True
        Whether to merge motifs that are alike, on either strand if the estimator reads
        both. Of filters, False gives each one's own motif, named "filter_1" and so
        forth, for all that have one, and leaves out none that chance explains.

    random_state : int, RandomState instance or None, default=0
        Determines the sequences that are drawn, the letters that stand in place of
        sites, and the shuffles; None draws them anew in each call.

    verbose : int or bool, default=0
        Whether to show a progress bar.

    Returns
    -------
    Motifs
        Trimmed, merged and ordered by importance, without those that are no better than
        shuffled (see Notes). ``to_frame()`` has, beside "name",
        "consensus", "width" and "information" (bits):

        importance : float
            With `y`, what the motif adds to the difference in the mean score between
            a class and the others, in units of the score (logits); for a regressor,
            to the slope of the score on `y`. Without `y`, its share of the variance
            of the scores. It is what is lost of that when the motif is taken out: of
            attributions, random letters stand in place of its sites; filters are
            silenced (set to their mean response).
        effect : float
            How much the sites of a sequence change its score in the mean: what is lost
            when they are taken out, more than in sequences without a site. Positive
            where they raise it.
        n_sites : int
            Number of sites on which the counts rest.
        n_merged : int
            Number of filters or clusters that are alike.
        prevalence : float
            Share of sequences with a site.
        enrichment : float
            log2 of the ratio of the shares of sequences with a site: in the class
            (of a regressor, the upper half of `y`) and in the others, each with a half
            of a sequence added. With `y` only.
        position, position_sd : float
            Mean and standard deviation of the middle of the sites, in letters from the
            start of the sequence.

    Raises
    ------
    TypeError
        If the estimator is none for sequences.
    ValueError
        If the estimator was fitted on signals; if `target` is needed and not given; if
        all of `y` is the same.

    Warns
    -----
    UserWarning
        If no motif has `min_sites` sites and is better than shuffled; what is returned
        is empty.

    See Also
    --------
    match_motifs : Which known motifs they resemble.
    MotifDisplay : Their logos.

    Notes
    -----
    Even an estimator that was fitted on noise responds to some words, so motifs are
    left out that chance explains. A motif is reported if more sequences hold a site of
    it than shuffles do that keep their dinucleotides (Fisher's test), or if its best
    score along a sequence is correlated with `y` (without `y`, with the scores), with a
    p-value below 1e-12: the words of networks that learned noise come down to 2e-10, as
    they are the best of very many. The correlation keeps motifs of random sequences,
    whose sites are there by chance. A site is what scores as high as three quarters of
    the motif's own sites are expected to.

    "Filters": of windows that overlap by half or more, on both strands, the one with
    the strongest response counts. Filters are merged with the most important one that
    they resemble, whose matrix is kept: cosine of the matrices (frequencies minus equal
    shares) of at least 0.8 at the best offset.

    "Attributions" follow the idea of TF-MoDISco [1]_, in a simple form. The attribution
    of a letter is the median loss by the others. Sums of nine letters that exceed four
    robust standard deviations are peaks, at most 2,000; seqlets of 25 letters around
    them form clusters, grown by repeated alignment to their mean, positive and negative
    peaks apart. The sites of a motif are at least a fifth as strong as its strong ones
    (95 % quantile). All sites of a sequence are taken out at once, four times, random
    letters as frequent as in X in their place. Importances of motifs that only work
    together need not add up.

    Flanks whose positions hold less than a tenth of what they can (0.2 bits in DNA) are
    cut off, after the correction for small samples [2]_, and motifs of fewer than 5
    bits left out.

    References
    ----------
    .. [1] A. Shrikumar, K. Tian, Z. Avsec, A. Shcherbina, A. Banerjee, M. Sharmin, S.
       Nair, A. Kundaje (2018). Technical note on transcription factor motif discovery
       from importance scores (TF-MoDISco). arXiv:1811.00416

    .. [2] T. D. Schneider, G. D. Stormo, L. Gold, A. Ehrenfeucht (1986). Information
       content of binding sites on nucleotide sequences. Journal of Molecular Biology
       188(3), 415-431. doi:10.1016/0022-2836(86)90165-8

    Examples
    --------
    >>> from sklearn_cnn import MotifCNNClassifier
    >>> from sklearn_cnn.datasets import make_motif_classification
    >>> from sklearn_cnn.inspection import extract_motifs
    >>> X, y = make_motif_classification(200, 60, motif="TGACGTCA", random_state=0)
    >>> model = MotifCNNClassifier(
    ...     n_filters=8, n_estimators=1, motif_bank=None, random_state=0
    ... ).fit(X, y)
    >>> motifs = extract_motifs(model, X, y)
    >>> motifs.consensus[0]
    'TGACGTCA'
    """
    check_sequence_estimator(estimator)
    inputs = FittedModel(estimator).read(X)
    target = resolve_target(estimator, target, inputs.length)
    labels = None if y is None else _labels(estimator, inputs, y, target)
    rows = np.arange(len(inputs))
    if labels is not None:
        rows = rows[~np.isnan(labels)]
    rng = check_random_state(random_state)
    if max_samples is not None:
        strata = None
        if labels is not None and _is_binary(labels[rows]):
            strata = labels[rows]
        rows = rows[draw_rows(len(rows), max_samples, rng, strata)]
    if y is None:
        reference = InputScore(estimator, target)(inputs[rows])
    else:
        reference = labels[rows]
    with Steps("extract_motifs", "step", verbose) as bar:
        if method == "filters":
            found = FilterMotifs(estimator, inputs, rows, target, threshold, bar)
        else:
            found = PeakMotifs(estimator, inputs, rows, target, min_sites, rng, bar)
        parts = [motif_core(counts) for counts in found.counts]
        has_motif = [
            counts.sum(axis=1).max(initial=0) >= min_sites and part.stop > part.start
            for counts, part in zip(found.counts, parts, strict=True)
        ]
        kept = np.flatnonzero(has_motif)
        groups = [[k] for k in kept]
        if len(kept):
            importance = _slope(found.contributions(groups), reference)
        if len(kept) and merge:
            matrices = [found.counts[k][parts[k]] for k in kept]
            order = np.argsort(-importance, kind="stable")
            merged = _merge([matrices[i] for i in order], estimator.reverse_complement_)
            groups = [kept[order[members]].tolist() for members in merged]
        if groups and (merge or method == "attributions"):
            matrices = [found.counts[k][parts[k]] for k, *_ in groups]
            matrices = [counts / counts.sum(axis=1)[:, None] for counts in matrices]
            better = better_than_shuffled(
                estimator, inputs[rows], reference, matrices, rng
            )
            groups = [groups[i] for i in np.flatnonzero(better)]
        if not groups:
            warn(
                f"the estimator shows no motif with min_sites={min_sites} sites that "
                "is more frequent than in shuffled sequences or tells of their "
                f"{'scores' if y is None else 'targets'}; more sequences, a smaller "
                "min_sites or the other method may show some"
            )
            return Motifs([], alphabet=estimator.alphabet_.name)
        contributions = found.contributions(groups)
        importance = _slope(contributions, reference)
    order = np.argsort(-importance, kind="stable")
    groups = [groups[i] for i in order]
    leaders = [group[0] for group in groups]
    names = [f"motif_{i}" for i in range(1, len(groups) + 1)]
    if not merge and method == "filters":
        names = [f"filter_{k + 1}" for k in leaders]
    sites = []
    for k, name in zip(leaders, names, strict=True):
        own = found.sites[found.sites["motif"] == k]
        own = trim_sites(own, len(found.counts[k]), parts[k], inputs)
        own.insert(0, "motif", name)
        sites.append(own)
    described = [
        _describe(table, found.rows, labels, rows, contributions[i])
        for table, i in zip(sites, order, strict=True)
    ]
    annotation = pd.DataFrame(described)
    annotation.insert(0, "importance", importance[order])
    annotation.insert(3, "n_merged", [len(group) for group in groups])
    return Motifs(
        [found.counts[k][parts[k]] for k in leaders],
        alphabet=estimator.alphabet_.name,
        names=names,
        annotation=annotation,
        sites=pd.concat(sites, ignore_index=True),
    )


def _labels(estimator, inputs: Inputs, y, target: int | None) -> np.ndarray:
    """Targets (n,) of one output, 0 and 1 or in the units of the user; NaN: missing."""
    check_consistent_length(inputs.values, y)
    task = FittedModel(estimator).task
    if task.per_position:
        y = read_profiles(y, inputs, "y")
    encoded = task.encode(
        y, name="y", missing_labels=estimator.missing_labels, width=inputs.length
    )
    if task.shares_weights:
        return (encoded == target).astype(float)
    if target is None:
        known = [profile[~np.isnan(profile)] for profile in encoded]
        labels = np.array([p.mean() if len(p) else np.nan for p in known])
    else:
        labels = encoded[:, target]
    return labels * unit_of_score(estimator, target)


def _slope(contributions: np.ndarray, reference: np.ndarray) -> np.ndarray:
    """Slope of contributions (n_motifs, n) on a reference (n,).

    For one of 0 and 1, the difference of the means.
    """
    centred = reference - reference.mean()
    if np.ptp(reference) == 0:  # Of which the mean may still be rounded.
        raise ValueError(
            "the importance of motifs needs sequences that differ in y, or without y "
            "in their scores"
        )
    return contributions @ centred / (centred @ centred)


def _merge(matrices: list[np.ndarray], both_strands: bool) -> list[np.ndarray]:
    """Groups of matrices that resemble the first of the group, which goes ahead."""
    centred = [m / m.sum(axis=1, keepdims=True) - 1 / m.shape[1] for m in matrices]
    stacked = stack(centred)
    left = np.arange(len(matrices))
    groups = []
    while len(left):
        similarity, *_ = align(
            stacked[left], centred[left[0]], both_strands=both_strands
        )
        alike = similarity >= _SAME_MOTIF
        alike[0] = True
        groups.append(left[alike])
        left = left[~alike]
    return groups


def _describe(sites: pd.DataFrame, rows, labels, sample, contributions) -> dict:
    """What the sites of a motif tell; `rows` are the sequences that were searched."""
    has_site = np.isin(rows, sites["sequence"])
    sample_has_site = np.isin(sample, sites["sequence"])
    with_site, without = contributions[sample_has_site], contributions[~sample_has_site]
    effect = with_site.mean() if len(with_site) else np.nan
    middle = (sites["start"] + sites["end"]) / 2
    described = {
        "effect": effect - (without.mean() if len(without) else 0.0),
        "n_sites": len(sites),
        "prevalence": has_site.mean(),
    }
    if labels is not None:
        known = labels[~np.isnan(labels)]
        of_class = labels[rows] > (0.5 if _is_binary(known) else np.median(known))
        n = np.array([of_class.sum(), (~of_class).sum()])
        n_with = np.array([has_site[of_class].sum(), has_site[~of_class].sum()])
        shares = (n_with + 0.5) / (n + 1)
        described["enrichment"] = np.log2(shares[0] / shares[1])
    return described | {"position": middle.mean(), "position_sd": middle.std(ddof=0)}


def _is_binary(labels: np.ndarray) -> bool:
    return bool(np.isin(labels, (0, 1)).all())
