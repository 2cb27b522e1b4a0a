"""Weights of gapped words against a ridge model of a column of counts for each."""

from functools import partial

import numpy as np
import pytest
import torch

from sklearn_cnn.architectures._gapped_words import GappedWords
from sklearn_cnn.inputs._inputs import Inputs
from sklearn_cnn.preprocessing._alphabet import DNA
from sklearn_cnn.preprocessing._codes import encode
from sklearn_cnn.preprocessing._onehot import one_hot
from sklearn_cnn.stacking import _ridge
from sklearn_cnn.stacking._branches import (
    branch_from_arrays,
    branch_to_arrays,
    merge_branches,
)
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


def _fit(inputs, source=None):
    features = GappedWords(4, MASKS, both_strands=False)
    loss = BinaryCrossEntropy()
    return fit_gapped_words(features, inputs, TARGETS, WEIGHTS, FOLDS, loss, 2, source)


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
    branch, out_of_fold = _fit(_inputs())
    counts = _counts(SEQUENCES)
    share = WEIGHTS / WEIGHTS.sum()
    mean = share @ counts
    centered, scale = counts - mean, mean.mean().sqrt()
    loss = BinaryCrossEntropy()
    expected = fit_ridge(centered / scale, TARGETS, WEIGHTS, FOLDS, loss, 2)
    torch.testing.assert_close(out_of_fold[0], expected.out_of_fold, rtol=0, atol=2e-3)
    logits = centered / scale @ expected.weight.T + expected.bias
    assert logits.std() > 0.1
    torch.testing.assert_close(_logits(branch, _inputs()), logits, rtol=0, atol=1e-2)


def test_unknown_letters_count_as_the_mean():
    """In training as in predictions: the labels of rows of N alone change no weight."""
    sequences = ["N" * 20 if i % 3 == 0 else s for i, s in enumerate(SEQUENCES)]
    branch, out_of_fold = _fit(_inputs(sequences))
    logits = _logits(branch, _inputs(sequences))
    unknown = np.arange(N) % 3 == 0
    expected = branch.linear.bias.detach().expand(int(unknown.sum()), -1)
    torch.testing.assert_close(logits[unknown], expected)
    # All rows of one fold: the same model.
    first = out_of_fold[0, unknown & (FOLDS.numpy() == 0)]
    torch.testing.assert_close(first, first[:1].expand_as(first))


def test_columns_are_the_same_as_letters():
    sequences = ["ACGTNRA" + s[7:] for s in SEQUENCES]
    inputs = _inputs(sequences)
    columns = Inputs(one_hot(inputs.values, DNA).astype(float))
    of_letters, of_columns = _fit(inputs)[1], _fit(columns)[1]
    torch.testing.assert_close(of_columns, of_letters)


def test_a_source_is_a_fit_of_its_own():
    """Its outputs are the last two; a merged branch has one score an output again."""
    source, _ = _fit(_inputs(SEQUENCES[::-1]))
    alone, _ = _fit(_inputs())
    branch, out_of_fold = _fit(_inputs(), source)
    logits = _logits(branch, _inputs())
    torch.testing.assert_close(logits[:, :2], _logits(alone, _inputs()))
    torch.testing.assert_close(logits[:, 2:], _logits(source, _inputs()))
    torch.testing.assert_close(out_of_fold[1], logits[:, 2:])
    weight = torch.tensor([[1.0, 1], [0.25, 1], [0.75, 0]])
    merged, total = merge_branches({"gapped": branch}, weight)
    assert total.tolist() == [[1, 1], [1, 1]]
    assert merged["gapped"].features.weight.shape == (2 * 64, 2)
    expected = torch.stack(
        [0.25 * logits[:, 0] + 0.75 * logits[:, 2], logits[:, 1]], dim=1
    )
    found = _logits(merged["gapped"], _inputs())
    torch.testing.assert_close(found, expected, rtol=0, atol=1e-5)


@pytest.mark.parametrize("sequence", ["AC", "ACGTACGTA"])
def test_nothing_to_learn_from(sequence):
    """Too short for any word, or all alike: the bias alone is left."""
    branch, out_of_fold = _fit(_inputs([sequence] * N))
    assert torch.isfinite(out_of_fold).all()
    logits = _logits(branch, _inputs([sequence] * 2))
    torch.testing.assert_close(
        logits[0], branch.linear.bias.detach(), rtol=0, atol=1e-5
    )


def test_a_branch_is_restored_from_its_arrays():
    branch, out_of_fold = _fit(_inputs())
    arrays = branch_to_arrays(branch, out_of_fold.numpy())
    fresh = GappedWords(4, MASKS, both_strands=False)
    again, outputs = branch_from_arrays(fresh, arrays, torch.device("cpu"))
    assert torch.equal(_logits(again, _inputs()), _logits(branch, _inputs()))
    np.testing.assert_array_equal(outputs, out_of_fold)
