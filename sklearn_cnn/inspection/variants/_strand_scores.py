"""Scores of sequences on both strands and on each of them."""

import numpy as np

from sklearn_cnn._fitted_model import FittedModel
from sklearn_cnn.inspection.attribution._score import scores_of_outputs


def strand_scores(estimator, sequences: list[str], target) -> np.ndarray:
    """Scores (n, 3) of sequences: what is predicted, forward and reverse strand.

    NaN for the reverse strand where the estimator reads one strand only.
    """
    both = FittedModel(estimator).outputs(sequences)
    score = scores_of_outputs(estimator, both, target)
    if not estimator.reverse_complement_:
        return np.column_stack([score, score, np.full(len(score), np.nan)])
    forward = FittedModel(estimator).outputs(sequences, "forward")
    # What is predicted is the mean of the outputs on both strands.
    strands = [forward, 2 * both - forward]
    parts = [scores_of_outputs(estimator, outputs, target) for outputs in strands]
    return np.column_stack([score, *parts])
