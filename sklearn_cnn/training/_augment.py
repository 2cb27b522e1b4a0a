"""Random changes of images in training."""

import torch

# An image moves by up to this share of its size, in either direction.
_MAX_SHIFT = 1 / 8


def shift(x: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
    """Images (n, channels, height, width), each moved by whole pixels.

    Distances down and to the right are drawn for each image, evenly from those of up to
    an eighth of its size in either direction. What comes in at an edge repeats the
    pixels there, so that a background goes on, whatever its value.
    """
    rows, columns = (_moved(len(x), size, generator) for size in x.shape[2:])
    images = torch.arange(len(x), device=x.device)[:, None, None]
    moved = x.movedim(1, 3)[images, rows[:, :, None], columns[:, None, :]]
    return moved.movedim(3, 1).contiguous()


def flip(x: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
    """Images (n, channels, height, width), each mirrored left to right or not."""
    mirrored = torch.rand(len(x), 1, 1, 1, device=x.device, generator=generator) < 0.5
    return torch.where(mirrored, x.flip(3), x)


def augment(
    x: torch.Tensor, generator: torch.Generator, names: tuple[str, ...]
) -> torch.Tensor:
    """Images (n, channels, height, width), each changed in the ways named."""
    for name in names:
        x = AUGMENTATIONS[name](x, generator)
    return x


# By the names that users give.
AUGMENTATIONS = {"shift": shift, "flip": flip}


def _moved(n: int, size: int, generator: torch.Generator) -> torch.Tensor:
    """Where the pixels (n, size) along an axis come from, moved for each image."""
    most = int(size * _MAX_SHIFT)
    device = generator.device
    distances = torch.randint(
        -most, most + 1, (n, 1), device=device, generator=generator
    )
    return (torch.arange(size, device=device) - distances).clamp(0, size - 1)
