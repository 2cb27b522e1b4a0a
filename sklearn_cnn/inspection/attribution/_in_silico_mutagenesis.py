"""In-silico mutagenesis: the effect of every single substitution."""

import numpy as np
import torch

from sklearn_cnn._fitted_model import FittedModel
from sklearn_cnn._motif import BaseMotifCNN
from sklearn_cnn.backbones._borrowed_config import BorrowedConfig
from sklearn_cnn.inputs._inputs import Inputs
from sklearn_cnn.inspection.attribution._score import InputScore, build_score
from sklearn_cnn.inspection.attribution._substitution_effects import (
    substitution_effects,
)
from sklearn_cnn.training._progress import Steps

# Positions of the sequences whose substitutions are computed together: what is
# computed for each of them fits a CPU's cache, or keeps an accelerator busy.
_POSITIONS_ON_CPU = 2**11
_POSITIONS_ON_ACCELERATOR = 2**15
# Letters and numbers of the mutants that are predicted together.
_VALUES_AT_ONCE = 2**23


def in_silico_mutagenesis(
    estimator: BaseMotifCNN, inputs: Inputs, target: int | None, bar: Steps
) -> np.ndarray:
    """Score of each mutant less that of the sequence, (n, n_symbols, length).

    Zero for the letter that is there, and for padding. Only what a substitution changes
    is computed. All mutants are predicted of networks that others trained, whose layers
    may be anything, and of sequences with unknown letters, if not for profiles: their
    share changes what the heads make of all other positions. The bar moves with the
    sequences.
    """
    bar.expect(len(inputs))
    if isinstance(estimator.architecture_, BorrowedConfig):
        known = np.zeros(len(inputs), bool)
    elif estimator.architecture_.profile:
        known = np.ones(len(inputs), bool)
    else:
        known = _are_known(estimator, inputs)
    n_symbols = len(estimator.alphabet_.symbols)
    effects = np.zeros((len(inputs), n_symbols, inputs.length), np.float32)
    for compute, chosen in ((_by_receptive_fields, known), (_by_prediction, ~known)):
        if chosen.any():
            effects[chosen] = compute(estimator, inputs[chosen], target, bar)
    return effects


def _are_known(estimator, inputs: Inputs) -> np.ndarray:
    """Whether all letters of each input (n,) are known."""
    columns = FittedModel(estimator).letters(inputs)
    unknown = columns.max(axis=1) == columns.min(axis=1)
    if not estimator.position_:
        # Padding at the end is no part of the sequence.
        unknown &= columns.sum(axis=1) > 0
    return ~unknown.any(axis=1)


def _by_receptive_fields(estimator, inputs, target, bar) -> np.ndarray:
    score = build_score(estimator, target)
    n_symbols = score.n_symbols
    on_cpu = next(score.parameters()).device.type == "cpu"
    positions = _POSITIONS_ON_CPU if on_cpu else _POSITIONS_ON_ACCELERATOR
    n_rows = max(1, positions // inputs.length)
    effects = np.zeros((len(inputs), n_symbols, inputs.length), np.float32)
    for start in range(0, len(inputs), n_rows):
        rows = slice(start, start + n_rows)
        x = score.read(inputs[rows])
        with torch.no_grad():
            of_outputs = substitution_effects(score.module, x, n_symbols)
        if estimator.architecture_.profile:
            of_rows = _of_profile(of_outputs, inputs[rows], target)
        else:
            of_rows = of_outputs[..., target]
        letters = x[:, :n_symbols]
        unchanged = (letters == 1) | (letters.sum(dim=1, keepdim=True) == 0)
        of_rows = of_rows.masked_fill(unchanged, 0)
        effects[rows, :, : x.shape[2]] = of_rows.cpu().numpy()
        bar.update(len(x))
    return effects


def _of_profile(
    effects: torch.Tensor, inputs: Inputs, target: int | None
) -> torch.Tensor:
    """Effects on one position of profiles, or on the mean over all.

    From effects (n, n_symbols, length, width) on the outputs around each place.
    """
    length, width = effects.shape[2:]
    if target is None:
        n_positions = (
            length if inputs.lengths is None else inputs.lengths[:, None, None]
        )
        return effects.sum(dim=3) / torch.as_tensor(n_positions).to(effects)
    places = torch.arange(length, device=effects.device)
    # Of the outputs around each place, the one at the target.
    index = target - places + width // 2
    is_near = (index >= 0) & (index < width)
    return effects[:, :, places, index.clamp(0, width - 1)] * is_near


def _by_prediction(estimator, inputs, target, bar) -> np.ndarray:
    n_symbols = len(estimator.alphabet_.symbols)
    score = InputScore(estimator, target)
    is_other = _is_other(inputs, n_symbols)
    effects = np.zeros(is_other.shape, np.float32)
    present = score(inputs)
    n_at_once = max(1, _VALUES_AT_ONCE // inputs.values[0].size)
    n_rows = max(1, n_at_once // (n_symbols * inputs.length))
    for first in range(0, len(inputs), n_rows):
        rows, letters, places = np.nonzero(is_other[first : first + n_rows])
        for start in range(0, len(rows), n_at_once):
            some = slice(start, start + n_at_once)
            chosen = first + rows[some], letters[some], places[some]
            mutants = inputs[chosen[0]]
            substitute(mutants, n_symbols, np.arange(len(mutants)), *chosen[1:])
            effects[chosen] = score(mutants) - present[chosen[0]]
        bar.update(min(n_rows, len(inputs) - first))
    return effects


def _is_other(inputs: Inputs, n_symbols: int) -> np.ndarray:
    """Whether a symbol is not what stands at a place: bool (n, n_symbols, length)."""
    if inputs.alphabet is None:
        columns = np.nan_to_num(inputs.values[:, :n_symbols])
        return (columns != 1) & (columns.sum(axis=1, keepdims=True) > 0)
    codes = inputs.values[:, None]
    symbols = np.arange(n_symbols)[:, None]
    return (codes != symbols) & (codes != inputs.alphabet.padding_code)


def substitute(inputs: Inputs, n_symbols: int, rows, letters, places) -> None:
    """Put letters at places of rows of inputs."""
    if inputs.alphabet is None:
        inputs.values[rows, :n_symbols, places] = 0
        inputs.values[rows, letters, places] = 1
    else:
        inputs.values[rows, places] = letters
