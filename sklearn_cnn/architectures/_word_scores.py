"""Scores of filters by look-up, for sequences of known letters."""

import torch
import torch.nn.functional as F
from torch import nn

# Numbers of a table, which then stays in a CPU's cache.
_MOST_NUMBERS = 2**19


class WordScores(nn.Module):
    """Scores of all windows: the sum of what each word of letters adds.

    A window is a few words of neighbouring letters. What a word at each place of the
    window adds to the scores of all filters is a row of a table, so that a sum of few
    rows takes the place of a product with a one-hot window.

    Parameters
    ----------
    filters : torch.Tensor of shape (n_filters, n_symbols, width)
        The filters.
    bias : torch.Tensor of shape (n_filters,)
        Added to all scores.
    """

    def __init__(self, filters: torch.Tensor, bias: torch.Tensor):
        super().__init__()
        n_filters, self.n_symbols, self.width = filters.shape
        self.word = max(
            word
            for word in range(1, self.width + 1)
            if word == 1 or self._n_numbers(word, n_filters) <= _MOST_NUMBERS
        )
        self.n_words = -(-self.width // self.word)
        # Padding is one letter more, which adds nothing, as do letters behind a window.
        beyond = self.n_words * self.word - self.width
        letters = F.pad(filters, (0, beyond, 0, 1)).permute(2, 1, 0)
        tables = []
        for letters_of_word in letters.split(self.word):
            table = letters_of_word[0]
            for letter in letters_of_word[1:]:
                table = (table[:, None] + letter).flatten(0, 1)
            tables.append(table)
        tables[0] = tables[0] + bias
        self.register_buffer("table", torch.cat(tables).contiguous())

    def forward(self, x: torch.Tensor, n_windows: int) -> torch.Tensor:
        """Map one-hot x (n, n_symbols, length) to scores (n * n_windows, n_filters).

        The middle of the first window is at the first position.
        """
        numbers = torch.arange(self.n_symbols, device=x.device, dtype=x.dtype)
        letters = (numbers @ x).int()
        ends = self.width // 2, self.width // 2 + 2 * self.word
        letters = F.pad(letters, ends, value=self.n_symbols)
        n_letters = self.n_symbols + 1
        n_places = letters.shape[1] - self.word + 1
        words = letters[:, :n_places]
        for i in range(1, self.word):
            words = words * n_letters + letters[:, i : i + n_places]
        index = torch.stack(
            [
                words[:, i * self.word :][:, :n_windows] + i * n_letters**self.word
                for i in range(self.n_words)
            ],
            dim=-1,
        )
        return F.embedding_bag(index.flatten(0, 1), self.table, mode="sum")

    def _n_numbers(self, word: int, n_filters: int) -> int:
        """Count the numbers of a table for words of this length."""
        return (self.n_symbols + 1) ** word * -(-self.width // word) * n_filters
