"""Predict in batches of one fixed shape."""

from collections.abc import Iterator
from contextlib import nullcontext

import numpy as np
import torch
from torch import nn

from sklearn_cnn.architectures._ensemble import Ensemble
from sklearn_cnn.architectures._known_letters import known_letters, letters_inside
from sklearn_cnn.architectures._linear_branch import LinearBranch
from sklearn_cnn.architectures._motif_cnn import in_parts
from sklearn_cnn.architectures._stacked_model import StackedModel
from sklearn_cnn.inputs._device_inputs import DeviceInputs
from sklearn_cnn.inputs._inputs import Inputs
from sklearn_cnn.training._device import takes_bfloat16

# Sequences of unequal lengths are padded to a multiple of this.
_LENGTH_STEP = 64
# Rows of a batch of features, if they are not very long.
_FEATURE_ROWS = 512


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
    parts = [
        predict_networks(model.networks, inputs, device, dtype, mixed=mixed),
        *(predict_branch(part, inputs, device) for part in model.branches.values()),
    ]
    with torch.inference_mode():
        return model.weighted_sum(torch.from_numpy(np.stack(parts))).numpy()


def predict_networks(
    networks: Ensemble,
    inputs: Inputs,
    device: torch.device,
    dtype: torch.dtype,
    *,
    mixed: bool = False,
) -> np.ndarray:
    """Outputs (n, n_outputs) of the networks alone, as float64 on the CPU.

    Rounding depends on the shape of a batch. So all batches of one length have the same
    number of rows; the last one is filled up, and the filling dropped. Where lengths
    differ, each sequence is padded to a multiple of `_LENGTH_STEP`. A prediction then
    depends neither on the rest of its batch nor on the other inputs.
    """
    networks = networks.to(device=device, dtype=dtype).eval()
    outputs = None
    mixed = mixed and takes_bfloat16(device)
    products = torch.autocast(device.type, torch.bfloat16, enabled=mixed)
    # In parts, the heads keep their precision.
    parts = in_parts(networks) if mixed else nullcontext()
    with torch.inference_mode(), products, parts:
        for rows, part in _group_by_length(inputs):
            rows = np.arange(len(inputs))[rows]
            for chosen, output in _output_batches(networks, part, device, dtype):
                if outputs is None:
                    width = inputs.length if networks.profile else output.shape[1]
                    outputs = np.empty((len(inputs), width))
                # A group may be padded beyond the longest sequence of all.
                outputs[rows[chosen], : output.shape[1]] = output[:, :width]
    if networks.profile and inputs.lengths is not None:
        outputs[np.arange(width) >= inputs.lengths[:, None]] = np.nan
    return outputs


def predict_branch(
    branch: LinearBranch, inputs: Inputs, device: torch.device
) -> np.ndarray:
    """Outputs (n, n_outputs) of a linear branch, as float64 on the CPU."""
    branch = branch.to(device=device, dtype=torch.float32)
    outputs = np.empty((len(inputs), branch.linear.out_features))
    with torch.inference_mode():
        for rows, features, known in feature_batches(branch.features, inputs, device):
            filling = features[-1:].expand(_FEATURE_ROWS - len(features), -1)
            if known is not None:
                known = torch.cat([known, known[-1:].expand(len(filling), -1)])
            output = branch.logits_from_features(torch.cat([features, filling]), known)
            outputs[rows] = output[: len(features)].cpu().double()
    return outputs


def feature_batches(
    features: nn.Module, inputs: Inputs, device: torch.device
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
        rows = np.arange(len(inputs))[rows]
        n_rows = part.rows_at_once(_FEATURE_ROWS, gradients=False)
        for start in range(0, len(part), n_rows):
            chosen = slice(start, start + n_rows)
            values = torch.tensor(part.values[chosen], device=device)
            if columns is None:
                values = values.float().nan_to_num()
                row_features = features(values)
                letters = values[:, : features.n_symbols].transpose(1, 2)
                known, inside = known_letters(letters), letters_inside(letters)
            else:
                row_features = features.features_from_codes(values, columns)
                known, inside = (
                    code_is_known[values.int()],
                    code_is_inside[values.int()],
                )
            known = None if known.all() else features.known(known, inside)
            yield rows[chosen], row_features, known


def _group_by_length(inputs: Inputs) -> Iterator[tuple[np.ndarray | slice, Inputs]]:
    """Rows and inputs of one length each, padded to a multiple of `_LENGTH_STEP`."""
    if inputs.lengths is None:
        yield slice(None), inputs
        return
    padded = -(-inputs.lengths // _LENGTH_STEP) * _LENGTH_STEP
    for length in np.unique(padded):
        rows = np.flatnonzero(padded == length)
        values = inputs.values[rows][..., :length]
        pad = [(0, 0)] * (values.ndim - 1) + [(0, length - values.shape[-1])]
        values = np.pad(values, pad, constant_values=inputs.padding)
        yield rows, Inputs(values, inputs.alphabet)


def _output_batches(
    network, inputs: Inputs, device, dtype
) -> Iterator[tuple[slice, torch.Tensor]]:
    """Rows and outputs, batch by batch, of inputs of one length."""
    n_rows = _rows_per_batch(inputs.length, device)
    for start in range(0, len(inputs), n_rows):
        chosen = slice(start, start + n_rows)
        batch = DeviceInputs(inputs[chosen], device, dtype)
        x = batch.batch(slice(None))
        n_filled = n_rows - len(x)
        if n_filled:
            x = torch.cat([x, x[-1:].expand(n_filled, *x.shape[1:])])
        yield chosen, network(x)[: n_rows - n_filled].to(dtype).cpu()


def _rows_per_batch(length: int, device: torch.device) -> int:
    """Rows of a batch that fits the cache of a CPU, or keeps an accelerator busy."""
    positions = 2**14 if device.type == "cpu" else 2**19
    return 2 ** max(0, int(np.log2(positions / length)))
