"""Grad-CAM: where in an image the last convolutional layer sees what matters."""

import torch
import torch.nn.functional as F

from sklearn_cnn.inspection.attribution._score import Score


def grad_cam(score: Score, x: torch.Tensor) -> torch.Tensor:
    """Maps (n, height, width) of images (n, channels, height, width), zero or more.

    The activations of the last layer, weighted by their gradients' means over the map;
    what speaks against the score is left out. Mean over the networks.
    """
    activations = []
    ensemble = next(m for m in score.modules() if hasattr(m, "members"))
    handles = [
        member.trunk[-1].register_forward_hook(
            lambda module, inputs, output: activations.append(output)
        )
        for member in ensemble.members
    ]
    try:
        with torch.enable_grad():
            # Without an input that has a gradient, there would be none inside.
            total = score(x.detach().requires_grad_()).sum()
            gradients = torch.autograd.grad(total, activations)
    finally:
        for handle in handles:
            handle.remove()
    maps = [
        (a.detach() * g.mean(dim=(2, 3), keepdim=True)).sum(dim=1, keepdim=True).relu()
        for a, g in zip(activations, gradients, strict=True)
    ]
    maps = F.interpolate(
        torch.stack(maps).sum(dim=0), size=x.shape[2:], mode="bilinear"
    )
    return maps[:, 0]
