"""A bank of known motifs, scanned along sequences."""

import math
from collections.abc import Callable, Iterator
from functools import partial

import torch
import torch.nn.functional as F
from torch import nn

from sklearn_cnn.architectures._known_letters import known_share

# The lookup tables hold the scores of all words of this many letters, ...
_WORD = 3
# ... for this many motifs at a time and this many places: they fit a CPU's cache.
_MOTIFS_PER_BLOCK = 64
_PLACES_PER_BLOCK = 2048
# Tables have a multiple of this many columns for each strand, or maxima take ten times
# as long.
_COLUMNS_STEP = 16
# Letters of the tables: A, C, G, T, then N (the mean of the four) and padding.
_N, _PADDING, _N_LETTERS = 4, 5, 6
# What a window that touches padding scores, before it is clamped.
_NO_WINDOW = -1e4


class MotifBank(nn.Module):
    """Best log-odds score of each motif along a sequence, or the sum over its windows.

    The score of a window inside the sequence is the sum of the motif's log-odds. With
    "best", the score of a sequence is that of its best window, on the better strand.
    With "all", all windows of both strands count, by their likelihood ratios: the score
    is log2 of the sum of 2 to the power of each window's score. Sequences shorter than
    the motif, which have no window, get the lowest score that a window can have.

    Codes are scanned by table lookups, several times as fast as convolutions.

    Parameters
    ----------
    log_odds : ndarray of shape (sum of widths, 4)
        Motifs in the order A, C, G, T, one below the other.
    widths : ndarray of shape (n_motifs,)
        Width of each motif.
    both_strands : bool
        Whether to scan the opposite strand as well.
    windows : {"best", "all"}
        Which windows count.
    aligned : bool
        Whether all sequences have one length: padding then stands for unknown letters.
    """

    # A few motifs may matter alone.
    may_be_sparse = True
    has_one_scale = False
    n_symbols = 4

    def __init__(
        self, log_odds, widths, both_strands, windows="best", *, aligned=False
    ):
        super().__init__()
        self.aligned = aligned
        self.both_strands = both_strands
        self.windows = windows
        self.register_buffer("log_odds", torch.tensor(log_odds, dtype=torch.float32))
        self.register_buffer("widths", torch.tensor(widths, dtype=torch.int64))
        # As plain numbers too, so that exporters see how often to loop.
        self._widths = [int(width) for width in widths]
        self._by_width = sorted(range(len(widths)), key=self._widths.__getitem__)
        self._tables = None

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Map x (n, channels, length) to scores (n, n_motifs).

        The first four channels are A, C, G and T, one-hot or soft.
        """
        x = x[:, :4]
        lowest = self.lowest().to(x.dtype)
        scores, n_scanned = [], 0
        for members, _, score in self.scan(x):
            best = self._over_windows(score, dim=2)
            best = self._over_windows(best.unflatten(1, (-1, len(members))), dim=1)
            scores.append(torch.maximum(best, lowest[members]))
            n_scanned += len(members)
        # Motifs that are wider than the sequences have no window.
        others = self._by_width[n_scanned:]
        scores.append(lowest[others].expand(x.shape[0], -1))
        columns = sorted(range(len(self._widths)), key=self._by_width.__getitem__)
        return torch.cat(scores, dim=1)[:, columns]

    def known(self, known: torch.Tensor, inside: torch.Tensor) -> torch.Tensor:
        """Give the share (n, 1) of known letters.

        `known` (n, length) is 1 for a known letter, else 0; `inside` (n, length) is 1
        for a letter, 0 for padding.
        """
        return known_share(known, None if self.aligned else inside)

    def scan(
        self, x: torch.Tensor
    ) -> Iterator[tuple[list[int], torch.Tensor, torch.Tensor]]:
        """Score all windows, by the motifs of one width after the other.

        Yields
        ------
        members : list of int
            Numbers of the motifs of this width.
        filters : torch.Tensor of shape (n_columns, 4, width)
            The motifs, then their reverse complements if both strands count.
        scores : torch.Tensor of shape (n, n_columns, n_windows)
            Score of each window; very low for windows that touch padding.
        """
        is_padding = (x.sum(dim=1, keepdim=True) == 0).to(x.dtype)
        for width in sorted(set(self._widths)):
            if width > x.shape[2]:
                break
            members = [i for i in self._by_width if self._widths[i] == width]
            filters = self._filters(members, width).to(x.dtype).transpose(1, 2)
            n_padded = F.conv1d(is_padding, is_padding.new_ones(1, 1, width))
            scores = F.conv1d(x, filters)
            yield members, filters, scores + _NO_WINDOW * n_padded.clamp(max=1)

    def features_from_codes(
        self, codes: torch.Tensor, columns: torch.Tensor
    ) -> torch.Tensor:
        """Compute scores (n, n_motifs) from integer codes (n, length).

        `columns` (n_codes, 4) holds the column that each code stands for. Sequences
        with letters other than A, C, G, T and N are scanned by convolutions, which is
        slower.
        """
        letters = _table_letters(columns)[codes.int()]
        scores = torch.empty(len(codes), len(self.widths), device=codes.device)
        in_tables = (letters >= 0).all(dim=1)
        if in_tables.any():
            scores[in_tables] = self._look_up(letters[in_tables])
        for row in (~in_tables).nonzero()[:, 0]:
            x = columns[codes[row].int()].T[None]
            scores[row] = self(x.to(self.log_odds.dtype))[0]
        return scores

    def _look_up(self, letters: torch.Tensor) -> torch.Tensor:
        """Look up scores (n, n_motifs) of letters (n, length) of the tables."""
        n, length = letters.shape
        scores = torch.empty(n, len(self.widths), device=letters.device)
        on_cpu = letters.device.type == "cpu"
        n_places = _PLACES_PER_BLOCK if on_cpu else 64 * _PLACES_PER_BLOCK
        n_rows, n_strands = max(1, n_places // length), 1 + self.both_strands
        for motifs, table, index in self._tables_and_words(letters):
            blocks = []
            for rows in index.split(n_rows):
                found = F.embedding_bag(rows.flatten(0, 1), table, mode="sum")
                # The best of all places, on both strands.
                found = found.view(len(rows), -1, table.shape[1] // n_strands)
                blocks.append(self._over_windows(found, dim=1)[:, : len(motifs)])
            scores[:, motifs] = torch.cat(blocks)
        return torch.maximum(scores, self.lowest())

    def best_strand_along(
        self, letters: torch.Tensor
    ) -> Iterator[tuple[torch.Tensor, Callable[[slice], torch.Tensor]]]:
        """Scores of the better strand along a sequence, some motifs at a time.

        `letters` (length,) are numbers of A, C, G and T, from 0.

        Yields
        ------
        motifs : torch.Tensor of shape (n,)
            Their numbers, from narrow to wide.
        scores_at : callable
            Maps a slice of places to scores (n_places, n) of the windows that begin
            there; very low where they run over the end.
        """
        for motifs, table, (index,) in self._tables_and_words(letters[None]):
            yield motifs, partial(self._better_strand, len(motifs), table, index)

    def _better_strand(self, n_motifs, table, index, places: slice) -> torch.Tensor:
        found = F.embedding_bag(index[places], table, mode="sum")
        found = found.unflatten(1, (1 + self.both_strands, -1))
        return found[..., :n_motifs].amax(dim=1)

    def _tables_and_words(
        self, letters: torch.Tensor
    ) -> Iterator[tuple[torch.Tensor, torch.Tensor, torch.Tensor]]:
        """Some motifs, their table, and its rows for letters (n, length).

        The rows (n, length, n_words) add up to the scores of the windows that begin at
        each place.
        """
        if self._tables is None:
            order = torch.argsort(self.widths, stable=True)
            self._tables = [self._table(m) for m in order.split(_MOTIFS_PER_BLOCK)]
        n, length = letters.shape
        beyond = int(self.widths.max()) + _WORD
        words = _words(F.pad(letters.int(), (0, beyond), value=_PADDING))
        index = words.new_empty(n, length, 0)
        for motifs, table, n_words in self._tables:
            # From narrow to wide, and neighbours often have as many words.
            if index.shape[2] != n_words:
                index = torch.stack(
                    [
                        words[:, i * _WORD : i * _WORD + length] + i * _N_LETTERS**_WORD
                        for i in range(n_words)
                    ],
                    dim=-1,
                )
            yield motifs, table, index

    def _over_windows(self, scores: torch.Tensor, dim: int) -> torch.Tensor:
        """Make one score of those of many windows, along a dimension."""
        if self.windows == "best":
            return scores.amax(dim)
        return torch.logsumexp(scores * math.log(2), dim) / math.log(2)

    def _table(self, motifs: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, int]:
        """Make the lookup table of some motifs, whose scores are sums over words.

        Returns
        -------
        motifs : torch.Tensor
            Their numbers, as given.
        table : torch.Tensor of shape (n_words * 6**3, n_columns)
            What each possible word adds to a score as the first word of the window, as
            the second, and so on.
        n_words : int
            Words in a window.
        """
        n_words = -(-int(self.widths[motifs].max()) // _WORD)
        # Columns that fill the table up score like the last motif, and are not read.
        filling = motifs[-1:].expand(-len(motifs) % _COLUMNS_STEP)
        filled = torch.cat([motifs, filling])
        filters = self._filters(filled.tolist(), n_words * _WORD)
        letters = F.pad(filters, (0, _N_LETTERS - 4))
        letters[..., _N] = filters.mean(dim=2)
        # Behind the end of a motif all letters score zero, and so does padding.
        widths = self.widths[filled].repeat(1 + self.both_strands)
        inside = torch.arange(n_words * _WORD, device=widths.device) < widths[:, None]
        letters[..., _PADDING] = _NO_WINDOW * inside
        tables = []
        for start in range(0, n_words * _WORD, _WORD):
            table = letters[:, start].T
            for i in range(start + 1, start + _WORD):
                table = (table[:, None] + letters[:, i].T).flatten(0, 1)
            tables.append(table)
        return motifs, torch.cat(tables).contiguous(), n_words

    def _filters(self, members: list[int], width: int) -> torch.Tensor:
        """Give motifs, then their reverse complements, as (n_columns, width, 4).

        Motifs narrower than `width` are followed by zeros.
        """
        widths = self.widths[members, None]
        ends = self.widths.cumsum(0)[members, None]
        offsets = torch.arange(width, device=widths.device)
        inside = offsets < widths
        rows = torch.where(inside, ends - widths + offsets, 0)
        filters = self.log_odds[rows] * inside[..., None]
        if self.both_strands:
            rows = torch.where(inside, ends - 1 - offsets, 0)
            opposite = self.log_odds[rows].flip(2) * inside[..., None]
            filters = torch.cat([filters, opposite])
        return filters

    def lowest(self) -> torch.Tensor:
        """Compute the lowest score (n_motifs,) that a window of each motif can have."""
        return self._sums(self.log_odds.min(dim=1).values)

    def highest(self) -> torch.Tensor:
        """Compute the highest score (n_motifs,) that a window of each can have."""
        return self._sums(self.log_odds.max(dim=1).values)

    def _sums(self, values: torch.Tensor) -> torch.Tensor:
        """Sum values (sum of widths,) over the positions of each motif."""
        owner = torch.repeat_interleave(self.widths)
        sums = torch.zeros(len(self.widths), device=values.device, dtype=values.dtype)
        return sums.index_add(0, owner, values)

    def subset(self, motifs: torch.Tensor) -> "MotifBank":
        """Bank of some of the motifs, given by their numbers."""
        parts = self.log_odds.split(self._widths)
        return MotifBank(
            torch.cat([parts[i] for i in motifs.tolist()]).numpy(force=True),
            self.widths[motifs].numpy(force=True),
            self.both_strands,
            self.windows,
            aligned=self.aligned,
        )


def _table_letters(columns: torch.Tensor) -> torch.Tensor:
    """Letter of the tables (n_codes,) for each code; -1 where there is none."""
    columns = columns.to(torch.float32)
    letters = torch.full((len(columns),), -1, device=columns.device)
    is_symbol = columns.amax(dim=1) == 1
    letters[is_symbol] = columns.argmax(dim=1)[is_symbol]
    letters[(columns == 0.25).all(dim=1)] = _N
    letters[columns.sum(dim=1) == 0] = _PADDING
    return letters


def _words(letters: torch.Tensor) -> torch.Tensor:
    """Number of the word that starts at each position, (n, length - 2)."""
    n_places = letters.shape[1] - _WORD + 1
    words = letters[:, :n_places]
    for i in range(1, _WORD):
        words = words * _N_LETTERS + letters[:, i : i + n_places]
    return words
