import sys

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
from matplotlib import pyplot as plt

from sklearn_cnn import (
    ImageCNNClassifier,
    MotifCNNClassifier,
    MotifCNNRegressor,
)
from sklearn_cnn.inspection import AttributionDisplay, attributions
from sklearn_cnn.inspection.displays._letter_heights import letter_heights

SYMBOLS = "ACGT"


@pytest.fixture(autouse=True)
def _close_figures():
    with mpl.rc_context({"backend": "agg"}):
        yield
        plt.close("all")


def mutagenesis(sequences, seed=0):
    """Effects of mutations, zero at the letters present and behind the ends."""
    rng = np.random.default_rng(seed)
    effects = np.zeros((len(sequences), 4, max(map(len, sequences))))
    for i, sequence in enumerate(sequences):
        effects[i, :, : len(sequence)] = rng.normal(size=(4, len(sequence)))
        for position, letter in enumerate(sequence):
            effects[i, SYMBOLS.index(letter), position] = 0
    return effects


def extents(ax):
    """Lowest and highest point of each letter, by position."""
    boxes = [patch.get_extents() for patch in ax.patches]
    boxes = [box.transformed(ax.transData.inverted()) for box in boxes]
    return {round((b.x0 + b.x1) / 2): (b.y0, b.y1) for b in boxes if b.height > 1e-9}


def test_heights_of_mutagenesis():
    effects = np.array([[0, 0, 2], [-1, -6, 0], [-2, 0, 4], [-3, -3, 0]])
    # A loses 2 on average; N is no letter; C gains 2.
    heights = letter_heights(effects, "ANC", SYMBOLS)
    np.testing.assert_allclose(heights, [[2, 0, 0, 0], [0] * 4, [0, -2, 0, 0]])


def test_heights_of_gradients():
    values = np.array([[5.0, 0, 0], [0, -3.0, 0], [0, 0, 0], [0, 0, 9.0]])
    heights = letter_heights(values, "AC", SYMBOLS)  # T is behind the end.
    np.testing.assert_allclose(heights, [[5, 0, 0, 0], [0, -3, 0, 0]])


def test_letters_are_drawn_at_their_heights():
    effects = np.zeros((1, 4, 5))
    effects[0, [0, 2, 3], 1] = -3
    effects[0, [0, 1, 3], 2] = 1, 2, 3
    display = AttributionDisplay.from_predictions(effects, ["ACGTT"], unit="logit")
    ax = display.ax_
    drawn = extents(ax)
    assert set(drawn) == {1, 2}
    assert drawn[1] == pytest.approx((0, 3), abs=1e-6)
    assert drawn[2] == pytest.approx((-2, 0), abs=1e-6)
    assert ax.get_xlim() == (-0.5, 4.5)
    assert ax.get_ylabel() == "attribution (logit)"
    assert ax.get_xlabel() == "position, counted from 0"
    assert ax.get_title(loc="left") == ""
    assert display.figure_ is ax.figure
    assert display.axes_.tolist() == [ax]


def test_window_keeps_positions():
    effects = np.zeros((1, 4, 300))
    effects[0, 1:, 203] = -3
    display = AttributionDisplay.from_predictions(
        effects, ["A" * 300], window=(200, 220)
    )
    assert display.ax_.get_xlim() == (199.5, 219.5)
    assert set(extents(display.ax_)) == {203}
    assert display.ax_.get_ylabel() == "attribution"


def test_long_sequences_are_bars():
    effects = np.zeros((1, 4, 121))
    effects[0, 1:, 3] = -3
    effects[0, 1:, 5] = 1
    display = AttributionDisplay.from_predictions(effects, ["A" * 121])
    above, below = (stairs.get_data() for stairs in display.ax_.patches)
    assert above.values.tolist() == [3.0 if i == 3 else 0 for i in range(121)]
    assert below.values.tolist() == [-1.0 if i == 5 else 0 for i in range(121)]
    assert above.edges[:2].tolist() == [-0.5, 0.5]


def test_rows_share_the_scale():
    sequences = ["ACGTACGT", "GGGTTT"]
    effects = mutagenesis(sequences)
    effects[1] *= 5
    display = AttributionDisplay.from_predictions(effects, sequences)
    first, second = display.axes_
    assert first.get_ylim() == second.get_ylim()
    assert second.get_xlim() == (-0.5, 5.5)
    assert [ax.get_title(loc="left") for ax in display.axes_] == ["X[0]", "X[1]"]


def test_names_are_the_index_of_a_series():
    X = pd.Series(["acgt", "GGTT"], index=["enhancer", "promoter"])
    display = AttributionDisplay.from_predictions(mutagenesis(["ACGT", "GGTT"]), X)
    titles = [ax.get_title(loc="left") for ax in display.axes_]
    assert titles == ["enhancer", "promoter"]
    assert display.X == ["ACGT", "GGTT"]


def test_sites_are_a_strip_beneath():
    sequences = ["ACGTACGT", "GGGTTTAA"]
    sites = np.zeros((2, 8))
    sites[0, [1, 2, 6]] = 1
    effects = mutagenesis(sequences)
    without = AttributionDisplay.from_predictions(effects, sequences)
    display = AttributionDisplay.from_predictions(effects, sequences, sites=sites)
    strips = [ax.collections[0].get_paths() for ax in display.axes_]
    assert [len(paths) for paths in strips] == [2, 0]
    boxes = [path.get_extents() for path in strips[0]]
    assert [(box.x0, box.x1) for box in boxes] == [(0.5, 2.5), (5.5, 6.5)]
    assert boxes[0].y1 < without.ax_.get_ylim()[0]
    assert boxes[0].y0 > display.ax_.get_ylim()[0]


def test_sites_within_a_window():
    display = AttributionDisplay.from_predictions(
        mutagenesis(["ACGTACGT"]), ["ACGTACGT"], sites=[np.arange(8) > 3], window=(2, 6)
    )
    (path,) = display.ax_.collections[0].get_paths()
    box = path.get_extents()
    assert (box.x0, box.x1) == (3.5, 5.5)


def test_one_hot_columns_are_letters():
    one_hot = np.eye(4)[[[0, 1, 2, 3], [3, 3, 0, 0]]].transpose(0, 2, 1)
    one_hot[1, :, 1] = 0.25
    effects = mutagenesis(["ACGT", "TTAA"])
    display = AttributionDisplay.from_predictions(effects, one_hot, alphabet="dna")
    assert display.X == ["ACGT", "T.AA"]
    assert display.symbols == "ACGT"
    assert AttributionDisplay.from_predictions(effects[:1], one_hot[:1]).X == ["ACGT"]


def test_own_symbols():
    effects = np.zeros((1, 3, 4))
    effects[0, :2, 3] = -1
    display = AttributionDisplay.from_predictions(effects, ["HECC"], alphabet="HEC")
    assert extents(display.ax_)[3] == pytest.approx((0, 1), abs=1e-6)


def test_nothing_matters():
    display = AttributionDisplay.from_predictions(np.zeros((1, 4, 4)), ["ACGT"])
    assert display.ax_.get_ylim() == (-1, 1)


def test_signals():
    rng = np.random.default_rng(0)
    X, values = rng.normal(size=(2, 2, 30))
    display = AttributionDisplay.from_predictions(
        values[:, None], X, sites=X > 1, window=(5, 25), unit="unit of y"
    )
    assert display.axes_.shape == (2, 2)
    upper, lower = display.axes_[1]
    (line,) = upper.lines
    np.testing.assert_array_equal(line.get_xydata(), np.c_[5:25, X[1, 5:25]])
    above, below = (stairs.get_data().values for stairs in lower.patches)
    np.testing.assert_array_equal(above + below, values[1, 5:25])
    assert upper.get_xlim() == lower.get_xlim() == (4.5, 24.5)
    assert lower.get_ylim() == display.axes_[0, 1].get_ylim()
    assert lower.get_ylabel() == "attribution (unit of y)"


def test_signals_of_several_channels():
    X, values = np.random.default_rng(0).normal(size=(2, 1, 3, 30))
    upper, lower = AttributionDisplay.from_predictions(values, X).axes_[0]
    for ax, expected in ((upper, X), (lower, values)):
        for channel in range(3):
            drawn = ax.lines[channel].get_ydata()
            np.testing.assert_array_equal(drawn, expected[0, channel])
    colors = [[line.get_color() for line in ax.lines[:3]] for ax in (upper, lower)]
    assert colors[0] == colors[1]


@pytest.mark.parametrize("summed", [False, True])
def test_images(summed):
    X, values = np.random.default_rng(0).normal(size=(2, 2, 3, 5, 6))
    maps = values.sum(axis=1)
    display = AttributionDisplay.from_predictions(maps if summed else values, X)
    for axes, expected in zip(display.axes_, maps, strict=True):
        (drawn,) = axes[1].images
        np.testing.assert_allclose(drawn.get_array(), expected)
        assert drawn.get_clim() == (-np.abs(maps).max(), np.abs(maps).max())


def test_on_axes_that_are_given():
    sequences = ["ACGT", "GGTT"]
    _, axes = plt.subplots(2, 2)
    display = AttributionDisplay.from_predictions(
        mutagenesis(sequences), sequences, ax=axes[:, 1]
    )
    assert display.axes_.tolist() == axes[:, 1].tolist()
    n_figures = len(plt.get_fignums())
    display.plot(ax=axes[:, 0])
    assert display.axes_.tolist() == axes[:, 0].tolist()
    assert len(plt.get_fignums()) == n_figures
    with pytest.raises(ValueError, match="ax holds 4 axes, but 2 are needed: one for"):
        display.plot(ax=axes)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"attributions": np.zeros((2, 4, 3))}, r"shape \(2, 4, 3\), but X needs "
         r"\(2, 4, 4\), symbols ACGT"),
        ({"attributions": np.zeros((1, 4, 4))}, r"shape \(1, 4, 4\), but X needs"),
        ({"attributions": np.zeros((2, 20, 4))}, r"shape \(2, 20, 4\), but X needs"),
        ({"X": np.zeros((2, 3, 5, 5))}, r"needs \(2, 3, 5, 5\) or \(2, 5, 5\)"),
        ({"X": np.zeros((2, 5))}, r"but X needs \(2, 1, 5\)"),
        ({"X": np.zeros(5)}, r"X has shape \(5,\); strings, or arrays"),
        ({"window": (3, 3)}, r"window=\(3, 3\) holds nothing of sample 0, which has 4"),
        ({"window": (9, 12)}, r"window=\(9, 12\) holds nothing"),
        ({"window": (-2, 2)}, r"window=\(-2, 2\) holds nothing"),
        ({"sites": np.zeros((1, 4))}, "sites holds 1 rows, but X 2 samples"),
        ({"sites": np.zeros((2, 3))}, r"sites\[0\] has shape \(3,\); it holds one "
         r"value for each of the 4 positions of X\[0\]"),
        ({"attributions": np.zeros((13, 4, 4)), "X": ["ACGT"] * 13}, "X holds 13 "
         r"samples, of which a figure shows 12 at most; choose some, as in X\[:4\]"),
    ],
)  # fmt: skip
def test_errors(change, message):
    arguments = {"attributions": np.zeros((2, 4, 4)), "X": ["ACGT", "ACGT"]} | change
    with pytest.raises(ValueError, match=message):
        AttributionDisplay.from_predictions(**arguments)


def test_sites_of_images():
    values = np.zeros((1, 1, 5, 5))
    with pytest.raises(ValueError, match="sites are for sequences and signals"):
        AttributionDisplay.from_predictions(values, values, sites=[[0]])


@pytest.mark.parametrize("package", ["matplotlib", "logomaker"])
def test_missing_packages(package, monkeypatch):
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(ImportError, match=r"pip install 'sklearn-cnn\[plot\]'"):
        AttributionDisplay.from_predictions(mutagenesis(["ACGT"]), ["ACGT"])


SMALL = {"n_filters": 4, "max_epochs": 2, "n_estimators": 1, "random_state": 0}
OF_LETTERS = {**SMALL, "motif_bank": None, "kmers": None}


@pytest.fixture(scope="module")
def clf(planted):
    """Reads positions; three classes."""
    return MotifCNNClassifier(**OF_LETTERS).fit(*planted)


def test_from_estimator(clf, planted):
    X = pd.Series(planted[0][:2], index=["a", "b"])
    sites = np.zeros((2, 40))
    sites[:, :8] = 1
    display = AttributionDisplay.from_estimator(
        clf, X, target="bound", sites=sites, window=(0, 20)
    )
    np.testing.assert_array_equal(
        display.attributions, attributions(clf, X, target="bound")
    )
    assert X.tolist() == display.X
    assert [ax.get_title(loc="left") for ax in display.axes_] == ["a", "b"]
    assert display.ax_.get_ylabel() == "attribution (logit)"
    assert display.ax_.get_xlim() == (-0.5, 19.5)
    heights = letter_heights(display.attributions[0], X["a"], "ACGT").sum(axis=1)
    drawn = extents(display.ax_)
    for position in range(20):
        span = min(heights[position], 0), max(heights[position], 0)
        assert drawn[position] == pytest.approx(span, abs=1e-4)


def test_what_is_drawn_is_what_is_read(clf):
    """Padded and cropped at both ends."""
    shorter = AttributionDisplay.from_estimator(clf, ["ACG"], target=0)
    assert shorter.X == ["." * 18 + "ACG" + "." * 19]
    sequence = "T" + "ACGN" * 10 + "A"
    with pytest.warns(
        UserWarning, match="1 of 1 inputs in X are longer than the 40"
    ) as caught:
        longer = AttributionDisplay.from_estimator(clf, [sequence], target=0)
    assert len(caught) == 1
    assert longer.X == ["ACG." * 10]


def test_unequal_lengths_and_units(planted):
    X = [x[:n] for x, n in zip(planted[0][:60], [30, 35, 40] * 20, strict=True)]
    reg = MotifCNNRegressor(**OF_LETTERS).fit(X, np.arange(60.0))
    display = AttributionDisplay.from_estimator(reg, X[:3], method="gradient_input")
    assert X[:3] == display.X
    assert display.ax_.get_ylabel() == "attribution (unit of y)"
    assert [ax.get_xlim()[1] for ax in display.axes_] == [29.5, 34.5, 39.5]


def test_saliency_of_the_letters_that_are_there(clf, planted):
    X = planted[0][:1]
    display = AttributionDisplay.from_estimator(clf, X, method="saliency", target=0)
    values = attributions(clf, X, "saliency", target=0)[0]
    expected = [values["ACGT".index(letter), i] for i, letter in enumerate(X[0])]
    drawn = extents(display.ax_)
    tops = [drawn[i][1] for i in range(40)]
    np.testing.assert_allclose(tops, expected, atol=1e-4)


def test_random_state(clf, planted):
    def drawn(seed):
        return AttributionDisplay.from_estimator(
            clf, planted[0][:1], method="integrated_gradients", target=0,
            random_state=seed,
        ).attributions  # fmt: skip

    np.testing.assert_array_equal(drawn(0), drawn(0))
    assert not np.array_equal(drawn(0), drawn(1))


def test_tracks_beside_letters(planted):
    X = np.random.default_rng(0).normal(size=(20, 5, 30))
    X[:, :4] = np.eye(4)[np.arange(600).reshape(20, 30) % 4].transpose(0, 2, 1)
    clf = MotifCNNClassifier(**OF_LETTERS, alphabet="dna").fit(X, [0, 1] * 10)
    display = AttributionDisplay.from_estimator(clf, X[:1], method="gradient_input")
    assert [("ACGT" * 8)[:30]] == display.X
    assert display.attributions.shape == (1, 4, 30)


def test_from_estimators_of_signals_and_images():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(20, 30))
    clf = MotifCNNClassifier(**SMALL).fit(X, [0, 1] * 10)
    display = AttributionDisplay.from_estimator(clf, X[:2], method="gradient_input")
    (line,) = display.axes_[1, 0].lines
    np.testing.assert_array_equal(line.get_ydata(), X[1])

    X = rng.normal(size=(20, 8, 8))
    clf = ImageCNNClassifier(n_filters=4, max_epochs=1, random_state=0)
    clf.fit(X, [0, 1] * 10)
    units = {"gradient_input": "logit", "grad_cam": None}
    for method, unit in units.items():
        display = AttributionDisplay.from_estimator(clf, X[:2], method=method)
        assert display.unit == unit
        expected = attributions(clf, X[:2], method).reshape(2, 8, 8)
        drawn = [axes[1].images[0].get_array() for axes in display.axes_]
        np.testing.assert_allclose(drawn, expected)


def test_too_many_are_refused_before_the_work(clf, monkeypatch):
    monkeypatch.setattr(MotifCNNClassifier, "_input", None)
    with pytest.raises(ValueError, match="X holds 13 samples, of which a figure shows"):
        AttributionDisplay.from_estimator(clf, ["ACGT"] * 13, target=0)
