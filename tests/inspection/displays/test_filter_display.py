"""Pictures of filters."""

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pytest

from sklearn_cnn import ImageCNNClassifier, MotifCNNClassifier
from sklearn_cnn.inspection import FilterDisplay


@pytest.fixture(autouse=True)
def _close_figures():
    with mpl.rc_context({"backend": "agg"}):
        yield
        plt.close("all")


def test_grey_images_have_one_scale_around_zero():
    filters = np.zeros((5, 1, 2, 2))
    filters[1, 0, 0, 1] = -2
    filters[4, 0, 1, 0] = 1
    display = FilterDisplay(filters=filters).plot()
    assert display.axes_.shape == (5,)
    for ax, weights in zip(display.axes_, filters, strict=True):
        (image,) = ax.get_images()
        np.testing.assert_array_equal(image.get_array(), weights[0])
        assert image.get_clim() == (-2, 2)
    # The scale is that of a colour bar beside the grid.
    assert display.figure_.axes[-1].get_ylabel() == "weight"


def test_colours_have_zero_in_the_middle():
    filters = np.zeros((1, 3, 1, 2))
    filters[0, :, 0, 1] = [4, -4, 2]
    (ax,) = FilterDisplay(filters=filters).plot().axes_
    (image,) = ax.get_images()
    expected = [[[0.5, 0.5, 0.5], [1, 0, 0.75]]]
    np.testing.assert_array_equal(image.get_array(), expected)


def test_other_channels_lie_side_by_side():
    filters = np.arange(8.0).reshape(1, 2, 2, 2)
    (ax,) = FilterDisplay(filters=filters).plot().axes_
    (image,) = ax.get_images()
    expected = [[0, 1, np.nan, 4, 5], [2, 3, np.nan, 6, 7]]
    np.testing.assert_array_equal(image.get_array().filled(np.nan), expected)


def test_filters_of_signals_are_lines():
    filters = np.array([[[1.0, -1.0], [0.5, 0.0]], [[0.0, 0.0], [2.0, 1.0]]])
    display = FilterDisplay(filters=filters).plot()
    first, second = display.axes_
    *_, line = second.get_lines()
    np.testing.assert_array_equal(line.get_ydata(), [2, 1])
    assert first.get_ylim() == second.get_ylim()
    assert second.get_ylim()[1] > 2
    assert (first.get_xlabel(), first.get_ylabel()) == ("sample", "weight")
    labels = [text.get_text() for text in display.ax_.get_legend().get_texts()]
    assert labels == ["channel 0", "channel 1"]


def test_the_grid_lies_inside_of_the_axes():
    figure = plt.figure(figsize=(6, 6))
    ax = figure.add_axes([0.1, 0.1, 0.8, 0.8])
    display = FilterDisplay(filters=np.ones((7, 1, 3, 3))).plot(ax=ax)
    assert display.ax_ is ax
    display.figure_.draw_without_rendering()
    boxes = [inset.get_window_extent() for inset in display.axes_]
    bounds = ax.get_window_extent()
    for box in boxes:
        assert bounds.x0 - 0.5 <= box.x0 < box.x1 <= bounds.x1 + 0.5
        assert bounds.y0 - 0.5 <= box.y0 < box.y1 <= bounds.y1 + 0.5
    # Three columns; the seventh filter begins a third row.
    assert len({round(box.x0) for box in boxes}) == 3
    assert len({round(box.y0) for box in boxes}) == 3
    narrow = figure.add_axes([0, 0, 0.1, 0.9])
    display = FilterDisplay(filters=np.ones((7, 1, 3, 3))).plot(ax=narrow)
    assert len({inset.get_position().x0 for inset in display.axes_}) == 1


def test_from_estimator(planted):
    images = np.random.default_rng(0).normal(size=(20, 6, 6, 3))
    y = np.arange(20) % 2
    clf = ImageCNNClassifier(n_filters=4, max_epochs=1, random_state=0).fit(images, y)
    display = FilterDisplay.from_estimator(clf)
    assert display.filters is clf.weights_["0.trunk.0.conv.weight"]
    assert len(display.axes_) == 4
    signals = MotifCNNClassifier(n_filters=3, max_epochs=1, random_state=0)
    display = FilterDisplay.from_estimator(signals.fit(images[..., 0, 0], y))
    assert len(display.axes_[0].get_lines()) == 2  # Zero, and one channel.
    X, y = planted
    sequences = MotifCNNClassifier(
        n_filters=2, max_epochs=1, kmers=None, motif_bank=None
    ).fit(X[:20], y[:20])
    with pytest.raises(ValueError, match="see extract_motifs and layer_motifs"):
        FilterDisplay.from_estimator(sequences)
