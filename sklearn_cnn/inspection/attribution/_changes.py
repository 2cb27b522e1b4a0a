"""What substitutions change in the layers of a trunk: their receptive field alone."""

from dataclasses import dataclass

import torch

from sklearn_cnn.architectures._conv_block import ConvBlock
from sklearn_cnn.architectures._local_pool import pool_blocks
from sklearn_cnn.architectures._motif_cnn import MotifCNN


@dataclass(frozen=True)
class Changes:
    """How m substitutions change a layer, at the positions that they reach.

    Parameters
    ----------
    rows : torch.Tensor of shape (m,)
        The sequences.
    starts : torch.Tensor of shape (m,)
        The first position that each substitution reaches. It may lie outside.
    values : torch.Tensor of shape (m, width, n_channels)
        New values less old ones, at the positions from there on; 0 outside.
    """

    rows: torch.Tensor
    starts: torch.Tensor
    values: torch.Tensor

    @property
    def places(self) -> torch.Tensor:
        """The positions (m, width) that each substitution reaches."""
        return _places(self.starts, self.values.shape[1])

    def added_to(self, old: torch.Tensor) -> torch.Tensor:
        """New values (m, length, n_channels) of a layer (n, length, n_channels)."""
        places = self.places.clamp(0, old.shape[1] - 1)[..., None]
        return old[self.rows].scatter_add_(
            1, places.expand_as(self.values), self.values
        )


def values_at(
    values: torch.Tensor, rows: torch.Tensor, places: torch.Tensor, outside: float = 0
) -> torch.Tensor:
    """Values (m, width, n_channels) of a layer (n, length, n_channels) at places.

    `rows` are (m,), `places` (m, width); what lies outside has one value.
    """
    last = values.shape[1] - 1
    found = values[rows[:, None], places.clamp(0, last)]
    is_outside = (places < 0) | (places > last)
    found[is_outside] = outside
    return found


class Filtering:
    """Filters, batch normalisation and activation of a layer, in evaluation mode.

    Parameters
    ----------
    block : ConvBlock
        The layer.
    scores : torch.Tensor of shape (n, length, n_filters)
        What it gives before the activation, for the unchanged sequences. -inf at
        padding: whatever is added, the activation is 0.
    """

    def __init__(self, block: ConvBlock, scores: torch.Tensor):
        self._scores = scores
        self._activation = block.activation
        norm = block.norm
        scale = norm.weight / torch.sqrt(norm.running_var + norm.eps)
        # (width, n_channels, n_filters); the last entry reads a position first.
        self._entries = (block.conv.weight * scale[:, None, None]).permute(2, 1, 0)
        self._entries = self._entries.flip(0).contiguous()

    def propagate(self, changes: Changes) -> Changes:
        """Changes of the activations, given those of what the layer reads."""
        size, width = len(self._entries), changes.values.shape[1]
        starts = changes.starts - (size - 1 - size // 2)
        places = _places(starts, width + size - 1)
        old = values_at(self._scores, changes.rows, places, -torch.inf)
        new = old.clone()
        for i, entries in enumerate(self._entries):
            new[:, i : i + width] += changes.values @ entries
        gained = self._activation(new) - self._activation(old)
        return Changes(changes.rows, starts, gained)


class Pooling:
    """Local pooling of a layer.

    Parameters
    ----------
    size : int
        Positions of a block.
    values : torch.Tensor of shape (n, length, n_filters)
        What it reads of the unchanged sequences; 0 at padding, nowhere negative.
    first : torch.Tensor of shape (n,)
        Position of each sequence's first letter, where its first block begins.
    """

    def __init__(self, size: int, values: torch.Tensor, first: torch.Tensor):
        self._size, self._values, self._first = size, values, first

    def propagate(self, changes: Changes) -> Changes:
        """Changes of the maxima, given those of what is pooled."""
        m, width, n_filters = changes.values.shape
        first = self._first[changes.rows]
        starts = (changes.starts - first).div(self._size, rounding_mode="floor")
        # As many as changes reach that begin at the last position of a block.
        n_blocks = (width + self._size - 2) // self._size + 1
        places = _places(starts * self._size + first, n_blocks * self._size)
        old = values_at(self._values, changes.rows, places)
        inside = (changes.places - places[:, :1])[..., None]
        new = old.scatter_add(1, inside.expand_as(changes.values), changes.values)
        blocks = m, n_blocks, self._size, n_filters
        gained = new.view(blocks).amax(dim=2) - old.view(blocks).amax(dim=2)
        return Changes(changes.rows, starts, gained)


def run_trunk(
    network: MotifCNN, x: torch.Tensor, mask: torch.Tensor | None
) -> tuple[list[Filtering | Pooling], torch.Tensor, torch.Tensor | None]:
    """Run a trunk in evaluation mode, and keep what changes are propagated through.

    Takes what `MotifCNN.prepare` gives. Returns the steps, the activations (n, length,
    n_filters) of the last layer, and their mask (n, 1, length) or None.
    """
    steps = []
    for block in network.trunk:
        scores = block.before_activation(x)
        if mask is not None:
            scores = scores.masked_fill(mask == 0, -torch.inf)
        steps.append(Filtering(block, _channels_last(scores)))
        x = block.activation(scores)
        if block.pool is not None:
            if mask is None:
                first = torch.zeros(len(x), dtype=torch.long, device=x.device)
            else:
                first = mask[:, 0].argmax(dim=1)
            steps.append(Pooling(block.pool.kernel_size, _channels_last(x), first))
            x, mask, _ = pool_blocks(block.pool, x, mask, None)
    return steps, _channels_last(x), mask


def _places(starts: torch.Tensor, width: int) -> torch.Tensor:
    """Positions (m, width) from each start (m,) on."""
    return starts[:, None] + torch.arange(width, device=starts.device)


def _channels_last(x: torch.Tensor) -> torch.Tensor:
    return x.transpose(1, 2).contiguous()
