"""Grad-CAM: where in an image the last convolutional layer sees what matters."""

import torch
import torch.nn.functional as F
from torch import nn

from sklearn_cnn.backbones._borrowed_network import BorrowedNetwork
from sklearn_cnn.inspection.attribution._score import Score


def grad_cam(score: Score, x: torch.Tensor) -> torch.Tensor:
    """Maps (n, height, width) of images (n, channels, height, width), zero or more.

    The activations of the last layer, weighted by their gradients' means over the map;
    what speaks against the score is left out. Mean over the networks.
    """
    # Of each network, the activations of the layer that gives maps last.
    activations = {}

    def keep(member, output):
        if torch.is_tensor(output) and output.ndim == 4 and output[0, 0].numel() > 1:
            activations[member] = output

    ensemble = next(m for m in score.modules() if hasattr(m, "members"))
    handles = [
        layer.register_forward_hook(
            lambda module, inputs, output, member=member: keep(member, output)
        )
        for member in ensemble.members
        for layer in _layers(member)
    ]
    try:
        with torch.enable_grad():
            # Without an input that has a gradient, there would be none inside.
            total = score(x.detach().requires_grad_()).sum()
            if not activations:
                raise ValueError(
                    "method='grad_cam' needs a layer with positions, but the network "
                    "has none; take 'integrated_gradients'"
                )
            maps = list(activations.values())
            gradients = torch.autograd.grad(total, maps)
    finally:
        for handle in handles:
            handle.remove()
    maps = [
        (a.detach() * g.mean(dim=(2, 3), keepdim=True)).sum(dim=1, keepdim=True).relu()
        for a, g in zip(maps, gradients, strict=True)
    ]
    maps = F.interpolate(
        torch.stack(maps).sum(dim=0), size=x.shape[2:], mode="bilinear"
    )
    return maps[:, 0]


def _layers(network: nn.Module) -> list[nn.Module]:
    """Layers whose activations may be the map: of our own networks, the last."""
    if isinstance(network, BorrowedNetwork):
        return list(network.trunk.modules())
    return [network.trunk[-1]]
