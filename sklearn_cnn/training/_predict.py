"""Predict in batches of one fixed shape."""

from collections.abc import Iterator
from functools import partial

import numpy as np
import torch
from torch import nn

from sklearn_cnn.architectures._ensemble import Ensemble
from sklearn_cnn.architectures._for_prediction import merge
from sklearn_cnn.architectures._known_letters import known_letters, letters_inside
from sklearn_cnn.architectures._linear_branch import LinearBranch
from sklearn_cnn.architectures._merged_ensemble import MergedEnsemble
from sklearn_cnn.architectures._motif_cnn import in_parts
from sklearn_cnn.architectures._stacked_model import StackedModel
from sklearn_cnn.backbones._borrowed_network import BorrowedNetwork
from sklearn_cnn.inputs._device_inputs import DeviceInputs
from sklearn_cnn.inputs._inputs import Inputs
from sklearn_cnn.preprocessing._memory import fits_in_memory, require_memory
from sklearn_cnn.training._device import takes_bfloat16
from sklearn_cnn.training._micro_batches import (
    MicroBatches,
    micro_batches_of_predictions,
)
from sklearn_cnn.training._threads import end_if_stopped

# Sequences of unequal lengths are padded to a multiple of this.
_LENGTH_STEP = 64
# Rows of a batch of features, if they are not very long, and of a product with them.
_FEATURE_ROWS, _PRODUCT_ROWS = 256, 64


def predict_outputs(
    model: StackedModel,
    inputs: Inputs,
    device: torch.device,
    dtype: torch.dtype,
    *,
    mixed: bool = False,
) -> np.ndarray:
    """Outputs (n, n_outputs) of a stacked model, as float64 on the CPU.

    Profiles are (n, longest), NaN behind the end of a shorter sequence. With `mixed`,
    the networks' products are in bfloat16, where the device has it.
    """
    width = inputs.length if model.networks.profile else len(model.bias)
    # Of each part, then all together, then weighted.
    require_memory(
        3 * 8 * (1 + len(model.branches)) * len(inputs) * width,
        f"predicting {len(inputs):,} inputs with {width:,} outputs each",
        "predict fewer inputs at a time",
    )
    micro_batches = micro_batches_of_predictions()
    parts = [
        predict_networks(
            model.networks, inputs, device, dtype, micro_batches, mixed=mixed
        ),
        *(
            predict_branch(branch, inputs, device, micro_batches)
            for branch in model.branches.values()
        ),
    ]
    with torch.inference_mode():
        return model.weighted_sum(torch.from_numpy(np.stack(parts))).numpy()


def predict_networks(
    networks: Ensemble | MergedEnsemble,
    inputs: Inputs,
    device: torch.device,
    dtype: torch.dtype,
    micro_batches: MicroBatches,
    *,
    mixed: bool = False,
) -> np.ndarray:
    """Outputs (n, n_outputs) of the networks alone, as float64 on the CPU.

    Rounding depends on the shape of a batch. So all batches of one length have the same
    number of rows; the last one is filled up, and the filling dropped. Where lengths
    differ, each sequence is padded to a multiple of `_LENGTH_STEP`; for networks that
    others trained, not at all. A prediction then depends neither on the rest of its
    batch nor on the other inputs.
    """
    networks = merge(networks.to(device=device, dtype=dtype).eval())
    outputs = None
    # Merged networks look scores up, which takes less time than any product.
    mixed = mixed and takes_bfloat16(device) and isinstance(networks, Ensemble)
    products = torch.autocast(device.type, torch.bfloat16, enabled=mixed)
    # In parts, the heads keep their precision. Else layers are called one by one, also
    # in the midst of a training.
    parts = in_parts(networks, enabled=mixed and device.type == "cpu")
    step = 1 if _is_borrowed(networks) else _LENGTH_STEP
    with torch.inference_mode(), products, parts:
        for rows, part in _group_by_length(inputs, step):
            for chosen, output in _output_batches(
                networks, part, device, dtype, micro_batches
            ):
                end_if_stopped()
                if outputs is None:
                    width = inputs.length if networks.profile else output.shape[1]
                    outputs = np.empty((len(inputs), width))
                # A group may be padded beyond the longest sequence of all.
                outputs[rows[chosen], : output.shape[1]] = output[:, :width]
    if networks.profile and inputs.lengths is not None:
        outputs[np.arange(width) >= inputs.lengths[:, None]] = np.nan
    return outputs


def predict_branch(
    branch: LinearBranch,
    inputs: Inputs,
    device: torch.device,
    micro_batches: MicroBatches,
) -> np.ndarray:
    """Outputs (n, n_outputs) of a linear branch, as float64 on the CPU."""
    branch = branch.to(device=device, dtype=torch.float32)
    outputs = np.empty((len(inputs), branch.linear.out_features))
    with torch.inference_mode():
        for rows, features, known in feature_batches(
            branch.features, inputs, device, micro_batches
        ):
            for start in range(0, len(rows), _PRODUCT_ROWS):
                part = slice(start, start + _PRODUCT_ROWS)
                filled = _fill_up(features[part], _PRODUCT_ROWS)
                known_part = known
                if known is not None:
                    known_part = _fill_up(known[part], _PRODUCT_ROWS)
                output = branch.logits_from_features(filled, known_part)
                outputs[rows[part]] = output[: len(rows[part])].cpu().double()
    return outputs


def _fill_up(values: torch.Tensor, n_rows: int) -> torch.Tensor:
    """Values (n, ...) with their last row repeated: (n_rows, ...)."""
    n_missing = n_rows - len(values)
    if not n_missing:
        return values
    return torch.cat([values, values[-1:].expand(n_missing, *values.shape[1:])])


def feature_batches(
    features: nn.Module,
    inputs: Inputs,
    device: torch.device,
    micro_batches: MicroBatches,
) -> Iterator[tuple[np.ndarray, torch.Tensor, torch.Tensor | None]]:
    """Rows, their features (n_rows, n_features) in float32, and which are known.

    The last is what `features.known` returns, or None where all letters are known.
    """
    columns = None
    if inputs.alphabet is not None:
        columns = torch.tensor(inputs.alphabet.columns, device=device)
        # Once for each code, not for each letter of each sequence.
        code_is_known, code_is_inside = known_letters(columns), letters_inside(columns)
    for rows, part in _group_by_length(inputs.as_they_are):
        n_rows = part.rows_at_once(_FEATURE_ROWS, gradients=False)
        for start in range(0, len(part), n_rows):
            end_if_stopped()
            chosen = slice(start, start + n_rows)
            values = torch.tensor(part.values[chosen], device=device)
            compute = features
            if columns is None:
                values = values.float().nan_to_num()
                letters = values[:, : features.n_symbols].transpose(1, 2)
                known, inside = known_letters(letters), letters_inside(letters)
            else:
                compute = partial(features.features_from_codes, columns=columns)
                known, inside = (
                    code_is_known[values.int()],
                    code_is_inside[values.int()],
                )
            row_features = micro_batches.map(compute, values)
            known = None if known.all() else features.known(known, inside)
            yield rows[chosen], row_features, known


def _group_by_length(
    inputs: Inputs, step: int = _LENGTH_STEP
) -> Iterator[tuple[np.ndarray, Inputs]]:
    """Rows and inputs in memory of one length each, padded to a multiple of `step`."""
    all_rows = np.arange(len(inputs))
    for chosen, part in inputs.parts():
        if inputs.lengths is None:
            yield all_rows[chosen], part
            continue
        padded = -(-part.lengths // step) * step
        for length in np.unique(padded):
            rows = np.flatnonzero(padded == length)
            values = part.values[rows][..., :length]
            pad = [(0, 0)] * (values.ndim - 1) + [(0, length - values.shape[-1])]
            values = np.pad(values, pad, constant_values=inputs.padding)
            yield all_rows[chosen][rows], Inputs(values, inputs.alphabet)


def _output_batches(
    networks, inputs: Inputs, device, dtype, micro_batches: MicroBatches
) -> Iterator[tuple[slice | np.ndarray, torch.Tensor]]:
    """Rows and outputs, batch by batch, of inputs of one length."""
    if isinstance(networks, MergedEnsemble):
        yield from _merged_batches(networks, inputs, device, dtype, micro_batches)
        return
    length = inputs.length
    if _is_borrowed(networks):
        length = networks.members[0].reader.n_positions(length)
    n_rows = _rows_per_batch(length, device)
    if device.type == "cpu" and not _is_borrowed(networks):
        bytes_per_row = _bytes_of_a_row(networks, inputs.length, dtype)
        while n_rows > 1 and not fits_in_memory(n_rows * bytes_per_row):
            n_rows //= 2
        _require_memory(n_rows * bytes_per_row, inputs.length)
    for start in range(0, len(inputs), n_rows):
        chosen = slice(start, start + n_rows)
        x = DeviceInputs(inputs[chosen], device, dtype).batch(slice(None))
        output = micro_batches.map(networks, _fill_up(x, n_rows))[: len(x)]
        yield chosen, output.to(dtype).cpu()


def _merged_batches(
    networks: MergedEnsemble, inputs: Inputs, device, dtype, micro_batches: MicroBatches
) -> Iterator[tuple[np.ndarray, torch.Tensor]]:
    """The same; rows of known letters alone, which take less time, come first."""
    if device.type == "cpu":
        # At least the windows and the activations of one row.
        n_bytes = sum(networks.filters.shape) * inputs.length * dtype.itemsize
        _require_memory(n_bytes, inputs.length)
    if inputs.alphabet is not None:
        all_known = (inputs.values < inputs.n_channels).all(axis=1)
    else:
        is_letter = np.count_nonzero(inputs.values, axis=1) == 1
        all_known = (is_letter & (inputs.values.max(axis=1) == 1)).all(axis=1)
    n_rows = inputs.rows_at_once(networks.n_rows, gradients=False)
    for are_known in (True, False):
        rows = np.flatnonzero(all_known == are_known)
        compute = partial(networks, all_known=are_known)
        for start in range(0, len(rows), n_rows):
            chosen = rows[start : start + n_rows]
            x = DeviceInputs(inputs[chosen], device, dtype).batch(slice(None))
            yield chosen, micro_batches.map(compute, x).cpu()


def _require_memory(n_bytes: int, length: int) -> None:
    """Raise if the CPU has too little memory to predict an input of this length."""
    require_memory(
        n_bytes,
        f"predicting an input of {length:,} positions",
        "pass shorter inputs, or fit with a lower n_filters",
    )


def _bytes_of_a_row(network: Ensemble, length: int, dtype: torch.dtype) -> int:
    """Bytes that predicting an input needs at least.

    Those are the scores of the widest layer before pooling, and its activations.
    """
    widest = 0
    for block in network.members[0].trunk:
        widest = max(widest, block.conv.out_channels)
        if block.pool is not None:
            break
    return 2 * widest * length * dtype.itemsize


def _is_borrowed(networks: Ensemble | MergedEnsemble) -> bool:
    """Whether others have trained the networks' trunk."""
    return isinstance(networks.members[0], BorrowedNetwork)


def _rows_per_batch(length: int, device: torch.device) -> int:
    """Rows of a batch that fits the cache of a CPU, or keeps an accelerator busy."""
    positions = 2**14 if device.type == "cpu" else 2**19
    return 2 ** max(0, int(np.log2(positions / length)))
