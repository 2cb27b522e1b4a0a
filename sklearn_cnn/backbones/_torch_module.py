"""The family of PyTorch modules."""

import copy

import numpy as np
import torch
from sklearn.utils import check_array
from torch import nn

from sklearn_cnn.backbones._layer_features import LayerFeatures, resolve_layers
from sklearn_cnn.backbones._nucleotides import encode_nucleotides
from sklearn_cnn.inputs._inputs import Inputs
from sklearn_cnn.preprocessing._alphabet import PROTEIN
from sklearn_cnn.preprocessing._codes import as_sequences, encode, is_sequences
from sklearn_cnn.preprocessing._images import as_image_array

# Name of the original module inside a wrapper of torch.compile.
_COMPILED = "_orig_mod"


class TorchModule(LayerFeatures):
    """Layers of any module, on numbers or on one-hot sequences.

    Parameters
    ----------
    module : nn.Module
        Any module that takes one tensor.
    layer : str, tuple of str or None
        Dotted names of submodules; None is the module's output.
    pooling, precision
        See `LayerFeatures`.
    """

    def __init__(self, module: nn.Module, layer, pooling: str, precision: str):
        module = _readable(module)
        layers = resolve_layers(module, "" if layer is None else layer)
        super().__init__(module, layers, pooling, precision)
        _, convolution = _first_convolution(module)
        if getattr(convolution, "in_channels", None) == len(PROTEIN.symbols):
            self.alphabet = PROTEIN

    def encode(self, X) -> Inputs:
        """Strings as codes, anything else as floats (n, ...).

        The channels of the first convolution tell proteins (20) from nucleotides, and
        which axis of images holds the channels.
        """
        name, convolution = _first_convolution(self.module)
        # A module may turn sequences into images of one channel.
        if isinstance(convolution, nn.Conv2d) and not _holds_letters(X):
            X = as_image_array(X, "X")
        if is_sequences(X):
            if self.alphabet is PROTEIN:
                codes, lengths, alphabet = encode(X, PROTEIN)
                return Inputs(codes, alphabet, lengths)
            return encode_nucleotides(X)
        floats = np.float64 if self.dtype == torch.float64 else np.float32
        # Bytes become floats batch by batch.
        dtypes = floats, np.uint8, np.int8
        X = check_array(X, allow_nd=True, dtype=dtypes, order="C", input_name="X")
        if isinstance(convolution, nn.Conv2d):
            X = _channels_first(X, name, convolution.in_channels)
        return Inputs(X)


def _readable(module: nn.Module) -> nn.Module:
    """The module without wrappers of ``torch.compile``, so that layers can be read.

    Weights are shared with the original.

    Raises
    ------
    ValueError
        If a part is scripted or traced, or has no weights yet.
    """
    for name, part in module.named_modules():
        if isinstance(part, torch.jit.ScriptModule):
            where = f"its layer {name!r}" if name else "it"
            raise ValueError(
                f"the model cannot be read: {where} is scripted (torch.jit), and says "
                "neither what its layers return nor what its weights are. Pass the "
                "eager module that it was made of; where you have the class alone, "
                "weights come by module.load_state_dict(scripted.state_dict())"
            )
    tensors = (*module.parameters(), *module.buffers())
    if any(map(nn.parameter.is_lazy, tensors)):
        raise ValueError(
            "the model has lazy layers without weights; run it once on a batch before"
        )
    module = module._modules.get(_COMPILED, module)
    if any(_COMPILED in part._modules for part in module.modules()):
        module = copy.deepcopy(module, {id(tensor): tensor for tensor in tensors})
        for part in list(module.modules()):
            for name, child in part.named_children():
                part._modules[name] = child._modules.get(_COMPILED, child)
    return module


def _holds_letters(X) -> bool:
    """Whether X holds strings that are not file names."""
    return is_sequences(X) and not any("." in str(x) for x in as_sequences(X, "X"))


def _first_convolution(module: nn.Module) -> tuple[str, nn.Module | None]:
    """Name and module of the first convolution; "" and None if there is none."""
    kinds = nn.Conv1d, nn.Conv2d
    parts = module.named_modules()
    return next(((n, part) for n, part in parts if isinstance(part, kinds)), ("", None))


def _channels_first(X: np.ndarray, name: str, n_channels: int) -> np.ndarray:
    """Images (n, channels, height, width) from (n, h, w) or (n, h, w, channels).

    Raises
    ------
    ValueError
        If they have another number of channels.
    """
    if X.ndim == 3 and n_channels == 1:
        return X[:, None]
    if X.ndim == 4 and X.shape[1] == n_channels:
        return X
    if X.ndim == 4 and X.shape[3] == n_channels:
        return np.ascontiguousarray(np.moveaxis(X, 3, 1))
    if X.ndim > 2:
        raise ValueError(
            f"X has shape {X.shape}, but layer {name!r}, the model's first convolution,"
            f" takes images with {n_channels} channel{'s' if n_channels > 1 else ''}: "
            f"(n, {n_channels}, height, width) or (n, height, width, {n_channels})"
        )
    return X
