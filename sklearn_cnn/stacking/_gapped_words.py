"""Fit the weights of gapped words, which are too many for a column of counts each."""

from collections.abc import Iterator

import numpy as np
import torch
from scipy.linalg import cholesky, solve_triangular
from scipy.sparse import csr_array
from torch import nn

from sklearn_cnn import _defaults
from sklearn_cnn.architectures._gapped_words import GappedWords
from sklearn_cnn.architectures._known_letters import known_letters, letters_inside
from sklearn_cnn.architectures._linear_branch import LinearBranch
from sklearn_cnn.inputs._inputs import Inputs
from sklearn_cnn.preprocessing._draw_rows import draw_rows
from sklearn_cnn.stacking._ridge import LinearFit, fit_ridge

# Rows that are read, or multiplied, at a time.
_ROWS_AT_ONCE = 512
# Added to the diagonal of the kernel, as a share of it: more than rounding errors.
_JITTER = 1e-5
# Smaller products, as a share of those of the means, are rounding errors in float32.
_ROUNDING = 1e-6


def fit_gapped_words(
    features: GappedWords,
    inputs: Inputs,
    targets: torch.Tensor,
    weights: torch.Tensor,
    folds: torch.Tensor,
    loss: nn.Module,
    n_outputs: int,
    source: LinearBranch | None = None,
) -> tuple[LinearBranch, torch.Tensor]:
    """Fit a ridge model of the counts of gapped words, without a column for each.

    With a ridge penalty, weights are a weighted sum of the samples' counts. So products
    of the counts of two samples (the kernel) are all that a fit needs. A matrix whose
    rows have the same products takes the place of the counts; it has a column a sample.
    Of many samples, some that are drawn at random, the landmarks, have a column each,
    and weights are a sum of their counts (the Nystrom method; Williams & Seeger, 2000).

    Parameters
    ----------
    features : GappedWords
        Says which words there are.
    inputs : Inputs
        The n training samples.
    targets, weights, folds, loss, n_outputs, source
        See `fit_branch`.

    Returns
    -------
    branch : LinearBranch
        Its features are scores, one for each of n_fits * n_outputs outputs, which are
        logits but for their means.
    out_of_fold : torch.Tensor of shape (n_fits, n, n_outputs)
    """
    codes, known = _read(features, inputs)
    share = (weights / weights.sum()).cpu().double().numpy()
    n_landmarks = _defaults.n_landmarks(*codes.shape)
    landmarks = draw_rows(len(codes), n_landmarks, random_state=0)
    kernel, means = _kernel(features, codes, share, landmarks)
    columns, factor = _columns(kernel, landmarks, share)
    if known is not None:
        columns *= known
    columns = torch.from_numpy(columns).to(weights)
    fit = fit_ridge(columns, targets, weights, folds, loss, n_outputs)
    branch = _as_branch(features, codes[landmarks], factor, means, fit)
    out_of_fold = fit.out_of_fold[None]
    if source is not None:
        logits = _logits(source.cpu(), codes, known).to(out_of_fold)
        branch = _side_by_side(branch, source)
        out_of_fold = torch.cat([out_of_fold, logits[None]])
    return branch.to(weights.device), out_of_fold


@torch.no_grad()
def merge_scores(branch: LinearBranch) -> LinearBranch:
    """The same model with one score an output, which is the logit but for its mean."""
    weight = branch.linear.weight / branch.scale
    words = branch.features.weight @ weight.T
    return _branch(branch.features, words, weight @ branch.mean, branch.linear.bias)


def n_bytes_of_gapped_words(inputs: Inputs, n_outputs: int, n_models: int) -> int:
    """Bytes that a fit needs at least."""
    n = min(len(inputs), _defaults.MAX_LINEAR_SAMPLES)
    n_landmarks = _defaults.n_landmarks(n, inputs.length)
    # The kernel, its factor in two precisions, and what L-BFGS holds of each model.
    return n_landmarks * (4 * n + 12 * n_landmarks + 16 * n_models * n_outputs)


@torch.no_grad()
def _branch(
    features: GappedWords,
    words: torch.Tensor,
    mean: torch.Tensor,
    bias: torch.Tensor,
) -> LinearBranch:
    """Branch whose logits are scores, by weights of words, less their mean."""
    n_scores = words.shape[1]
    branch = LinearBranch(features.with_weight(words), n_scores, n_scores)
    branch.mean.copy_(mean)
    nn.init.eye_(branch.linear.weight)
    branch.linear.bias.copy_(bias)
    return branch


def _as_branch(
    features: GappedWords,
    landmarks: torch.Tensor,
    factor: np.ndarray,
    means: list[np.ndarray],
    fit: LinearFit,
) -> LinearBranch:
    """Branch of a fit to `_columns`: weights are a sum of the landmarks' counts.

    `landmarks` are their codes.
    """
    weight = fit.weight.cpu().double().numpy()
    shares = solve_triangular(factor, weight.T, trans=1, lower=True)
    # Of the counts of each landmark, less the means.
    words = [
        counts.T @ shares - np.outer(mean, shares.sum(axis=0))
        for counts, mean in zip(_counts(features, landmarks), means, strict=True)
    ]
    mean = sum(mean @ part for mean, part in zip(means, words, strict=True))
    words = torch.from_numpy(np.concatenate(words)).float()
    return _branch(features, words, torch.from_numpy(mean), fit.bias)


def _side_by_side(branch: LinearBranch, other: LinearBranch) -> LinearBranch:
    """Branch with the outputs of two branches."""
    other = merge_scores(other)
    return _branch(
        branch.features,
        torch.cat([branch.features.weight, other.features.weight], dim=1),
        torch.cat([branch.mean, other.mean]),
        torch.cat([branch.linear.bias, other.linear.bias]),
    )


@torch.no_grad()
def _logits(
    branch: LinearBranch, codes: torch.Tensor, known: np.ndarray | None
) -> torch.Tensor:
    """Logits (n, n_outputs) of a branch for codes (n, length), in parts of the rows."""
    scores = [
        branch.features.features_from_codes(rows, None)
        for rows in codes.split(_ROWS_AT_ONCE)
    ]
    known = None if known is None else torch.from_numpy(known)
    return branch.logits_from_features(torch.cat(scores), known)


def _read(
    features: GappedWords, inputs: Inputs
) -> tuple[torch.Tensor, np.ndarray | None]:
    """Codes (n, length), and the known share of each row, None where all is known.

    The code of letters that are not certain is `features.n_symbols`.
    """
    codes, shares = [], []
    for start in range(0, len(inputs), _ROWS_AT_ONCE):
        values = torch.from_numpy(inputs.values[start : start + _ROWS_AT_ONCE])
        if inputs.alphabet is None:
            letters = values.float().nan_to_num()[:, : features.n_symbols]
        else:
            columns = torch.tensor(inputs.alphabet.columns)
            letters = columns[values.int()].transpose(1, 2)
        certain = features.certain_symbols(letters)
        code = certain.argmax(dim=1)
        code[certain.amax(dim=1) == 0] = features.n_symbols
        codes.append(code.to(torch.uint8))
        letters = letters.transpose(1, 2)
        shares.append(features.known(known_letters(letters), letters_inside(letters)))
    shares = torch.cat(shares).numpy()
    return torch.cat(codes), None if (shares == 1).all() else shares


def _counts(features: GappedWords, codes: torch.Tensor) -> Iterator[csr_array]:
    """Counts (n, words_of_mask) of the words of each mask."""
    for columns in features.columns(codes):
        n, n_windows = columns.shape
        columns = columns.numpy().astype(np.int32).ravel()
        # Windows that do not count are in one more column.
        counts = csr_array(
            (
                np.ones(len(columns), dtype=np.float32),
                columns,
                np.arange(n + 1, dtype=np.int32) * n_windows,
            ),
            shape=(n, features.words_of_mask + 1),
        )
        counts.sum_duplicates()
        yield counts[:, :-1]


def _kernel(
    features: GappedWords, codes: torch.Tensor, share: np.ndarray, landmarks: np.ndarray
) -> tuple[np.ndarray, list[np.ndarray]]:
    """Products (n, n_landmarks) of the counts, less their means; and the means.

    A product of all samples with all landmarks at a time is added up mask by mask.
    """
    n = len(codes)
    kernel = np.zeros((n, len(landmarks)), dtype=np.float32)
    with_mean, squared_mean, means = np.zeros(n), 0.0, []
    for counts in _counts(features, codes):
        of_landmarks = counts[landmarks].T.tocsr()
        for start in range(0, n, _ROWS_AT_ONCE):
            rows = slice(start, start + _ROWS_AT_ONCE)
            kernel[rows] += (counts[rows] @ of_landmarks).toarray()
        mean = counts.T @ share
        with_mean += counts @ mean
        squared_mean += mean @ mean
        means.append(mean)
    kernel -= with_mean[:, None]
    kernel -= with_mean[landmarks] - squared_mean
    # Of equal samples nothing but rounding errors is left.
    if np.einsum("jj->j", kernel[landmarks]).mean() <= _ROUNDING * squared_mean:
        kernel[:] = 0
    return kernel, means


def _columns(
    kernel: np.ndarray, landmarks: np.ndarray, share: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """A matrix (n, n_landmarks) whose rows have the kernel as products.

    It is scaled like standardised features, and takes the kernel's memory. Its product
    with the transpose of `factor` (n_landmarks, n_landmarks), which is returned beside,
    is the kernel.
    """
    own = kernel[landmarks].astype(np.float64)
    diagonal = np.einsum("jj->j", own)
    diagonal += _JITTER * (diagonal.mean() or 1.0)
    factor = cholesky(own, lower=True, overwrite_a=True)
    columns = solve_triangular(
        factor.astype(np.float32), kernel.T, lower=True, overwrite_b=True
    ).T
    total = share @ np.einsum("ij,ij->i", columns, columns, dtype=np.float64)
    scale = np.sqrt(len(landmarks) / total) if total > 0 else 1.0
    columns *= scale
    factor /= scale
    return columns, factor
