"""Whether motifs are more than what shuffled sequences or labels would show."""

import numpy as np
from scipy.stats import fisher_exact, pearsonr

from sklearn_cnn._fitted_model import FittedModel
from sklearn_cnn.inputs._inputs import Inputs
from sklearn_cnn.inspection.attribution._baselines import draw_baselines

# A motif is more than chance below this p-value. Those of networks that were trained on
# noise, which choose from all words there are, come down to 2e-10.
_MAX_P_VALUE = 1e-12
# Sequences that are searched, and shuffles, at least.
_MAX_SEQUENCES, _MIN_SHUFFLES = 1000, 1000
# Added to the share of each letter, so that no sequence is impossible.
_PSEUDOCOUNT = 0.01


def better_than_shuffled(
    estimator, inputs: Inputs, reference: np.ndarray, matrices, random_state
) -> np.ndarray:
    """Whether sites are more frequent than in shuffles, or tell of a reference.

    Parameters
    ----------
    estimator : BaseMotifCNN
        A fitted one, of sequences of symbols.
    inputs : Inputs
        Encoded sequences.
    reference : ndarray of shape (n,)
        Targets, or scores.
    matrices : list of ndarray of shape (width, n_symbols)
        Frequencies of the motifs.
    random_state : RandomState
        What sequences are drawn and shuffled with.

    Returns
    -------
    ndarray of bool, shape (n_motifs,)
    """
    rows = random_state.permutation(len(inputs))[:_MAX_SEQUENCES]
    inputs, reference = inputs[np.sort(rows)], reference[np.sort(rows)]
    n_shuffles = -(-_MIN_SHUFFLES // len(inputs))
    shuffles = draw_baselines(estimator, inputs, n_shuffles, random_state)
    fitted = FittedModel(estimator)
    letters = fitted.letters(inputs)
    codes, of_shuffles = _codes(letters), _codes(fitted.letters(shuffles))
    shares = letters.sum(axis=(0, 2)) / letters.sum()
    both_strands = estimator.reverse_complement_
    better = []
    for frequencies in matrices:
        smoothed = (frequencies + _PSEUDOCOUNT * shares) / (1 + _PSEUDOCOUNT)
        log_odds = np.log(smoothed / np.maximum(shares, 1e-9))
        mean = (frequencies * log_odds).sum(axis=1)
        variance = (frequencies * log_odds**2).sum(axis=1) - mean**2
        # Three sites of four score higher.
        threshold = mean.sum() - 0.67 * np.sqrt(variance.sum())
        best, best_of_shuffles = (
            _best_scores(c, log_odds, both_strands) for c in (codes, of_shuffles)
        )
        p_values = [
            _p_of_frequency(best >= threshold, best_of_shuffles >= threshold),
            _p_of_relation(best, reference),
        ]
        better.append(min(p_values) < _MAX_P_VALUE)
    return np.array(better)


def _codes(letters: np.ndarray) -> np.ndarray:
    """Codes (n, length) of one-hot columns; one more for what is no single letter."""
    n_symbols = letters.shape[1]
    return np.where(letters.max(axis=1) == 1, letters.argmax(axis=1), n_symbols)


def _best_scores(
    codes: np.ndarray, log_odds: np.ndarray, both_strands: bool
) -> np.ndarray:
    """Best score (n,) of a matrix along each sequence."""
    width = len(log_odds)
    missing = width - codes.shape[1]
    if missing > 0:
        beyond = ((0, 0), (0, missing))
        codes = np.pad(codes, beyond, constant_values=log_odds.shape[1])
    n_places = codes.shape[1] - width + 1
    best = np.full(len(codes), -np.inf)
    for matrix in [log_odds, log_odds[::-1, ::-1]][: 1 + both_strands]:
        # What is no letter fits as badly as can be.
        matrix = np.column_stack([matrix, matrix.min(axis=1)])
        scores = np.zeros((len(codes), n_places))
        for row, start in zip(matrix, range(width), strict=True):
            scores += row[codes[:, start : start + n_places]]
        best = np.maximum(best, scores.max(axis=1))
    return best


def _p_of_frequency(has_site: np.ndarray, of_shuffles: np.ndarray) -> float:
    """Fisher's test whether more sequences than shuffles have a site."""
    table = [[found.sum(), (~found).sum()] for found in (has_site, of_shuffles)]
    return fisher_exact(table, alternative="greater").pvalue


def _p_of_relation(best: np.ndarray, reference: np.ndarray) -> float:
    """P-value of the correlation of scores with a reference."""
    if np.ptp(best) == 0 or np.ptp(reference) == 0 or len(best) < 3:
        return 1.0
    return pearsonr(best, reference).pvalue
