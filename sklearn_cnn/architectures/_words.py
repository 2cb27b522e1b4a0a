"""Products of one-hot windows and filters, looked up word by word.

The product of a filter and a one-hot window is a sum of one weight for each letter. The
sums for all words of a few letters fit in a table, one row a word. A window is then the
sum of a few rows: seven additions in place of 76 multiplications, for words of three
letters and filters of 19.
"""

import torch
import torch.nn.functional as F


def n_word_rows(channels: int, width: int, word_length: int) -> int:
    """Count the rows of a table: all words, with no letter too, at each place."""
    return (channels + 1) ** word_length * -(-width // word_length)


def word_numbers(
    x: torch.Tensor, width: int, n_windows: int, word_length: int
) -> torch.Tensor:
    """Numbers (n, n_windows, n_words) of the words in windows: rows of `word_table`.

    `x` (n, channels, length) is one-hot, or zero at no letter. The middle of the first
    window is at the first position.
    """
    channels = x.shape[1]
    numbers = torch.arange(1, channels + 1, dtype=x.dtype, device=x.device)
    letters = (numbers @ x).int()  # 0 is no letter
    return words_of_letters(
        letters, channels, width, n_windows, word_length, n_before=width // 2
    )


def words_of_letters(
    letters: torch.Tensor,
    channels: int,
    width: int,
    n_windows: int,
    word_length: int,
    *,
    n_before: int,
) -> torch.Tensor:
    """Numbers of words, as `word_numbers` gives them, of numbered letters (n, length).

    Letters are numbered from 1; 0 is no letter, as before the first and behind the last
    one. The first window begins `n_before` places before the first letter.
    """
    n_words = -(-width // word_length)
    span = n_words * word_length
    n_after = n_windows + span - 1 - n_before - letters.shape[1]
    letters = F.pad(letters, (n_before, n_after))
    n_places = letters.shape[1] - word_length + 1
    word = letters[:, :n_places]
    for i in range(1, word_length):
        word = word * (channels + 1) + letters[:, i : i + n_places]
    words = word.unfold(1, span - word_length + 1, 1)[..., ::word_length]
    n_rows = (channels + 1) ** word_length
    first = torch.arange(n_words, dtype=torch.int32, device=letters.device) * n_rows
    return words + first


def word_table(
    filters: torch.Tensor, width: int, channels: int, word_length: int
) -> torch.Tensor:
    """Sums of the weights of all words: (n_words * words of a place, n_filters).

    `filters` (width * channels + 1, n_filters) end in the bias.
    """
    n_words, n_filters = -(-width // word_length), filters.shape[1]
    weights = filters[:-1].view(width, channels, n_filters)
    # A row of zeros for no letter, and places of zeros to fill the last word.
    weights = F.pad(weights, (0, 0, 1, 0, 0, n_words * word_length - width))
    weights = weights.view(n_words, word_length, channels + 1, n_filters)
    table = weights[:, 0]
    for i in range(1, word_length):
        table = (table[:, :, None] + weights[:, i, None]).flatten(1, 2)
    table[0] += filters[-1]
    return table.flatten(0, 1)


def look_up(words: torch.Tensor, table: torch.Tensor) -> torch.Tensor:
    """Products (n * n_windows, n_filters) of windows, whose words are numbered."""
    return F.embedding_bag(words.flatten(0, 1), table, mode="sum")


def is_one_hot(x: torch.Tensor) -> bool:
    """Whether each position of x (n, channels, length) has one letter, or none."""
    present = (x != 0).to(x.dtype)
    return torch.equal(x, present) and not bool((x.sum(dim=1) > 1).any())
