"""Scores of filters by look-up, for sequences of known letters."""

import torch
from torch import nn

from sklearn_cnn.architectures._words import (
    look_up,
    n_word_rows,
    word_numbers,
    word_table,
    words_of_letters,
)

# Numbers of a table, which then stays in a CPU's cache.
_MOST_NUMBERS = 2**19


class WordScores(nn.Module):
    """Scores of all windows: the sum of what each word of letters adds.

    A sum of a few rows of a table takes the place of a product with a one-hot window.

    Parameters
    ----------
    filters : torch.Tensor of shape (n_filters, n_symbols, width)
        The filters.
    bias : torch.Tensor of shape (n_filters,)
        Added to all scores.
    """

    def __init__(self, filters: torch.Tensor, bias: torch.Tensor):
        super().__init__()
        n_filters, n_symbols, self.width = filters.shape
        self.n_symbols = n_symbols
        self.word = max(
            word
            for word in range(1, self.width + 1)
            if word == 1
            or n_word_rows(n_symbols, self.width, word) * n_filters <= _MOST_NUMBERS
        )
        by_place = torch.cat([filters.permute(2, 1, 0).flatten(0, 1), bias[None]])
        table = word_table(by_place, self.width, n_symbols, self.word)
        self.register_buffer("table", table.contiguous())

    def forward(self, x: torch.Tensor, n_windows: int) -> torch.Tensor:
        """Map one-hot x (n, n_symbols, length) to scores (n * n_windows, n_filters).

        The middle of the first window is at the first position.
        """
        return look_up(word_numbers(x, self.width, n_windows, self.word), self.table)

    def of_letters(
        self, letters: torch.Tensor, n_before: int, n_windows: int
    ) -> torch.Tensor:
        """Map letters (n, length) to scores (n * n_windows, n_filters).

        Letters are int32, numbered as for `words_of_letters`, which says what
        `n_before` is.
        """
        words = words_of_letters(
            *(letters, self.n_symbols, self.width, n_windows, self.word),
            n_before=n_before,
        )
        return look_up(words, self.table)
