"""Every display draws where it is told, by one rule."""

import inspect
from types import SimpleNamespace

import matplotlib
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

from sklearn_cnn import inspection
from sklearn_cnn.inspection import (
    AttributionDisplay,
    FeatureMapDisplay,
    FilterDisplay,
    HierarchyDisplay,
    MotifDisplay,
    Motifs,
    PatchDisplay,
    TrainingHistoryDisplay,
)

matplotlib.use("Agg")

DISPLAYS = [
    getattr(inspection, name) for name in inspection.__all__ if name.endswith("Display")
]
UNITS = {"layer": [1, 1, 2], "unit": [0, 1, 0]}


def _attributions(shape, X):
    return AttributionDisplay.from_predictions(np.ones(shape), X)


def _hierarchy():
    units = pd.DataFrame(UNITS | {"n_windows": 20})
    matrices = np.tile(np.eye(4), (2, 1, 1))
    return HierarchyDisplay(
        hierarchy=SimpleNamespace(
            receptive_fields=(4, 4),
            symbols="ACGT",
            frequencies=(matrices, matrices),
            units=units,
            pairs=pd.DataFrame({"layer": [], "unit": []}),
        )
    )


def _patches():
    return PatchDisplay(
        patches=SimpleNamespace(
            receptive_fields=((3, 3), (5, 5)),
            units=pd.DataFrame(UNITS),
            pixels=lambda layer, unit: np.arange(9.0).reshape(1, 3, 3),
        )
    )


# How to make each, how it is drawn, and the number of its panels.
OF_ONE = {
    "history": lambda: TrainingHistoryDisplay(
        history=pd.DataFrame({"member": 0, "epoch": [1, 2], "train_loss": [2.0, 1.0]}),
        loss_name="nats",
    ),
    "filters": lambda: FilterDisplay(filters=np.ones((4, 1, 3, 3))),
    "feature map": lambda: FeatureMapDisplay(
        feature_map=np.ones((3, 4)), X="ACGT", symbols="ACGT"
    ),
}
OF_SEVERAL = {
    "sequences": (lambda: _attributions((2, 4, 4), ["ACGT", "TTTT"]), {}, (2,)),
    "signals": (lambda: _attributions((2, 1, 9), np.ones((2, 1, 9))), {}, (2, 2)),
    "images": (lambda: _attributions((1, 3, 3), np.ones((1, 1, 3, 3))), {}, (1, 2)),
    "motifs": (lambda: MotifDisplay(Motifs([np.eye(4)] * 3)), {}, (3, 1)),
    "hierarchy": (_hierarchy, {"n_units": 2}, (2, 2)),
    "patches": (_patches, {"n_units": 2}, (2, 2)),
}


@pytest.fixture(autouse=True)
def _close():
    yield
    plt.close("all")


@pytest.mark.parametrize("display", DISPLAYS)
def test_all_ways_take_ax(display):
    ways = [name for name in vars(display) if name.startswith("from_")]
    assert ways
    for name in (*ways, "plot"):
        parameter = inspect.signature(getattr(display, name)).parameters["ax"]
        assert parameter.default is None


@pytest.mark.parametrize("make", OF_ONE.values(), ids=OF_ONE)
def test_displays_of_one_panel(make):
    display = make()
    assert display.plot() is display
    assert display.ax_.figure is display.figure_
    figure, axes = plt.subplots(1, 2)
    for ax in (axes[1], axes[1:]):
        assert display.plot(ax=ax).ax_ is axes[1]
    assert display.figure_ is figure
    assert not axes[0].has_data()
    assert not axes[0].child_axes
    with pytest.raises(ValueError, match="ax must be one Axes; it holds 2"):
        display.plot(ax=axes)


@pytest.mark.parametrize(("make", "how", "shape"), OF_SEVERAL.values(), ids=OF_SEVERAL)
def test_displays_of_several_panels(make, how, shape):
    n = np.prod(shape)
    display = make()
    # A new figure.
    n_figures = len(plt.get_fignums())
    assert display.plot(**how) is display
    assert len(plt.get_fignums()) == n_figures + 1
    assert display.axes_.shape == shape
    assert display.ax_ is display.axes_.flat[0]
    assert display.figure_ is display.ax_.figure
    # As many axes as panels, in any arrangement.
    figure, axes = plt.subplots(1, n)
    for given in (axes, axes[:, None], axes.tolist()):
        display.plot(ax=given, **how)
        assert display.axes_.ravel().tolist() == axes.tolist()
    assert display.figure_ is figure
    # Another number.
    with pytest.raises(ValueError, match=f"holds {n - 1} axes, but {n} are needed"):
        display.plot(ax=axes[1:], **how)


@pytest.mark.parametrize(("make", "how", "shape"), OF_SEVERAL.values(), ids=OF_SEVERAL)
def test_one_place_is_divided(make, how, shape):
    display = make()
    figure, (other, ax) = plt.subplots(1, 2, figsize=(12, 6), layout="constrained")
    n_figures = len(plt.get_fignums())
    display.plot(ax=ax, **how)
    assert len(plt.get_fignums()) == n_figures
    assert display.axes_.shape == shape
    assert display.figure_ is figure
    figure.draw_without_rendering()
    # All of it in the right half, nothing in the other.
    for panel in display.axes_.flat:
        assert panel not in (ax, other)
        assert panel.get_position().x0 > other.get_position().x1
    assert not ax.axison
    assert not other.has_data()


def test_a_place_that_cannot_be_divided():
    ax = plt.figure().add_axes([0, 0, 1, 1])
    with pytest.raises(ValueError, match="divided into 2 x 2 panels; make it by"):
        _patches().plot(n_units=2, ax=ax)


@pytest.mark.parametrize("kind", ["motifs", "hierarchy", "patches"])
def test_the_earlier_name_of_ax(kind):
    make, how, shape = OF_SEVERAL[kind]
    _, axes = plt.subplots(1, np.prod(shape))
    display = make().plot(axes=axes, **how)
    assert display.axes_.ravel().tolist() == axes.tolist()
