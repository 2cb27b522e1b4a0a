"""The mean of several networks of one layer, by one product for all of them."""

import math

import torch
import torch.nn.functional as F
from torch import nn

from sklearn_cnn.architectures._ensemble import Ensemble
from sklearn_cnn.architectures._exponential import Exponential
from sklearn_cnn.architectures._global_head import masked_mean
from sklearn_cnn.architectures._known_letters import known_letters
from sklearn_cnn.architectures._merged_position_heads import MergedPositionHeads
from sklearn_cnn.architectures._motif_cnn import MotifCNN
from sklearn_cnn.architectures._pooled_logits import logits_from_pooled
from sklearn_cnn.architectures._word_scores import WordScores

# Activations at a time, which fit a CPU's cache or keep an accelerator busy, ...
_ACTIVATIONS, _ACTIVATIONS_ON_ACCELERATOR = 2**20, 2**27
# ... and rows that the global heads read at a time.
_ROWS, _ROWS_ON_ACCELERATOR = 64, 2048
# With more outputs, weights of position heads for each activation take too much memory.
_MOST_OUTPUTS = 8


class MergedEnsemble(nn.Module):
    """What an `Ensemble` of one-layer networks gives, several times as fast.

    All windows of a few sequences are scored at once by the filters of all networks,
    and by their reverse complements where both strands are read: by one look-up of
    words where all letters are known, else by one matrix product. Batch
    normalisation is part of the filters, and the activation overwrites the scores. The
    global heads then read the pooled activations of more sequences at a time. For
    predictions alone: there are no gradients.

    All products have a fixed number of rows, so that the rounding of one row does not
    depend on the others.

    Parameters
    ----------
    ensemble : Ensemble
        In evaluation mode, and such that `can_be_merged`. Its global heads are used as
        they are, the rest is copied.
    """

    profile = False

    @torch.no_grad()
    def __init__(self, ensemble: Ensemble):
        super().__init__()
        self.members = ensemble.members
        self.n_strands = 1 if ensemble.complement_order is None else 2
        filters, biases = [], []
        for member in self.members:
            conv, norm = member.trunk[0].conv, member.trunk[0].norm
            scale = norm.weight / torch.sqrt(norm.running_var + norm.eps)
            filters.append(conv.weight * scale[:, None, None])
            biases.append(norm.bias - norm.running_mean * scale)
        self.n_filters, _, self.width = conv.weight.shape
        filters, bias = torch.cat(filters), torch.cat(biases * self.n_strands)
        if self.n_strands == 2:
            opposite = filters[:, ensemble.complement_order].flip(2)
            filters = torch.cat([filters, opposite])
        self.word_scores = WordScores(filters, bias)
        # Rows as in windows: all channels of one position after the other, then a one.
        filters = filters.transpose(1, 2).flatten(1).T
        self.register_buffer("filters", torch.cat([filters, bias[None]]))
        heads = [member.position_head for member in self.members]
        self.position_heads = None
        if heads[0] is not None:
            n_windows = self._n_windows(heads[0].length)
            self.position_heads = MergedPositionHeads(heads, self.n_strands, n_windows)

    @property
    def n_columns(self) -> int:
        """Filters of all networks, on all strands."""
        return self.filters.shape[1]

    @property
    def n_rows(self) -> int:
        """Most rows that `forward` takes."""
        return _ROWS if self._on_cpu else _ROWS_ON_ACCELERATOR

    def forward(self, x: torch.Tensor, *, all_known: bool = False) -> torch.Tensor:
        """Map x (n, n_channels, length) to logits (n, n_outputs), n at most `n_rows`.

        `all_known` says that x is one-hot: there is a known letter at each position.
        Then the networks need not look, and scores are looked up, which is much faster
        than the product.
        """
        n_at_once, parts = self._n_at_once(x.shape[2]), []
        for rows in x.split(n_at_once):
            part, mask, known = _fill(rows, n_at_once), None, None
            if not all_known:
                part, mask, known = self._prepare(part)
            looks_up = all_known and self._on_cpu and x.dtype == torch.float32
            activations = self._activations(part, looks_up=looks_up)
            parts.append(self._read_activations(activations, part, mask, known))
        best, mean, share, placed = (
            _fill(torch.cat(part), self.n_rows) for part in zip(*parts, strict=True)
        )
        share = None if all_known else share
        logits = logits_from_pooled(self.members, best, mean, share)
        return (logits + placed)[: len(x)]

    @property
    def _on_cpu(self) -> bool:
        return self.filters.device.type == "cpu"

    def _n_windows(self, length: int) -> int:
        """Windows in a sequence: with even filters one more than positions."""
        return length + 2 * (self.width // 2) - self.width + 1

    def _n_at_once(self, length: int) -> int:
        """Rows that go through the first layer at a time, a power of two."""
        most = _ACTIVATIONS if self._on_cpu else _ACTIVATIONS_ON_ACCELERATOR
        n_values = self._n_windows(length) * self.n_columns
        return min(self.n_rows, 2 ** int(math.log2(max(1, most // n_values))))

    def _prepare(
        self, x: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor | None, torch.Tensor | None]:
        """Inputs without padding, positions inside of them and known ones.

        The last two are (n, length, 1), or None where the networks do not look.
        """
        network, known = self.members[0], None
        if network.n_letters:
            known = known_letters(x[:, : network.n_letters].transpose(1, 2))[..., None]
        x, mask = network.prepare(x)
        return x, None if mask is None else mask.transpose(1, 2), known

    def _activations(self, x: torch.Tensor, *, looks_up: bool) -> torch.Tensor:
        """Activations (n, n_windows, n_strands, n_members * n_filters) of all filters.

        Even filters have one window more than there are positions.
        """
        n, _, length = x.shape
        n_windows = self._n_windows(length)
        if looks_up:
            scores = self.word_scores(x, n_windows)
        else:
            x = F.pad(x.transpose(1, 2), (0, 0, self.width // 2, self.width // 2))
            scores = self._products(x, n_windows)
        return self._activate(scores, n, n_windows)

    def activations_of_letters(
        self, letters: torch.Tensor, n_before: int, n_windows: int
    ) -> torch.Tensor:
        """Activations, as `forward` has them, of any windows of known letters.

        Parameters
        ----------
        letters : torch.Tensor of shape (n, length)
            In int32, numbered from 1 in the order of the channels.
        n_before : int
            Places before the first letter at which the first window begins. There is
            no letter there, nor behind the last one.
        n_windows : int
            Number of windows, each of which begins one place behind the one before.
        """
        if self._on_cpu and self.filters.dtype == torch.float32:
            scores = self.word_scores.of_letters(letters, n_before, n_windows)
        else:
            n_after = n_windows + self.width - 1 - n_before - letters.shape[1]
            letters = F.pad(letters, (n_before, n_after))
            n_channels = (len(self.filters) - 1) // self.width
            numbers = torch.arange(1, n_channels + 1, device=letters.device)
            columns = (letters[..., None] == numbers).to(self.filters.dtype)
            scores = self._products(columns, n_windows)
        return self._activate(scores, len(letters), n_windows)

    def _products(self, x: torch.Tensor, n_windows: int) -> torch.Tensor:
        """Scores (n * n_windows, n_columns) of windows of x (n, length, n_channels)."""
        n_channels = x.shape[2]
        # Ones meet the bias.
        windows = x.new_ones(len(x), n_windows, len(self.filters))
        windows[..., :-1] = x.flatten(1).unfold(1, self.width * n_channels, n_channels)
        return windows.flatten(0, 1) @ self.filters

    def _activate(self, scores: torch.Tensor, n: int, n_windows: int) -> torch.Tensor:
        """Activations (n, n_windows, n_strands, n_columns), in place of scores."""
        if isinstance(self.members[0].trunk[0].activation, Exponential):
            scores.clamp_(max=Exponential.maximum).exp_()
        else:
            scores.relu_()
        return scores.view(n, n_windows, self.n_strands, -1)

    def _read_activations(
        self,
        activations: torch.Tensor,
        x: torch.Tensor,
        mask: torch.Tensor | None,
        known: torch.Tensor | None,
    ) -> tuple[torch.Tensor, ...]:
        """All that the logits need of the activations.

        Returns
        -------
        best, mean : torch.Tensor of shape (n, n_strands, n_members * n_filters)
        share : torch.Tensor of shape (n, 1)
            Of known letters.
        placed : torch.Tensor of shape (n, n_outputs or 1)
            Logits of the position heads; zero where there are none.
        """
        n, length = len(x), x.shape[2]
        n_more = activations.shape[1] - length
        best, mean = [], []
        for i in range(self.n_strands):
            # On the opposite strand, the middle of an even filter is one further.
            strand = activations[:, n_more * i :][:, :length, i]
            if mask is not None:
                strand *= mask
            best.append(strand.amax(dim=1))
            mean.append(masked_mean(strand, mask if known is None else known))
            if known is not None:
                strand *= known
        share = placed = x.new_zeros(n, 1)
        if known is not None:
            n_inside = length if mask is None else mask.sum(dim=1).clamp(min=1)
            share = known.sum(dim=1) / n_inside
        if self.position_heads is not None:
            placed = self.position_heads(activations, known)
        return torch.stack(best, dim=1), torch.stack(mean, dim=1), share, placed


def _fill(values: torch.Tensor, n_rows: int) -> torch.Tensor:
    """Values (n, ...) with zeros below them: (n_rows, ...)."""
    n_missing = n_rows - len(values)
    return torch.cat([values, values.new_zeros(n_missing, *values.shape[1:])])


def can_be_merged(ensemble: Ensemble) -> bool:
    """Whether networks have one layer, read letters alone, and pool over positions."""
    return all(
        pools_letters(member) and len(member.trunk) == 1 for member in ensemble.members
    )


def pools_letters(network: nn.Module) -> bool:
    """Whether heads of few outputs read letters' activations, pooled at the end."""
    return (
        isinstance(network, MotifCNN)
        and all(block.pool is None for block in network.trunk)
        and network.standardize is None
        and network.profile_head is None
        and network.global_head.pooling != "flatten"
        and network.global_head.dense[-1].out_features <= _MOST_OUTPUTS
    )
