"""The patches of images that excite the units of each layer."""

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pytest
import torch
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression

from sklearn_cnn import ImageCNNClassifier, ImageCNNRegressor, MotifCNNClassifier
from sklearn_cnn.architectures._image_cnn import ImageCNN
from sklearn_cnn.inspection import PatchDisplay, layer_patches
from sklearn_cnn.inspection.layers._feature_maps import map_fields, run_layers
from sklearn_cnn.inspection.layers._member_network import member_network


@pytest.fixture(autouse=True)
def _close_figures():
    with mpl.rc_context({"backend": "agg"}):
        yield
        plt.close("all")


def _edges():
    """Images of 6 x 8 that are bright from column 3, 5 and 1 on, in part; one grey."""
    X = np.zeros((8, 6, 8))
    X[0, 2:5, 3:] = 1
    X[1, 1:4, 5:] = 3
    X[2, 0:3, 1:] = 2
    X[3] = 0.5
    X[4:] = X[:4]
    return X


@pytest.fixture(scope="module")
def edges():
    """Filter 0 gives 3 c where, in three rows, brightness rises by c; filter 1 none."""
    X = _edges()
    clf = ImageCNNClassifier(n_filters=2, max_epochs=1, random_state=0)
    clf.fit(X, np.arange(8) % 2)
    weights = clf.weights_["0.trunk.0.conv.weight"]
    weights[:] = 0
    weights[0, 0] = [-1, 1, 0]
    clf.weights_["0.standardize.mean"][:] = 0
    clf.weights_["0.standardize.scale"][:] = 1
    for name, value in (("running_mean", 0), ("running_var", 1 - 1e-5), ("weight", 1)):
        clf.weights_[f"0.trunk.0.norm.{name}"][:] = value
    clf.weights_["0.trunk.0.norm.bias"][:] = 0
    return clf


def test_edges_are_found_where_they_are(edges):
    X = _edges()[:3]
    found = layer_patches(edges, X)
    assert found.receptive_fields == ((3, 3),)
    places = found.patches(layer=1, unit=0)
    # The highest edge first. The filter's middle stands at the first bright column.
    assert places["image"].tolist() == [1, 2, 0]
    assert_allclose(places["activation"], [9, 6, 3], rtol=1e-5)
    assert places["top"].tolist() == [1, 0, 2]
    assert places["bottom"].tolist() == [4, 3, 5]
    assert places["left"].tolist() == [4, 0, 2]
    assert places["right"].tolist() == [7, 3, 5]
    pixels = found.pixels(layer=1, unit=0)
    for patch, height in zip(pixels, (3, 2, 1), strict=True):
        assert_array_equal(patch, [[0, height, height]] * 3)
    # Nothing excites the other one.
    assert found.units["unit"].tolist() == [0]
    row = found.units.iloc[0]
    assert (row["layer"], row["n_patches"]) == (1, 3)
    assert row["activation"] == pytest.approx(9, rel=1e-5)
    assert found.pixels(1, 1).shape == (0, 3, 3)


def test_a_patch_that_reaches_over_the_border_is_nan_there(edges):
    # At the border the network goes on with zeros, so that grey begins with an edge.
    grey = np.full((1, 6, 8), 0.5)
    found = layer_patches(edges, grey)
    (place,) = found.patches(1, 0).itertuples()
    # Three rows high, first at the second row.
    assert (place.top, place.bottom, place.left, place.right) == (0, 3, -1, 2)
    (patch,) = found.pixels(1, 0)
    assert_array_equal(patch, [[np.nan, 0.5, 0.5]] * 3)


def test_at_most_so_many_patches_each_from_another_image(edges):
    X = np.concatenate([_edges()[:3], _edges()[:2]])
    found = layer_patches(edges, X, n_patches=3)
    # Of equal ones the first image.
    assert found.patches(1, 0)["image"].tolist() == [1, 4, 2]
    assert found.units["n_patches"].tolist() == [3]


@pytest.mark.parametrize("kernel_sizes", [(3, 3, 3), (4, 3, 5)])
def test_receptive_fields_are_the_pixels_that_matter(kernel_sizes):
    clf = ImageCNNClassifier(
        n_filters=(2, 2, 2), kernel_size=kernel_sizes, pooling="max", max_epochs=1
    ).fit(np.random.default_rng(0).normal(size=(4, 41, 43)), [0, 1, 0, 1])
    network = member_network(clf, 0)
    # So that more light anywhere in a field is a larger response.
    network.standardize = torch.nn.Identity()
    for block in network.trunk:
        torch.nn.init.ones_(block.conv.weight)
        block.norm.reset_parameters()
    row, column = 5, 4

    def responses(x):
        run = run_layers(network, x)
        return [maps[:, 0, row, column] for maps in (*run.maps, *run.pooled)]

    with torch.no_grad():
        start = responses(torch.zeros(1, 1, 41, 43))
        # One image a pixel, which is bright there.
        each = torch.eye(41 * 43).view(-1, 1, 41, 43)
        changed = [a > b for a, b in zip(responses(each), start, strict=True)]
    fields = [*map_fields(network), *map_fields(network, pooled=True)]
    for matters, (down, across) in zip(changed, fields, strict=True):
        expected = np.zeros((41, 43), bool)
        top, left = row * down.step - down.left, column * across.step - across.left
        expected[max(top, 0) : top + down.width, max(left, 0) : left + across.width] = (
            True
        )
        assert_array_equal(matters.view(41, 43), expected)
    if kernel_sizes == (3, 3, 3):
        assert [down.width for down, _ in fields] == [3, 8, 18, 4, 10, 22]


def test_importance_is_how_much_a_unit_moves_the_output():
    X = np.random.default_rng(0).normal(size=(100, 6, 6))
    clf = ImageCNNClassifier(
        n_filters=3, pooling="mean", dense_units=None, max_epochs=1, random_state=0
    ).fit(X, X.mean(axis=(1, 2)) > 0)
    found = layer_patches(clf, X)
    # Without a hidden layer, outputs are linear in the mean responses.
    weights = {name.removeprefix("0."): w for name, w in clf.weights_.items()}
    (network,) = (m for m in clf.to_module().modules() if isinstance(m, ImageCNN))
    with torch.no_grad():
        pooled = run_layers(network, torch.tensor(X[:, None]).float()).pooled[0]
    means = pooled.mean(dim=(2, 3)).numpy()
    (slopes,) = weights["head.dense.1.weight"] * weights["head.norm.weight"]
    slopes = slopes / np.sqrt(weights["head.norm.running_var"] + 1e-5)
    expected = means.std(axis=0) * np.abs(slopes)
    units = found.units.set_index("unit")["importance"]
    assert_allclose(units.sort_index(), expected, rtol=1e-4)
    assert units.is_monotonic_decreasing


@pytest.mark.parametrize("channels", ["last", "first"])
def test_colour_images_and_deeper_layers(channels):
    last = np.random.default_rng(0).integers(0, 256, (70, 9, 12, 3)).astype(np.uint8)
    X = last if channels == "last" else np.moveaxis(last, 3, 1)
    reg = ImageCNNRegressor(
        n_filters=(2, 3), channels=channels, max_epochs=1, random_state=0
    ).fit(X, last.mean(axis=(1, 2, 3)))
    found = layer_patches(reg, X, n_patches=4)
    assert found.receptive_fields == ((3, 3), (8, 8))
    for row in found.units.itertuples():
        places = found.patches(row.layer, row.unit)
        pixels = found.pixels(row.layer, row.unit)
        size = found.receptive_fields[row.layer - 1]
        assert pixels.shape == (row.n_patches, *size, 3)
        assert places["image"].is_unique
        assert places["activation"].is_monotonic_decreasing
        padded = np.pad(
            last.astype(float),
            [(0, 0), (9, 9), (9, 9), (0, 0)],
            constant_values=np.nan,
        )
        for patch, place in zip(pixels, places.itertuples(), strict=True):
            whole = padded[place.image, place.top + 9 : place.bottom + 9]
            assert_array_equal(patch, whole[:, place.left + 9 : place.right + 9])
    # The strongest response is the largest value of the map, among all images.
    (network,) = (m for m in reg.to_module().modules() if isinstance(m, ImageCNN))
    x = torch.tensor(np.moveaxis(last, 3, 1)).float()
    with torch.no_grad():
        maps = run_layers(network, x).maps[1].numpy()
    best = found.units.query("layer == 2").set_index("unit")["activation"]
    assert_allclose(best.sort_index(), maps.max(axis=(0, 2, 3)), rtol=1e-5)


def test_members():
    X = np.random.default_rng(0).normal(size=(20, 5, 5))
    clf = ImageCNNClassifier(n_filters=2, n_estimators=2, max_epochs=1, random_state=0)
    clf.fit(X, np.arange(20) % 2)
    first, second = (layer_patches(clf, X, member=i).units for i in (0, 1))
    assert first["activation"].max() != second["activation"].max()
    with pytest.raises(ValueError, match="member=2, but the estimator has 2 networks"):
        layer_patches(clf, X, member=2)


def test_errors(edges):
    with pytest.raises(ValueError, match="images of 5 x 5 pixels"):
        layer_patches(edges, np.zeros((2, 5, 5)))
    with pytest.raises(NotFittedError):
        layer_patches(ImageCNNClassifier(), _edges())
    with pytest.raises(TypeError, match="got a LogisticRegression"):
        layer_patches(LogisticRegression(), _edges())
    with pytest.raises(TypeError, match=r"a MotifCNNClassifier, .* layer_motifs"):
        layer_patches(MotifCNNClassifier(), ["ACGT"])


def test_display(edges):
    display = PatchDisplay.from_estimator(edges, _edges()[:3], n_units=2)
    assert display.axes_.shape == (1, 2)
    # The other unit has nothing to show.
    assert [ax.get_visible() for ax in display.axes_.flat] == [True, False]
    ax = display.axes_[0, 0]
    assert ax.get_title() == "unit 0"
    assert ax.get_ylabel() == "layer 1\nsees 3 x 3 pixels"
    mosaic = ax.get_images()[0].get_array()
    # Three patches in a square of four, from black to white over all of them; frames
    # between, of 5 pixels beside patches of 60.
    assert mosaic.shape == (135, 135, 3)
    assert_allclose(mosaic[10, [10, 30, 50, 75, 95]], [[v] * 3 for v in _SHADES])
    assert_allclose(mosaic[75, [10, 30]], [[0] * 3, [1 / 3] * 3])
    assert_allclose(mosaic[2], 0.6)
    assert_allclose(mosaic[100, 100], [0.6] * 3)
    _, axes = plt.subplots(1, 2, squeeze=False)
    display = PatchDisplay.from_estimator(edges, _edges()[:3], n_units=2, ax=axes)
    assert display.axes_.tolist() == axes.tolist()
    with pytest.raises(ValueError, match="2 axes, but 3 are needed: 1 layers x 3"):
        display.plot(n_units=3, ax=axes)


_SHADES = (0, 1, 1, 0, 2 / 3)


def test_outside_of_the_image_is_no_shade_of_grey(edges):
    grey = np.full((1, 6, 8), 0.5)
    (ax,) = PatchDisplay.from_estimator(edges, grey, n_units=1).axes_[0]
    mosaic = ax.get_images()[0].get_array()
    red, _, blue = mosaic[10, 10]
    assert blue > red
    assert len(set(mosaic[10, 50])) == 1


@pytest.mark.parametrize(
    ("layer", "unit", "message"),
    [
        (0, 0, "layer=0, but the network has 1 layer, counted from 1"),
        (2, 0, "layer=2, but the network has 1 layer"),
        (1, 2, "unit=2, but layer 1 has 2 units, counted from 0"),
        (1, -1, "unit=-1, but layer 1 has 2 units"),
    ],
)
def test_layers_and_units_that_are_not_there_are_named(edges, layer, unit, message):
    found = layer_patches(edges, _edges())
    for method in (found.patches, found.pixels):
        with pytest.raises(ValueError, match=message):
            method(layer=layer, unit=unit)
