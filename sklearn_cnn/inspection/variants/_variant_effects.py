"""What variants do to a prediction."""

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from sklearn_cnn.inputs._sequence_input import warn_of_cropping
from sklearn_cnn.inspection._checks import check_sequence_estimator, resolve_target
from sklearn_cnn.inspection.variants._strand_scores import strand_scores
from sklearn_cnn.inspection.variants._variant_table import apply_variants, is_table
from sklearn_cnn.preprocessing._alphabet import Alphabet
from sklearn_cnn.preprocessing._codes import as_sequences, encode, is_sequences
from sklearn_cnn.preprocessing._containers import unpack


def variant_effects(
    estimator,
    X: ArrayLike,
    variants: ArrayLike | pd.DataFrame,
    *,
    target: int | str | None = None,
) -> pd.DataFrame:
    """Predict what variants change.

    An estimator scores each sequence with the reference allele and with the alternative
    one; the effect is the difference. Nothing is trained.

    Parameters
    ----------
    estimator : MotifCNNClassifier or MotifCNNRegressor
        Fitted on sequences of symbols.

    X : container of n_sequences strings
        Sequences with the reference alleles: list, tuple, array, Series or one-column
        frame.

    variants : container of n_sequences strings, DataFrame, or list of tuples
        - The sequences with the alternative alleles, one for each of X, such as those
          of :func:`~sklearn_cnn.datasets.read_variants`. They may differ from it in
          any way and in length.
        - A table with the columns "sequence" (which of X, counted from 0), "position"
          (of the first letter of the reference allele, counted from 0), "ref" and
          "alt"; or a list of such (sequence, position, ref, alt). Alleles are strings
          of one letter or more: ("A", "G") is a change of one letter, ("CA", "TG") of
          two, ("A", "AG") inserts a G behind the A, ("AG", "A") deletes it. Several
          rows may change one sequence, each by itself.

    target : int or label, default=None
        Which output is looked at, where there are several: a label or index of a class
        or task. Of a profile, a position in the sequence, or None for the mean over
        all positions.

    Returns
    -------
    DataFrame of shape (n_variants, 5)
        One row a variant, with the index of `variants` (or else of X), so that it
        joins the table that it came from. All in logits for classifiers
        (`decision_function`), in the units of the target for regressors (`predict`):

        - "reference_score", "alternative_score": of the sequences, the mean over both
          strands where the estimator reads both.
        - "effect": the alternative score minus that of the reference.
        - "effect_forward", "effect_reverse": the same with networks that read one
          strand only, of which "effect" is the mean. Where both agree, the effect does
          not hang on how a sequence was written down. An estimator that reads one
          strand anyway has no other (NaN).

    Raises
    ------
    ValueError
        If there is no variant; if a reference allele is not what the sequence has
        there, if an allele is empty or lies outside of the sequence, with the row of
        the variant; if letters are not in the alphabet; if `target` does not fit.
    TypeError
        If the estimator is another one, or if X or `variants` hold no strings.
    sklearn.exceptions.NotFittedError
        If the estimator is not fitted.

    See Also
    --------
    sklearn_cnn.datasets.read_variants : Pairs of sequences of a VCF file and a genome.
    attributions : All changes of one letter, and other ways to see what matters.

    Notes
    -----
    With insertions and deletions, the two sequences differ in length. An estimator that
    reads positions (``position_`` is True) centres what is longer or shorter than its
    training sequences: it crops or pads both ends alike, so that either flank moves by
    half of the difference. To fill the gap with real letters, pass pairs of sequences
    of one length, as :func:`~sklearn_cnn.datasets.read_variants` cuts them from a
    genome.

    Linear branches beside the networks (k-mers, known motifs) read both strands at
    once where the estimator reads both. They count fully in "effect_forward" and in
    "effect_reverse", which differ by what the networks see.

    Each distinct sequence is scored once.

    References
    ----------
    J. Zhou, O. G. Troyanskaya (2015). Predicting effects of noncoding variants with
    deep learning-based sequence model. Nature Methods 12, 931-934.
    https://doi.org/10.1038/nmeth.3547

    Examples
    --------
    >>> from sklearn_cnn import MotifCNNClassifier
    >>> from sklearn_cnn.datasets import make_motif_classification
    >>> from sklearn_cnn.inspection import variant_effects
    >>> X, y = make_motif_classification(
    ...     200, length=40, motif="TGACGTCA", random_state=0
    ... )
    >>> clf = MotifCNNClassifier(
    ...     n_filters=8, motif_bank=None, n_estimators=1, max_epochs=20, random_state=0
    ... ).fit(X, y)

    A site among A's loses its C; a letter far from it changes; three are inserted:

    >>> sequence = "A" * 16 + "TGACGTCA" + "A" * 16
    >>> variants = [(0, 19, "C", "A"), (0, 3, "A", "G"), (0, 19, "C", "CTTT")]
    >>> effects = variant_effects(clf, [sequence], variants)
    >>> (effects["effect"] < -2).tolist()
    [True, False, True]
    """
    check_sequence_estimator(estimator)
    references = _as_strings(X, estimator.alphabet_, "X")
    if estimator.position_:
        warn_of_cropping([len(x) for x in references], estimator, "X")
    if is_table(variants):
        references, alternatives = apply_variants(
            variants, references, estimator.alphabet_
        )
        index = _index_of(variants, pd.RangeIndex(len(references)))
    else:
        alternatives = _as_strings(variants, estimator.alphabet_, "variants")
        if len(alternatives) != len(references):
            raise ValueError(
                f"variants holds {len(alternatives)} sequences, but X "
                f"{len(references)}; pass one for each, or a table of variants"
            )
        index = _index_of(variants, _index_of(X, pd.RangeIndex(len(references))))
    shortest = min(map(len, references + alternatives))
    target = resolve_target(estimator, target, shortest)
    scored = references + alternatives
    if estimator.position_:
        # As the estimator does: what an insertion pushes out is no news.
        scored = [_middle(x, estimator.length_) for x in scored]
    rows, distinct = pd.factorize(np.array(scored, dtype=object))
    scores = strand_scores(estimator, distinct, target)[rows]
    reference, alternative = np.split(scores, 2)
    effects = alternative - reference
    return pd.DataFrame(
        {
            "reference_score": reference[:, 0],
            "alternative_score": alternative[:, 0],
            "effect": effects[:, 0],
            "effect_forward": effects[:, 1],
            "effect_reverse": effects[:, 2],
        },
        index=index,
    )


def _middle(sequence: str, length: int) -> str:
    """A sequence without what is too much at both ends."""
    start = max(0, len(sequence) - length) // 2
    return sequence[start : start + length]


def _as_strings(sequences, alphabet: Alphabet, name: str) -> list[str]:
    """Sequences of the alphabet, in upper case where case does not matter."""
    sequences = unpack(sequences, name)
    if not is_sequences(sequences):
        shape = getattr(sequences, "shape", None)
        of_shape = f" of shape {shape}" if shape else ""
        raise TypeError(
            f"{name} must hold sequences as strings, whose letters can be exchanged; "
            f"got {type(sequences).__name__}{of_shape}"
        )
    encode(sequences, alphabet, name=name)  # Raises for other letters.
    strings = [
        x.decode() if isinstance(x, bytes) else str(x)
        for x in as_sequences(sequences, name)
    ]
    return strings if alphabet.case_sensitive else [x.upper() for x in strings]


def _index_of(container, default: pd.Index) -> pd.Index:
    pandas = isinstance(container, (pd.Series, pd.DataFrame))
    return container.index if pandas else default
