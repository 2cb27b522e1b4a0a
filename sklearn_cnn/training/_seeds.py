"""Seeds of the networks, and random generators of a training's own."""

import numpy as np
import torch
from torch import nn
from torch.overrides import TorchFunctionMode

from sklearn_cnn import _defaults
from sklearn_cnn.architectures._dropout import Dropout
from sklearn_cnn.backbones._borrowed_network import BorrowedNetwork
from sklearn_cnn.training._weights import n_networks

# Functions by which PyTorch's layers draw their initial weights.
_DRAWS = {
    nn.init.kaiming_uniform_,
    nn.init.uniform_,
    torch.Tensor.normal_,
    torch.Tensor.uniform_,
}


def draw_seeds(estimator, rng: np.random.RandomState, resume: bool) -> np.ndarray:
    """Draw the seed of each network; a continued training has fresh ones."""
    n_most = _defaults.settle(
        estimator.n_estimators, None, _defaults.n_estimators(cross_fits=True)
    )
    seeds = rng.randint(np.iinfo(np.int32).max, size=n_most)
    return seeds + estimator.n_iter_ if resume else seeds


def number_of_networks(estimator, *, cross_fits: bool, resume: bool) -> int:
    """How many networks are trained; a continued training keeps their number."""
    return _defaults.settle(
        estimator.n_estimators,
        n_networks(estimator.weights_) if resume else None,
        _defaults.n_estimators(cross_fits=cross_fits),
    )


class Randomness:
    """Random generators of one training; PyTorch's global state stays untouched.

    Parameters
    ----------
    seed : int
        Seed of the generators.
    device : torch.device
        Where batches are drawn. Initial weights are drawn on the CPU, so that they are
        the same on every device.
    """

    def __init__(self, seed: int, device: torch.device):
        self.weight_generator = torch.Generator().manual_seed(seed)
        self.batch_generator = self.weight_generator
        if device.type != "cpu":
            self.batch_generator = torch.Generator(device).manual_seed(seed)

    def initial_weights(self) -> TorchFunctionMode:
        """Context in which PyTorch's layers draw initial weights from the generator."""
        return _DrawFrom(self.weight_generator)

    def lend_to(self, network: nn.Module) -> None:
        """Let what is random in the network draw from the generator of batches."""
        for module in network.modules():
            if isinstance(module, (Dropout, BorrowedNetwork)):
                module.generator = self.batch_generator


class _DrawFrom(TorchFunctionMode):
    """Context in which this thread draws initial weights from a generator."""

    def __init__(self, generator: torch.Generator):
        super().__init__()
        self.generator = generator

    def __torch_function__(self, func, types, args=(), kwargs=None):
        kwargs = kwargs or {}
        if func in _DRAWS:
            kwargs = {**kwargs, "generator": self.generator}
        return func(*args, **kwargs)
