"""Random changes of images in training."""

import torch

# An image moves by up to this share of its size, in either direction.
_MAX_SHIFT = 1 / 8


def shift(x: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
    """Images (n, channels, height, width), each moved by whole pixels.

    Each image is shifted by up to an eighth of its height and width in either
    direction; all shifts are equally likely. Pixels at the edges are repeated, so that
    a background goes on, whatever its value.
    """
    rows, columns = (_moved(len(x), size, generator) for size in x.shape[2:])
    images = torch.arange(len(x), device=x.device)[:, None, None]
    moved = x.movedim(1, 3)[images, rows[:, :, None], columns[:, None, :]]
    return moved.movedim(3, 1).contiguous()


def flip(x: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
    """Images (n, channels, height, width), each mirrored left to right at random."""
    mirrored = torch.rand(len(x), 1, 1, 1, device=x.device, generator=generator) < 0.5
    return torch.where(mirrored, x.flip(3), x)


def augment(
    x: torch.Tensor, generator: torch.Generator, names: tuple[str, ...]
) -> torch.Tensor:
    """Images (n, channels, height, width) after the changes named, in this order."""
    for name in names:
        x = AUGMENTATIONS[name](x, generator)
    return x


# By the names that `augment` takes.
AUGMENTATIONS = {"shift": shift, "flip": flip}


def _moved(n: int, size: int, generator: torch.Generator) -> torch.Tensor:
    """Index (n, size) of the pixel that comes to each place along an axis."""
    most = int(size * _MAX_SHIFT)
    device = generator.device
    distances = torch.randint(
        -most, most + 1, (n, 1), device=device, generator=generator
    )
    return (torch.arange(size, device=device) - distances).clamp(0, size - 1)
