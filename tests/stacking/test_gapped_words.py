"""Weights of gapped words against a ridge model of a column of counts for each."""

from functools import partial

import numpy as np
import pytest
import torch

from sklearn_cnn import _defaults
from sklearn_cnn.architectures._gapped_words import GappedWords
from sklearn_cnn.inputs._inputs import Inputs
from sklearn_cnn.preprocessing._alphabet import DNA
from sklearn_cnn.preprocessing._codes import encode
from sklearn_cnn.preprocessing._onehot import one_hot
from sklearn_cnn.stacking import _ridge
from sklearn_cnn.stacking._gapped_words import fit_gapped_words
from sklearn_cnn.stacking._ridge import fit_ridge
from sklearn_cnn.training._losses import BinaryCrossEntropy

RNG = np.random.default_rng(0)
MASKS = (0, 1, 2), (0, 2, 4)
N = 60
SEQUENCES = ["".join(RNG.choice(list("ACGT"), 20)) for _ in range(N)]
TARGETS = torch.tensor([["GAT" in s, s[0] == "A"] for s in SEQUENCES]).float()
WEIGHTS = torch.from_numpy(RNG.uniform(0.5, 1.5, N)).float()
FOLDS = torch.arange(N) % 4


def _inputs(sequences=SEQUENCES):
    codes, _, _ = encode(sequences, DNA)
    return Inputs(codes, DNA)


def _fit(inputs, **settings):
    features = GappedWords(4, MASKS, both_strands=False, **settings)
    loss = BinaryCrossEntropy()
    return fit_gapped_words(features, inputs, TARGETS, WEIGHTS, FOLDS, loss, 2)


def _logits(branch, inputs):
    columns = torch.tensor(one_hot(inputs.values, DNA), dtype=torch.float32)
    with torch.no_grad():
        return branch(columns)


def _counts(sequences):
    """Counts (n, 2 * 64) of the words of both masks."""
    counts = torch.zeros(len(sequences), 2, 4, 4, 4)
    for row, sequence in enumerate(sequences):
        codes = ["ACGT".index(letter) for letter in sequence]
        for i, mask in enumerate(MASKS):
            for start in range(len(codes) - mask[-1]):
                counts[(row, i, *(codes[start + place] for place in mask))] += 1
    return counts.flatten(1)


def test_the_same_as_with_a_column_for_each_word(monkeypatch):
    # Where L-BFGS stops early depends on the columns.
    monkeypatch.setattr(_ridge, "_minimise", partial(_ridge._minimise, max_iter=500))
    branch, fit = _fit(_inputs())
    counts = _counts(SEQUENCES)
    share = WEIGHTS / WEIGHTS.sum()
    centered = counts - share @ counts
    # A column of counts, like one of the kernel's factor, has unit variance on average.
    scale = (share @ centered.square()).mean().sqrt()
    loss = BinaryCrossEntropy()
    expected = fit_ridge(centered / scale, TARGETS, WEIGHTS, FOLDS, loss, 2)
    torch.testing.assert_close(fit.out_of_fold, expected.out_of_fold, rtol=0, atol=2e-3)
    logits = centered / scale @ expected.weight.T + expected.bias
    assert logits.std() > 0.1
    torch.testing.assert_close(_logits(branch, _inputs()), logits, rtol=0, atol=1e-2)


def test_fewer_landmarks_than_samples(monkeypatch):
    """Weights are a sum of the landmarks' counts, each less the mean of all."""
    monkeypatch.setattr(_defaults, "MAX_LANDMARKS", 7)
    branch, _ = _fit(_inputs())
    counts = _counts(SEQUENCES).double()
    mean = (WEIGHTS / WEIGHTS.sum()).double() @ counts
    landmarks = counts[np.linspace(0, N - 1, 7).round().astype(int)] - mean
    weight = branch.features.weight.double()
    found = torch.linalg.lstsq(landmarks.T, weight).solution
    assert weight.abs().max() > 1e-3
    torch.testing.assert_close(landmarks.T @ found, weight, rtol=0, atol=1e-6)
    # The mean sample has the bias as logits.
    torch.testing.assert_close(mean @ weight, branch.mean.double(), rtol=0, atol=1e-5)


def test_unknown_letters_count_as_the_mean():
    """In training as in predictions: the labels of rows of N alone change no weight."""
    sequences = ["N" * 20 if i % 3 == 0 else s for i, s in enumerate(SEQUENCES)]
    branch, fit = _fit(_inputs(sequences))
    logits = _logits(branch, _inputs(sequences))
    unknown = np.arange(N) % 3 == 0
    expected = branch.linear.bias.detach().expand(int(unknown.sum()), -1)
    torch.testing.assert_close(logits[unknown], expected)
    # All rows of one fold: the same model.
    first = fit.out_of_fold[unknown & (FOLDS.numpy() == 0)]
    torch.testing.assert_close(first, first[:1].expand_as(first))


def test_columns_are_the_same_as_letters():
    sequences = ["ACGTNRA" + s[7:] for s in SEQUENCES]
    inputs = _inputs(sequences)
    columns = Inputs(one_hot(inputs.values, DNA).astype(float))
    of_letters, of_columns = _fit(inputs)[1], _fit(columns)[1]
    torch.testing.assert_close(of_columns.out_of_fold, of_letters.out_of_fold)


@pytest.mark.parametrize("sequence", ["AC", "ACGTACGTA"])
def test_nothing_to_learn_from(sequence):
    """Too short for any word, or all alike: the bias alone is left."""
    branch, fit = _fit(_inputs([sequence] * N))
    assert torch.isfinite(fit.out_of_fold).all()
    logits = _logits(branch, _inputs([sequence] * 2))
    torch.testing.assert_close(
        logits[0], branch.linear.bias.detach(), rtol=0, atol=1e-5
    )
