"""The family of PyTorch modules."""

import numpy as np
from sklearn.utils import check_array
from torch import nn

from sklearn_cnn.backbones._network import Network, find_layers
from sklearn_cnn.backbones._nucleotides import encode_nucleotides
from sklearn_cnn.preprocessing._alphabet import PROTEIN
from sklearn_cnn.preprocessing._codes import encode, is_sequences
from sklearn_cnn.training._inputs import Inputs


class TorchModule(Network):
    """Layers of any module, on numbers or on one-hot sequences.

    Parameters
    ----------
    module : nn.Module
        Any module that takes one tensor.
    layer : str, tuple of str or None
        Dotted names of submodules; None is the module's output.
    pooling, precision
        See `Network`.
    """

    def __init__(self, module: nn.Module, layer, pooling: str, precision: str):
        layers = find_layers(module, "" if layer is None else layer)
        super().__init__(module, layers, pooling, precision)

    def encode(self, X) -> Inputs:
        """Strings as codes, anything else as floats (n, ...).

        The first convolution tells proteins (20 channels) from nucleotides, and where
        the channels of images are.
        """
        name, convolution = _first_convolution(self.module)
        if is_sequences(X):
            if convolution is not None and convolution.in_channels == 20:
                codes, lengths, alphabet = encode(X, PROTEIN)
                return Inputs(codes, alphabet, lengths)
            return encode_nucleotides(X)
        dtype = "float64" if str(self.dtype) == "torch.float64" else "float32"
        X = check_array(X, allow_nd=True, dtype=dtype, order="C", input_name="X")
        if isinstance(convolution, nn.Conv2d):
            X = _channels_first(X, name, convolution.in_channels)
        return Inputs(X)


def _first_convolution(module: nn.Module) -> tuple[str, nn.Module | None]:
    """Name and module of the first convolution, if there is one."""
    kinds = nn.Conv1d, nn.Conv2d
    parts = module.named_modules()
    return next(((n, part) for n, part in parts if isinstance(part, kinds)), ("", None))


def _channels_first(X: np.ndarray, name: str, n_channels: int) -> np.ndarray:
    """Images (n, channels, height, width) of (n, h, w) or (n, h, w, channels).

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
