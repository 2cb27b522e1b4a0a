"""Memory that one step of training or prediction leaves to the next."""

import math

import torch

# Values between the beginnings of two tensors, but for whole pages.
_SHIFT = 208


class Workspace:
    """Tensors whose memory is used again, by name.

    Fresh memory costs time: the operating system has to clear each page of it. What
    stands in a tensor is overwritten when its name is asked for again. PyTorch notices
    (with an error) if the tensor was still needed for a gradient.
    """

    def __init__(self):
        self._tensors = {}

    def take(self, name: str, shape: tuple, like: torch.Tensor) -> torch.Tensor:
        """Tensor of any content, of this shape, with the type and device of `like`."""
        n = math.prod(shape)
        kept = self._tensors.get(name)
        if (
            kept is None
            or len(kept) < n
            or (kept.dtype, kept.device) != (like.dtype, like.device)
        ):
            # What is too small goes before something larger comes.
            kept = None
            self._tensors.pop(name, None)
            # Tensors that begin at the same place of a page hinder each other in the
            # processor's cache.
            shift = _SHIFT * (len(self._tensors) + 1)
            kept = self._tensors[name] = like.new_empty(n + shift)[shift:]
        return kept[:n].view(shape)
