"""The layers of a network in the order in which they are run."""

from collections.abc import Iterator
from functools import partial

import pandas as pd
import torch
from torch import nn

from sklearn_cnn.architectures._batch_norm import WeightedBatchNorm
from sklearn_cnn.architectures._conv_block import ConvBlock
from sklearn_cnn.architectures._global_head import GlobalHead, GlobalMax
from sklearn_cnn.architectures._image_block import ImageBlock
from sklearn_cnn.architectures._position_head import PositionHead
from sklearn_cnn.architectures._standardize import Standardize
from sklearn_cnn.inspection.layers._receptive_fields import FieldTracker

# No layers: what does nothing in prediction or only changes units, and the maximum, of
# which the row of all global pooling tells.
_LEFT_OUT = nn.Identity, nn.modules.dropout._DropoutNd, Standardize, GlobalMax
_POOLING = {"max_mean": "max and mean", "max": "max", "mean": "mean"}
_NOT_RUN = "(not run)"


def layer_table(network: nn.Module, input_shape: tuple[int, ...]) -> pd.DataFrame:
    """Table of layers; see `summary` for its columns.

    Parameters
    ----------
    network : nn.Module
        Takes floats (n, *input_shape). It is run once, on an input of ones.
    input_shape : tuple of int
        (n_channels, length), or (n_channels, height, width).

    Raises
    ------
    ValueError
        If the network does not read an input of that shape.
    """
    parameter = next(network.parameters(), torch.empty(0))
    ones = torch.ones(1, *input_shape, dtype=parameter.dtype, device=parameter.device)
    x = ones.requires_grad_() * 1
    rows, fields, counted = [], FieldTracker(x), set()

    def add(name, kind, output, n_parameters=0, field=None):
        # Where each position is a sample of its own, there are more than one.
        shape = output.shape[1:] if len(output) == 1 else output.shape
        rows.append((name, kind, tuple(shape), n_parameters, field))

    def count(module) -> int:
        new = {p for p in module.parameters() if p not in counted}
        counted.update(new)
        return sum(p.numel() for p in new)

    def after(name, module, args, output):
        output = next(_tensors(output))
        field = fields.follow(module, list(_tensors(args)), output)
        width = None if field is None else field.width
        # The weights of our batch normalisation count in training alone.
        is_norm = isinstance(module, WeightedBatchNorm)
        kind = "BatchNorm" if is_norm else type(module).__name__
        add(name, kind, output, count(module), width)

    def before(name, kind, module, args):
        add(name, kind, args[0])

    def cut(module, args):
        """Give the convolution the shape that is left of what an even filter gives."""
        name, kind, _, *others = rows[-1]
        rows[-1] = (name, kind, tuple(args[0].shape[1:]), *others)

    hooks = []
    for name, module in network.named_modules():
        if _is_layer(module):
            hooks.append(module.register_forward_hook(partial(after, name)))
        if isinstance(module, (ConvBlock, ImageBlock)):
            hooks.append(module.norm.register_forward_pre_hook(cut))
        for kind, place, reader in _steps_without_module(module):
            hook = partial(before, f"{name}.{place}", kind)
            hooks.append(reader.register_forward_pre_hook(hook))
    modes = [(module, module.training) for module in network.modules()]
    try:
        with torch.enable_grad():
            network.eval()(x)
    except (RuntimeError, IndexError, ValueError) as error:
        raise ValueError(
            f"the network does not read an input of input_shape={input_shape}: {error}"
        ) from error
    finally:
        for module, training in modes:
            module.training = training
        for hook in hooks:
            hook.remove()
    if left := count(network):
        rows.append((_NOT_RUN, "", (), left, None))
    return _as_frame(rows, len(input_shape) - 1)


def _is_layer(module: nn.Module) -> bool:
    """Whether a module computes, instead of only passing values between others."""
    if isinstance(module, _LEFT_OUT):
        return False
    no_children = next(module.children(), None) is None
    return no_children or next(module.parameters(recurse=False), None) is not None


def _steps_without_module(module) -> Iterator[tuple[str, str, nn.Module]]:
    """What happens between modules: kind, name, and the module that reads the result.

    Of our own networks alone.
    """
    if isinstance(module, GlobalHead) and module.pooling in _POOLING:
        yield _POOLING[module.pooling], "pooling", module.norm
    if isinstance(module, PositionHead):
        width = module.bin_width
        kind = "flatten" if width == 1 else f"mean of {width}"
        yield kind, "bins", module.linear


def _tensors(values) -> Iterator[torch.Tensor]:
    """The tensors among arguments or outputs."""
    for value in values if isinstance(values, (tuple, list)) else [values]:
        if isinstance(value, torch.Tensor):
            yield value


def _as_frame(rows: list[tuple], n_axes: int) -> pd.DataFrame:
    names = ["layer", "kind", "output_shape", "parameters", "receptive_field"]
    columns = dict(zip(names, map(list, zip(*rows, strict=True)), strict=True))
    fields = columns["receptive_field"]
    if n_axes == 1:
        fields = [None if field is None else field[0] for field in fields]
        fields = pd.array(fields, dtype="Int64")
    else:
        fields = pd.Series(fields, dtype=object)
    return pd.DataFrame(columns | {"receptive_field": fields})
