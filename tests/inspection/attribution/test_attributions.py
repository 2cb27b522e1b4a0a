"""Attributions against scores of changed inputs, differences and derivatives."""

import re
import sys

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from sklearn.datasets import load_digits
from sklearn.exceptions import ConvergenceWarning, NotFittedError

from sklearn_cnn import ImageCNNClassifier, ImageCNNRegressor, MotifCNNClassifier
from sklearn_cnn.inspection import attributions
from sklearn_cnn.inspection.attribution import _integrated_gradients
from sklearn_cnn.inspection.attribution._baselines import draw_baselines
from sklearn_cnn.inspection.attribution._in_silico_mutagenesis import (
    _are_known,
    _by_prediction,
    _by_receptive_fields,
    in_silico_mutagenesis,
)
from sklearn_cnn.preprocessing import SequenceEncoder, dinucleotide_shuffle
from sklearn_cnn.training._progress import Steps

SOME = [
    "ACGTTGACGTCATTTACGCAGGATACCAGATTTACCAGAT",
    "NNTTTTTTTTRTTTTTTACGTTTTTTTTTTTTTTTTTTTY",
]


def _substituted(sequence, score, symbols="ACGT"):
    """Effects of all substitutions, from scores of strings: (n_symbols, length)."""
    effects = np.zeros((len(symbols), len(sequence)))
    present = score([sequence])[0]
    for i, symbol in enumerate(symbols):
        others = [
            sequence[:place] + symbol + sequence[place + 1 :]
            for place in range(len(sequence))
        ]
        effects[i] = score(others) - present
    return effects


def test_mutagenesis_is_the_score_of_the_substituted_string(classifier):
    effects = attributions(classifier, SOME)
    assert effects.shape == (2, 4, 40)
    assert np.ptp(effects) > 0.1
    for sequence, found in zip(SOME, effects, strict=True):
        expected = _substituted(sequence, classifier.decision_function)
        np.testing.assert_allclose(found, expected, atol=1e-5)
    # Zero to the last bit for the letter that is there, not for N.
    assert effects[0, 0, 0] == 0
    assert effects[1, :, 0].all()


def test_mutagenesis_of_unequal_lengths(ragged):
    X = [SOME[0], SOME[0][:21], SOME[1][:33]]
    effects = attributions(ragged, X)
    for sequence, found in zip(X, effects, strict=True):
        expected = _substituted(sequence, ragged.decision_function)
        np.testing.assert_allclose(found[:, : len(sequence)], expected, atol=1e-5)
        assert not found[:, len(sequence) :].any()
    alone = attributions(ragged, X[1:2])
    np.testing.assert_allclose(alone[0], effects[1, :, :21], atol=1e-5)


def test_mutagenesis_in_the_units_of_a_target(tasks):
    effects = attributions(tasks, SOME[:1], target=0)
    expected = _substituted(SOME[0], lambda X: tasks.predict(X)[:, 0])
    np.testing.assert_allclose(effects[0], expected, atol=0.01, rtol=1e-4)
    assert np.abs(expected).max() > 1


@pytest.mark.parametrize("target", [None, 7])
def test_mutagenesis_of_profiles(profile, target):
    def score(X):
        predicted = profile.predict(X)
        return predicted.mean(axis=1) if target is None else predicted[:, target]

    effects = attributions(profile, SOME[:1], target=target)
    np.testing.assert_allclose(effects[0], _substituted(SOME[0], score), atol=1e-5)


@pytest.mark.parametrize("name", ["classifier", "ragged"])
def test_both_ways_of_mutagenesis_agree(request, name):
    estimator = request.getfixturevalue(name)
    inputs = estimator._input.read(SOME)
    bar = Steps("", "input", verbose=0)
    by_prediction = _by_prediction(estimator, inputs, 0, bar)
    by_both = in_silico_mutagenesis(estimator, inputs, 0, bar)
    np.testing.assert_allclose(by_both, by_prediction, atol=1e-5)
    # What a window shows is all that changes where all letters are known.
    known = _are_known(estimator, inputs)
    assert known.any()
    assert not known.all()
    np.testing.assert_allclose(
        _by_receptive_fields(estimator, inputs[known], 0, bar),
        by_prediction[known],
        atol=1e-5,
    )


@pytest.mark.parametrize("target", [None, 7])
def test_both_ways_of_mutagenesis_agree_for_profiles(profile, target):
    """Unknown letters and unequal lengths, on both strands."""
    inputs = profile._input.read([*SOME, SOME[0][:21]])
    bar = Steps("", "input", verbose=0)
    by_prediction = _by_prediction(profile, inputs, target, bar)
    found = _by_receptive_fields(profile, inputs, target, bar)
    assert np.abs(found).max() > 1e-3
    np.testing.assert_allclose(found, by_prediction, atol=1e-5)


def test_mutagenesis_of_proteins_and_of_deep_networks(dna):
    rng = np.random.default_rng(0)
    X = ["".join(rng.choice(list("ACDEFGHIKLMNPQRSTVWY"), 12)) for _ in range(60)]
    y = ["W" in x for x in X]
    small = {"n_filters": 4, "max_epochs": 2, "random_state": 0}
    clf = MotifCNNClassifier(**small).fit(X, y)
    symbols = "ACDEFGHIKLMNPQRSTVWY"
    expected = _substituted(X[0], clf.decision_function, symbols)
    np.testing.assert_allclose(attributions(clf, X[:1])[0], expected, atol=1e-5)

    X, y = dna
    small |= {"n_filters": (4, 4), "kernel_size": (7, 3), "kmers": 2}
    clf = MotifCNNClassifier(**small, motif_bank=None).fit(X, y)
    expected = _substituted(X[0], clf.decision_function)
    np.testing.assert_allclose(attributions(clf, X[:1])[0], expected, atol=1e-5)


def test_further_channels_stay_as_they_are(dna):
    X, y = dna
    columns = SequenceEncoder().fit_transform(X).reshape(-1, 40, 4).transpose(0, 2, 1)
    tracks = np.random.default_rng(0).random((len(X), 1, 40))
    X = np.concatenate([columns, tracks], axis=1)
    clf = MotifCNNClassifier(
        n_filters=4, max_epochs=2, kmers=2, motif_bank=None, alphabet="dna",
        random_state=0,
    ).fit(X, y)  # fmt: skip
    changed = X[:1].copy()
    changed[0, :4, 5] = [0, 0, 1, 0]
    gained = clf.decision_function(changed) - clf.decision_function(X[:1])
    effects = attributions(clf, X[:1])
    assert effects.shape == (1, 4, 40)
    np.testing.assert_allclose(effects[0, 2, 5], gained[0], atol=1e-5)
    assert attributions(clf, X[:1], "gradient_input").shape == (1, 5, 40)


@pytest.mark.parametrize("method", ["integrated_gradients", "deeplift"])
@pytest.mark.parametrize(
    ("name", "target"),
    [("classifier", None), ("ragged", None), ("tasks", 0), ("profile", 7)],
)
def test_completeness(request, name, target, method):
    """The sum is the difference of scores, also for letters that are not certain."""
    if method == "deeplift":
        pytest.importorskip("tangermeme")
    estimator = request.getfixturevalue(name)
    X = [*SOME, SOME[0][:31]] if name == "ragged" else SOME
    baselines = dinucleotide_shuffle(X, random_state=1)
    scale = np.ravel(getattr(estimator, "y_scale_", 1.0))
    unit = scale[target if name == "tasks" else 0]

    def score(X):
        if target is None:
            return estimator.decision_function(X)
        return estimator.predict(X)[:, target] / unit

    found = attributions(estimator, X, method, target=target, baselines=baselines)
    expected = score(X) - score(baselines)
    assert np.abs(expected).max() > 0.02
    np.testing.assert_allclose(found.sum(axis=(1, 2)) / unit, expected, atol=1e-3)
    # Of the letters that are there: of N all four alike, of R two.
    absent = {"A": [1, 2, 3], "R": [1, 3], "Y": [0, 2]}
    for place, letter in enumerate(X[1]):
        if letter in absent:
            assert not found[1, absent[letter], place].any()
    np.testing.assert_allclose(found[1, :, 0], found[1, 0, 0])


def test_columns_of_unequal_lengths(dna):
    """Floats, padded with NaN: one-hot, and letters that are not certain."""
    X, y = dna
    columns = SequenceEncoder().fit_transform(X).reshape(-1, 40, 4).transpose(0, 2, 1)
    X = [x[:, : 40 - i % 9] for i, x in enumerate(columns)]
    X[1][:, 3] = [0.5, 0.25, 0.25, 0]
    clf = MotifCNNClassifier(
        n_filters=4, kernel_size=7, max_epochs=2, kmers=3, motif_bank=None,
        alphabet="dna", random_state=0,
    ).fit(X, y)  # fmt: skip
    effects = attributions(clf, X[:3])
    for symbol, place in [(0, 3), (2, 20)]:
        changed = X[1].copy()
        changed[:, place] = np.arange(4) == symbol
        gained = clf.decision_function([changed]) - clf.decision_function(X[1:2])
        np.testing.assert_allclose(effects[1, symbol, place], gained[0], atol=1e-5)
    assert not effects[1, :, 39:].any()
    baselines = [x[:, ::-1] for x in X[:3]]
    found = attributions(clf, X[:3], "integrated_gradients", baselines=baselines)
    expected = clf.decision_function(X[:3]) - clf.decision_function(baselines)
    np.testing.assert_allclose(found.sum(axis=(1, 2)), expected, atol=1e-3)


def test_shuffles_keep_columns_and_padding(classifier, ragged):
    for estimator, X in [(classifier, ["ACGTTGCANN" * 3]), (ragged, [SOME[0], "ACGG"])]:
        inputs = estimator._input.read(X)
        drawn = draw_baselines(estimator, inputs, 3, np.random.RandomState(0))
        assert drawn.values.shape == (3 * len(X), 40)
        padding = inputs.alphabet.padding_code
        repeated = np.repeat(inputs.values, 3, axis=0)
        np.testing.assert_array_equal(drawn.values == padding, repeated == padding)
        np.testing.assert_array_equal(np.sort(drawn.values), np.sort(repeated))
        assert (drawn.values != repeated).any()


def test_shuffles_are_drawn_by_random_state(classifier):
    first, second, other = (
        attributions(
            classifier, SOME, "integrated_gradients", n_shuffles=2, random_state=seed
        )
        for seed in (0, 0, 1)
    )
    np.testing.assert_array_equal(first, second)
    assert np.abs(first - other).max() > 0.01


def test_saliency_is_the_gradient_of_which_the_other_takes_one_letter(classifier):
    found = attributions(classifier, SOME[:1], "gradient_input")
    absolute = attributions(classifier, SOME[:1], "saliency")
    columns = SequenceEncoder().fit_transform(SOME[:1]).reshape(40, 4).T
    np.testing.assert_allclose(absolute[0] * columns, np.abs(found[0]), rtol=1e-5)
    assert not found[0][columns == 0].any()


@pytest.fixture(scope="module")
def signals():
    X = np.random.default_rng(0).normal(size=(60, 16))
    y = X[:, 4:8].sum(axis=1) > 0
    return MotifCNNClassifier(max_epochs=3, random_state=0).fit(X, y), X


def test_signals(signals):
    clf, X = signals
    found = attributions(clf, X[:2], "integrated_gradients")
    assert found.shape == (2, 1, 16)
    mean = np.broadcast_to(X.mean(), (1, 16))
    expected = clf.decision_function(X[:2]) - clf.decision_function(mean)
    np.testing.assert_allclose(found.sum(axis=(1, 2)), expected, atol=1e-3)
    # Derivatives, by differences.
    step = np.zeros((1, 16))
    step[0, 5] = 1e-2
    ahead, back = (
        clf.decision_function(X[:1] + step),
        clf.decision_function(X[:1] - step),
    )
    slope = (ahead - back)[0] / 2e-2
    saliency = attributions(clf, X[:1], "saliency")
    np.testing.assert_allclose(saliency[0, 0, 5], abs(slope), rtol=0.02)


@pytest.fixture(scope="module")
def images():
    X, y = load_digits(return_X_y=True)
    X, y = X[:200].reshape(-1, 8, 8), y[:200]
    return ImageCNNClassifier(n_filters=(4, 8), max_epochs=3, random_state=0).fit(
        X, y
    ), X


def test_images(images):
    clf, X = images
    found = attributions(clf, X[:2], "integrated_gradients", target=3, baselines=X[2:4])
    assert found.shape == (2, 1, 8, 8)
    scores = clf.decision_function(X[:4])[:, 3]
    np.testing.assert_allclose(
        found.sum(axis=(1, 2, 3)), scores[:2] - scores[2:], atol=1e-3
    )
    assert attributions(clf, X[:2], "saliency", target=3).min() >= 0


def test_grad_cam_by_hand(images):
    """From the activations of the last layer and their gradients, without hooks."""
    clf, X = images
    (network,) = clf.to_module().members
    x = network.standardize(torch.tensor(X[:3, None]).float().flatten(2)).view(
        3, 1, 8, 8
    )
    for block in network.trunk:
        x = block(x)
    x = x.detach().requires_grad_()
    network.head(x.flatten(2))[:, 3].sum().backward()
    weights = x.grad.mean(dim=(2, 3))
    cam = torch.einsum("nk,nkhw->nhw", weights, x.detach()).relu()
    cam = F.interpolate(cam[:, None], size=(8, 8), mode="bilinear")[:, 0]
    found = attributions(clf, X[:3], "grad_cam", target=3)
    assert found.max() > 0
    np.testing.assert_allclose(found, cam, atol=1e-6)


def test_methods_that_do_not_suit(classifier, signals, images):
    with pytest.raises(ValueError, match=r"one of 'ism', .*; got 'shap'"):
        attributions(classifier, SOME, "shap")
    with pytest.raises(ValueError, match="'grad_cam' is not for sequences"):
        attributions(classifier, SOME, "grad_cam")
    with pytest.raises(ValueError, match="'ism' is not for numeric signals"):
        attributions(*signals)
    with pytest.raises(ValueError, match=r"not for images.*'grad_cam'"):
        attributions(*images)
    with pytest.raises(NotFittedError):
        attributions(ImageCNNRegressor(), images[1])
    with pytest.raises(ValueError, match="n_shuffles must be an int >= 1; got 0"):
        attributions(classifier, SOME, n_shuffles=0)


def test_baselines_that_do_not_fit(classifier, ragged):
    with pytest.raises(ValueError, match="holds 1 inputs; one for each of the 2"):
        attributions(classifier, SOME, "integrated_gradients", baselines=SOME[:1])
    with pytest.raises(ValueError, match=r"baselines\[1\] has 20 positions.*has 40"):
        attributions(
            ragged, SOME, "integrated_gradients", baselines=[SOME[0], SOME[1][:20]]
        )


def test_gaps_are_told(classifier, dna, monkeypatch):
    X = dna[0][:30]
    settings = {"n_shuffles": 1, "random_state": 0}
    attributions(classifier, X, "integrated_gradients", **settings)  # No warning.
    monkeypatch.setattr(_integrated_gradients, "_MAX_STEPS", 1)
    with pytest.warns(
        ConvergenceWarning, match=r"of X\[\d+\] miss the difference"
    ) as w:
        attributions(classifier, X, "integrated_gradients", **settings)
    # Without steps in between, few are complete by chance.
    assert int(re.search(r"inputs (\d+) by more", str(w[0].message))[1]) > 5


def test_the_extra_is_named(classifier, monkeypatch):
    monkeypatch.setitem(sys.modules, "tangermeme.deep_lift_shap", None)
    with pytest.raises(ImportError, match=r"pip install 'sklearn-cnn\[deeplift\]'"):
        attributions(classifier, SOME, "deeplift")


@pytest.mark.parametrize("method", ["ism", "integrated_gradients", "gradient_input"])
def test_one_bar_for_one_call(classifier, dna, capsys, method):
    X = dna[0][:5]
    attributions(classifier, X, method)
    assert capsys.readouterr().err == ""
    attributions(classifier, X, method, verbose=1)
    shown = capsys.readouterr().err
    assert "attributions: 100%" in shown
    assert "5/5" in shown
