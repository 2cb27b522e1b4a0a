"""What the units of each layer look for."""

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pytest
import torch
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.exceptions import NotFittedError

from sklearn_cnn import ImageCNNClassifier, MotifCNNClassifier, MotifCNNRegressor
from sklearn_cnn.architectures._motif_cnn import MotifCNN
from sklearn_cnn.datasets._information import information
from sklearn_cnn.inspection import HierarchyDisplay, layer_motifs
from sklearn_cnn.inspection.layers._unit_responses import receptive_fields
from sklearn_cnn.inspection.motifs._motif_parts import consensus, find_parts
from sklearn_cnn.preprocessing import reverse_complement

FIRST, SECOND, SPACING = "TGACCT", "CCAATG", 5
PLAIN = {"kmers": None, "motif_bank": None, "position": False, "random_state": 0}


@pytest.fixture(autouse=True)
def _close_figures():
    with mpl.rc_context({"backend": "agg"}):
        yield
        plt.close("all")


def _pairs_of_motifs(n):
    """Both motifs in all sequences, on either strand; in class 1 `SPACING` apart."""
    rng = np.random.default_rng(0)
    y = np.arange(n) % 2
    others = [spacing for spacing in range(1, 10) if spacing != SPACING]
    X = []
    for label in y:
        spacing = SPACING if label else rng.choice(others)
        letters = rng.choice(list("ACGT"), size=40)
        start = rng.integers(0, 41 - len(FIRST) - spacing - len(SECOND))
        letters[start : start + len(FIRST)] = list(FIRST)
        start += len(FIRST) + spacing
        letters[start : start + len(SECOND)] = list(SECOND)
        sequence = "".join(letters)
        X.append(reverse_complement(sequence) if rng.integers(2) else sequence)
    return X, y


@pytest.fixture(scope="module")
def spaced():
    X, y = _pairs_of_motifs(1500)
    clf = MotifCNNClassifier(
        n_filters=16,
        kernel_size=(7, 13),
        pooling="max",
        dropout=0.1,
        lr=0.01,
        max_epochs=8,
        reverse_complement=True,
        **PLAIN,
    ).fit(X[:1200], y[:1200])
    assert clf.score(X[1200:], y[1200:]) > 0.98
    return clf, X, layer_motifs(clf, X)


def _shared(word, other):
    """Length of the longest stretch of a word that is in another one."""
    lengths = range(len(word), 0, -1)
    starts = range(len(word))
    return next((n for n in lengths for i in starts if word[i : i + n] in other), 0)


def test_a_deep_unit_reports_the_pair_at_its_spacing(spaced):
    found = spaced[2]
    best = found.pairs.iloc[0]
    turned = reverse_complement(SECOND), reverse_complement(FIRST)
    assert (best["first"], best["second"]) in ((FIRST, SECOND), turned)
    assert best["layer"] == 2
    assert best["spacing"] == SPACING
    assert best["best_spacing"] == SPACING
    assert best["together"] > 1.5 * max(best["first_alone"], best["second_alone"])
    curve = found.spacings.query("pair == 0").set_index("spacing")["response"]
    # As many letters as there is room for in the receptive field, 7 + 13 - 1.
    assert curve.index.tolist() == list(range(19 - 12 + 1))
    assert curve[SPACING] == best["together"]
    assert curve.drop(SPACING).max() < 0.9 * curve[SPACING]
    # Its matrix has both motifs, and units of the first layer see one each.
    matrix = found.frequencies[1][best["unit"]]
    assert f"{best['first']}.....{best['second']}" in consensus(matrix, "ACGT")
    for end in ("first", "second"):
        seen = consensus(found.frequencies[0][best[f"{end}_unit"]], "ACGT")
        assert _shared(best[end], seen) >= 5


def test_windows_are_those_of_the_pair(spaced):
    _, X, found = spaced
    best = found.pairs.iloc[0]
    windows = found.windows(2, best["unit"])
    assert windows["sequence"].is_unique
    assert windows["activation"].is_monotonic_decreasing
    assert windows["activation"].min() >= 0.7 * windows["activation"].max()
    # Sequences of class 1, which are the odd ones.
    assert (windows["sequence"] % 2 == 1).mean() > 0.98
    assert 0.4 < (windows["strand"] == "+").mean() < 0.6
    for window in windows.itertuples():
        letters = X[window.sequence][window.start : window.end]
        if window.strand == "-":
            letters = reverse_complement(letters)
        assert letters == window.letters
    ends = [len(best["first"]), len(best["first"]) + SPACING]
    start = best["start"]
    places = (
        windows["letters"].str[start : start + ends[0]],
        windows["letters"].str[start + ends[1] : start + ends[1] + len(best["second"])],
    )
    assert (places[0] == best["first"]).mean() > 0.95
    assert (places[1] == best["second"]).mean() > 0.95


def test_windows_of_a_layer_or_unit_that_is_not_there(spaced):
    with pytest.raises(ValueError, match="layer=0, but the network has 2 layers"):
        spaced[2].windows(layer=0, unit=0)
    with pytest.raises(ValueError, match="unit=16, but layer 2 has 16 units"):
        spaced[2].windows(layer=2, unit=16)


def test_units_are_ranked_by_importance_within_a_layer(spaced):
    units = spaced[2].units
    for _, rows in units.groupby("layer"):
        assert rows["importance"].is_monotonic_decreasing
    assert spaced[2].receptive_fields == (7, 19)
    assert [matrix.shape for matrix in spaced[2].frequencies] == [
        (16, 7, 4),
        (16, 19, 4),
    ]
    text = repr(spaced[2])
    assert units.iloc[0]["consensus"] in text


def test_importance_is_what_goes_through_a_unit(spaced):
    """A unit that is turned down a little changes logits in proportion."""
    clf, X, found = spaced
    module = clf.to_module("forward").double()
    (network,) = [m for m in module.modules() if isinstance(m, MotifCNN)]
    letters = np.array([list(x) for x in [*X, *reverse_complement(X)]])
    x = torch.from_numpy((letters[:, None] == np.array(list("ACGT"))[:, None]) * 1.0)
    step = 1e-4
    for row in found.units.groupby("layer").head(2).itertuples():

        def turn_down(module, args, output, unit=row.unit):
            output = output.clone()
            output[:, unit] *= 1 - step
            return output

        with torch.no_grad():
            before = network(x)[:, 0]
            hook = network.trunk[row.layer - 1].register_forward_hook(turn_down)
            change = (before - network(x)[:, 0]) / step
            hook.remove()
        assert_allclose(row.importance, change.std(correction=0), rtol=1e-2)


def _fitted(X, kernel_size, **parameters):
    """A network with two filters, not trained to speak of."""
    clf = MotifCNNClassifier(
        n_filters=2, kernel_size=kernel_size, activation="relu", max_epochs=1, **PLAIN
    )
    return clf.set_params(**parameters).fit(X, np.arange(len(X)) % 2)


def _set_filter(clf, word):
    """Let filter 0 respond with 1 to a word and 0 to all else, and filter 1 never."""
    weights = clf.weights_["0.trunk.0.conv.weight"]
    weights[:] = 0
    symbols = clf.alphabet_.symbols
    weights[0, [symbols.index(letter) for letter in word], range(len(word))] = 1
    for name, value in (("running_mean", 0), ("running_var", 1 - 1e-5), ("weight", 1)):
        clf.weights_[f"0.trunk.0.norm.{name}"][:] = value
    clf.weights_["0.trunk.0.norm.bias"][:] = 1 - len(word)


@pytest.mark.parametrize("word", ["ACG", "ACGG"])
def test_places_of_a_word(word):
    X = [f"TT{word}T", f"{word}TTTTTTT", "TTTTTTTT", f"T{reverse_complement(word)}TTT"]
    X = [*X, *X, *X]
    clf = _fitted(X, len(word), reverse_complement=True)
    _set_filter(clf, word)
    found = layer_motifs(clf, X[:4])
    windows = found.windows(1, 0)
    n = len(word)
    assert windows["sequence"].tolist() == [0, 1, 3]
    assert windows["start"].tolist() == [2, 0, 1]
    assert windows["end"].tolist() == [2 + n, n, 1 + n]
    assert windows["strand"].tolist() == ["+", "+", "-"]
    assert windows["letters"].tolist() == [word] * 3
    assert_allclose(windows["activation"], 1, rtol=1e-4)
    assert_array_equal(
        found.frequencies[0][0], np.eye(4)[["ACGT".index(w) for w in word]]
    )
    # Nothing excites the other one.
    assert len(found.windows(1, 1)) == 0
    assert np.isnan(found.frequencies[0][1]).all()
    assert found.units["unit"].tolist() == [0]
    assert len(found.pairs) == len(found.spacings) == 0
    axes = HierarchyDisplay(hierarchy=found).plot().axes_
    assert [[ax.get_visible() for ax in row] for row in axes] == [[True, False]]


def test_windows_over_the_ends_do_not_count():
    X = ["CGTTTT", "TTTTAC", "TTACGT"] * 4
    clf = _fitted(X, 3, reverse_complement=False)
    _set_filter(clf, "ACG")
    # Two of three letters are enough now, also at an end.
    clf.weights_["0.trunk.0.norm.bias"][:] = -1
    windows = layer_motifs(clf, X[:3], threshold=0.4).windows(1, 0)
    assert windows["sequence"].tolist() == [2]
    assert windows["start"].tolist() == [2]


@pytest.mark.parametrize(("word", "alphabet"), [("AUG", "rna"), ("MKW", "protein")])
def test_other_alphabets(word, alphabet):
    X = [f"GG{word}G", "AAAGAAA", "GAGAGAGAG"] * 4
    clf = _fitted(X, 3, alphabet=alphabet)
    _set_filter(clf, word)
    found = layer_motifs(clf, X)
    assert found.symbols == clf.alphabet_.symbols
    assert found.units.iloc[0]["consensus"] == word
    assert set(found.windows(1, 0)["letters"]) == {word}


def test_receptive_fields_are_what_a_position_depends_on():
    network = MotifCNN(
        4,
        1,
        n_filters=(3, 3, 3),
        kernel_sizes=(4, 3, 6),
        activation="exponential",
        pooling="max",
        dense_units=None,
        dropout=0.0,
    ).eval()
    for block in network.trunk:
        torch.nn.init.ones_(block.conv.weight)  # So that ReLU lets all through.
    x = torch.zeros(1, 4, 40, requires_grad=True)
    y = x
    for block, field in zip(network.trunk, receptive_fields(network), strict=True):
        y = block(y)
        (gradient,) = torch.autograd.grad(y[0, 0, 20], x, retain_graph=True)
        places = np.flatnonzero(gradient[0].abs().sum(dim=0))
        first = 20 - field.left
        assert_array_equal(places, range(first, first + field.width))
    assert [field.width for field in receptive_fields(network)] == [4, 6, 11]


def test_information():
    matrix = np.array([[1, 0, 0, 0], [0.5, 0.5, 0, 0], [0.25] * 4])
    by_chance = 3 / (2 * np.log(2) * 10)
    assert_allclose(information(matrix), [2, 1, 0])
    assert_allclose(information(matrix, 10), np.array([2, 1, 0]) - by_chance)
    assert_allclose(information(np.eye(20), 10**9), np.log2(20))


def test_parts():
    strong, weak, half = [1, 0, 0, 0], [0.25] * 4, [0.5, 0.5, 0, 0]
    matrix = np.array(
        [
            *[weak, strong, strong, weak, half, weak, weak],
            *[strong, strong, weak, weak, half, strong, strong, weak],
        ]
    )
    # One weak column joins, two part; two columns alone are no motif.
    assert find_parts(matrix, 1000) == [(1, 5), (11, 14)]
    assert consensus(matrix, "ACGT") == ".AA.A..AA..AAA."


def test_profiles_and_several_outputs():
    rng = np.random.default_rng(0)
    X = ["".join(rng.choice(list("ACGT"), 20)) for _ in range(12)]
    profiles = MotifCNNRegressor(
        n_filters=3, kernel_size=5, output="profile", max_epochs=1, random_state=0
    ).fit(X, rng.random((12, 20)))
    found = layer_motifs(profiles, X)
    assert found.receptive_fields == (5,)
    assert (found.units["importance"] > 0).any()
    # Variances of two targets add up; a target that is there twice counts twice.
    y = rng.random(12)
    settings = {"n_filters": 3, "kernel_size": 5, "max_epochs": 1, **PLAIN}
    two = MotifCNNRegressor(**settings).fit(X, np.stack([y, y], axis=1))
    for name in ("weight", "bias"):
        last = two.weights_[f"0.global_head.dense.4.{name}"]
        last[1] = last[0]
    doubled = layer_motifs(two, X).units["importance"].max()
    for name in ("weight", "bias"):
        two.weights_[f"0.global_head.dense.4.{name}"][1] = 0
    single = layer_motifs(two, X).units["importance"].max()
    assert_allclose(doubled, np.sqrt(2) * single, rtol=1e-5)


def test_errors():
    X = ["ACGTACGT", "TTTTACGA"] * 4
    clf = _fitted(X, 3)
    with pytest.raises(ValueError, match=r"member=1, but the estimator has 1 network,"):
        layer_motifs(clf, X, member=1)
    with pytest.raises(ValueError, match=r"layer 1 see 3 letters .* X has 2"):
        layer_motifs(clf, ["AC", "A"])
    with pytest.raises(TypeError, match="X must hold strings"):
        layer_motifs(clf, np.zeros((2, 1)))
    with pytest.raises(NotFittedError):
        layer_motifs(MotifCNNClassifier(), X)
    placed = _fitted(X, 3, position=True)
    with pytest.raises(ValueError, match=r"X\[1\] has 7 letters, .* sequences of 8"):
        layer_motifs(placed, [X[0], X[1][1:]])
    signals = _fitted(np.eye(8), 3)
    with pytest.raises(ValueError, match="was fitted on numeric signals"):
        layer_motifs(signals, X)
    tracks = _fitted(np.ones((8, 5, 8)), 3, alphabet="dna")
    with pytest.raises(ValueError, match=r"fitted on 5 channels, .* further tracks"):
        layer_motifs(tracks, X)
    images = ImageCNNClassifier(n_filters=2, max_epochs=1)
    images.fit(np.eye(8).reshape(8, 2, 4), np.arange(8) % 2)
    with pytest.raises(TypeError, match=r"a ImageCNNClassifier, .* layer_patches"):
        layer_motifs(images, X)


def test_display(spaced):
    found = spaced[2]
    display = HierarchyDisplay(hierarchy=found).plot()
    assert display.axes_.shape == (2, 3)
    visible = [[ax.get_visible() for ax in row] for row in display.axes_]
    assert visible == [[True, True, False], [True, True, True]]
    best = found.pairs.iloc[0]
    (line, alone) = display.axes_[1, 2].get_lines()
    curve = found.spacings.query("pair == 0")
    assert_array_equal(line.get_xydata(), curve[["spacing", "response"]])
    highest = max(best["first_alone"], best["second_alone"])
    assert_array_equal(alone.get_ydata(), highest)
    # The motifs of the unit that comes first are shaded, with the spacing between.
    assert found.units.query("layer == 2").iloc[0]["unit"] == best["unit"]
    ax = display.axes_[1, 0]
    assert [text.get_text() for text in ax.texts] == [str(SPACING)]
    ends = best["start"] + len(best["first"]), best["start"] + len(best["first"]) + 5
    assert ax.texts[0].get_position()[0] == (ends[0] + ends[1] - 1) / 2
    assert ax.get_xlim() == (-0.5, 18.5)


def test_display_on_given_axes(spaced):
    clf, X, found = spaced
    _, axes = plt.subplots(2, 2)
    display = HierarchyDisplay.from_estimator(clf, X[:200], n_units=1, ax=axes)
    assert display.axes_.tolist() == axes.tolist()
    with pytest.raises(ValueError, match="4 axes, but 8 are needed: 2 layers x 4 col"):
        HierarchyDisplay(hierarchy=found).plot(n_units=3, ax=axes)
