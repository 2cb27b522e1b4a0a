"""Scores of words with gaps: letters at some places of a window."""

from collections.abc import Iterator

import torch
from torch import nn

from sklearn_cnn.architectures._kmer_counts import certain_symbols, opposite_kmers
from sklearn_cnn.architectures._known_letters import known_share


class GappedWords(nn.Module):
    """Sums of the weights of all gapped words in a sequence.

    A gapped word is the letters that a mask shows of a window: the mask (0, 1, 4, 5)
    shows the first and the last two of six letters, whatever stands between. So words
    can be as long as a binding site, and still occur often enough to learn a weight for
    each (Ghandi et al., 2014, doi:10.1371/journal.pcbi.1003711).

    There are too many words for a column of counts each. So the features are weighted
    sums of the counts: scores, whose weights `fit_gapped_words` learns.

    A window counts where all its letters that the mask shows are certain: those with
    ambiguity codes, soft columns or padding there are left out.

    Parameters
    ----------
    n_symbols : int
        Symbols of the alphabet; the first channels of the input.
    masks : sequence of tuple of int
        Places of a window that each mask shows, in ascending order, from 0. All show as
        many letters, and each is its own mirror image: the opposite strand, on which a
        window is read backwards, then needs no other masks.
    both_strands : bool
        Whether a word and its reverse complement have one weight. Reversing the order
        of the symbols must complement them, as in ACGT.
    aligned : bool
        Whether all sequences have one length: padding then stands for unknown letters.
    weight : torch.Tensor of shape (n_words, n_scores) or None
        Weight of each word, or pair of reverse complements, of one mask after the
        other. None is without any score.
    """

    may_be_sparse = False
    # Of the buffers; what else there is follows from the parameters.
    learned = ("weight",)

    def __init__(self, n_symbols, masks, both_strands, aligned=False, weight=None):
        super().__init__()
        self.n_symbols = n_symbols
        self.masks = tuple(masks)
        self.both_strands = both_strands
        self.aligned = aligned
        self.n_letters = len(self.masks[0])
        words = torch.arange(n_symbols**self.n_letters)
        pairs = words
        if both_strands:
            opposite = opposite_kmers(words, n_symbols, self.n_letters)
            pairs = torch.minimum(words, opposite)
        first, rows = pairs.unique(return_inverse=True)
        self.words_of_mask = len(first)
        # The last one is for windows that do not count.
        rows = nn.functional.pad(rows, (0, 1), value=len(first))
        self.register_buffer("_rows", rows, persistent=False)
        if weight is None:
            weight = torch.zeros(self.n_words, 0)
        self.register_buffer("weight", weight)
        self._table = None

    @property
    def n_words(self) -> int:
        """Words that have a weight of their own."""
        return len(self.masks) * self.words_of_mask

    def with_weight(self, weight: torch.Tensor) -> "GappedWords":
        """The same words with other weights (n_words, n_scores)."""
        return GappedWords(
            self.n_symbols, self.masks, self.both_strands, self.aligned, weight
        )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Map one-hot x (n, channels, length) to scores (n, n_scores)."""
        return self.features_from_certain(self.certain_symbols(x))

    def certain_symbols(self, x: torch.Tensor) -> torch.Tensor:
        """Give symbols (n, n_symbols, length); zero where a letter is not certain."""
        return certain_symbols(x, self.n_symbols)

    def features_from_certain(self, x: torch.Tensor) -> torch.Tensor:
        """Compute scores (n, n_scores) from what `certain_symbols` gives.

        For entries between 0 and 1, scores are a polynomial of x.
        """
        half = self.n_letters // 2
        # Not by len(x), which would fix the number of rows of an exported module.
        scores = x.new_zeros(x.shape[0], self.weight.shape[1])
        for mask, weight in zip(self.masks, self.weights_of_masks(), strict=True):
            n_windows = x.shape[2] - mask[-1]
            if n_windows < 1:
                continue
            # Each half by itself, as in `KmerCounts`.
            left = _occurrences(x, mask[:half], n_windows)
            right = _occurrences(x, mask[half:], n_windows)
            counts = (left @ right.transpose(1, 2)).flatten(1)
            scores = scores + counts @ weight[:-1].to(x.dtype)
        return scores

    def features_from_codes(
        self, codes: torch.Tensor, columns: torch.Tensor
    ) -> torch.Tensor:
        """Compute scores (n, n_scores) from integer codes (n, length).

        The first codes are the symbols, and words with other codes do not count. So
        `columns` (n_codes, n_symbols), which other features read, is not needed. The
        weight of each word is looked up in a table.
        """
        if self._table is None:
            self._table = _summed_exactly(self.weights_of_masks())
        shape = len(codes), self.weight.shape[1]
        scores = torch.zeros(shape, dtype=self._table.dtype, device=codes.device)
        for words, table in zip(self.words(codes), self._table, strict=True):
            found = table.index_select(0, words.flatten())
            scores += found.view(*words.shape, table.shape[1]).sum(dim=1)
        return scores.float()

    def weights_of_masks(self) -> torch.Tensor:
        """Weights of all words of each mask, on whichever strand they stand.

        Of shape (n_masks, n_symbols**n_letters + 1, n_scores). The last word stands for
        windows that do not count; its weight is zero.
        """
        weight = self.weight.unflatten(0, (len(self.masks), -1))
        return nn.functional.pad(weight, (0, 0, 0, 1))[:, self._rows]

    def words(self, codes: torch.Tensor) -> Iterator[torch.Tensor]:
        """Number of the word in each window (n, n_windows), mask by mask.

        It is n_symbols**n_letters where a window does not count.
        """
        codes = codes.int()
        unknown = codes >= self.n_symbols
        any_unknown = bool(unknown.any())
        for mask in self.masks:
            n_windows = max(0, codes.shape[1] - mask[-1])
            word = torch.zeros_like(codes[:, :n_windows])
            left_out = torch.zeros_like(word, dtype=torch.bool)
            for place in mask:
                word = word * self.n_symbols + codes[:, place : place + n_windows]
                if any_unknown:
                    left_out |= unknown[:, place : place + n_windows]
            if any_unknown:
                word.masked_fill_(left_out, self.n_symbols**self.n_letters)
            yield word

    def columns(self, codes: torch.Tensor) -> Iterator[torch.Tensor]:
        """Which of the weights each window has (n, n_windows), mask by mask.

        It is `n_words` where a window does not count.
        """
        for i, words in enumerate(self.words(codes)):
            rows = self._rows[words]
            yield torch.where(
                rows == self.words_of_mask,
                self.n_words,
                rows + i * self.words_of_mask,
            )

    def known(self, known: torch.Tensor, inside: torch.Tensor) -> torch.Tensor:
        """Give the known share of all words, (n, 1): of those without gaps.

        An unknown letter is in as many words with gaps. `known` (n, length) is 1 for a
        known letter, else 0; `inside` (n, length) is 1 for a letter, 0 for padding.
        """
        return known_share(known, None if self.aligned else inside, self.n_letters)


def _summed_exactly(weight: torch.Tensor) -> torch.Tensor:
    """Weights whose sums are exact, in any order and whatever padding stands between.

    So a row does not depend on the others, which may be longer. In double precision,
    sums of millions of multiples of one power of two are exact.
    """
    if weight.device.type == "mps" or not weight.numel():
        return weight  # There is no double precision.
    _, exponent = torch.frexp(weight.abs().max())
    step = 2.0 ** (int(exponent) - 24)
    return (weight.double() / step).round() * step


def _occurrences(x: torch.Tensor, places: tuple, n_windows: int) -> torch.Tensor:
    """In which windows each word stands at some places: (n, n_words, n_windows).

    `x` is (n, n_symbols, length), one-hot.
    """
    first, *others = (x[..., place : place + n_windows] for place in places)
    for letters in others:
        first = (first[:, :, None] * letters[:, None]).flatten(1, 2)
    return first
