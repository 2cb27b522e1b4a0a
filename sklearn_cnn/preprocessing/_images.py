"""Images of lists and columns in one array of pixels."""

import os
from collections.abc import Mapping, Sequence

import numpy as np

from sklearn_cnn.preprocessing._containers import unpack

# Modes of Pillow whose numbers are pixels, ...
_PIXELS = ("L", "LA", "RGB", "RGBA", "I", "F", "I;16", "I;16L", "I;16B", "I;16N")
# ... and what others become, whose numbers are places in a palette, single bits or
# coordinates of another kind.
_CONVERTED = {
    "1": "L",
    "P": "RGB",
    "PA": "RGBA",
    "CMYK": "RGB",
    "HSV": "RGB",
    "YCbCr": "RGB",
}


def as_image_array(X, name: str):
    """One array of a container of images; arrays and frames of numbers stay.

    Parameters
    ----------
    X : list, tuple, column or array
        Of images, which are arrays, nested lists or Pillow's; or an array of pixels.
    name : str
        What error messages call it.

    Raises
    ------
    TypeError
        If X is a single image of Pillow's, or holds names of files.
    ValueError
        If images differ in mode, kind of number or size, or a mode is not known.
    """
    if is_picture(X):
        raise TypeError(f"{name} is a single image; pass a list of images: [{name}]")
    _refuse_files(X, name)
    X = unpack(X, name)
    if not isinstance(X, Sequence):
        if not hasattr(X, "__array__"):
            return X
        values = np.asanyarray(X)
        if values.dtype.kind in "USOT" and values.size:
            _refuse_files(values.flat[0], f"{name}[0]")
        if hasattr(X, "columns"):
            if values.size and is_picture(values.flat[0]):
                raise TypeError(
                    f"{name} is a table of images; pass its column, "
                    f"{name}[{X.columns[0]!r}]"
                )
            return X
        if values.ndim != 1 or values.dtype.kind != "O":
            return values
        X = values
    images = [_as_pixels(image, f"{name}[{i}]") for i, image in enumerate(X)]
    arrays = [_as_array(image, f"{name}[{i}]") for i, image in enumerate(images)]
    _check_alike([_kind(image) for image in images], arrays, name)
    return np.array(arrays)


def is_picture(image) -> bool:
    """Whether this is an image of Pillow's (which need not be installed)."""
    return hasattr(image, "mode") and hasattr(image, "getbands")


def holds_pictures(X) -> bool:
    """Whether X is an image of Pillow's or a path, or a list or column of them."""
    is_objects = getattr(getattr(X, "dtype", None), "kind", "") == "O"
    if isinstance(X, Sequence) or (is_objects and X.ndim == 1):
        X = next(iter(X), None)
    return is_picture(X) or isinstance(X, os.PathLike)


def _refuse_files(image, name: str) -> None:
    if isinstance(image, (str, bytes, os.PathLike)):
        what = "bytes" if isinstance(image, bytes) else repr(str(image))
        raise TypeError(
            f"{name} is {what:.80}, where an image is expected; names and contents of "
            "files are not read: open them, for instance by "
            "[PIL.Image.open(path) for path in paths]"
        )


def _as_pixels(image, name: str):
    """An image whose numbers are pixels: an array, a nested list or Pillow's."""
    _refuse_files(image, name)
    if image is None or isinstance(image, Mapping):
        what = "missing (None)" if image is None else f"a {type(image).__name__}"
        raise TypeError(f"{name} is {what}, where an image is expected")
    if not is_picture(image):
        return image
    mode = image.mode
    if mode in _CONVERTED:
        transparent = mode == "P" and "transparency" in image.info
        return image.convert("RGBA" if transparent else _CONVERTED[mode])
    if mode not in _PIXELS:
        raise ValueError(
            f"{name} is an image of mode {mode!r}; modes that are known are "
            f"{', '.join(map(repr, (*_PIXELS, *_CONVERTED)))}: convert it to one, for "
            f"instance by {name}.convert('RGB')"
        )
    return image


def _as_array(image, name: str) -> np.ndarray:
    try:
        return np.asarray(image)
    except ValueError:
        raise ValueError(
            f"{name} is no image: its rows, or their pixels, have unequal lengths"
        ) from None


def _check_alike(kinds: list, arrays: list[np.ndarray], name: str) -> None:
    """Refuse images of another mode, kind of number or size than the first."""
    for i, (kind, array) in enumerate(zip(kinds, arrays, strict=True)):
        if kind != kinds[0] and None not in (kind, kinds[0]):
            raise ValueError(
                f"the images in {name} are of different kinds: {name}[0] has "
                f"{kinds[0]}, {name}[{i}] {kind}; bring them to one, images of Pillow "
                f"for instance by [image.convert('RGB') for image in {name}]"
            )
        if array.shape != arrays[0].shape:
            raise ValueError(
                f"the images in {name} differ in size: {name}[0] has shape "
                f"{arrays[0].shape}, {name}[{i}] {array.shape}; bring them to one by "
                "resizing (skimage.transform.resize, PIL.Image.resize), cropping or "
                "padding (numpy.pad)"
            )


def _kind(image) -> str | None:
    """What the numbers of an image are; None of a nested list, which does not say."""
    if is_picture(image):
        return f"the mode {image.mode!r}"
    if not isinstance(image, np.ndarray):
        return None
    return "floats" if image.dtype.kind == "f" else f"the dtype {image.dtype}"
