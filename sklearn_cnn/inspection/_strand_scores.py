"""Scores of sequences on both strands and on each of them."""

from collections.abc import Iterator

import numpy as np

from sklearn_cnn.inspection._score import scores_of_outputs


def strand_scores(estimator, sequences: list[str], target) -> np.ndarray:
    """Scores (n, 3) of sequences: what is predicted, forward and reverse strand.

    NaN for the reverse strand where the estimator reads one strand only. An estimator
    that reads positions gets sequences of one length at a time, which it centres.
    """
    sequences = np.array(sequences, dtype=object)
    scores = np.empty((len(sequences), 3))
    for rows in _of_one_length(sequences) if estimator.position_ else [slice(None)]:
        X = sequences[rows]
        both = estimator._predict_outputs(X)
        scores[rows, 0] = scores_of_outputs(estimator, both, target)
        if not estimator.reverse_complement_:
            scores[rows, 1:] = np.column_stack(
                [scores[rows, 0], np.full(len(X), np.nan)]
            )
            continue
        forward = estimator._predict_outputs(X, strands="forward")
        scores[rows, 1] = scores_of_outputs(estimator, forward, target)
        # What is predicted is the mean of the outputs on both strands.
        reverse = 2 * both - forward
        scores[rows, 2] = scores_of_outputs(estimator, reverse, target)
    return scores


def _of_one_length(sequences: np.ndarray) -> Iterator[np.ndarray]:
    """Rows of the sequences of each length."""
    lengths = np.array([len(sequence) for sequence in sequences])
    return (np.flatnonzero(lengths == length) for length in np.unique(lengths))
