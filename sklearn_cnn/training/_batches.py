"""Batches of a training set."""

import math
from collections.abc import Callable, Iterator

import torch

from sklearn_cnn.architectures._reverse_complement import opposite_strand
from sklearn_cnn.inputs._device_inputs import DeviceInputs


class Batches:
    """Batches of tensors that lie on the device already.

    Within an epoch, no value goes from the device to the processor or back, so that a
    GPU never waits.

    Each epoch shuffles the rows and divides them into batches of nearly equal size: no
    epoch ends in a batch of one row. Where both strands are read, the strand of each
    sequence is drawn at random. A set that fits into one batch is not shuffled, and
    shown on both strands at once: then nothing in an epoch is random.

    Parameters
    ----------
    inputs : DeviceInputs
        The samples.
    targets, weights : torch.Tensor
        One row a sample, on the same device.
    batch_size : int
        Largest number of rows in a batch.
    complement_order : list of int or None
        Order of the channels on the opposite strand; None to show one strand only.
    weighted : bool
        Whether the weights differ; batch normalisation then counts them too.
    generator : torch.Generator
        Draws all that is random, on the same device.
    augment : callable or None
        Takes a batch and a generator; returns the batch, changed at random. A set that
        fits into one batch stays as it is.
    profile : bool
        Whether targets (n, longest) hold a value for each position. They are then cut
        to the length of the batch, and reversed with the strand.
    """

    def __init__(
        self,
        inputs: DeviceInputs,
        targets: torch.Tensor,
        weights: torch.Tensor,
        *,
        batch_size: int,
        complement_order: list[int] | None,
        weighted: bool,
        generator: torch.Generator,
        augment: Callable[..., torch.Tensor] | None = None,
        profile: bool = False,
    ):
        self.inputs = inputs
        self.targets = targets
        self.weights = weights
        self.complement_order = complement_order
        if complement_order is not None:
            self.complement_order = torch.tensor(
                complement_order, device=targets.device
            )
        self.weighted = weighted
        self.generator = generator
        self.augment = augment
        self.profile = profile
        self.n_batches = math.ceil(len(inputs) / batch_size)

    def __len__(self) -> int:
        return self.n_batches

    def __iter__(self) -> Iterator[tuple[dict, tuple]]:
        if self.n_batches == 1:
            yield self._full_batch()
            return
        drawn = {"device": self.targets.device, "generator": self.generator}
        order = torch.randperm(len(self.inputs), **drawn)
        batches = order.tensor_split(self.n_batches)
        longest = self.inputs.longest(batches)
        for rows, length in zip(batches, longest, strict=True):
            x, targets = self._rows(rows, length)
            if self.complement_order is not None:
                flip = torch.rand(len(rows), 1, 1, **drawn) < 0.5
                x = torch.where(flip, opposite_strand(x, self.complement_order), x)
                if self.profile:
                    targets = torch.where(flip[..., 0], targets.flip(1), targets)
            if self.augment is not None:
                x = self.augment(x, self.generator)
            yield self._as_batch(x, targets, self.weights[rows])

    def _rows(
        self, rows: torch.Tensor | slice, length: int | None = None
    ) -> tuple[torch.Tensor, torch.Tensor]:
        x, targets = self.inputs.batch(rows, length), self.targets[rows]
        return x, targets[:, : x.shape[2]] if self.profile else targets

    def _full_batch(self) -> tuple[dict, tuple]:
        x, targets = self._rows(slice(None))
        weights = self.weights
        if self.complement_order is not None:
            x = torch.cat([x, opposite_strand(x, self.complement_order)])
            opposite = targets.flip(1) if self.profile else targets
            targets = torch.cat([targets, opposite])
            weights = torch.cat([weights, weights])
        return self._as_batch(x, targets, weights)

    def _as_batch(self, x, targets, weights) -> tuple[dict, tuple]:
        x = {"x": x, "weight": weights} if self.weighted else {"x": x}
        return x, (targets, weights)
