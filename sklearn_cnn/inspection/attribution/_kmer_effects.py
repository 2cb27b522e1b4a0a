"""How each substitution changes a weighted sum of the logarithms of k-mer counts."""

import torch
import torch.nn.functional as F

from sklearn_cnn.architectures._kmer_counts import KmerCounts, opposite_kmers


def kmer_effects(
    features: KmerCounts, x: torch.Tensor, weight: torch.Tensor
) -> torch.Tensor:
    """Effects (n, n_symbols, length, n_outputs); see `feature_effects`.

    Of each length k, at most k k-mers go and k come, whose counts are known.
    """
    n, n_symbols, length = x.shape
    certain = x.amax(dim=1) == 1
    codes = x.argmax(dim=1) * certain
    effects = x.new_zeros(n, length, n_symbols, len(weight))
    first_column = 0
    for k in range(1, features.max_k + 1):
        column, step = _columns(features, k, x)
        n_columns = int(column.max()) + 1
        of_k = weight[:, first_column : first_column + n_columns].T
        first_column += n_columns
        if k > length:
            continue
        columns, count, steps = _changed_counts(
            codes, certain, column, step, k, n_symbols
        )
        gain = torch.log1p(count + steps) - torch.log1p(count)
        effects += torch.einsum("nlac,nlaco->nlao", gain, of_k[columns])
    return effects.transpose(1, 2)


def _changed_counts(
    codes: torch.Tensor,
    certain: torch.Tensor,
    column: torch.Tensor,
    step: torch.Tensor,
    k: int,
    n_symbols: int,
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """What each substitution does to the counts of the k-mers that it is in.

    Parameters
    ----------
    codes, certain : torch.Tensor of shape (n, length)
        The letters, and whether they are certain; the code of others is 0.
    column, step : torch.Tensor of shape (n_symbols**k,)
        See `_columns`.
    k, n_symbols : int
        Length of the k-mers, letters of the alphabet.

    Returns
    -------
    columns : torch.Tensor of shape (n, length, n_symbols, 2 * k)
        Columns of the k-mers that come, then of those that go, one after the other.
    count : torch.Tensor of the same shape
        Count of the column before this change.
    steps : torch.Tensor of the same shape
        The change of the count.
    """
    n_columns = int(column.max()) + 1
    # Words by their starts; those that overhang are left out.
    pads = k - 1, k - 1
    inside = F.pad(certain, pads).unfold(1, k, 1)
    letters = F.pad(codes, pads).unfold(1, k, 1)
    digits = n_symbols ** torch.arange(k - 1, -1, -1, device=codes.device)
    words = (letters * digits).sum(dim=2)
    steps = step[words] * inside.all(dim=2)
    counts = step.new_zeros(len(codes), n_columns)
    counts.scatter_add_(1, column[words], steps)
    # Of each position, the words whose last letter it is, ..., whose first.
    words, old_steps = words.unfold(1, k, 1), steps.unfold(1, k, 1)
    rest = words - codes[..., None] * digits.flip(0)
    n_others = inside.sum(dim=2).unfold(1, k, 1) - certain[..., None].int()
    symbols = torch.arange(n_symbols, device=codes.device)
    new = rest[:, :, None] + symbols[:, None] * digits.flip(0)
    steps = step[new] * (n_others == k - 1)[:, :, None]
    old_steps = old_steps[:, :, None].expand_as(steps)
    steps = torch.cat([steps, -old_steps], dim=3)
    old = words[:, :, None].expand_as(new)
    columns = column[torch.cat([new, old], dim=3)]
    # One word after the other, as some fall into the same column.
    same = (columns[..., :, None] == columns[..., None, :]).to(step.dtype)
    earlier = (same.tril(-1) @ steps[..., None])[..., 0]
    count = counts.gather(1, columns.flatten(1)).view_as(columns) + earlier
    return columns, count, steps


def _columns(
    features: KmerCounts, k: int, x: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor]:
    """Column of each k-mer among those of its length, and what it adds to the count.

    The latter has the dtype of x: 1, or 2 for a k-mer that is its own reverse
    complement and is counted on both strands.
    """
    index = torch.arange(features.n_symbols**k, device=x.device)
    if not features.both_strands:
        return index, torch.ones_like(index, dtype=x.dtype)
    opposite = opposite_kmers(index, features.n_symbols, k)
    column = (index <= opposite).cumsum(dim=0) - 1
    step = 1 + (index == opposite).to(x.dtype)
    return column[torch.minimum(index, opposite)], step
