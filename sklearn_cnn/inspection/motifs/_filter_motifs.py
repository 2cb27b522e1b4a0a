"""What the filters of the first layer respond to, and what is lost without them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import torch
import torch.nn.functional as F
from torch import nn

from sklearn_cnn._fitted_model import FittedModel
from sklearn_cnn.architectures._reverse_complement import opposite_strand
from sklearn_cnn.inputs._device_inputs import DeviceInputs
from sklearn_cnn.inputs._inputs import Inputs
from sklearn_cnn.inspection._checks import check_own_network
from sklearn_cnn.inspection.attribution._score import unit_of_score

# Positions of a batch, whose responses fit a CPU's cache.
_POSITIONS = 2**13


class FilterMotifs:
    """Motifs of the first-layer filters of all networks, one network after another.

    Parameters
    ----------
    estimator : BaseMotifCNN
        A fitted one, of sequences of symbols.
    inputs : Inputs
        Encoded sequences, in which the filters' sites are looked for.
    sample : ndarray of shape (n_sample,)
        Rows of those in which filters are silenced.
    target : int or None
        Output that counts; of profiles, a position, or None for the mean.
    threshold : float
        Share of a filter's maximum from which on a window is a site.
    bar : Steps
        Moves with sequences.

    Attributes
    ----------
    rows : ndarray of shape (n,)
        Sequences that were searched: all.
    counts : ndarray of shape (n_filters, width, n_symbols)
        Counts of the letters in the windows.
    sites : DataFrame
        "motif" (the filter), "sequence", "start" (where the strand that is written down
        has the window, which may lie beyond its ends), "reverse" (whether the opposite
        strand was read) and "strength" (the response).
    """

    def __init__(self, estimator, inputs: Inputs, sample, target, threshold, bar):
        check_own_network(estimator)
        self._bar = bar
        module = FittedModel(estimator).model().eval()
        self._factor = float(module.weight[0, target or 0])
        self._factor *= unit_of_score(estimator, target)
        module = module.networks
        self._networks = list(module.members)
        self._order = module.complement_order
        self._profile = module.profile
        self._target = target
        self._sample = inputs[sample]
        self._n_symbols = len(estimator.alphabet_.symbols)
        conv = self._networks[0].trunk[0].conv
        self._n_filters, _, self._width = conv.weight.shape
        self._dtype = conv.weight.dtype
        self.rows = np.arange(len(inputs))
        highest, self._means = self._extremes(inputs)
        self.counts, self.sites = self._find_sites(inputs, threshold * highest)

    @torch.inference_mode()
    def _extremes(self, inputs: Inputs) -> tuple[torch.Tensor, torch.Tensor]:
        """Strongest and mean response of each filter, two (n_networks, n_filters)."""
        shape = len(self._networks), self._n_filters
        highest = torch.full(shape, -torch.inf, dtype=self._dtype)
        total, n = torch.zeros(shape, dtype=self._dtype), 0
        for _, strands in self._batches(inputs):
            for x in strands:
                for i, network in enumerate(self._networks):
                    seen = _look(network, x)
                    highest[i] = highest[i].maximum(seen.responses.amax(dim=(0, 2)))
                    total[i] += seen.responses.sum(dim=(0, 2))
                n += seen.mask.sum()
        return highest, total / n

    @torch.inference_mode()
    def _find_sites(self, inputs: Inputs, thresholds: torch.Tensor):
        """Counts and sites, of windows that respond above the thresholds.

        Of windows that overlap by half or more, on either strand, the strongest counts.
        """
        n_filters = len(self._networks) * self._n_filters
        counts = torch.zeros(n_filters, self._width, self._n_symbols)
        tables = []
        for rows, strands in self._batches(inputs):
            for i, network in enumerate(self._networks):
                seen = [_look(network, x) for x in strands]
                # The second strand as the first one has it.
                responses = [
                    s.responses.flip(2) if k else s.responses
                    for k, s in enumerate(seen)
                ]
                length = responses[0].shape[2]
                rivals = torch.stack(responses).amax(dim=0)
                rivals = F.max_pool1d(rivals, self._width, 1, self._width // 2)
                for k, own in enumerate(responses):
                    chosen = own > thresholds[i][:, None]
                    chosen &= own >= rivals[..., :length]
                    row, filters, place = chosen.nonzero(as_tuple=True)
                    as_read = length - 1 - place if k else place
                    windows = _windows(seen[k].x[:, : self._n_symbols], self._width)
                    numbers = filters + i * self._n_filters
                    counts.index_add_(0, numbers, windows[row, as_read].float())
                    start = as_read - self._width // 2
                    tables.append(
                        pd.DataFrame(
                            {
                                "motif": numbers.numpy(),
                                "sequence": rows[row.numpy()],
                                "start": (
                                    length - start - self._width if k else start
                                ).numpy(),
                                "reverse": bool(k),
                                "strength": own[row, filters, place].double().numpy(),
                            }
                        )
                    )
        return counts.double().numpy(), pd.concat(tables, ignore_index=True)

    @torch.inference_mode()
    def contributions(self, groups: Sequence[Sequence[int]]) -> np.ndarray:
        """What filters add to the score of each sequence: (n_groups, n_sample).

        It is what the score loses when the filters of a group respond everywhere as
        they do in the mean.
        """
        added = np.zeros((len(groups), len(self._sample)))
        owners = [np.asarray(group) // self._n_filters for group in groups]
        channels = [np.asarray(group) % self._n_filters for group in groups]
        for rows, strands in self._batches(self._sample):
            for k, x in enumerate(strands):
                for i, network in enumerate(self._networks):
                    seen = _look(network, x)
                    score = self._score(seen.outputs, seen.mask, k)
                    first = network.trunk[0]
                    given = _Given(seen.responses, first.pool)
                    network.trunk[0] = given
                    for group, owner in enumerate(owners):
                        own = channels[group][owner == i]
                        if not len(own):
                            continue
                        kept = seen.responses[:, own]
                        constant = self._means[i][own][:, None] * seen.mask
                        given.responses[:, own] = constant
                        left = self._score(network(x), seen.mask, k)
                        given.responses[:, own] = kept
                        added[group, rows] += (score - left).double().numpy()
                    network.trunk[0] = first
        return added * self._factor / (len(self._networks) * len(strands))

    def _score(self, outputs, mask, strand: int) -> torch.Tensor:
        """Score (n,) of outputs (n, n_outputs), or (n, length) of profiles."""
        if not self._profile:
            return outputs[:, self._target]
        if self._target is None:
            return (outputs * mask[:, 0]).sum(dim=1) / mask[:, 0].sum(dim=1)
        return (outputs.flip(1) if strand else outputs)[:, self._target]

    def _batches(self, inputs) -> Iterator[tuple[np.ndarray, list[torch.Tensor]]]:
        """Rows and their encoded sequences, on the strands that are read."""
        self._bar.expect(len(inputs))
        n_rows = max(1, _POSITIONS // inputs.length)
        for start in range(0, len(inputs), n_rows):
            rows = np.arange(start, min(start + n_rows, len(inputs)))
            batch = DeviceInputs(inputs[rows], torch.device("cpu"), self._dtype)
            x = batch.batch(slice(None))
            strands = [x]
            if self._order is not None:
                strands.append(opposite_strand(x, self._order))
            yield rows, strands
            self._bar.update(len(rows))


@dataclass(frozen=True)
class _Seen:
    """What a network made of a batch: its first layer's input, mask and responses."""

    x: torch.Tensor
    mask: torch.Tensor
    responses: torch.Tensor
    outputs: torch.Tensor


def _look(network: nn.Module, x: torch.Tensor) -> _Seen:
    caught = []
    hook = network.trunk[0].register_forward_hook(
        lambda module, inputs, output: caught.append((*inputs[:2], output))
    )
    outputs = network(x)
    hook.remove()
    ((x, mask, responses),) = caught
    mask = torch.ones_like(x[:, :1]) if mask is None else mask
    return _Seen(x, mask, responses, outputs)


class _Given(nn.Module):
    """A first layer whose responses are known already."""

    def __init__(self, responses, pool):
        super().__init__()
        self.responses = responses
        self.pool = pool

    def forward(self, x, mask, weight):
        return self.responses


def _windows(x: torch.Tensor, width: int) -> torch.Tensor:
    """Windows (n, length, width, n_symbols) around each position, zero-padded."""
    length = x.shape[2]
    x = F.pad(x, (width // 2, width // 2)).unfold(2, width, 1)[:, :, :length]
    return x.permute(0, 2, 3, 1)
