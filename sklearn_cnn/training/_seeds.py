"""Seeds of the networks, and randomness that a training has for itself."""

import numpy as np
import torch
from torch import nn
from torch.overrides import TorchFunctionMode

from sklearn_cnn import _defaults
from sklearn_cnn.architectures._dropout import Dropout
from sklearn_cnn.training._weights import n_networks

# What the layers of PyTorch draw their initial weights with.
_DRAWS = {
    nn.init.kaiming_uniform_,
    nn.init.uniform_,
    torch.Tensor.normal_,
    torch.Tensor.uniform_,
}


def draw_seeds(estimator, rng: np.random.RandomState, resume: bool) -> np.ndarray:
    """Seed of each network; a training that goes on goes on with fresh ones."""
    n_most = _defaults.settle(
        estimator.n_estimators, None, _defaults.n_estimators(cross_fits=True)
    )
    seeds = rng.randint(np.iinfo(np.int32).max, size=n_most)
    return seeds + estimator.n_iter_ if resume else seeds


def number_of_networks(estimator, *, cross_fits: bool, resume: bool) -> int:
    """How many networks are trained; a training that goes on keeps their number."""
    return _defaults.settle(
        estimator.n_estimators,
        n_networks(estimator.weights_) if resume else None,
        _defaults.n_estimators(cross_fits=cross_fits),
    )


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
