"""What the best possible model would say of a simulated sequence.

The probability of a sequence x, given sites at certain places, is a product over the
sites times the probability of the background between them. The latter is a Markov
chain, whose letters under a site have been replaced and are therefore summed over: with
transitions T, a site of width w at s contributes T^(w+1)[x(s-1), x(s+w)]. Divided by
the probability of x as background alone, each site thus contributes the factor

    r(s) = p(x(s) ... x(s+w-1)) T^(w+1)[x(s-1), x(s+w)] / prod T[x(i-1), x(i)],

the product running over i = s ... s+w, and p being the probability of the letters by
the motif's matrix. As at least one base lies between two sites, no transition is
divided out twice: the likelihood ratio of a placement is the product of its factors,
and that of the sequence is the mean over all placements, a sum that dynamic programming
takes exactly.
"""

from itertools import product
from math import prod

import numpy as np

from sklearn_cnn.datasets._site_model import SiteModel

# Sequences times positions times numbers of sites in a block: 32 MB a table.
_BLOCK = 2**22


def log_likelihood_ratio(
    codes: np.ndarray, model: SiteModel, counts: tuple[int, ...]
) -> np.ndarray:
    """Log of P(x | counts[j] sites of each motif j) / P(x | background): (n,).

    Not below log(numpy.finfo(float).tiny) = -708.4, which also stands for minus
    infinity: metrics refuse infinite scores.
    """
    blocks = _blocks(codes, model, counts)
    scores = [_score(block, model, counts)[0][counts] for block in blocks]
    return np.maximum(np.concatenate(scores), np.log(np.finfo(float).tiny))


def expected_strength(
    codes: np.ndarray, model: SiteModel, counts: tuple[int, ...]
) -> np.ndarray:
    """Mean, given the sequence, of the summed log-odds scores of its sites: (n,).

    Every number of sites of motif j from 0 to counts[j] is equally likely beforehand.
    """
    means = []
    for block in _blocks(codes, model, counts):
        log_ratio, strength = _score(block, model, counts)
        log_ratios = np.stack(list(log_ratio.values()))
        weights = np.exp(log_ratios - log_ratios.max(axis=0))
        strengths = np.stack(list(strength.values()))
        means.append((weights * strengths).sum(axis=0) / weights.sum(axis=0))
    return np.concatenate(means)


def _blocks(codes, model, counts) -> list[np.ndarray]:
    """Sequences in parts of which the tables of the sums fit into memory."""
    n_cells = prod(n + 1 for n in counts) * (model.high - model.low + 1)
    size = max(1, _BLOCK // n_cells)
    return [codes[start : start + size] for start in range(0, len(codes), size)]


def _score(codes, model, counts) -> tuple[dict, dict]:
    """Log likelihood ratio and mean strength for each number of sites up to `counts`.

    Dicts: numbers of sites -> (n_sequences,), both in the same order.
    """
    factors_of_each = [_site_factors(codes, model, j) for j in range(len(counts))]
    peaks, factors, strengths = zip(*factors_of_each, strict=True)
    sums, weighted = _sum_over_placements(factors, strengths, model, counts)
    log_ratio, mean = {}, {}
    for numbers, total in sums.items():
        with np.errstate(divide="ignore"):
            log_total = np.log(total) + np.dot(numbers, peaks)
        log_ratio[numbers] = log_total - model.log_n_placements(numbers)
        mean[numbers] = weighted[numbers] / np.where(total > 0, total, 1)
    return log_ratio, mean


def _site_factors(
    codes: np.ndarray, model: SiteModel, j: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Factors r(s) of motif j, averaged over the strands, and r(s) times the strength.

    Both (n_starts, n_sequences), divided by exp(peak) so as not to overflow; the peak
    of each sequence comes first.
    """
    width = len(model.matrices[j])
    with np.errstate(divide="ignore"):
        log_matrix = np.log(model.matrices[j])
    log_background = _log_background_ratio(codes, model, width)
    window = codes[:, model.low : model.high]
    log_factors, scores = [], []
    for strand in model.strands:
        # Turning a matrix around in both axes gives its reverse complement.
        turn = slice(None, None, -1 if strand == "-" else 1)
        log_factors.append(_scan(window, log_matrix[turn, turn]) + log_background)
        scores.append(_scan(window, model.log_odds[j][turn, turn]))
    peak = np.max(log_factors, axis=(0, 1))
    peak = np.where(np.isneginf(peak), 0, peak)
    factors = np.exp(np.array(log_factors) - peak)
    # An impossible site has the score -inf, but no weight.
    scores = np.where(factors > 0, scores, 0)
    return peak, factors.mean(axis=0), (factors * scores).mean(axis=0)


def _scan(window: np.ndarray, matrix: np.ndarray) -> np.ndarray:
    """Sum of a matrix's entries at each start: (n_starts, n_sequences)."""
    by_position = np.ascontiguousarray(window.T)
    n_starts = len(by_position) - len(matrix) + 1
    scores = np.zeros((n_starts, by_position.shape[1]))
    for i, row in enumerate(matrix):
        scores += row[by_position[i : i + n_starts]]
    return scores


def _log_background_ratio(
    codes: np.ndarray, model: SiteModel, width: int
) -> np.ndarray:
    """Log of r(s) without the motif's own part: (n_starts, n_sequences)."""
    background = model.background
    # Code 4 stands for what is before the first base, and after the last one.
    padded = np.pad(codes, ((0, 0), (1, 1)), constant_values=4).T
    log_steps = np.log(_with_ends(background.transitions, background.letters))
    bridge = np.linalg.matrix_power(background.transitions, width + 1)
    log_bridge = np.log(_with_ends(bridge, background.letters))
    starts = np.arange(model.low, model.high - width + 1)

    step = log_steps[padded[:-1], padded[1:]]
    cumulative = np.concatenate([np.zeros((1, len(codes))), np.cumsum(step, axis=0)])
    replaced = cumulative[starts + width + 1] - cumulative[starts]
    return log_bridge[padded[starts], padded[starts + width + 1]] - replaced


def _with_ends(transitions: np.ndarray, letters: np.ndarray) -> np.ndarray:
    """Transitions with a row for the start of a sequence and a column for its end."""
    extended = np.ones((5, 5))
    extended[:4, :4] = transitions
    extended[4, :4] = letters
    return extended


def _sum_over_placements(
    factors: list[np.ndarray],
    strengths: list[np.ndarray],
    model: SiteModel,
    counts: tuple[int, ...],
) -> tuple[dict, dict]:
    """Sum, over all placements, of the product of factors; the same times strength.

    Dicts: numbers of sites -> (n_sequences,). `sums[numbers][end]` is the sum over the
    placements within the first `end` bases: those that leave the last of these bases
    free, and those in which a site ends with it.
    """
    span = model.high - model.low
    n_sequences = factors[0].shape[1]
    states = list(product(*(range(n + 1) for n in counts)))
    sums = {numbers: np.zeros((span + 1, n_sequences)) for numbers in states}
    weighted = {numbers: np.zeros((span + 1, n_sequences)) for numbers in states}
    sums[states[0]][:] = 1
    for end, numbers in product(range(1, span + 1), states[1:]):
        sums[numbers][end] = sums[numbers][end - 1]
        weighted[numbers][end] = weighted[numbers][end - 1]
        for j, width in enumerate(model.widths):
            start = end - width
            if numbers[j] == 0 or start < 0:
                continue
            fewer = (*numbers[:j], numbers[j] - 1, *numbers[j + 1 :])
            before = max(start - 1, 0)  # a base of background lies between two sites
            sums[numbers][end] += factors[j][start] * sums[fewer][before]
            weighted[numbers][end] += (
                factors[j][start] * weighted[fewer][before]
                + strengths[j][start] * sums[fewer][before]
            )
    return (
        {numbers: table[-1] for numbers, table in sums.items()},
        {numbers: table[-1] for numbers, table in weighted.items()},
    )
