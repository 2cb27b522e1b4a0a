"""What filters give at each place of one input."""

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
import torch
from numpy.testing import assert_allclose, assert_array_equal
from scipy.signal import correlate
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression

from sklearn_cnn import ImageCNNClassifier, MotifCNNClassifier, MotifCNNRegressor
from sklearn_cnn.architectures._image_cnn import ImageCNN
from sklearn_cnn.inspection import FeatureMapDisplay

ALONE = {"linear_models": None, "max_epochs": 1, "random_state": 0}


@pytest.fixture(autouse=True)
def _close_figures():
    with mpl.rc_context({"backend": "agg"}):
        yield
        plt.close("all")


@pytest.fixture(scope="module")
def reader():
    """Filter 1 gives 1 at ACG, 0 elsewhere; filter 0 at each T a half."""
    X = ["TTACGTTT", "ACGTACGTA"] * 4
    clf = MotifCNNClassifier(n_filters=2, kernel_size=3, activation="relu", **ALONE)
    clf.fit(X, np.arange(8) % 2)
    filters = clf.weights_["0.trunk.0.conv.weight"]
    filters[:] = 0
    filters[1, [0, 1, 2], [0, 1, 2]] = 1
    filters[0, 3, 1] = 0.5
    for name, value in (("running_mean", 0), ("running_var", 1 - 1e-5), ("weight", 1)):
        clf.weights_[f"0.trunk.0.norm.{name}"][:] = value
    clf.weights_["0.trunk.0.norm.bias"][:] = [0, -2]
    return clf


@pytest.fixture(scope="module")
def images():
    """A network of two layers for images of 5 x 7, and its images."""
    X = np.random.default_rng(0).normal(size=(20, 5, 7))
    clf = ImageCNNClassifier(n_filters=(3, 4), max_epochs=1, random_state=0)
    return clf.fit(X, np.arange(20) % 2), X


@pytest.mark.parametrize("X", ["gacgtt", ["GACGTT"], pd.Series(["GACGTT"], index=[7])])
def test_a_word_is_found_where_it_stands(reader, X):
    display = FeatureMapDisplay.from_estimator(reader, X)
    expected = [[0, 0, 0, 0, 0.5, 0.5], [0, 0, 1, 0, 0, 0]]
    assert_allclose(display.feature_map, expected, atol=1e-6)
    # Filter 1 responds more, and stands above.
    assert display.filters_.tolist() == [1, 0]
    heat_map, letters = display.axes_
    (mesh,) = heat_map.collections
    assert_allclose(mesh.get_array(), expected[::-1], atol=1e-6)
    assert [tick.get_text() for tick in heat_map.get_yticklabels()] == ["1", "0"]
    assert heat_map.get_ylim() == (1.5, -0.5)
    # A letter below each column.
    assert heat_map.get_xlim() == letters.get_xlim() == (-0.5, 5.5)
    centres = [p.get_path().get_extents() for p in letters.patches]
    assert sorted(round((c.x0 + c.x1) / 2) for c in centres) == list(range(6))
    assert mesh.get_clim() == pytest.approx((0, 1))


def test_at_most_so_many_filters(reader):
    display = FeatureMapDisplay.from_estimator(reader, "TTTT", max_filters=1)
    # Filter 1 is silent, but keeps its row among the numbers.
    assert display.filters_.tolist() == [0]
    assert_allclose(display.feature_map, [[0.5] * 4, [0] * 4], atol=1e-6)
    silent = FeatureMapDisplay.from_estimator(reader, "AAAA").axes_[0].collections[0]
    assert silent.get_clim() == (0, 1)


def test_below_unknown_letters_there_are_none(reader):
    display = FeatureMapDisplay.from_estimator(reader, "NNNN")
    heat_map, letters = display.axes_
    assert not letters.patches
    assert heat_map.get_xlim() == letters.get_xlim() == (-0.5, 3.5)


def test_a_long_sequence_has_no_letters(reader):
    display = FeatureMapDisplay.from_estimator(reader, "ACGT" * 31)
    assert display.feature_map.shape == (2, 124)
    (heat_map,) = display.axes_
    assert heat_map.get_xlabel() == "position, counted from 0"


def test_columns_are_as_wide_as_the_blocks_that_they_stand_for():
    values = np.array([[0.0, 2.0, 1.0]])
    display = FeatureMapDisplay(
        feature_map=values, X="ACGTACGTAC", symbols="ACGT", steps=(4,)
    ).plot()
    (mesh,) = display.axes_[0].collections
    # The last block is shorter.
    assert_array_equal(mesh.get_coordinates()[0, :, 0], [-0.5, 3.5, 7.5, 9.5])


def test_maps_of_an_image_are_correlations_with_the_filters(images):
    clf, X = images
    display = FeatureMapDisplay.from_estimator(clf, X[2])
    weights = {name: clf.weights_[f"0.trunk.0.{name}"] for name in _NAMES}
    standardize = clf.to_module().members[0].standardize
    pixels = (X[2] - standardize.mean.item()) / standardize.scale.item()
    for i, values in enumerate(display.feature_map):
        scores = correlate(pixels, weights["conv.weight"][i, 0], mode="same")
        scores -= weights["norm.running_mean"][i]
        scores /= np.sqrt(weights["norm.running_var"][i] + 1e-5)
        scores = scores * weights["norm.weight"][i] + weights["norm.bias"][i]
        assert_allclose(values, scores.clip(min=0), rtol=1e-4, atol=1e-6)
    # The image, then the maps in its own shape.
    picture, *maps = display.axes_
    assert picture.get_images()[0].get_array().shape == (5, 7)
    largest = display.feature_map.max(axis=(1, 2))
    assert display.filters_.tolist() == np.argsort(-largest).tolist()
    for ax, i in zip(maps, display.filters_, strict=True):
        assert_array_equal(ax.get_images()[0].get_array(), display.feature_map[i])
        assert (ax.get_title(), ax.get_xlim()) == (f"filter {i}", (-0.5, 6.5))


_NAMES = (
    "conv.weight",
    "norm.weight",
    "norm.bias",
    "norm.running_mean",
    "norm.running_var",
)


@pytest.mark.parametrize("layer", [1, 2])
def test_pooled_maps_are_what_the_next_layer_reads(images, layer):
    clf, X = images
    caught = []
    module = clf.to_module()
    (network,) = (m for m in module.modules() if isinstance(m, ImageCNN))
    network.trunk[layer - 1].register_forward_hook(lambda *args: caught.append(args[2]))
    module(torch.tensor(X[:1, None]).float())
    pooled = FeatureMapDisplay.from_estimator(clf, X[:1], layer=layer, pooled=True)
    assert_allclose(pooled.feature_map, caught[0][0].detach(), rtol=1e-5)
    assert pooled.steps == (2**layer, 2**layer)
    # Blocks of 2 x 2 begin at the first pixel; the last ones are smaller.
    before = FeatureMapDisplay.from_estimator(clf, X[0], layer=layer)
    assert before.steps == (2 ** (layer - 1), 2 ** (layer - 1))
    n_rows, n_columns = before.feature_map.shape[1:]
    assert pooled.feature_map.shape[1:] == (-(-n_rows // 2), -(-n_columns // 2))
    blocks = [
        [
            before.feature_map[:, i : i + 2, j : j + 2].max(axis=(1, 2))
            for j in range(0, n_columns, 2)
        ]
        for i in range(0, n_rows, 2)
    ]
    assert_allclose(pooled.feature_map, np.moveaxis(blocks, 2, 0), rtol=1e-6)
    # They lie over the pixels that they stand for.
    left, right, bottom, top = pooled.axes_[1].get_images()[0].get_extent()
    step = 2**layer
    assert (left, top) == (-0.5, -0.5)
    assert right == pooled.feature_map.shape[2] * step - 0.5
    assert bottom == pooled.feature_map.shape[1] * step - 0.5


@pytest.mark.parametrize("channels", ["last", "first"])
def test_one_colour_image(channels):
    X = np.random.default_rng(0).random((8, 4, 6, 3))
    X = X if channels == "last" else np.moveaxis(X, 3, 1)
    clf = ImageCNNClassifier(n_filters=2, channels=channels, max_epochs=1)
    clf.fit(X, np.arange(8) % 2)
    one, few = (FeatureMapDisplay.from_estimator(clf, x) for x in (X[3], X[3:4]))
    assert_array_equal(one.feature_map, few.feature_map)
    assert one.feature_map.shape == (2, 4, 6)
    assert one.axes_[0].get_images()[0].get_array().shape == (4, 6, 3)


def test_signals():
    X = np.random.default_rng(0).normal(size=(8, 30))
    one = MotifCNNClassifier(n_filters=3, **ALONE).fit(X, np.arange(8) % 2)
    by_itself, in_array = (
        FeatureMapDisplay.from_estimator(one, x) for x in (X[1], X[1:2])
    )
    assert_array_equal(by_itself.feature_map, in_array.feature_map)
    assert by_itself.feature_map.shape == (3, 30)
    (line,) = by_itself.axes_[1].get_lines()
    assert_allclose(line.get_ydata(), X[1])
    two = np.stack([X, -X], axis=1)
    clf = MotifCNNClassifier(n_filters=3, **ALONE).fit(two, np.arange(8) % 2)
    display = FeatureMapDisplay.from_estimator(clf, two[1])
    assert len(display.axes_[1].get_lines()) == 2


def test_members_and_profiles():
    X = ["ACGTACGTAA", "TTACGTTTGG"] * 4
    y = np.arange(80.0).reshape(8, 10)
    model = MotifCNNRegressor(
        output="profile", n_filters=2, n_estimators=2, max_epochs=1, random_state=0
    ).fit(X, y)
    first, second = (
        FeatureMapDisplay.from_estimator(model, X[0], member=member).feature_map
        for member in (0, 1)
    )
    assert first.shape == second.shape == (2, 10)
    assert np.abs(first - second).max() > 0.01


def test_drawn_on_given_axes(reader):
    _, axes = plt.subplots(1, 2)
    display = FeatureMapDisplay.from_estimator(reader, "ACGT", ax=axes[1])
    assert display.ax_ is axes[1]
    assert display.figure_ is axes[1].figure


def test_errors(reader):
    draw = FeatureMapDisplay.from_estimator
    with pytest.raises(ValueError, match=r"layer=2, but the network has 1 layer, coun"):
        draw(reader, "ACGT", layer=2)
    with pytest.raises(ValueError, match="layer"):
        draw(reader, "ACGT", layer=0)
    with pytest.raises(ValueError, match="member=1, but the estimator has 1 network,"):
        draw(reader, "ACGT", member=1)
    with pytest.raises(ValueError, match="max_filters"):
        draw(reader, "ACGT", max_filters=0)
    with pytest.raises(ValueError, match=r"X holds 2 samples, .* such as X\[:1\]"):
        draw(reader, ["ACGT", "ACGT"])
    with pytest.raises(TypeError, match="got a LogisticRegression"):
        draw(LogisticRegression(), "ACGT")
    with pytest.raises(NotFittedError):
        draw(MotifCNNClassifier(), "ACGT")
