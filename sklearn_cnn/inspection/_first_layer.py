"""What the filters of the first layer respond to, and what becomes without them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from sklearn_cnn.architectures._reverse_complement import opposite_strand
from sklearn_cnn.architectures._stack import Stack
from sklearn_cnn.training._inputs import DeviceInputs, Inputs

# Positions of a batch, whose responses fit a CPU's cache.
_POSITIONS = 2**13


@dataclass(frozen=True)
class Sites:
    """Windows that excite filters: arrays of shape (n_sites,).

    `starts` are those of windows on the strand that is written down, and may lie beyond
    the ends of a sequence; `reverse` says that the opposite strand was read.
    """

    filters: np.ndarray
    sequences: np.ndarray
    starts: np.ndarray
    reverse: np.ndarray
    responses: np.ndarray


class FirstLayer:
    """First-layer filters of all networks of a fitted estimator, one after another.

    Parameters
    ----------
    estimator : estimator
        A fitted one, of sequences of symbols.
    inputs : Inputs
        Encoded sequences.
    """

    def __init__(self, estimator, inputs: Inputs):
        module = estimator._build_ensemble("both").eval()
        self.weight = 1.0
        if isinstance(module, Stack):
            self.weight = module.weight[0].numpy()
            module = module.networks
        self.networks = list(module.members)
        self.complement_order = module.complement_order
        self.n_symbols = len(estimator.alphabet_.symbols)
        self.inputs = inputs
        parameter = next(module.parameters())
        self.dtype = parameter.dtype
        convolutions = [network.trunk[0].conv for network in self.networks]
        self.n_filters, _, self.width = convolutions[0].weight.shape

    @torch.inference_mode()
    def extremes(self) -> tuple[np.ndarray, np.ndarray]:
        """Strongest and mean response of each filter, two (n_networks * n_filters,)."""
        highest = torch.full((len(self.networks), self.n_filters), -torch.inf)
        total, n = torch.zeros(len(self.networks), self.n_filters), 0
        for _, strands in self._batches(self.inputs):
            for x in strands:
                for i, network in enumerate(self.networks):
                    seen = _look(network, x)
                    highest[i] = highest[i].maximum(seen.responses.amax(dim=(0, 2)))
                    total[i] += seen.responses.sum(dim=(0, 2))
                n += float(seen.mask.sum())
        return highest.flatten().numpy(), (total / n).flatten().numpy()

    @torch.inference_mode()
    def sites(self, thresholds: np.ndarray) -> tuple[Sites, np.ndarray]:
        """Windows with a response above a filter's threshold, and their letters' counts.

        Of windows that overlap by half or more, on either strand, the strongest counts.
        The counts are (n_networks * n_filters, width, n_symbols).
        """
        n = len(self.networks) * self.n_filters
        counts = torch.zeros(n, self.n_symbols * self.width)
        thresholds = torch.from_numpy(thresholds).view(-1, 1, self.n_filters, 1)
        found = []
        for rows, strands in self._batches(self.inputs):
            for i, network in enumerate(self.networks):
                seen = [_look(network, x) for x in strands]
                responses = [s.responses for s in seen]
                if len(strands) == 2:
                    responses[1] = responses[1].flip(2)
                length = responses[0].shape[2]
                rivals = torch.stack(responses).amax(0)
                rivals = F.max_pool1d(rivals, self.width, 1, self.width // 2)
                for strand, (own, s) in enumerate(zip(responses, seen, strict=True)):
                    chosen = (own > thresholds[i]) & (own >= rivals[..., :length])
                    row, filters, position = chosen.nonzero(as_tuple=True)
                    values = own[row, filters, position]
                    # Back to where the strand that was read has it.
                    place = length - 1 - position if strand else position
                    windows = _windows(s.x[:, : self.n_symbols], self.width)
                    filters = filters + i * self.n_filters
                    counts.index_add_(0, filters, windows[row, place].float())
                    start = place - self.width // 2
                    if strand:
                        start = length - start - self.width
                    found.append(
                        (filters, rows[row.numpy()], start, strand, values.float())
                    )
        counts = counts.view(n, self.n_symbols, self.width).transpose(1, 2)
        columns = [
            np.concatenate([np.asarray(part[k]) for part in found]) for k in (0, 1, 2)
        ]
        reverse = np.concatenate([np.full(len(p[0]), bool(p[3])) for p in found])
        values = np.concatenate([p[4].numpy() for p in found])
        return Sites(*columns, reverse, values), counts.double().numpy()

    @torch.inference_mode()
    def contributions(
        self, groups: Sequence[np.ndarray], means: np.ndarray, inputs: Inputs
    ) -> np.ndarray:
        """What each group of filters adds to the outputs: (n_groups, n, n_outputs).

        It is what the outputs lose when the filters of the group respond everywhere as
        they do in the mean.
        """
        means = torch.from_numpy(means).to(self.dtype)
        added = None
        for rows, strands in self._batches(inputs):
            for x in strands:
                for i, network in enumerate(self.networks):
                    seen = _look(network, x)
                    if added is None:
                        shape = len(groups), len(inputs), seen.outputs.shape[1]
                        added = np.zeros(shape)
                    first = network.trunk[0]
                    network.trunk[0] = given = _Given(seen.responses)
                    for k, group in enumerate(groups):
                        own = group[group // self.n_filters == i]
                        if not len(own):
                            continue
                        channels = own % self.n_filters
                        kept = seen.responses[:, channels]
                        constant = means[own][:, None] * seen.mask
                        given.responses[:, channels] = constant
                        lost = seen.outputs - network(x)
                        given.responses[:, channels] = kept
                        added[k, rows] += lost.double().numpy()
                    network.trunk[0] = first
        return added * self.weight / (len(self.networks) * len(strands))

    def _batches(self, inputs) -> Iterator[tuple[np.ndarray, list[torch.Tensor]]]:
        """Rows and their encoded sequences, on the strands that are read."""
        n_rows = max(1, _POSITIONS // inputs.length)
        for start in range(0, len(inputs), n_rows):
            rows = np.arange(start, min(start + n_rows, len(inputs)))
            device = torch.device("cpu")
            x = DeviceInputs(inputs[rows], device, self.dtype).batch(slice(None))
            strands = [x]
            if self.complement_order is not None:
                strands.append(opposite_strand(x, self.complement_order))
            yield rows, strands


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

    def __init__(self, responses):
        super().__init__()
        self.responses = responses

    def forward(self, x, mask, weight):
        return self.responses


def _windows(x: torch.Tensor, width: int) -> torch.Tensor:
    """Windows (n, length, n_symbols * width) around each position, zero-padded."""
    n, n_symbols, length = x.shape
    x = F.pad(x, (width // 2, width // 2)).unfold(2, width, 1)[:, :, :length]
    return x.transpose(1, 2).reshape(n, length, n_symbols * width)
