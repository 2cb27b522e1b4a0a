"""Scores by look-up against PyTorch's convolution."""

import pytest
import torch
import torch.nn.functional as F

from sklearn_cnn.architectures import _word_scores
from sklearn_cnn.architectures._word_scores import WordScores


@pytest.mark.parametrize("n_symbols", [2, 4, 20])
@pytest.mark.parametrize("width", [1, 2, 5, 8, 19])
@pytest.mark.parametrize("length", [1, 3, 24])
def test_against_a_convolution(n_symbols, width, length):
    generator = torch.manual_seed(0)
    filters = torch.randn(6, n_symbols, width, generator=generator)
    bias = torch.randn(6, generator=generator)
    codes = torch.randint(n_symbols, (7, length), generator=generator)
    x = torch.eye(n_symbols)[codes].transpose(1, 2)
    expected = F.conv1d(x, filters, bias, padding=width // 2)
    n_windows = expected.shape[2]
    scores = WordScores(filters, bias)(x, n_windows).view(7, n_windows, 6)
    torch.testing.assert_close(scores.transpose(1, 2), expected)


@pytest.mark.parametrize(
    ("most", "word", "n_words"),
    [(0, 1, 5), (25 * 3 * 2, 2, 3), (125 * 2 * 2 - 1, 2, 3), (125 * 2 * 2, 3, 2)],
)
def test_words_are_as_long_as_their_table_is_small(monkeypatch, most, word, n_words):
    """Two filters of five letters; with padding there are five different ones."""
    monkeypatch.setattr(_word_scores, "_MOST_NUMBERS", most)
    scores = WordScores(torch.ones(2, 4, 5), torch.zeros(2))
    assert scores.word == word
    assert scores.table.shape == (5**word * n_words, 2)
