"""Counts of k-mers, the composition of a sequence."""

from collections.abc import Iterator

import torch
from torch import nn

from sklearn_cnn.architectures._known_letters import known_share


class KmerCounts(nn.Module):
    """log(1 + count) of every k-mer, of all lengths from 1 to `max_k`.

    The logarithm keeps repeats (poly-A, microsatellites) from outweighing k-mers that
    occur once or twice. A k-mer counts where all its letters are certain: windows with
    ambiguity codes, soft columns or padding are left out.

    Parameters
    ----------
    n_symbols : int
        Symbols of the alphabet; the first channels of the input.
    max_k : int
        Length of the longest k-mers.
    both_strands : bool
        Whether a k-mer and its reverse complement are one feature, counted on both
        strands. Reversing the order of the symbols must complement them, as in ACGT.
    aligned : bool
        Whether all sequences have one length: padding then stands for unknown letters.
    """

    may_be_sparse = False
    has_one_scale = False

    def __init__(self, n_symbols, max_k, both_strands, aligned=False):
        super().__init__()
        self.aligned = aligned
        self.n_symbols = n_symbols
        self.max_k = max_k
        self.both_strands = both_strands
        self._tables = None

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Map one-hot x (n, channels, length) to features (n, n_features)."""
        return self.features_from_certain(self.certain_symbols(x))

    def certain_symbols(self, x: torch.Tensor) -> torch.Tensor:
        """Give symbols (n, n_symbols, length); zero where a letter is not certain."""
        return certain_symbols(x, self.n_symbols)

    def features_from_certain(self, x: torch.Tensor) -> torch.Tensor:
        """Compute features (n, n_features) from what `certain_symbols` gives.

        For entries between 0 and 1, features are a smooth function of x.
        """
        counts = []
        n, _, length = x.shape
        for k in range(1, self.max_k + 1):
            if k > length:
                counts.append(x.new_zeros(n, self.n_symbols**k))
                continue
            # Occurrences of the first and of the second half are multiplied at each
            # position and summed over positions.
            first, second = k // 2, k - k // 2
            n_places = length - k + 1
            right = _occurrences(x[..., first:], second)[..., :n_places]
            if first:
                left = _occurrences(x, first)[..., :n_places]
                count = (left @ right.transpose(1, 2)).flatten(1)
            else:
                count = right.sum(dim=2)
            counts.append(count)
        return self._finish(counts)

    def features_from_codes(
        self, codes: torch.Tensor, columns: torch.Tensor
    ) -> torch.Tensor:
        """Compute features (n, n_features) from integer codes (n, length).

        The first codes are the symbols, and k-mers with other codes do not count. So
        `columns` (n_codes, n_symbols), which other features read, is not needed. The
        feature of each word is looked up in a table.
        """
        times = self.times(codes.device)
        columns = torch.cat(list(self.columns(codes)), dim=1)
        counts = torch.zeros(len(codes), len(times) + 1, device=codes.device)
        counts.scatter_add_(1, columns, counts.new_ones(()).expand_as(columns))
        return torch.log1p(counts[:, :-1] * times)

    def columns(self, codes: torch.Tensor) -> Iterator[torch.Tensor]:
        """Feature of the word at each place (n, n_places), by the length of words.

        It is n_features where the word does not count.
        """
        tables, _ = self._tables_on(codes.device)
        n, length = codes.shape
        # All other codes are one letter more.
        codes = codes.int().clamp(max=self.n_symbols)
        index = torch.zeros_like(codes)
        for k, table in enumerate(tables[:length], start=1):
            n_places = length - k + 1
            index = index[:, :n_places] * (self.n_symbols + 1) + codes[:, k - 1 :]
            yield table.index_select(0, index.flatten()).view(n, n_places)

    def times(self, device: torch.device) -> torch.Tensor:
        """How often an occurrence of each feature (n_features,) counts, once or twice.

        Twice where a word reads the same on both strands, which both count.
        """
        return self._tables_on(device)[1]

    def _tables_on(self, device) -> tuple[list[torch.Tensor], torch.Tensor]:
        if self._tables is None:
            self._tables = self._make_tables(device)
        return self._tables

    def _make_tables(
        self, device: torch.device
    ) -> tuple[list[torch.Tensor], torch.Tensor]:
        """Make tables that turn words into numbers of features.

        Returns
        -------
        tables : list of torch.Tensor
            For each length k, the feature of each of the (n_symbols + 1)**k words. The
            last letter stands for all that is no symbol; words with it get the number
            of features.
        times : torch.Tensor of shape (n_features,)
            How often an occurrence counts: twice where both strands read the same.
        """
        letters = torch.arange(self.n_symbols + 1, device=device)
        word, is_word = torch.zeros_like(letters[:1]), letters[:1] == 0
        tables, times, start = [], [], 0
        for k in range(1, self.max_k + 1):
            word = (word[:, None] * self.n_symbols + letters).flatten()
            is_word = (is_word[:, None] & (letters < self.n_symbols)).flatten()
            kmers = torch.arange(self.n_symbols**k, device=device)
            pair, count = kmers, torch.ones_like(kmers)
            if self.both_strands:
                opposite = opposite_kmers(kmers, self.n_symbols, k)
                pair, count = torch.minimum(kmers, opposite), 1 + (kmers == opposite)
            first, column = pair.unique(return_inverse=True)
            tables.append(torch.where(is_word, start + column[word * is_word], -1))
            times.append(count[first])
            start += len(first)
        # -1 is the last column.
        tables = [torch.where(table < 0, start, table) for table in tables]
        return tables, torch.cat(times)

    def known(self, known: torch.Tensor, inside: torch.Tensor) -> torch.Tensor:
        """Give the known share of all k-mers as long as each feature: (n, n_features).

        `known` (n, length) is 1 for a known letter, else 0; `inside` (n, length) is 1
        for a letter, 0 for padding.
        """
        inside = None if self.aligned else inside
        shares = [
            known_share(known, inside, k).expand(-1, self._n_columns(k))
            for k in range(1, self.max_k + 1)
        ]
        return torch.cat(shares, dim=1)

    def _n_columns(self, k: int) -> int:
        """Count the features of k-mers of one length."""
        n_kmers = self.n_symbols**k
        if not self.both_strands:
            return n_kmers
        # A pair of reverse complements is one feature, and so is a palindrome.
        n_palindromes = self.n_symbols ** (k // 2) if k % 2 == 0 else 0
        return (n_kmers + n_palindromes) // 2

    def _finish(self, counts: list[torch.Tensor]) -> torch.Tensor:
        """Make features (n, n_features) of the counts of all lengths, on one strand."""
        if self.both_strands:
            counts = [
                _on_both_strands(count, self.n_symbols, k)
                for k, count in enumerate(counts, start=1)
            ]
        return torch.log1p(torch.cat(counts, dim=1))


def certain_symbols(x: torch.Tensor, n_symbols: int) -> torch.Tensor:
    """Symbols (n, n_symbols, length) of x; zero where a letter is not certain."""
    x = x[:, :n_symbols]
    return x * (x.amax(dim=1, keepdim=True) == 1)


def _occurrences(x: torch.Tensor, k: int) -> torch.Tensor:
    """Which k-mer starts where: (n, n_symbols**k, length - k + 1).

    `x` is (n, n_symbols, length), one-hot.
    """
    found = x
    for i in range(1, k):
        n_places = x.shape[2] - i
        found = found[:, :, None, :n_places] * x[:, None, :, i:]
        found = found.flatten(1, 2)
    return found


def _on_both_strands(count: torch.Tensor, n_symbols: int, k: int) -> torch.Tensor:
    """Add the counts of reverse complements; each pair has one column."""
    index = torch.arange(n_symbols**k, device=count.device)
    opposite = opposite_kmers(index, n_symbols, k)
    return (count + count[:, opposite])[:, index <= opposite]


def opposite_kmers(index: torch.Tensor, n_symbols: int, k: int) -> torch.Tensor:
    """Index of the reverse complement of each k-mer."""
    opposite = torch.zeros_like(index)
    for _ in range(k):
        opposite = opposite * n_symbols + (n_symbols - 1 - index % n_symbols)
        index = index // n_symbols
    return opposite
