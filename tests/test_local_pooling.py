"""pool_size and pooling="flatten": the chain of layers as lectures draw it."""

import copy
import json

import numpy as np
import pytest
import safetensors.numpy
import torch
from sklearn.base import clone

from sklearn_cnn import (
    ImageCNNClassifier,
    MotifCNNClassifier,
    MotifCNNRegressor,
    PretrainedFeatureExtractor,
    load_model,
    save_model,
)
from sklearn_cnn.datasets import make_motif_classification
from sklearn_cnn.inspection import attributions, layer_motifs
from sklearn_cnn.inspection.layers._feature_maps import run_layers
from sklearn_cnn.inspection.motifs._filter_motifs import FilterMotifs
from sklearn_cnn.preprocessing import reverse_complement
from sklearn_cnn.training._progress import Steps

CHAIN = {
    "n_filters": (6, 5),
    "kernel_size": (8, 4),
    "pool_size": 4,
    "activation": "relu",
    "pooling": "flatten",
}
POOLED = {"n_filters": (6, 5), "kernel_size": (8, 4), "pool_size": (4, 3)}
ALONE = {
    "linear_models": None,
    "n_estimators": 1,
    "max_epochs": 3,
    "random_state": 0,
}


@pytest.fixture(scope="module")
def data():
    return make_motif_classification(120, length=50, motif="TGACGTCA", random_state=0)


@pytest.fixture(scope="module")
def other():
    """Sequences that a source has not seen."""
    return make_motif_classification(40, length=50, motif="TGACGTCA", random_state=1)


@pytest.fixture(scope="module")
def ragged(data):
    X, y = data
    return [x[: 50 - i % 19] for i, x in enumerate(X)], y


@pytest.fixture(scope="module")
def chain(data):
    return MotifCNNClassifier(**CHAIN, **ALONE, reverse_complement=True).fit(*data)


@pytest.fixture(scope="module")
def pooled(ragged):
    return MotifCNNClassifier(**POOLED, **ALONE, reverse_complement=True).fit(*ragged)


def test_the_chain_of_the_lecture(data):
    """Input, twice convolution, ReLU and pooling, then flatten and fully connected."""
    clf = MotifCNNClassifier(
        n_filters=(32, 64),
        kernel_size=(8, 8),
        pool_size=4,
        activation="relu",
        pooling="flatten",
        linear_models=None,
        n_estimators=1,
        max_epochs=1,
        random_state=0,
    ).fit(*data)
    module, called = clf.to_module("forward"), []
    for part in module.modules():
        if not list(part.children()):
            part.register_forward_hook(
                lambda part, args, output: called.append(type(part).__name__)
            )
    module(next(module.parameters()).new_zeros(1, 4, 50))
    beside = {"WeightedBatchNorm", "Dropout"}
    assert [name for name in called if name not in beside] == [
        *["Conv1d", "ReLU", "MaxPool1d"] * 2,
        *["Flatten", "Linear", "ReLU", "Linear"],
    ]
    # 50 letters are 13 blocks of 4, and these 4 blocks.
    assert clf.weights_["0.global_head.dense.1.weight"].shape == (64, 64 * 4)
    assert clf.position_
    assert not any("position_head" in name for name in clf.weights_)


def test_a_sequence_by_itself_is_as_among_others(pooled, ragged):
    X, _ = ragged
    together = pooled.decision_function(X)
    assert together.std() > 1e-3
    alone = [pooled.decision_function([x])[0] for x in X[:20]]
    np.testing.assert_array_equal(alone, together[:20])
    # Both strands are read, each from its own first letter.
    turned = pooled.decision_function(reverse_complement(X))
    np.testing.assert_allclose(turned, together, atol=1e-6)


def test_what_auto_none_and_one_are(data):
    X, y = data
    clf = MotifCNNClassifier(n_filters=4, kernel_size=(5, 5), **ALONE).fit(X, y)
    assert clf.pool_size_ == (1, 1)
    expected = clf.decision_function(X)
    for pool_size in (None, 1, (1, 1)):
        other = clone(clf).set_params(pool_size=pool_size).fit(X, y)
        assert other.pool_size_ == (1, 1)
        np.testing.assert_array_equal(other.decision_function(X), expected)
    pooled = clone(clf).set_params(pool_size=(1, 2)).fit(X, y)
    assert pooled.pool_size_ == (1, 2)
    assert not np.allclose(pooled.decision_function(X), expected)


def test_signals(data):
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(60, 30)), np.arange(60) % 2
    X[y == 1, 10:15] += 3
    chain = CHAIN | {"kernel_size": 5}
    clf = MotifCNNClassifier(**chain, **ALONE | {"max_epochs": 40}).fit(X, y)
    assert clf.score(X, y) > 0.95
    lengths = 20 + np.arange(60) % 10
    X = [x[:length] for x, length in zip(X, lengths, strict=True)]
    clf = MotifCNNClassifier(**POOLED, **ALONE).fit(X, y)
    together = clf.decision_function(X)
    alone = [clf.decision_function([x])[0] for x in X[:9]]
    np.testing.assert_array_equal(alone, together[:9])


def test_regressors_and_partial_fit(data):
    X, y = data
    reg = MotifCNNRegressor(**CHAIN, random_state=0)
    reg.partial_fit(X, y).partial_fit(X, y)
    assert reg.pool_size_ == (4, 4)
    assert reg.predict(X).shape == (120,)


def test_images(data):
    rng = np.random.default_rng(0)
    X, y = rng.random((40, 12, 10)), np.arange(40) % 2
    small = {"n_filters": (3, 4), "dense_units": None, "max_epochs": 2}
    shapes = {"auto": 3 * 3, 2: 3 * 3, (3, 1): 4 * 4, None: 12 * 10}
    outputs = []
    for pool_size, n_places in shapes.items():
        clf = ImageCNNClassifier(pool_size=pool_size, random_state=0, **small).fit(X, y)
        # One weight a filter and place.
        shape = clf.weights_["0.head.dense.1.weight"].shape
        assert shape == (1, 4 * n_places)
        outputs.append(clf.decision_function(X))
    np.testing.assert_array_equal(outputs[0], outputs[1])
    expected = clf.decision_function(X)
    clf.set_params(pool_size=2)
    np.testing.assert_array_equal(clf.decision_function(X), expected)


class TestErrors:
    def test_flattening_needs_one_length(self, ragged):
        clf = MotifCNNClassifier(**CHAIN, **ALONE)
        match = "learns a weight for the response at each position, .*max_mean"
        with pytest.raises(ValueError, match=match):
            clf.fit(*ragged)

    def test_flattening_sees_positions(self, data):
        clf = MotifCNNClassifier(**CHAIN, **ALONE, position=False)
        match = "position=False does not go with pooling='flatten'.*position='auto'"
        with pytest.raises(ValueError, match=match):
            clf.fit(*data)
        assert clf.set_params(position=True).fit(*data).position_

    @pytest.mark.parametrize(
        "params", [{"pool_size": 2}, {"pooling": "flatten"}], ids=str
    )
    def test_profiles(self, params):
        (name,) = params
        reg = MotifCNNRegressor(output="profile", **params)
        match = f"{name}=.* does not go with output='profile'.*pass '"
        with pytest.raises(ValueError, match=match):
            reg.fit(["ACGT"] * 4, np.ones((4, 4)))

    @pytest.mark.parametrize(
        ("pool_size", "match"),
        [
            ((2, 2, 2), "pool_size has 3 entries, but the network has 2 conv"),
            ((2, 0), "pool_size must be an int >= 1 or .*one a layer"),
            ((), "pool_size must be an int >= 1"),
            (0, "'pool_size' parameter of MotifCNNClassifier must be"),
            ("max", "'pool_size' parameter of MotifCNNClassifier must be"),
        ],
    )
    def test_values(self, data, pool_size, match):
        clf = MotifCNNClassifier(**CHAIN | {"pool_size": pool_size})
        with pytest.raises(ValueError, match=match):
            clf.fit(*data)

    @pytest.mark.parametrize(
        "params", [{"pool_size": 2}, {"pool_size": None}, {"pooling": "max"}], ids=str
    )
    def test_changed_after_the_fit(self, chain, data, params):
        changed = copy.copy(chain).set_params(**params, warm_start=True)
        X, y = data
        expected = chain.decision_function(X)
        np.testing.assert_array_equal(changed.decision_function(X), expected)
        with pytest.raises(ValueError, match=r"architecture, but pool.* has changed"):
            changed.fit(X, y)

    def test_flattened_after_the_fit(self, pooled, ragged):
        changed = copy.copy(pooled).set_params(pooling="flatten")
        expected = pooled.decision_function(ragged[0])
        np.testing.assert_array_equal(changed.decision_function(ragged[0]), expected)


class TestTransfer:
    @pytest.mark.parametrize("freeze", ["gradual", "trunk", 1, None])
    def test_the_pooling_is_the_source_s(self, chain, other, freeze):
        X, y = other
        clf = MotifCNNClassifier(
            pretrained=chain, freeze=freeze, pooling="flatten", **ALONE
        ).fit([x[:40] for x in X], y)
        assert clf.pool_size_ == (4, 4)
        names = [f"0.trunk.{layer}.conv.weight" for layer in (0, 1)]
        stays = [
            np.array_equal(clf.weights_[name], chain.weights_[name]) for name in names
        ]
        expected = {"trunk": [True, True], 1: [True, False]}
        assert stays == expected.get(freeze, [False, False])

    def test_the_head_is_taken_with_the_task(self, chain, other):
        X, y = other
        clf = MotifCNNClassifier(
            pretrained=chain, pooling="flatten", **ALONE | {"max_epochs": 1}, lr=1e-9
        ).fit(X, y)
        np.testing.assert_allclose(
            clf.decision_function(X), chain.decision_function(X), atol=0.05
        )

    def test_another_pooling_is_an_error(self, chain, other):
        clf = MotifCNNClassifier(pretrained=chain, pool_size=None, **ALONE)
        match = r"has pool_size \(4, 4\), but that of this estimator is \(1, 1\)"
        with pytest.raises(ValueError, match=match):
            clf.fit(*other)
        assert clf.set_params(pool_size=4).fit(*other).pool_size_ == (4, 4)

    def test_a_profile_has_no_pooled_source(self, chain, other):
        reg = MotifCNNRegressor(pretrained=chain, output="profile", max_epochs=1)
        with pytest.raises(ValueError, match=r"has pool_size \(4, 4\)"):
            reg.fit(other[0], np.zeros((40, 50)))


class TestFiles:
    @pytest.mark.parametrize("name", ["chain", "pooled"])
    def test_as_saved(self, request, data, name, tmp_path):
        clf = request.getfixturevalue(name)
        save_model(clf, tmp_path / "model.safetensors")
        again = load_model(tmp_path / "model.safetensors")
        assert again.pool_size_ == clf.pool_size_
        X, _ = data
        np.testing.assert_array_equal(
            again.decision_function(X), clf.decision_function(X)
        )

    @pytest.mark.parametrize("kind", ["sequences", "images"])
    def test_older_files_know_nothing_of_it(self, kind, data, other, tmp_path):
        X, y = data
        news = other
        clf = MotifCNNClassifier(n_filters=4, **ALONE)
        if kind == "images":
            X = np.random.default_rng(0).random((120, 6, 6))
            news = X[:40], y[:40]
            clf = ImageCNNClassifier(n_filters=(4, 4), max_epochs=1, random_state=0)
        clf.fit(X, y)
        path = tmp_path / "model.safetensors"
        save_model(clf, path)
        with safetensors.safe_open(path, framework="np") as file:
            record = json.loads(file.metadata()["sklearn_cnn"])
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        assert record["parameters"].pop("pool_size") == "auto"
        record["format_version"] = 1
        del record["sha256"]
        del record["fitted"]["pool_size_"]
        metadata = {"sklearn_cnn": json.dumps(record)}
        safetensors.numpy.save_file(tensors, path, metadata=metadata)
        again = load_model(path)
        np.testing.assert_array_equal(
            again.decision_function(X), clf.decision_function(X)
        )
        # As a source, too.
        fresh = type(clf)(pretrained=again, max_epochs=1).fit(*news)
        assert fresh.pool_size_ == clf.pool_size_


class TestFeatures:
    def test_layers_before_and_behind_a_pool(self, chain, data):
        X, _ = data

        def shape(layer):
            extractor = PretrainedFeatureExtractor(
                chain, layer=layer, pooling="flatten"
            )
            return extractor.fit(X).transform(X[:3]).shape

        assert shape("members.0.trunk.0") == (3, 6 * 50)
        assert shape("members.0.trunk.0.pool") == (3, 6 * 13)
        assert shape("members.0.trunk.1.pool") == (3, 5 * 4)
        assert shape("members.0.global_head.flatten") == (3, 5 * 4)
        assert shape(None) == (3, 64)

    def test_the_maximum_is_the_same_behind_a_pool(self, pooled, ragged):
        X, _ = ragged
        before, behind = (
            PretrainedFeatureExtractor(pooled, layer=layer, pooling="max")
            .fit(X)
            .transform(X)
            for layer in ("members.0.trunk.1", "members.0.trunk.1.pool")
        )
        np.testing.assert_array_equal(before, behind)


class TestInspection:
    @pytest.mark.parametrize("name", ["chain", "pooled", "one_layer", "flat"])
    def test_mutagenesis_is_the_score_of_the_mutant(self, request, data, ragged, name):
        X, y = data
        if name in ("chain", "pooled"):
            clf = request.getfixturevalue(name)
        else:
            one = {"one_layer": {"pool_size": 5}, "flat": {"pooling": "flatten"}}
            clf = MotifCNNClassifier(n_filters=4, **one[name], **ALONE).fit(X, y)
        X = [X[0], "N" + X[1][1:]] if clf.position_ else [X[0], X[1][:33]]
        effects = attributions(clf, X)
        for x, found in zip(X, effects, strict=True):
            mutants = [
                x[:place] + letter + x[place + 1 :]
                for letter in "ACGT"
                for place in range(len(x))
            ]
            expected = clf.decision_function(mutants) - clf.decision_function([x])
            found = found[:, : len(x)]
            np.testing.assert_allclose(found.ravel(), expected, atol=1e-5)
        assert np.ptp(effects) > 1e-3

    # Warnings, of which those of gaps are some, are errors.
    @pytest.mark.parametrize("name", ["chain", "pooled"])
    @pytest.mark.parametrize("method", ["deeplift", "integrated_gradients"])
    def test_contributions_add_up(self, request, data, name, method):
        if method == "deeplift":
            pytest.importorskip("tangermeme")
        clf, (X, _) = request.getfixturevalue(name), data
        X, baselines = X[:3], X[3:6]
        found = attributions(clf, X, method, baselines=baselines)
        gained = clf.decision_function(X) - clf.decision_function(baselines)
        np.testing.assert_allclose(found.sum(axis=(1, 2)), gained, atol=1e-3)

    @pytest.mark.parametrize("name", ["chain", "pooled"])
    @pytest.mark.parametrize("method", ["saliency", "gradient_input"])
    def test_gradients(self, request, data, name, method):
        found = attributions(request.getfixturevalue(name), data[0][:2], method)
        assert found.shape == (2, 4, 50)
        assert np.abs(found).max() > 0

    @pytest.mark.parametrize("name", ["chain", "pooled"])
    def test_windows_hold_what_excites(self, request, data, name):
        """A window by itself excites a unit as it does in its sequence."""
        clf, (X, _) = request.getfixturevalue(name), data
        found = layer_motifs(clf, X)
        # 8; a block of 4 of these, and 4 blocks: 8 + 3 + 3 * 4.
        assert found.receptive_fields == (8, 23)
        module = clf.to_module("forward")
        trunk = module.members[0].trunk
        caught = []
        trunk[1].register_forward_hook(lambda m, args, out: caught.append(out))
        unit = found.units.query("layer == 2").iloc[0]["unit"]
        windows = found.windows(2, unit)
        assert set(windows["strand"]) == {"+", "-"}
        for row in windows.head(8).itertuples():
            x = X[row.sequence]
            if row.strand == "-":
                start, x = 50 - row.end, reverse_complement([x])[0]
            else:
                start = row.start
            assert x[start : start + 23] == row.letters
            codes = np.array([list("ACGT").index(letter) for letter in x])
            columns = np.eye(4, dtype=np.float32)[codes].T
            # Letters outside of the window do not matter.
            columns[:, :start] = columns[:, start + 23 :] = 0.25
            module(next(module.parameters()).new_tensor(columns)[None])
            place, rest = divmod(start + 4 + 2 * 4, 4)
            assert rest == 0
            response = caught[-1][0, unit, place].item()
            np.testing.assert_allclose(response, row.activation, rtol=1e-4)

    def test_maps_before_and_behind_a_pool(self, chain):
        (network,) = chain.to_module("forward").members
        layers = run_layers(network, torch.eye(4).repeat(1, 1, 13)[..., :50])
        assert [m.shape[2] for m in layers.maps] == [50, 13]
        assert [m.shape[2] for m in layers.pooled] == [13, 4]
        for before, behind in zip(layers.maps, layers.pooled, strict=True):
            blocks = [block.amax(dim=2) for block in before.split(4, dim=2)]
            torch.testing.assert_close(behind, torch.stack(blocks, dim=2))

    def test_unequal_lengths_on_both_strands(self, pooled, ragged):
        X, _ = ragged
        n = 40
        windows = layer_motifs(pooled, X[:n]).windows(2, 0)
        turned = layer_motifs(pooled, reverse_complement(X[:n])).windows(2, 0)
        lengths = np.array([len(X[i]) for i in windows["sequence"]])
        other = {"+": "-", "-": "+"}
        assert windows["letters"].tolist() == turned["letters"].tolist()
        assert [other[s] for s in windows["strand"]] == turned["strand"].tolist()
        assert (lengths - windows["end"]).tolist() == turned["start"].tolist()

    def test_what_filters_add(self, pooled, ragged):
        """Filters that respond everywhere as they do in the mean add nothing."""
        X, _ = ragged
        inputs = pooled._input.read(X)
        bar = Steps("", "input", verbose=0)
        motifs = FilterMotifs(pooled, inputs, np.arange(9), 0, 0.5, bar)
        assert np.ptp(motifs.contributions([[0], list(range(6))])) > 1e-4
        silent = copy.copy(pooled)
        norm = {"0.trunk.0.norm.weight": np.zeros(6, np.float32)}
        silent.weights_ = pooled.weights_ | norm
        motifs = FilterMotifs(silent, inputs, np.arange(9), 0, 0.5, bar)
        np.testing.assert_allclose(motifs.contributions([[0, 1]]), 0, atol=1e-6)
