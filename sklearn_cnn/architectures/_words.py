"""Products of one-hot windows and filters, looked up word by word.

The product of a filter and a one-hot window is a sum of one weight for each letter. The
sums for all words of a few letters fit in a table, one row a word. A window is then the
sum of a few rows: seven additions in place of 76 multiplications, for words of three
letters and filters of 19.
"""

import torch
import torch.nn.functional as F

# Words for each place of a filter, at most: the table is to fit in a processor's cache.
_MOST_WORDS = 512


def words_of(x: torch.Tensor, width: int) -> torch.Tensor | None:
    """Numbers (n, length, n_words) of the words in all windows of x.

    They are rows of `word_table`. None where letters are soft, or where products are
    faster (on a GPU), or PyTorch has no fast sum of rows (other types than float32).
    """
    _, channels, length = x.shape
    if x.device.type != "cpu" or x.dtype != torch.float32:
        return None
    present = (x != 0).to(x.dtype)
    if not torch.equal(x, present) or (x.sum(dim=1) > 1).any():
        return None
    word_length = _word_length(channels)
    n_words = -(-width // word_length)
    numbers = torch.arange(1, channels + 1, dtype=x.dtype, device=x.device)
    letters = (numbers @ x).int()  # 0 is no letter
    before = width // 2
    after = n_words * word_length - 1 - before
    letters = F.pad(letters, (before, after))
    n_places = letters.shape[1] - word_length + 1
    word = letters[:, :n_places]
    for i in range(1, word_length):
        word = word * (channels + 1) + letters[:, i : i + n_places]
    span = (n_words - 1) * word_length + 1
    words = word.unfold(1, span, 1)[:, :length, ::word_length]
    n_rows = (channels + 1) ** word_length
    first = torch.arange(n_words, dtype=torch.int32, device=x.device) * n_rows
    return words + first


def word_table(filters: torch.Tensor, width: int, channels: int) -> torch.Tensor:
    """Sums of the weights of all words: (n_words * words of a place, n_filters).

    `filters` (width * channels + 1, n_filters) end in the bias.
    """
    word_length = _word_length(channels)
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


def _word_length(channels: int) -> int:
    length = 1
    while (channels + 1) ** (length + 1) <= _MOST_WORDS:
        length += 1
    return length
