"""What the filters of a layer give at each place of their input."""

import torch
from torch import nn

from sklearn_cnn.architectures._image_cnn import ImageCNN
from sklearn_cnn.architectures._motif_cnn import MotifCNN

_POOLING = nn.MaxPool1d, nn.MaxPool2d


def run_layers(network: MotifCNN | ImageCNN, x: torch.Tensor) -> "Layers":
    """Run a network, and keep what its layers give."""
    layers = Layers(network)
    hooks = [hook for block in network.trunk for hook in layers.hooks(block)]
    layers.outputs = network(x)
    for hook in hooks:
        hook.remove()
    return layers


class Layers:
    """What a network gives for a batch.

    Parameters
    ----------
    network : MotifCNN or ImageCNN
        In evaluation mode.

    Attributes
    ----------
    maps : list of Tensor of shape (n, n_filters, ...)
        Of each layer, after the activation and before local pooling; 0 where padding
        stands.
    pooled : list of Tensor of shape (n, n_filters, ...)
        Of each layer, after local pooling: what the next one reads.
    outputs : Tensor of shape (n, n_outputs)
        Of the network.
    """

    def __init__(self, network: MotifCNN | ImageCNN):
        self.network = network
        self.maps, self.pooled = [], []
        self.outputs = None

    def hooks(self, block: nn.Module) -> list:
        """Hooks that fill the lists when this block runs."""

        def keep_map(norm, args, output):
            self.maps.append(block.activation(output.detach()))

        def keep_pooled(block, args, output):
            self.pooled.append(output)
            mask = args[1] if len(args) > 1 else None
            if isinstance(self.network, MotifCNN) and mask is not None:
                self.maps[-1] = self.maps[-1] * mask

        return [
            block.norm.register_forward_hook(keep_map),
            block.register_forward_hook(keep_pooled),
        ]


def pooling_windows(network: MotifCNN | ImageCNN) -> list[tuple[int, ...]]:
    """Of each layer, places along each axis of which local pooling keeps one."""
    n_axes = network.trunk[0].conv.weight.ndim - 2
    windows = []
    for block in network.trunk:
        window = (1,) * n_axes
        for module in block.modules():
            if isinstance(module, _POOLING):
                size = module.kernel_size
                window = size if isinstance(size, tuple) else (size,) * n_axes
        windows.append(window)
    return windows
