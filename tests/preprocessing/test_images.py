"""Containers of images."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from sklearn_cnn.preprocessing._images import as_image_array, holds_pictures

Image = pytest.importorskip("PIL.Image")

# A colour of the palette that Pillow takes.
RED = (204, 0, 0)


def _red(mode):
    return Image.new("RGB", (3, 2), RED).convert(mode)


@pytest.mark.parametrize(
    ("mode", "pixel"),
    [
        ("RGB", [204, 0, 0]),
        ("RGBA", [204, 0, 0, 255]),
        ("P", [204, 0, 0]),
        ("CMYK", [204, 0, 0]),
        ("HSV", [204, 0, 0]),
        # 204 * 299 / 1000
        ("L", 61),
        ("LA", [61, 255]),
        ("I", 61),
        ("F", 60.996),
    ],
)
def test_modes(mode, pixel):
    pixels = as_image_array([_red(mode)], "X")
    expected = np.broadcast_to(pixel, (1, 2, 3, *np.shape(pixel)))
    np.testing.assert_allclose(pixels, expected, atol=0.01)


def test_other_containers():
    pixels = np.arange(8.0).reshape(2, 2, 2)
    np.testing.assert_array_equal(as_image_array(memoryview(pixels), "X"), pixels)
    masked = np.ma.masked_array(pixels, mask=pixels == 3)
    with pytest.raises(ValueError, match="X is a masked array in which 1 of 8 values"):
        as_image_array(masked, "X")
    with pytest.raises(ValueError, match=r"X\[1\] is no image: its rows, or their"):
        as_image_array([[[1, 2], [3, 4]], [[1, 2], [3]]], "X")


def test_bits_are_black_and_white():
    image = Image.fromarray(np.array([[True, False]])).convert("1")
    pixels = as_image_array([image], "X")
    assert pixels.dtype == np.uint8
    assert pixels.tolist() == [[[255, 0]]]


def test_colours_of_a_palette_with_transparency():
    image = _red("P")
    image.info["transparency"] = 255
    assert as_image_array([image], "X")[0, 0, 0].tolist() == [204, 0, 0, 255]


def test_sixteen_bits():
    values = np.array([[0, 65535], [256, 1]], dtype=np.uint16)
    image = Image.fromarray(values)
    assert image.mode == "I;16"
    np.testing.assert_array_equal(as_image_array([image], "X"), values[None])


@pytest.mark.parametrize("container", [list, tuple, pd.Series])
def test_containers(container):
    images = container([_red("RGB")] * 2)
    assert holds_pictures(images)
    assert as_image_array(images, "X").shape == (2, 2, 3, 3)


@pytest.mark.parametrize(
    "X",
    [np.zeros((2, 3, 4)), pd.DataFrame(np.zeros((2, 3)))],
)
def test_arrays_and_frames_of_numbers_stay(X):
    assert as_image_array(X, "X") is X
    assert not holds_pictures(X)


@pytest.mark.parametrize(
    ("second", "match"),
    [
        (_red("L"), r"X\[0\] has the mode 'RGB', X\[1\] the mode 'L'; .*convert"),
        (_red("RGB").resize((4, 2)), r"differ in size: .*X\[1\] \(2, 4, 3\)"),
        (np.zeros((2, 3, 3)), r"X\[0\] has the mode 'RGB', X\[1\] floats"),
        (None, r"X\[1\] is missing \(None\), where an image is expected"),
        ({"image": 1}, r"X\[1\] is a dict, where an image is expected"),
        ("b.png", r"X\[1\] is 'b.png', .*files are not read: .*Image.open"),
    ],
)
def test_images_that_differ(second, match):
    with pytest.raises((TypeError, ValueError), match=match):
        as_image_array([_red("RGB"), second], "X")


def test_arrays_of_different_numbers():
    bytes_, floats = np.zeros((2, 3), dtype=np.uint8), np.zeros((2, 3))
    with pytest.raises(ValueError, match=r"the dtype uint8, X\[1\] floats"):
        as_image_array([bytes_, floats], "X")


def test_a_mode_that_is_not_known():
    image = Image.new("LAB", (3, 2))
    with pytest.raises(ValueError, match=r"X\[0\] is an image of mode 'LAB'; modes"):
        as_image_array([image], "X")


@pytest.mark.parametrize(
    "X",
    [
        "a.png",
        ["a.png"],
        [Path("a.png")],
        np.array(["a.png"]),
        pd.Series(["a.png"]),
        pd.DataFrame({"image": ["a.png"]}),
        [b"\x89PNG"],
    ],
    ids=lambda X: type(X).__name__,
)
def test_files_in_place_of_images(X):
    with pytest.raises(TypeError, match=r"where an image is expected; names and"):
        as_image_array(X, "X")


def test_one_image_and_a_table_of_images():
    with pytest.raises(TypeError, match=r"X is a single image; pass .*: \[X\]"):
        as_image_array(_red("RGB"), "X")
    with pytest.raises(TypeError, match=r"pass its column, X\['image'\]"):
        as_image_array(pd.DataFrame({"image": [_red("RGB")]}), "X")
