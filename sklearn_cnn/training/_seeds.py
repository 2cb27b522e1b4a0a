"""Randomness that a fit has for itself."""

import torch
from torch import nn
from torch.overrides import TorchFunctionMode

from sklearn_cnn.architectures._dropout import Dropout

# What the layers of PyTorch draw their initial weights with.
_DRAWS = {
    nn.init.kaiming_uniform_,
    nn.init.uniform_,
    torch.Tensor.normal_,
    torch.Tensor.uniform_,
}


class Randomness:
    """Generators of one training: nothing of it touches PyTorch's global state.

    Parameters
    ----------
    seed : int
        Of all that is drawn.
    device : torch.device
        Where batches are drawn. Initial weights are drawn on the CPU, so that they are
        the same on every device.
    """

    def __init__(self, seed: int, device: torch.device):
        self.of_weights = torch.Generator().manual_seed(seed)
        self.of_batches = self.of_weights
        if device.type != "cpu":
            self.of_batches = torch.Generator(device).manual_seed(seed)

    def initial_weights(self) -> TorchFunctionMode:
        """Context in which PyTorch's layers draw their initial weights from here."""
        return _DrawFrom(self.of_weights)

    def lend_to(self, network: nn.Module) -> None:
        """Let the network's dropout draw from here."""
        for module in network.modules():
            if isinstance(module, Dropout):
                module.generator = self.of_batches


class _DrawFrom(TorchFunctionMode):
    """Inside, initial weights that this thread draws come from a generator."""

    def __init__(self, generator: torch.Generator):
        super().__init__()
        self.generator = generator

    def __torch_function__(self, func, types, args=(), kwargs=None):
        kwargs = kwargs or {}
        if func in _DRAWS:
            kwargs = {**kwargs, "generator": self.generator}
        return func(*args, **kwargs)
