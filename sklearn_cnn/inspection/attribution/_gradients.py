"""Attributions from the gradient at the input itself."""

import torch

from sklearn_cnn.inspection.attribution._path_gradients import gradient
from sklearn_cnn.inspection.attribution._score import Score


def saliency(score: Score, x: torch.Tensor) -> torch.Tensor:
    """Absolute value of the gradient, (n, channels, ...) as x."""
    return gradient(lambda x: score(x).sum(), x).abs()


def gradient_input(score: Score, x: torch.Tensor) -> torch.Tensor:
    """Gradient times input, (n, channels, ...) as x."""
    return gradient(lambda x: score(x).sum(), x) * x
