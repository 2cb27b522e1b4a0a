"""The family of PyTorch modules."""

from sklearn.utils import check_array
from torch import nn

from sklearn_cnn.backbones._network import Network, find_layer, float_dtype
from sklearn_cnn.preprocessing._alphabet import DNA
from sklearn_cnn.preprocessing._codes import encode, is_sequences
from sklearn_cnn.training._inputs import Inputs


class TorchModule(Network):
    """A layer of any module, on numbers or on one-hot DNA.

    Parameters
    ----------
    module : nn.Module
        Any module that takes one tensor.
    layer : str or None
        Dotted name of a submodule; None is the module's output.
    pooling : {"auto", "max", "mean"}
        See `Backbone`.
    """

    def __init__(self, module: nn.Module, layer: str | None, pooling: str):
        super().__init__(module, (find_layer(module, layer or ""),), pooling)

    def encode(self, X) -> Inputs:
        """Strings of DNA as codes, anything else as floats (n, ...)."""
        if is_sequences(X):
            codes, lengths, alphabet = encode(X, DNA)
            return Inputs(codes, alphabet, lengths)
        dtype = str(float_dtype(self.module)).removeprefix("torch.")
        X = check_array(X, allow_nd=True, dtype=dtype, order="C", input_name="X")
        return Inputs(X)
