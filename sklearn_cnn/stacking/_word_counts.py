"""Standardised counts of very many words, without a column for each."""

from typing import NamedTuple

import numpy as np
import torch
import torch.nn.functional as F
from scipy.sparse import csr_array

from sklearn_cnn.architectures._gapped_words import GappedWords

# Rows whose words are looked up at a time.
_ROWS_AT_ONCE = 512


class _Bags(NamedTuple):
    """Lists of row numbers of a table, one after the other, and where each begins."""

    rows: torch.Tensor
    starts: torch.Tensor


class WordCounts:
    """Standardised counts of the gapped words that occur, (n, n_words).

    Most counts are zero. So the words of each sample are listed instead, and the
    samples of each word; a product with weights is a sum over such a list. A word that
    occurs twice is listed twice.

    From each count the word's mean is subtracted. All are divided by one scale, at
    which their variance is 1 on average if words occur independently (a Poisson
    distribution's variance is its mean).

    Parameters
    ----------
    features : GappedWords
        Says which words there are.
    codes : torch.Tensor of shape (n, length)
        Letters; other codes than those of the symbols stand for unknown letters.
    known : torch.Tensor of shape (n, 1) or None
        Known share of each sample, None where all is known. The unknown share counts as
        the mean.
    share : torch.Tensor of shape (n,)
        Weight of each sample in the means; they sum to one.

    Attributes
    ----------
    occur : torch.Tensor of shape (n_words,)
        Which of all words these are, by the rows of their weights in `features`.
    mean : torch.Tensor of shape (n_words,)
    scale : float
    """

    def __init__(
        self,
        features: GappedWords,
        codes: torch.Tensor,
        known: torch.Tensor | None,
        share: torch.Tensor,
    ):
        counts, self.occur = _counts(features, codes)
        self.shape = counts.shape
        self._known = known
        self._words = _as_bags(counts)
        self._samples = _as_bags(counts.tocsc())
        self.mean = _sum_bags(self._samples, share[:, None])[:, 0]
        self.scale = float(self.mean.mean()) ** 0.5 if len(self.mean) else 1.0

    def product(self, weight: torch.Tensor) -> torch.Tensor:
        """Product (m, n) of weights (m, n_words) with the counts of each sample."""
        sums = _Sums.apply(weight.T, self._words, self._samples)
        outputs = (sums - weight @ self.mean) / self.scale
        return (outputs if self._known is None else outputs * self._known).T


class _Sums(torch.autograd.Function):
    """Sums (n, m) of the weights (n_words, m) of each sample's words."""

    @staticmethod
    def forward(ctx, weight, words, samples):
        ctx.samples = samples
        return _sum_bags(words, weight)

    @staticmethod
    def backward(ctx, gradient):
        return _sum_bags(ctx.samples, gradient), None, None


def _sum_bags(bags: _Bags, table: torch.Tensor) -> torch.Tensor:
    return F.embedding_bag(bags.rows, table.contiguous(), bags.starts, mode="sum")


def _as_bags(counts) -> _Bags:
    """What stands in each row of a sparse array, or in each column."""
    starts = counts.indptr[:-1]
    return _Bags(torch.from_numpy(counts.indices), torch.from_numpy(starts))


def _counts(
    features: GappedWords, codes: torch.Tensor
) -> tuple[csr_array, torch.Tensor]:
    """Counts (n, n_words) of the words that occur, and which these are.

    A word that occurs twice in a row has two entries.
    """
    words, n_words_of_rows = [], [0]
    for rows in codes.split(_ROWS_AT_ONCE):
        columns = torch.cat(list(features.columns(rows)), dim=1)
        counts = columns < features.n_words
        words.append(columns[counts].int().numpy())
        n_words_of_rows.extend(counts.sum(dim=1).tolist())
    words = np.concatenate(words)
    ends = np.cumsum(n_words_of_rows, dtype=np.int32)
    occurs = np.zeros(features.n_words, dtype=bool)
    occurs[words] = True
    words = (np.cumsum(occurs, dtype=np.int32) - 1)[words]
    ones = np.ones(len(words), dtype=np.int8)
    shape = len(codes), int(occurs.sum())
    counts = csr_array((ones, words, ends), shape=shape)
    return counts, torch.from_numpy(np.flatnonzero(occurs))
