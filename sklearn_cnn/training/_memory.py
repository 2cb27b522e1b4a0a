"""What a training holds in memory at least, before it is allocated."""

import math

import torch
from torch import nn

from sklearn_cnn.architectures._motif_cnn import in_parts
from sklearn_cnn.backbones._borrowed_config import BorrowedConfig
from sklearn_cnn.preprocessing._memory import fits_in_memory, require_memory
from sklearn_cnn.training._members import NetworkMaker
from sklearn_cnn.training._plan import TrainingPlan
from sklearn_cnn.training._training_set import TrainingSet
from sklearn_cnn.transfer._phases import freeze_layers

# A weight that learns has a gradient and two moments of AdamW.
_COPIES_OF_A_WEIGHT = 4
# More tensors than a layer keeps, each with a value for every filter and position, and
# more values of a window than it copies.
_MOST_TENSORS, _MOST_COPIES = 16, 256


def require_memory_to_train(
    plan: TrainingPlan, maker: NetworkMaker, samples: TrainingSet, n_trained_on: int
) -> None:
    """Raise if a step of the training needs more memory than is free.

    Parameters
    ----------
    plan : TrainingPlan
        How networks are trained. On other devices than the CPU nothing is checked:
        there, a batch that does not fit is cut into parts. Nor is it for networks that
        others trained, which cannot be run without memory.
    maker : NetworkMaker
        Makes the networks.
    samples : TrainingSet
        Training samples.
    n_trained_on : int
        How many of them a network is trained on, at least.

    Raises
    ------
    MemoryError
        If a network and the activations of a batch do not fit.
    """
    if plan.device.type != "cpu" or isinstance(maker.config, BorrowedConfig):
        return
    network, x = _without_memory(plan, maker, samples, n_trained_on)
    weights = _bytes_of_weights(network)
    if fits_in_memory(weights + _most_activations(network, x)):
        return  # It takes a second to load what follows.
    activations = _activations_of_a_step(network, x)
    shape = " x ".join(map(str, x.shape[2:]))
    double = ", or pass precision='float32'" if x.dtype == torch.float64 else ""
    require_memory(
        weights + activations,
        f"training on batches of {len(x)} inputs of {shape} positions",
        "lower n_filters or dense_units, or take another pooling than 'flatten'"
        if weights > activations
        else "lower batch_size or n_filters, raise pool_size, or pass shorter inputs"
        + double,
    )


def fits_at_once(
    plan: TrainingPlan,
    maker: NetworkMaker,
    samples: TrainingSet,
    n_trained_on: int,
    n: int,
) -> int:
    """How many of n networks or linear models surely fit into memory at a time.

    All of them, where nobody knows how much is free. The other parameters are those of
    `require_memory_to_train`.
    """
    network, x = _without_memory(plan, maker, samples, n_trained_on)
    n_bytes = _bytes_of_weights(network) + _most_activations(network, x)
    if not samples.inputs.are_stored:
        n_bytes += samples.inputs.values.nbytes
    return next((k for k in range(n, 1, -1) if fits_in_memory(k * n_bytes)), 1)


def _without_memory(
    plan, maker, samples, n_trained_on
) -> tuple[nn.Module, torch.Tensor]:
    """Network and batch on the device "meta", where tensors have no values."""
    # As in `Batches`: those of one size, and of the longest inputs.
    n_batches = math.ceil(n_trained_on / plan.rows_of_batch(samples))
    n_rows = n_trained_on // n_batches
    if n_batches == 1 and maker.complement_order is not None:
        n_rows *= 2
    inputs = samples.inputs
    size = inputs.values.shape[1 if inputs.alphabet is not None else 2 :]
    # Within automatic mixed precision, activations take two bytes.
    dtype = torch.bfloat16 if plan.mixed else plan.dtype
    with torch.device("meta"):
        # Where padding is depends on values, and there are none.
        network = maker.config.build(plan.dropout, masked=False).to(dtype).train()
        x = torch.empty(n_rows, inputs.n_channels, *size, dtype=dtype)
    freeze_layers(network, plan.phases[-1].n_frozen)
    return network, x


def _bytes_of_weights(network: nn.Module) -> int:
    """Bytes of the weights, and of what the optimiser has for them."""
    return sum(
        weight.nbytes * (_COPIES_OF_A_WEIGHT if weight.requires_grad else 1)
        for weight in network.parameters()
    )


def _most_activations(network: nn.Module, x: torch.Tensor) -> int:
    """Bytes that activations surely do not exceed."""
    values = sum(
        _MOST_TENSORS * block.conv.out_channels + _MOST_COPIES
        for block in network.trunk
    )
    return x.nbytes * (_MOST_TENSORS + values // x.shape[1])


def _activations_of_a_step(network: nn.Module, x: torch.Tensor) -> int:
    """Bytes that a step of the training holds at least, beside the weights.

    The forward pass keeps them until gradients are computed. Network and input are
    without memory (on the device "meta"): shapes are computed, and nothing is
    allocated.
    """
    weights = {weight.untyped_storage()._cdata for weight in network.parameters()}
    kept = {}

    def keep(tensor: torch.Tensor) -> torch.Tensor:
        storage = tensor.untyped_storage()
        kept[storage._cdata] = storage
        return tensor

    hooks = torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor)
    # As it is trained, which holds less than layers that are called one by one.
    with in_parts(network), hooks:
        network(x)
    return sum(kept[key].nbytes() for key in kept.keys() - weights)
