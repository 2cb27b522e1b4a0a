"""Fit the weights of gapped words, which are too many for a column of counts each."""

import torch
from torch import nn

from sklearn_cnn import _defaults
from sklearn_cnn.architectures._gapped_words import GappedWords
from sklearn_cnn.architectures._known_letters import known_letters, letters_inside
from sklearn_cnn.architectures._linear_branch import LinearBranch
from sklearn_cnn.inputs._inputs import Inputs
from sklearn_cnn.stacking._ridge import LinearFit, fit_ridge
from sklearn_cnn.stacking._word_counts import WordCounts

# Rows that are read at a time.
_ROWS_AT_ONCE = 512


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
    """Fit a ridge model of the counts of gapped words.

    It is fitted on the CPU.

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
    device = weights.device
    codes, known = _read(features, inputs)
    targets, weights, folds = targets.cpu(), weights.cpu(), folds.cpu()
    counts = WordCounts(features, codes, known, weights / weights.sum())
    fit = fit_ridge(counts, targets, weights, folds, loss, n_outputs)
    branch = _as_branch(features, counts, fit)
    out_of_fold = fit.out_of_fold[None]
    if source is not None:
        logits = _logits(source.cpu(), codes, known).to(out_of_fold)
        branch = _side_by_side(branch, source)
        out_of_fold = torch.cat([out_of_fold, logits[None]])
    return branch.to(device), out_of_fold


@torch.no_grad()
def merge_scores(branch: LinearBranch) -> LinearBranch:
    """The same model with one score an output, which is the logit but for its mean."""
    weight = branch.linear.weight / branch.scale
    words = branch.features.weight @ weight.T
    return _branch(branch.features, words, weight @ branch.mean, branch.linear.bias)


def n_bytes_of_gapped_words(
    features: GappedWords, inputs: Inputs, n_outputs: int, n_models: int
) -> int:
    """Bytes that a fit needs at least."""
    n = _defaults.n_gapped_samples(len(inputs), inputs.length)
    n_windows = sum(max(0, inputs.length - mask[-1]) for mask in features.masks)
    # Two lists. L-BFGS holds gradients, steps and two directions of each model.
    # Of few letters, not all words occur.
    n_words = min(features.n_words, n * n_windows)
    return 8 * n * n_windows + 16 * n_models * n_outputs * n_words


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
    features: GappedWords, counts: WordCounts, fit: LinearFit
) -> LinearBranch:
    """Branch of a fit; words that never occurred weigh nothing."""
    occurring = fit.weight.T / counts.scale
    words = occurring.new_zeros(features.n_words, occurring.shape[1])
    words[counts.occur] = occurring
    return _branch(features, words, counts.mean @ occurring, fit.bias)


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
    branch: LinearBranch, codes: torch.Tensor, known: torch.Tensor | None
) -> torch.Tensor:
    """Logits (n, n_outputs) of a branch for codes (n, length), in parts of the rows."""
    scores = [
        branch.features.features_from_codes(rows, None)
        for rows in codes.split(_ROWS_AT_ONCE)
    ]
    return branch.logits_from_features(torch.cat(scores), known)


def _read(
    features: GappedWords, inputs: Inputs
) -> tuple[torch.Tensor, torch.Tensor | None]:
    """Codes (n, length), and the known share (n, 1) of each; None where all is known.

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
    shares = torch.cat(shares)
    return torch.cat(codes), None if (shares == 1).all() else shares
