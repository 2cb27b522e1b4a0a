"""PretrainedFeatureExtractor: motif scores and layers of networks as features."""

import os
import pickle
from pathlib import Path

import numpy as np
import pandas as pd
import polars as pl
import pytest
import torch
from joblib import parallel_backend
from sklearn.base import clone
from sklearn.compose import make_column_transformer
from sklearn.exceptions import NotFittedError
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.utils.estimator_checks import parametrize_with_checks
from torch import nn

from sklearn_cnn import (
    ImageCNNClassifier,
    ImageCNNRegressor,
    MotifCNNClassifier,
    MotifCNNRegressor,
    PretrainedFeatureExtractor,
    save_model,
)
from sklearn_cnn.datasets import make_motif_classification
from sklearn_cnn.datasets._motif_database import load_jaspar
from sklearn_cnn.preprocessing import reverse_complement

PLAIN = {"kmers": None, "motif_bank": None, "random_state": 0}
SMALL = {"n_filters": 4, "kernel_size": 5, "dense_units": 6, "max_epochs": 2}


@pytest.fixture(scope="module")
def data():
    return make_motif_classification(60, length=30, motif="TGACGTCA", random_state=0)


@pytest.fixture(scope="module")
def cnn(data):
    """Two members with a linear branch of letters beside them, on both strands."""
    X, y = data
    settings = {**SMALL, **PLAIN, "kmers": 1, "reverse_complement": True}
    return MotifCNNClassifier(n_estimators=2, **settings).fit(X, y)


def _linear() -> nn.Module:
    """(x0, x1) to (x0 + 2 x1 + 1, -x1)."""
    linear = nn.Linear(2, 2)
    with torch.no_grad():
        linear.weight.copy_(torch.tensor([[1.0, 2.0], [0.0, -1.0]]))
        linear.bias.copy_(torch.tensor([1.0, 0.0]))
    return linear


def _purines_and_pairs() -> nn.Module:
    """Filters of width two: the first letter is A or G; the letters are AC."""
    purines = nn.Conv1d(4, 2, 2, bias=False)
    with torch.no_grad():
        purines.weight.zero_()
        purines.weight[0, [0, 2], 0] = 1
        purines.weight[1, 0, 0] = purines.weight[1, 1, 1] = 0.5
    return purines


# A module


def test_output_and_layer_of_a_module():
    module = nn.Sequential(_linear(), nn.ReLU())
    X = [[1, 1], [0, 3], [-4, 0]]
    output = PretrainedFeatureExtractor(module).fit_transform(X)
    np.testing.assert_array_equal(output, [[4, 0], [7, 0], [0, 0]])
    assert output.dtype == np.float32
    extractor = PretrainedFeatureExtractor(module, layer="0").fit(X)
    np.testing.assert_array_equal(extractor.transform(X), [[4, -1], [7, -3], [-3, 0]])
    assert extractor.get_feature_names_out().tolist() == ["f0", "f1"]
    assert extractor.layers_ == ("0",)


@pytest.mark.parametrize(
    ("pooling", "expected", "names"),
    [
        ("auto", [1, 1, 0.75, 0.5], ["f0_max", "f1_max", "f0_mean", "f1_mean"]),
        ("max", [1, 1], ["f0_max", "f1_max"]),
        ("mean", [0.75, 0.5], ["f0_mean", "f1_mean"]),
    ],
)
def test_positions_are_pooled(pooling, expected, names):
    """ACGAC has windows AC, CG, GA, AC: purine 1 0 1 1, pair 1 0 0 1."""
    extractor = PretrainedFeatureExtractor(_purines_and_pairs(), pooling=pooling)
    np.testing.assert_allclose(extractor.fit_transform(["ACGAC"]), [expected])
    assert extractor.get_feature_names_out().tolist() == names


def test_images_and_one_value_an_input():
    image = np.arange(12.0).reshape(1, 1, 3, 4)
    pooled = PretrainedFeatureExtractor(nn.Identity()).fit_transform(image)
    np.testing.assert_array_equal(pooled, [[11, 5.5]])
    one = nn.Sequential(nn.Linear(2, 1), nn.Flatten(0))
    assert PretrainedFeatureExtractor(one).fit_transform(np.eye(2)).shape == (2, 1)


def test_flatten_keeps_positions():
    """ACGAC has windows AC, CG, GA, AC: purine 1 0 1 1, pair 1 0 0 1."""
    extractor = PretrainedFeatureExtractor(_purines_and_pairs(), pooling="flatten")
    output = extractor.fit_transform(["ACGAC"])
    np.testing.assert_allclose(output, [[1, 0, 1, 1, 1, 0, 0, 1]])
    assert extractor.get_feature_names_out()[[1, 4]].tolist() == ["f0_1", "f1_0"]


def test_several_layers_side_by_side():
    module = nn.Sequential(_purines_and_pairs(), nn.Flatten(), nn.ReLU())
    layers = ("2", "0")
    extractor = PretrainedFeatureExtractor(module, layer=layers, pooling="max")
    output = extractor.fit_transform(["ACG"])
    np.testing.assert_allclose(output, [[1, 0, 1, 0, 1, 1]])
    names = ["2_f0", "2_f1", "2_f2", "2_f3", "0_f0_max", "0_f1_max"]
    assert extractor.get_feature_names_out().tolist() == names
    assert extractor.layers_ == layers


def test_layers_of_an_estimator_side_by_side(data, cnn):
    layers = ["networks.members.1.trunk.0", "branches.kmers.features"]
    both = PretrainedFeatureExtractor(cnn, layer=layers).fit(data[0])
    apart = [
        PretrainedFeatureExtractor(cnn, layer=layer).fit(data[0]) for layer in layers
    ]
    expected = np.hstack([extractor.transform(data[0]) for extractor in apart])
    np.testing.assert_allclose(both.transform(data[0]), expected, atol=1e-6)
    names = [
        f"{layer}_{name}"
        for layer, extractor in zip(layers, apart, strict=True)
        for name in extractor.get_feature_names_out()
    ]
    assert both.get_feature_names_out().tolist() == names


@pytest.mark.parametrize("n_channels", [1, 3])
def test_images_of_any_layout(n_channels):
    rng = np.random.default_rng(0)
    torch.manual_seed(0)
    module = nn.Sequential(nn.Conv2d(n_channels, 2, 3), nn.ReLU())
    first = rng.normal(size=(4, n_channels, 6, 5)).astype(np.float32)
    with torch.no_grad():
        expected = module(torch.tensor(first)).amax(dim=(2, 3))
    layouts = [first, np.moveaxis(first, 1, 3)]
    if n_channels == 1:
        layouts.append(first[:, 0])
    for X in layouts:
        output = PretrainedFeatureExtractor(module, pooling="max").fit_transform(X)
        np.testing.assert_allclose(output, expected, atol=1e-6)


def test_bytes_files_and_pictures_for_a_module_of_images():
    image = pytest.importorskip("PIL.Image")
    torch.manual_seed(0)
    module = nn.Conv2d(1, 2, 3)
    X = np.random.default_rng(0).integers(0, 256, (3, 6, 5)).astype(np.uint8)
    extractor = PretrainedFeatureExtractor(module).fit(X)
    expected = extractor.transform(X.astype(float))
    np.testing.assert_array_equal(extractor.transform(X), expected)
    pictures = [image.fromarray(pixels) for pixels in X]
    np.testing.assert_array_equal(extractor.transform(pictures), expected)
    for files in (["a.png"], [Path("a.png")]):
        with pytest.raises(TypeError, match=r"X\[0\] is 'a.png'.* files are not read"):
            extractor.transform(files)


@pytest.mark.parametrize(
    ("sequence", "n_channels"), [("ACGU", 4), ("acgt", 4), ("ACDY", 20)]
)
def test_strings_of_the_alphabet_of_the_first_convolution(sequence, n_channels):
    """A filter that reads its channel's number."""
    convolution = nn.Conv1d(n_channels, 1, 1, bias=False)
    with torch.no_grad():
        convolution.weight[0, :, 0] = torch.arange(n_channels)
    output = PretrainedFeatureExtractor(convolution, pooling="flatten").fit_transform(
        [sequence]
    )
    expected = [0, 1, 2, 3] if n_channels == 4 else [0, 1, 2, 19]
    np.testing.assert_array_equal(output[0], expected)


def test_precision_on_demand():
    """The module keeps its own."""
    X = np.array([[1.0, 1e-9]])
    single = nn.Linear(2, 1, bias=False)
    with torch.no_grad():
        single.weight.copy_(torch.tensor([[-1.0, 1.0]]))
    module = nn.Sequential(single, nn.Threshold(-1.0, 5.0))
    for precision, expected in [("float64", -1), ("auto", 5), ("float32", 5)]:
        extractor = PretrainedFeatureExtractor(module, precision=precision)
        assert extractor.fit_transform(X) == expected
        assert single.weight.dtype == torch.float32


def test_precision_is_the_module_s():
    X = np.array([[1.0, 1e-9]])
    double = nn.Linear(2, 1, bias=False).double()
    with torch.no_grad():
        double.weight.copy_(torch.tensor([[-1.0, 1.0]]))
    shifted = nn.Sequential(double, nn.Threshold(-1.0, 5.0))
    # -1 + 1e-9 lies above the threshold in double precision only.
    assert PretrainedFeatureExtractor(shifted).fit_transform(X) == -1
    assert PretrainedFeatureExtractor(shifted.float()).fit_transform(X) == 5


def test_a_module_stays_as_it_is():
    module = nn.Sequential(_linear(), nn.Dropout(0.5), nn.BatchNorm1d(2)).train()
    before = {name: t.clone() for name, t in module.state_dict().items()}
    extractor = PretrainedFeatureExtractor(module).fit(np.eye(2))
    first = extractor.transform(np.eye(2))
    np.testing.assert_array_equal(first, extractor.transform(np.eye(2)))
    assert all(part.training for part in module.modules())
    assert not any(part._forward_hooks for part in module.modules())
    for name, tensor in module.state_dict().items():
        assert torch.equal(tensor, before[name])


def test_rows_do_not_depend_on_each_other():
    """To the last bit, in sequences of unequal lengths."""
    torch.manual_seed(0)
    module = nn.Sequential(nn.Conv1d(4, 64, 5), nn.ReLU(), nn.Conv1d(64, 32, 5))
    rng = np.random.default_rng(0)
    X = ["".join(rng.choice(list("ACGT"), n)) for n in rng.integers(20, 24, 50)]
    extractor = PretrainedFeatureExtractor(module, batch_size=8).fit(X)
    together = extractor.transform(X)
    for i in (0, 7, 49):
        np.testing.assert_array_equal(extractor.transform(X[i : i + 1])[0], together[i])
    np.testing.assert_array_equal(extractor.transform(X[::-1])[::-1], together)
    one_by_one = clone(extractor).set_params(batch_size=1).fit(X).transform(X)
    np.testing.assert_allclose(one_by_one, together, atol=1e-5)


# The bank of motifs


def test_jaspar_scores_by_a_plain_loop():
    jaspar = load_jaspar()
    sequences = ["ACGTTGACGTCATTNGCGCGTTATCTAAGG", "ttgacg", "ACRTYGACGTCATTTGCCAATCA"]
    extractor = PretrainedFeatureExtractor("jaspar")
    scores = extractor.fit_transform(sequences)
    names = extractor.get_feature_names_out()
    assert scores.shape == (3, 2633)
    assert names[jaspar.find("CTCF")] == "CTCF_MA0139.2"
    letters = {a: np.eye(4)["ACGT".index(a)] for a in "ACGT"}
    letters |= {"N": np.full(4, 0.25), "R": np.array([0.5, 0, 0.5, 0])}
    letters |= {"Y": np.array([0, 0.5, 0, 0.5])}
    for j in range(0, len(jaspar), 40):
        matrix = np.log2(jaspar.frequencies(j) / 0.25)
        for row, sequence in enumerate(sequences):
            x = np.array([letters[a] for a in sequence.upper()])
            n_places = len(x) - len(matrix) + 1
            windows = [x[i : i + len(matrix)] for i in range(max(n_places, 0))]
            strands = matrix, matrix[::-1, ::-1]
            found = [(w * strand).sum() for strand in strands for w in windows]
            best = max(found, default=matrix.min(axis=1).sum())
            assert scores[row, j] == pytest.approx(best, abs=1e-4)


def test_jaspar_rows_do_not_depend_on_each_other(data):
    X = [*data[0], "ACGTR", data[0][0][:20]]
    extractor = PretrainedFeatureExtractor("jaspar", batch_size=16).fit(X)
    together = extractor.transform(X)
    for i in (0, 60, 61):
        np.testing.assert_array_equal(extractor.transform(X[i : i + 1])[0], together[i])
    turned = extractor.transform(reverse_complement(X))
    np.testing.assert_allclose(turned, together, atol=1e-4)


@pytest.mark.parametrize("container", ["list", "array", "bytes", "series", "polars"])
def test_containers_of_strings(container):
    X = ["ACGTGACGTCA", "TTGACG"]
    make = {
        "list": list,
        "array": np.array,
        "bytes": lambda X: np.array(X, dtype="S"),
        "series": pd.Series,
        "polars": pl.Series,
    }[container]
    extractor = PretrainedFeatureExtractor("jaspar").fit(X)
    np.testing.assert_array_equal(extractor.transform(make(X)), extractor.transform(X))


# An estimator


def test_penultimate_layer_of_an_estimator(data):
    """The last linear layer, applied to the features, gives a member's logits."""
    X, y = data
    clf = MotifCNNClassifier(position=False, **SMALL, **PLAIN).fit(X, y)
    features = PretrainedFeatureExtractor(clf).fit_transform(X)
    assert features.shape == (60, 6)
    last = "0.global_head.dense.4."
    logits = features @ clf.weights_[f"{last}weight"][0] + clf.weights_[f"{last}bias"]
    np.testing.assert_allclose(logits, clf.decision_function(X), atol=1e-5)


def test_members_side_by_side(data, cnn):
    extractor = PretrainedFeatureExtractor(cnn).fit(data[0])
    names = extractor.get_feature_names_out()
    assert names.tolist() == [f"m{i}_f{j}" for i in range(2) for j in range(6)]
    assert extractor.transform(data[0]).shape == (60, 12)
    layers = [f"networks.members.{i}.global_head.dense.3" for i in range(2)]
    for i, layer in enumerate(layers):
        one = PretrainedFeatureExtractor(cnn, layer=layer).fit_transform(data[0])
        both = extractor.transform(data[0])[:, 6 * i : 6 * i + 6]
        np.testing.assert_array_equal(one, both)


def test_strands_are_averaged(data, cnn):
    layer = "networks.members.1.trunk.0"
    extractor = PretrainedFeatureExtractor(cnn, layer=layer, pooling="mean")
    features = extractor.fit_transform(data[0])
    turned = extractor.transform(reverse_complement(data[0]))
    np.testing.assert_allclose(features, turned, atol=1e-6)
    # As the layer itself, with the strands by hand.
    block = cnn.to_module().get_submodule(layer)
    means = []
    for X in (data[0], reverse_complement(data[0])):
        one_hot = np.array([[[a == b for a in x] for b in "ACGT"] for x in X])
        with torch.no_grad():
            means.append(block(torch.tensor(one_hot, dtype=torch.float32)).mean(2))
    np.testing.assert_allclose(features, (means[0] + means[1]) / 2, atol=1e-5)


@pytest.mark.parametrize(
    ("layer", "full", "labels"),
    [
        ("trunk.0", ["0.trunk.0", "1.trunk.0"], ["m0_", "m1_"]),
        ("members.1.trunk.0", ["1.trunk.0"], [""]),
        (
            ("trunk.0.norm", "trunk.0"),
            ["0.trunk.0.norm", "1.trunk.0.norm", "0.trunk.0", "1.trunk.0"],
            ["m0_trunk.0.norm_", "m1_trunk.0.norm_", "m0_trunk.0_", "m1_trunk.0_"],
        ),
        (
            ("members.0.trunk.0", "members.0.trunk.0.conv"),
            ["0.trunk.0", "0.trunk.0.conv"],
            ["trunk.0_", "trunk.0.conv_"],
        ),
    ],
)
def test_short_names_of_layers(data, cnn, layer, full, labels):
    X, _ = data
    short = PretrainedFeatureExtractor(cnn, layer=layer, pooling="max").fit(X)
    names = [f"networks.members.{name}" for name in full]
    each = [
        PretrainedFeatureExtractor(cnn, layer=name, pooling="max").fit_transform(X)
        for name in names
    ]
    np.testing.assert_allclose(short.transform(X), np.hstack(each), atol=1e-6)
    expected = [f"{label}f{i}_max" for label in labels for i in range(4)]
    assert short.get_feature_names_out().tolist() == expected
    # Names in full are labels in full.
    exact = PretrainedFeatureExtractor(cnn, layer=(*names, "networks"), pooling="max")
    assert exact.fit(X).get_feature_names_out()[0] == f"{names[0]}_f0_max"


def test_a_short_name_in_every_kind_of_estimator(data):
    X, y = data
    settings = {**SMALL, **PLAIN, "max_epochs": 1, "n_estimators": 1}
    clf = MotifCNNClassifier(linear_models=None, **settings).fit(X, y)
    reg = MotifCNNRegressor(**settings).fit(X, y)
    images = ImageCNNRegressor(n_filters=4, max_epochs=1, random_state=0)
    images.fit(np.random.default_rng(0).normal(size=(20, 6, 5)), np.arange(20.0))
    for model, of in ((clf, X), (reg, X), (images, np.ones((3, 6, 5)))):
        extractor = PretrainedFeatureExtractor(model, layer="trunk.0", pooling="max")
        assert extractor.fit_transform(of).shape == (len(of), 4)
        assert extractor.get_feature_names_out()[0] == "f0_max"


def test_other_modules_take_full_names_alone():
    module = nn.Sequential(nn.Sequential(_linear()))
    assert PretrainedFeatureExtractor(module, layer="0.0").fit([[1, 1]])
    inside = nn.Sequential()
    inside.add_module("a", nn.Sequential(_linear()))
    with pytest.raises(ValueError, match=r"'0' is not a layer .* has 'a', 'a.0'$"):
        PretrainedFeatureExtractor(inside, layer="0").fit([[1, 1]])


def test_unequal_lengths_and_the_linear_branches(data):
    X, y = data
    ragged = [x[: 20 + i % 3] for i, x in enumerate(X)]
    settings = {**SMALL, **PLAIN, "kmers": 2}
    clf = MotifCNNClassifier(n_estimators=1, **settings).fit(ragged, y)
    extractor = PretrainedFeatureExtractor(clf, batch_size=4).fit(ragged)
    together = extractor.transform(ragged)
    np.testing.assert_array_equal(extractor.transform(ragged[5:6])[0], together[5])
    outputs = PretrainedFeatureExtractor(clf, layer="").fit_transform(ragged)
    np.testing.assert_allclose(outputs[:, 0], clf.decision_function(ragged), atol=1e-4)
    layer = "branches.kmers.features"
    counts = PretrainedFeatureExtractor(clf, layer=layer).fit_transform(ragged)
    strands = zip(ragged, reverse_complement(ragged), strict=True)
    expected = [np.log1p(x.count("A") + turned.count("A")) for x, turned in strands]
    if not clf.reverse_complement_:
        expected = [np.log1p(x.count("A")) for x in ragged]
    np.testing.assert_allclose(counts[:, 0], expected, atol=1e-6)


def test_regressors_profiles_signals_and_images():
    rng = np.random.default_rng(0)
    signals = rng.normal(size=(40, 2, 12))
    reg = MotifCNNRegressor(**SMALL, **PLAIN).fit(signals, rng.normal(size=(40, 2)))
    assert PretrainedFeatureExtractor(reg).fit_transform(signals).shape == (40, 6)
    unequal = [signal[:, : 9 + i % 3] for i, signal in enumerate(signals)]
    of_unequal = MotifCNNRegressor(**SMALL, **PLAIN).fit(unequal, np.arange(40.0))
    extractor = PretrainedFeatureExtractor(of_unequal).fit(unequal)
    np.testing.assert_array_equal(
        extractor.transform(unequal)[:1], extractor.transform(unequal[:1])
    )
    profiles = signals[:, 0]
    reg = MotifCNNRegressor(
        output="profile", n_filters=(4, 3), kernel_size=3, max_epochs=1, random_state=0
    ).fit(signals, profiles)
    extractor = PretrainedFeatureExtractor(reg).fit(signals)
    assert extractor.get_feature_names_out()[-1] == "f2_mean"
    images = rng.normal(size=(20, 6, 5))
    settings = {"n_filters": 3, "dense_units": 7, "max_epochs": 1, "random_state": 0}
    clf = ImageCNNClassifier(**settings).fit(images, np.arange(20) % 2)
    extractor = PretrainedFeatureExtractor(clf).fit(images)
    features = extractor.transform(images)
    last = "0.head.dense.4."
    logits = features @ clf.weights_[f"{last}weight"][0] + clf.weights_[f"{last}bias"]
    np.testing.assert_allclose(logits, clf.decision_function(images), atol=1e-5)
    trunk = PretrainedFeatureExtractor(clf, layer="members.0.trunk.0", pooling="max")
    assert trunk.fit_transform(images).shape == (20, 3)


def test_a_file_and_a_frozen_estimator(data, cnn, tmp_path):
    path = tmp_path / "model.safetensors"
    save_model(cnn, path)
    expected = PretrainedFeatureExtractor(cnn).fit_transform(data[0])
    for model in (path, str(path), FrozenEstimator(cnn)):
        extractor = PretrainedFeatureExtractor(model).fit(data[0])
        np.testing.assert_array_equal(extractor.transform(data[0]), expected)
    extractor = PretrainedFeatureExtractor(path).fit(data[0])
    path.unlink()
    np.testing.assert_array_equal(extractor.transform(data[0]), expected)


def test_fitting_the_estimator_anew_does_not_reach_the_features(data):
    X, y = data
    clf = MotifCNNClassifier(**SMALL, **PLAIN).fit(X, y)
    extractor = PretrainedFeatureExtractor(clf).fit(X)
    before = extractor.transform(X)
    clf.set_params(random_state=1).fit(X, y)
    np.testing.assert_array_equal(extractor.transform(X), before)


# In scikit-learn


def test_clones_keep_the_model(data, cnn):
    for model in (cnn, nn.Identity()):
        pipeline = make_pipeline(PretrainedFeatureExtractor(model))
        assert clone(clone(pipeline))[0].model is model
    extractor = PretrainedFeatureExtractor(cnn, pooling="max")
    assert "model__n_filters" not in extractor.get_params(deep=True)
    assert clone(extractor).pooling == "max"


def test_search_over_layer_and_pooling(data, cnn):
    X, y = data
    pipeline = make_pipeline(PretrainedFeatureExtractor(cnn), LogisticRegression())
    grid = {
        "pretrainedfeatureextractor__layer": [None, "networks.members.0.trunk.0"],
        "pretrainedfeatureextractor__pooling": ["max", "mean"],
    }
    search = GridSearchCV(pipeline, grid, cv=2, error_score="raise").fit(X, y)
    assert search.best_estimator_[0].model is cnn
    assert len(search.cv_results_["params"]) == 4


def test_beside_tabular_columns(data, cnn):
    X, y = data
    table = pd.DataFrame({"sequence": X, "length": np.arange(60.0)})
    for column in ("sequence", ["sequence"]):
        features = PretrainedFeatureExtractor(cnn)
        both = make_column_transformer((features, column), ("passthrough", ["length"]))
        output = both.set_output(transform="pandas").fit_transform(table)
        assert output.shape == (60, 13)
        assert output.columns[0] == "pretrainedfeatureextractor__m0_f0"
        np.testing.assert_array_equal(output.iloc[:, -1], np.arange(60.0))
        make_pipeline(both, LogisticRegression(C=1e-3)).fit(table, y).predict(table)


@pytest.mark.parametrize("frame", [pd.DataFrame, pl.DataFrame])
def test_names_of_columns_are_the_extractor_s_own(data, frame):
    """Whatever the estimator inside was fitted on."""
    X, y = data
    settings = {**SMALL, **PLAIN, "max_epochs": 1}
    clf = MotifCNNClassifier(**settings).fit(pd.DataFrame({"dna": X}), y)
    expected = PretrainedFeatureExtractor(clf).fit_transform(X)
    extractor = PretrainedFeatureExtractor(clf).fit(frame({"sequence": X}))
    features = extractor.transform(frame({"sequence": X}))
    np.testing.assert_array_equal(features, expected)
    assert extractor.feature_names_in_.tolist() == ["sequence"]
    assert clf.feature_names_in_.tolist() == ["dna"]


def test_threads_share_a_module(data):
    """A hook of one thread sees no output of another."""
    X, y = data
    module = nn.Sequential(_purines_and_pairs(), nn.Dropout(0.5)).train()
    extractor = PretrainedFeatureExtractor(module, layer="1", batch_size=4)
    pipeline = make_pipeline(extractor, LogisticRegression())
    with parallel_backend("threading", n_jobs=2):
        threads = cross_val_score(pipeline, X, y, cv=4, error_score="raise")
    np.testing.assert_array_equal(threads, cross_val_score(pipeline, X, y, cv=4))


def test_set_output():
    X = pd.DataFrame({"a": [1.0, 0.0], "b": [1.0, 3.0]}, index=[5, 7])
    extractor = PretrainedFeatureExtractor(_linear())
    frame = extractor.set_output(transform="pandas").fit_transform(X)
    expected = pd.DataFrame({"f0": [4.0, 7.0], "f1": [-1.0, -3.0]}, index=[5, 7])
    pd.testing.assert_frame_equal(frame, expected.astype(np.float32))
    frame = extractor.set_output(transform="polars").fit_transform(X)
    assert isinstance(frame, pl.DataFrame)
    assert frame["f1"].to_list() == [-1, -3]
    with pytest.raises(ValueError, match="feature names"):
        extractor.transform(X[["b", "a"]])


def test_pickling_holds_no_torch_object_but_the_parameter(data, cnn):
    extractor = PretrainedFeatureExtractor(cnn).fit(data[0])
    again = pickle.loads(pickle.dumps(extractor))
    np.testing.assert_array_equal(
        again.transform(data[0]), extractor.transform(data[0])
    )
    assert b"torch" not in pickle.dumps(extractor)
    extractor = PretrainedFeatureExtractor("jaspar").fit(data[0])
    assert len(pickle.dumps(extractor)) < 200_000
    extractor = PretrainedFeatureExtractor(_linear()).fit(np.eye(2))
    again = pickle.loads(pickle.dumps(extractor))
    np.testing.assert_array_equal(again.transform([[1, 1]]), [[4, -1]])


def test_pickles_without_weights(data, cnn, tmp_path):
    path = tmp_path / "model.safetensors"
    save_model(cnn, path)
    settings = {"store_weights_in_pickle": False}
    extractor = PretrainedFeatureExtractor(str(path), **settings).fit(data[0])
    expected = extractor.transform(data[0])
    small = pickle.dumps(extractor)
    large = pickle.dumps(PretrainedFeatureExtractor(path).fit(data[0]))
    assert len(small) < 3000 < len(large)
    again = pickle.loads(small)
    np.testing.assert_array_equal(again.transform(data[0]), expected)
    other = clone(cnn).set_params(random_state=1).fit(*data)
    save_model(other, path)
    with pytest.raises(ValueError, match="is not what it was in fit"):
        pickle.loads(small).transform(data[0])
    np.testing.assert_array_equal(again.transform(data[0]), expected)
    path.unlink()
    with pytest.raises(FileNotFoundError, match=r"cannot be loaded again: .*path of"):
        pickle.loads(small).transform(data[0])
    with pytest.raises(ValueError, match=r"can be loaded again, .* got a MotifCNN"):
        PretrainedFeatureExtractor(cnn, **settings).fit(data[0])


def test_progress_bar(capsys):
    PretrainedFeatureExtractor(_linear(), verbose=1).fit_transform(np.eye(2))
    assert "2/2" in capsys.readouterr().err
    PretrainedFeatureExtractor(_linear()).fit_transform(np.eye(2))
    assert capsys.readouterr().err == ""


# memory


class Counting(nn.Module):
    """Row sums; notes all rows that it was given."""

    rows = []  # Of the class, as the module is copied to be run.

    def __init__(self, factor=1):
        super().__init__()
        self.factor = factor

    def forward(self, x):
        Counting.rows += x.flatten(1).tolist()
        return self.factor * x.flatten(1).cumsum(1)


@pytest.fixture
def counting():
    Counting.rows = []
    return Counting()


def _files(folder):
    return sorted(path for path in folder.rglob("*") if path.is_file())


def test_cross_validation_runs_each_distinct_input_once(counting, tmp_path):
    X = np.random.default_rng(0).normal(size=(30, 2))
    X[25:] = X[:5]
    y = X[:, 0] > 0
    y[:2] = [True, False]
    extractor = PretrainedFeatureExtractor(counting, batch_size=1, memory=tmp_path)
    pipeline = make_pipeline(extractor, LogisticRegression())
    with_memory = cross_val_score(pipeline, X, y, cv=5)
    assert len(Counting.rows) == 25
    assert len(set(map(tuple, Counting.rows))) == 25
    pipeline.set_params(pretrainedfeatureextractor__memory=None)
    without = cross_val_score(pipeline, X, y, cv=5)
    np.testing.assert_array_equal(with_memory, without)
    assert len(Counting.rows) > 150


@pytest.mark.parametrize("kind", ["jaspar", "cnn"])
def test_memory_changes_no_bit(data, cnn, tmp_path, kind):
    model = cnn if kind == "cnn" else kind
    X = list(data[0])
    X[3] = X[0]
    expected = PretrainedFeatureExtractor(model).fit(X)
    stored = PretrainedFeatureExtractor(model, memory=str(tmp_path)).fit(X[:20])
    for rows in (slice(5, 20), slice(None), slice(None)):
        np.testing.assert_array_equal(
            stored.transform(X[rows]), expected.transform(X[rows])
        )
    names = stored.fit(X[:20]).get_feature_names_out()
    np.testing.assert_array_equal(names, expected.get_feature_names_out())
    # Of 59 distinct sequences, and the names of the features.
    assert len(_files(tmp_path)) == 60


def test_padding_is_no_part_of_an_input(counting, tmp_path):
    module = nn.Sequential(counting, nn.AdaptiveAvgPool1d(1))
    settings = {"batch_size": 1, "memory": tmp_path}
    extractor = PretrainedFeatureExtractor(module, **settings).fit(["AC"])
    extractor.transform(["AC", "ACG"])
    assert len(Counting.rows) == 2
    assert list(map(len, Counting.rows)) == [8, 12]


def test_what_an_entry_belongs_to(counting, tmp_path):
    """Attributes, weights, layer and pooling."""
    X, n_runs = np.ones((1, 2, 2)), 0
    settings = {"batch_size": 1, "memory": tmp_path}
    linear = nn.Linear(4, 1)
    modules = [
        (counting, {}),
        (Counting(factor=2), {}),
        (nn.Sequential(counting, linear), {}),
        (nn.Sequential(counting, linear), {"layer": "0"}),
        (nn.Sequential(counting, nn.Unflatten(1, (2, 2))), {"pooling": "max"}),
        (nn.Sequential(counting, nn.Unflatten(1, (2, 2))), {"pooling": "mean"}),
    ]
    for module, changes in modules:
        n_runs += 1
        for _ in range(2):
            extractor = PretrainedFeatureExtractor(module, **settings, **changes)
            features = extractor.fit_transform(X)
            assert len(Counting.rows) == n_runs
        plain = PretrainedFeatureExtractor(module, **changes).fit_transform(X)
        np.testing.assert_array_equal(features, plain)
        Counting.rows = Counting.rows[:n_runs]
    with torch.no_grad():
        linear.bias.add_(1)
    module = nn.Sequential(counting, linear)
    PretrainedFeatureExtractor(module, **settings).fit_transform(X)
    assert len(Counting.rows) == n_runs + 1


@pytest.mark.parametrize("damage", [b"", b"short", b"x" * 24])
def test_damaged_entries_are_computed_again(counting, tmp_path, damage):
    extractor = PretrainedFeatureExtractor(counting, batch_size=1, memory=tmp_path)
    expected = extractor.fit_transform(np.eye(2))
    for path in _files(tmp_path):
        path.write_bytes(damage)
    for n_runs in (4, 4):
        np.testing.assert_array_equal(extractor.fit_transform(np.eye(2)), expected)
        assert len(Counting.rows) == n_runs


def test_entries_that_another_process_uses(counting, tmp_path, monkeypatch):
    """Windows then refuses to replace a file, and may refuse to read it."""
    extractor = PretrainedFeatureExtractor(counting, batch_size=1, memory=tmp_path)
    expected = extractor.fit_transform(np.eye(2))
    files = _files(tmp_path)

    def refuse(*paths):
        raise PermissionError(13, "Access is denied", *paths)

    monkeypatch.setattr(os, "replace", refuse)
    monkeypatch.setattr(Path, "read_bytes", refuse)
    np.testing.assert_array_equal(extractor.fit_transform(np.eye(2)), expected)
    assert _files(tmp_path) == files
    with pytest.raises(PermissionError):
        extractor.transform(np.ones((1, 2)))


def test_an_interrupted_run_keeps_what_it_has_whole(counting, tmp_path, monkeypatch):
    extractor = PretrainedFeatureExtractor(counting, batch_size=1, memory=tmp_path)
    X = np.eye(4)
    extractor.fit(X)
    replace, calls = os.replace, []

    def interrupted(source, target):
        calls.append(target)
        if len(calls) == 2:
            raise KeyboardInterrupt
        replace(source, target)

    monkeypatch.setattr(os, "replace", interrupted)
    with pytest.raises(KeyboardInterrupt):
        extractor.transform(X)
    monkeypatch.undo()
    # The names, the first row from fit, the second one; nothing half-written.
    assert len(_files(tmp_path)) == 3
    Counting.rows = []
    np.testing.assert_array_equal(extractor.transform(X), X.cumsum(axis=1))
    assert len(Counting.rows) == 2


# Bad input


def test_errors_of_the_model(data, tmp_path):
    X, _ = data
    cases = [
        ("jasper", FileNotFoundError, "'jasper' is not the path .* name: 'jaspar', "),
        (tmp_path / "none", FileNotFoundError, "none' is not the path of a file"),
        (MotifCNNClassifier(), NotFittedError, "passed as model is not fitted"),
        (LogisticRegression(), TypeError, "ImageCNNClassifier or .* got Logistic"),
        (3, ValueError, "'model' parameter"),
    ]
    for model, error, match in cases:
        with pytest.raises(error, match=match):
            PretrainedFeatureExtractor(model).fit(X)


def test_errors_of_layer_and_pooling(data, cnn):
    X, _ = data
    match = (
        r"layer='stem' is not a layer of the estimator, .* 'trunk.0', 'trunk.0.conv'"
    )
    with pytest.raises(ValueError, match=match):
        PretrainedFeatureExtractor(cnn, layer="stem").fit(X)
    match = "different layers"  # The second is one of the first.
    with pytest.raises(ValueError, match=match):
        PretrainedFeatureExtractor(cnn, layer=("trunk.0", "members.1.trunk.0")).fit(X)
    module = nn.Sequential(_linear(), nn.ReLU())
    with pytest.raises(ValueError, match=r"'2' is not a layer .* has '0', '1'$"):
        PretrainedFeatureExtractor(module, layer="2").fit(np.eye(2))
    with pytest.raises(ValueError, match="motifs have no layers"):
        PretrainedFeatureExtractor("jaspar", layer="0").fit(X)
    with pytest.raises(ValueError, match="motifs take 'auto', 'max', 'occ"):
        PretrainedFeatureExtractor("jaspar", pooling="mean").fit(X)
    for layer in ((), ("0", "0")):
        with pytest.raises(ValueError, match="one or more different layers"):
            PretrainedFeatureExtractor(module, layer=layer).fit(np.eye(2))
    with pytest.raises(ValueError, match="pooling='occupancy' is for motifs"):
        PretrainedFeatureExtractor(module, pooling="occupancy").fit(np.eye(2))
    with pytest.raises(ValueError, match="layer '' returns a tuple"):
        PretrainedFeatureExtractor(nn.LSTM(2, 2)).fit(np.eye(2))
    with pytest.raises(ValueError, match=r"shape \(128,\) for 64 inputs"):
        PretrainedFeatureExtractor(nn.Flatten(0)).fit(np.eye(2))


def test_errors_of_the_inputs(data):
    X, _ = data
    jaspar = PretrainedFeatureExtractor("jaspar")
    with pytest.raises(ValueError, match="X must hold one column of sequences"):
        jaspar.fit(np.eye(4))
    with pytest.raises(TypeError, match="X must hold strings"):
        jaspar.fit(np.zeros((4, 1)))
    with pytest.raises(ValueError, match="'E' at position 2"):
        jaspar.fit(["ACGT", "ACE"])
    with pytest.raises(ValueError, match="not in the alphabet 'dna'"):
        jaspar.fit(["ACGU"])
    with pytest.raises(NotFittedError):
        jaspar.transform(X)
    flat = PretrainedFeatureExtractor(nn.Flatten()).fit(["ACGT"])
    with pytest.raises(ValueError, match=r"gives 20 features .* but gave 16 in fit"):
        flat.transform(["ACGTA"])
    module = nn.Sequential(nn.Flatten(), nn.Linear(8, 2), nn.ReLU())
    match = r"shape \(64, 4, 3\); the last layer .* '1', was given \(64, 12\): mat1"
    with pytest.raises(ValueError, match=match):
        PretrainedFeatureExtractor(module).fit(["ACG"])
    module = nn.Sequential(nn.Conv2d(3, 2, 2))
    with pytest.raises(ValueError, match="layer '0', the model's first convolution, t"):
        PretrainedFeatureExtractor(module).fit(np.ones((2, 4, 5)))
    with pytest.raises(ValueError, match="device='gpu'"):
        PretrainedFeatureExtractor("jaspar", device="gpu").fit(X)


def test_a_fit_that_fails_leaves_the_old_state():
    extractor = PretrainedFeatureExtractor(_linear()).fit(np.eye(2))
    before = dict(vars(extractor))
    with pytest.raises(ValueError, match="cannot read a batch"):
        extractor.fit(np.eye(3))
    assert vars(extractor) == before


# Takes rows of any width. It has no weights, since one check compares a parameter with
# its deep copy by joblib.hash, which differs for any two tensors that are equal.
ANY_WIDTH = nn.Sequential(nn.AdaptiveAvgPool1d(3), nn.Softmax(dim=1))


@parametrize_with_checks([PretrainedFeatureExtractor(ANY_WIDTH)])
def test_scikit_learn_s_checks(estimator, check):
    check(estimator)


def test_stored_signals_are_told_apart_by_all_channels(tmp_path):
    """Two signals of three channels, shorter than that, that differ in the last one."""
    long, short = np.arange(15.0).reshape(3, 5), np.arange(6.0).reshape(3, 2)
    other = short.copy()
    other[2] = -1
    X = [long, short, other] * 10
    reg = MotifCNNRegressor(**SMALL, **PLAIN).fit(X, np.arange(30.0))
    expected = PretrainedFeatureExtractor(reg).fit_transform(X)
    assert not np.array_equal(expected[1], expected[2])
    stored = PretrainedFeatureExtractor(reg, memory=tmp_path)
    np.testing.assert_array_equal(stored.fit_transform(X), expected)


@pytest.mark.parametrize("model", ["jaspar", nn.Conv1d(4, 2, 3)])
def test_only_wide_windows_have_bins(model):
    with pytest.raises(ValueError, match="bins=3, but only Enformer and Borzoi"):
        PretrainedFeatureExtractor(model, bins=3).fit(["ACGTACGT"])
