"""Fine-tuning of networks that others trained: modules and extractors."""

import copy
import pickle
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import torch
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV
from skorch.callbacks import Callback
from torch import nn

from sklearn_cnn import (
    ImageCNNClassifier,
    ImageCNNRegressor,
    MotifCNNClassifier,
    MotifCNNRegressor,
    PretrainedFeatureExtractor,
    save_model,
)
from sklearn_cnn.backbones._borrowed_network import BorrowedNetwork
from sklearn_cnn.datasets import make_motif_classification
from sklearn_cnn.inspection import (
    FilterDisplay,
    attributions,
    extract_motifs,
    layer_motifs,
    summary,
    variant_effects,
)
from sklearn_cnn.preprocessing import reverse_complement
from sklearn_cnn.training import _frozen_features

X, Y = make_motif_classification(80, length=24, motif="TGACGTCA", random_state=0)
# Of unequal lengths.
RAGGED = [x[: 16 + i % 8] for i, x in enumerate(X)]
LEAN = {"linear_models": None, "max_epochs": 1, "random_state": 0}
RNG = np.random.default_rng(0)
IMAGES = RNG.random((40, 8, 8, 3)).astype(np.float32)
LABELS = np.arange(40) % 2
IMAGES[LABELS == 1, :4] += 1


class Trunk(nn.Module):
    """Two layers, normalised, with dropout; what is run last is made first."""

    def __init__(self, conv=nn.Conv1d, norm=nn.BatchNorm1d, n_channels=4):
        super().__init__()
        self.out = nn.Linear(5, 3)
        self.first, self.norm1 = conv(n_channels, 6, 3, padding=1), norm(6)
        self.second, self.norm2 = conv(6, 5, 3, padding=1), norm(5)
        self.drop = nn.Dropout(0.3)

    def forward(self, x):
        x = self.norm1(self.first(x)).relu()
        x = self.drop(self.norm2(self.second(x))).relu()
        return self.out(x.flatten(2).mean(dim=2))


def _trunk(*args):
    torch.manual_seed(0)
    module = Trunk(*args)
    # Statistics that differ from those of a fresh layer.
    for part in (module.norm1, module.norm2):
        part.running_mean.uniform_(-1, 1)
        part.running_var.uniform_(0.5, 2)
    return module


def _image_trunk(n_channels=3):
    return _trunk(nn.Conv2d, nn.BatchNorm2d, n_channels)


@pytest.fixture(scope="module")
def tuned():
    return MotifCNNClassifier(pretrained=_trunk(), **LEAN).fit(X, Y)


@pytest.fixture(scope="module")
def tuned_images():
    clf = ImageCNNClassifier(pretrained=_image_trunk(), max_epochs=2, random_state=0)
    return clf.fit(IMAGES, LABELS)


def _changed(estimator, module):
    """Children of the module of which weights or statistics have changed."""
    before = module.state_dict()
    ours = {k[8:]: v for k, v in estimator.weights_.items() if k[:8] == "0.trunk."}
    assert ours.keys() == before.keys()
    return {
        name.split(".")[0]
        for name, array in ours.items()
        if not np.array_equal(array, before[name].numpy())
    }


@pytest.mark.parametrize("sequences", [X, RAGGED], ids=["one length", "unequal"])
@pytest.mark.parametrize(
    "settings",
    [{}, {"layer": "second"}, {"layer": ("first", "norm2"), "pooling": "max"}],
    ids=["output", "layer", "layers"],
)
def test_a_frozen_trunk_gives_what_the_extractor_gives(
    sequences, settings, trunk_features
):
    extractor = PretrainedFeatureExtractor(_trunk(), **settings)
    clf = MotifCNNClassifier(pretrained=extractor, freeze="trunk", **LEAN)
    clf.fit(sequences, Y)
    expected = extractor.fit_transform(sequences)
    assert expected.std(axis=0).min() > 1e-3
    np.testing.assert_allclose(trunk_features(clf, sequences), expected, atol=1e-6)


def test_a_frozen_trunk_of_images_gives_what_the_extractor_gives(trunk_features):
    extractor = PretrainedFeatureExtractor(_image_trunk(), layer="second")
    clf = ImageCNNClassifier(pretrained=extractor, freeze="trunk", max_epochs=1)
    clf.fit(IMAGES, LABELS)
    expected = extractor.fit_transform(IMAGES)
    np.testing.assert_allclose(trunk_features(clf, IMAGES), expected, atol=1e-6)


@pytest.mark.parametrize(
    ("freeze", "changed"),
    [
        ("trunk", set()),
        (None, {"first", "norm1", "second", "norm2", "out"}),
        (0, {"first", "norm1", "second", "norm2", "out"}),
        (1, {"norm1", "second", "norm2", "out"}),
        (3, {"norm2", "out"}),
        (5, set()),
    ],
)
def test_frozen_parts_stay(freeze, changed):
    module = _trunk()
    clf = MotifCNNClassifier(pretrained=module, freeze=freeze, **LEAN).fit(X, Y)
    # In the order in which they are run, not in that of the constructor.
    blocks = "first", "norm1", "second", "norm2", "out"
    assert clf.architecture_.blocks == blocks
    assert _changed(clf, module) == changed


def test_batch_normalisation_keeps_its_statistics():
    module = _trunk()
    clf = MotifCNNClassifier(pretrained=module, freeze=None, **LEAN).fit(X, Y)
    before = module.norm1.state_dict()
    after = {name: clf.weights_[f"0.trunk.norm1.{name}"] for name in before}
    for name in ("running_mean", "running_var", "num_batches_tracked"):
        np.testing.assert_array_equal(after[name], before[name])
    assert not np.array_equal(after["weight"], before["weight"])


def test_more_parts_than_there_are():
    clf = MotifCNNClassifier(pretrained=_trunk(), freeze=6, **LEAN)
    match = "freeze=6, but the pretrained network has 5 parts: 'first', 'norm1', 'sec"
    with pytest.raises(ValueError, match=match):
        clf.fit(X, Y)


def test_gradual_trains_the_head_first_and_then_all():
    module, weights = _trunk(), []

    class Rates(Callback):
        def on_batch_end(self, net, **kwargs):
            learns = net.module_.trunk.first.weight.requires_grad
            rates = [group["lr"] for group in net.optimizer_.param_groups]
            weights.append((learns, *rates))

    clf = MotifCNNClassifier(
        pretrained=module, callbacks=[Rates()], lr=1e-2, **LEAN | {"max_epochs": 4}
    )
    clf.fit(X, Y)
    assert [record["phase"] for record in clf.history_] == [1, 1, 2, 2]
    assert _changed(clf, module) == {"first", "norm1", "second", "norm2", "out"}
    of_head_alone = [rates for learns, *rates in weights if not learns]
    of_all = [rates for learns, *rates in weights if learns]
    # Both learn at a tenth of the rate in phase two, so that there is one group.
    trunk, head = np.transpose(of_head_alone)
    np.testing.assert_allclose(trunk, 0.1 * head)
    assert head.max() == pytest.approx(1e-2, rel=0.2)
    (both,) = np.transpose(of_all)
    assert both.max() == pytest.approx(1e-3, rel=0.2)


def test_the_trunk_learns_at_a_tenth_of_the_rate():
    """One step of AdamW from moments of zero is as large as the learning rate."""
    module = _trunk()
    settings = LEAN | {"weight_decay": 0, "lr": 1e-2}
    clf = MotifCNNClassifier(pretrained=module, freeze=None, **settings)
    clf.partial_fit(X[:40], Y[:40], classes=[0, 1])
    before = module.first.weight.detach().numpy()
    step = np.abs(clf.weights_["0.trunk.first.weight"] - before)
    np.testing.assert_allclose(np.median(step), 1e-3, rtol=1e-2)


def test_what_its_authors_hold_fixed_stays_so():
    module = _trunk()
    module.second.requires_grad_(False)
    clf = MotifCNNClassifier(pretrained=module, freeze=None, **LEAN).fit(X, Y)
    assert _changed(clf, module) == {"first", "norm1", "norm2", "out"}


def test_what_is_passed_stays_as_it_is():
    module = _trunk().train()
    before = copy.deepcopy(module.state_dict())
    torch.manual_seed(3)
    expected = torch.rand(1)
    torch.manual_seed(3)
    MotifCNNClassifier(pretrained=module, freeze=None, **LEAN).fit(X, Y)
    # Dropout in the trunk draws from a generator of the fit's own.
    assert torch.rand(1) == expected
    assert module.training
    assert all(p.requires_grad and p.grad is None for p in module.parameters())
    assert not any(part._forward_hooks for part in module.modules())
    for name, tensor in module.state_dict().items():
        assert torch.equal(tensor, before[name]), name


def test_same_seed_same_result(tuned):
    again = clone(tuned)
    assert again.pretrained is tuned.pretrained
    again.fit(X, Y)
    for name, array in tuned.weights_.items():
        np.testing.assert_array_equal(again.weights_[name], array)
    other = clone(tuned).set_params(random_state=1).fit(X, Y)
    assert not np.array_equal(other.predict_proba(X), tuned.predict_proba(X))


def test_a_prediction_does_not_depend_on_the_others():
    clf = MotifCNNClassifier(pretrained=_trunk(), **LEAN).fit(RAGGED, Y)
    outputs = clf.decision_function(RAGGED)
    np.testing.assert_array_equal(clf.decision_function(RAGGED[5:9]), outputs[5:9])


def test_both_strands(tuned):
    assert tuned.reverse_complement_
    turned = reverse_complement(X)
    outputs = tuned.decision_function(X)
    np.testing.assert_allclose(tuned.decision_function(turned), outputs, atol=1e-6)
    one = MotifCNNClassifier(pretrained=_trunk(), reverse_complement=False, **LEAN)
    one.fit(X, Y)
    assert not np.allclose(one.decision_function(turned), one.decision_function(X))


def test_pickles(tuned):
    again = pickle.loads(pickle.dumps(tuned))
    np.testing.assert_array_equal(again.predict_proba(X), tuned.predict_proba(X))
    # Weights of the module are in the parameter and in weights_, not a third time.
    without = copy.copy(tuned)
    without.pretrained = without.weights_ = None
    assert b"untyped_storage" not in pickle.dumps(without)


def test_the_module_as_a_module(tuned, tuned_images):
    codes = np.array([["ACGT".index(letter) for letter in x] for x in X])
    x = torch.tensor(np.eye(4, dtype=np.float32)[codes]).transpose(1, 2)
    with torch.no_grad():
        outputs = tuned.to_module()(x)[:, 0].numpy()
        of_images = tuned_images.to_module()(torch.tensor(IMAGES).permute(0, 3, 1, 2))
    np.testing.assert_allclose(outputs, tuned.decision_function(X), atol=1e-6)
    expected = tuned_images.decision_function(IMAGES)
    np.testing.assert_allclose(of_images[:, 0], expected, atol=1e-5)


def test_attributions(tuned):
    effects = attributions(tuned, X[:2])
    outputs = tuned.decision_function(X[:2])
    for place, letter in ((0, "A"), (11, "G")):
        mutant = X[0][:place] + letter + X[0][place + 1 :]
        expected = tuned.decision_function([mutant])[0] - outputs[0]
        found = effects[0, "ACGT".index(letter), place]
        np.testing.assert_allclose(found, expected, atol=1e-6)
    others = [x[::-1] for x in X[:2]]
    shares = attributions(tuned, X[:2], "integrated_gradients", baselines=others)
    expected = outputs - tuned.decision_function(others)
    np.testing.assert_allclose(shares.sum(axis=(1, 2)), expected, atol=2e-3)
    assert attributions(tuned, X[:2], "saliency").max() > 0
    # A variant is one of these substitutions.
    other = "C" if X[0][3] != "C" else "A"
    table = variant_effects(tuned, X[:1], [(0, 3, X[0][3], other)])
    found = effects[0, "ACGT".index(other), 3]
    np.testing.assert_allclose(table["effect"].iloc[0], found, atol=1e-6)


def test_attributions_of_images(tuned_images):
    maps = attributions(tuned_images, IMAGES[:2], "grad_cam")
    assert maps.shape == (2, 8, 8)
    shares = attributions(tuned_images, IMAGES[:2], "integrated_gradients")
    mean = np.broadcast_to(IMAGES.mean(axis=(0, 1, 2)), (1, 8, 8, 3))
    expected = tuned_images.decision_function(IMAGES[:2])
    expected = expected - tuned_images.decision_function(mean.astype(np.float32))
    np.testing.assert_allclose(shares.sum(axis=(1, 2, 3)), expected, atol=2e-3)


def test_layers_cannot_be_read(tuned):
    match = "network that others trained, whose layers this cannot read"
    with pytest.raises(ValueError, match=match):
        layer_motifs(tuned, X)
    with pytest.raises(ValueError, match=match):
        extract_motifs(tuned, X, Y, method="filters")
    signals = MotifCNNRegressor(
        pretrained=_trunk(nn.Conv1d, nn.BatchNorm1d, 1), **LEAN
    ).fit(RNG.normal(size=(20, 12)), np.arange(20.0))
    with pytest.raises(ValueError, match=match):
        FilterDisplay.from_estimator(signals)


def test_summary(tuned):
    table = summary(tuned).layers
    names = ["trunk.first", "trunk.norm1", "trunk.second", "trunk.norm2", "trunk.out"]
    assert [name for name in table["layer"] if name.startswith("trunk")] == names
    # 4 x 3 weights and a bias of each of the 6 filters.
    assert table.set_index("layer").loc["trunk.first", "parameters"] == 6 * 13


def test_linear_models_stand_beside_one_network():
    clf = MotifCNNClassifier(
        pretrained=_trunk(), kmers=2, motif_bank=None, max_epochs=1, random_state=0
    ).fit(X, Y)
    assert {key.split(".")[0] for key in clf.weights_} == {"0", "stack"}
    assert "stack.branches.kmers.linear.weight" in clf.weights_
    # Placed letters, too, since lengths are equal.
    assert "stack.branches.places.linear.weight" in clf.weights_
    two = clone(clf).set_params(n_estimators=2).fit(X, Y)
    assert {key.split(".")[0] for key in two.weights_} == {"0", "1", "stack"}


@pytest.mark.parametrize("wrap", [lambda m: m, PretrainedFeatureExtractor])
def test_a_grid_over_sources(wrap):
    sources = [None, wrap(_trunk())]
    search = GridSearchCV(
        MotifCNNClassifier(**LEAN), {"pretrained": sources}, cv=2, error_score="raise"
    ).fit(X, Y)
    assert search.cv_results_["mean_test_score"].shape == (2,)
    # The best of the second is a fit of its own.
    clf = MotifCNNClassifier(pretrained=sources[1], **LEAN)
    assert clone(clf).pretrained is sources[1]


def test_training_goes_on(tuned):
    clf = clone(tuned).set_params(warm_start=True).fit(X, Y)
    np.testing.assert_array_equal(clf.predict_proba(X), tuned.predict_proba(X))
    before = clf.weights_
    clf.fit(X, Y)
    assert not np.array_equal(
        clf.weights_["0.trunk.first.weight"], before["0.trunk.first.weight"]
    )
    clf.set_params(dense_units=3)
    with pytest.raises(ValueError, match="dense_units has changed"):
        clf.fit(X, Y)
    part = MotifCNNClassifier(pretrained=_trunk(), **LEAN)
    part.partial_fit(X, Y, classes=[0, 1]).partial_fit(X, Y)
    assert len(part.history_) == 2


def test_a_tuned_model_as_source(tuned):
    again = MotifCNNClassifier(pretrained=tuned, freeze="trunk", **LEAN)
    with pytest.warns(UserWarning, match="100.0% of the sequences in X were in the tr"):
        again.fit(X, Y)
    for name, array in tuned.weights_.items():
        if name.startswith("0.trunk."):
            np.testing.assert_array_equal(again.weights_[name], array)


def test_features_of_a_tuned_model(tuned):
    # What the last linear layer reads: 64 hidden units, after ReLU.
    features = PretrainedFeatureExtractor(tuned).fit_transform(X)
    assert features.shape == (80, 64)
    assert features.min() == 0


def test_a_warm_start_has_a_checkpoint(tuned, tmp_path):
    clf = clone(tuned).set_params(warm_start=True, checkpoint=tmp_path)
    whole = clone(tuned).set_params(warm_start=True).fit(X, Y).fit(X, Y)
    clf.fit(X, Y).fit(X, Y)
    np.testing.assert_array_equal(clf.predict_proba(X), whole.predict_proba(X))


def test_regression_and_signals():
    signals = RNG.normal(size=(40, 2, 12))
    y = signals[:, 0].mean(axis=1) * 100 + 7
    module = _trunk(nn.Conv1d, nn.BatchNorm1d, 2)
    reg = MotifCNNRegressor(
        pretrained=module, freeze=None, **LEAN | {"max_epochs": 200}
    )
    reg.fit(signals, y)
    assert reg.score(signals, y) > 0.3
    of_images = ImageCNNRegressor(pretrained=_image_trunk(), max_epochs=1)
    assert of_images.fit(IMAGES, LABELS * 1.0).predict(IMAGES).shape == (40,)


def test_proteins_are_told_by_the_first_layer():
    module = _trunk(nn.Conv1d, nn.BatchNorm1d, 20)
    # Letters that are nucleotides, too.
    clf = MotifCNNClassifier(pretrained=module, **LEAN).fit(X, Y)
    assert clf.alphabet_.name == "protein"


def test_half_precision_is_trained_in_single():
    half, single = _trunk().half(), _trunk().half().float()
    outputs = [
        MotifCNNClassifier(pretrained=module, **LEAN).fit(X, Y).decision_function(X)
        for module in (half, single)
    ]
    np.testing.assert_array_equal(*outputs)
    double = MotifCNNClassifier(pretrained=_trunk().double(), **LEAN).fit(X, Y)
    assert double.weights_["0.trunk.first.weight"].dtype == np.float64


def test_tied_weights_stay_tied():
    class Tied(nn.Module):
        def __init__(self):
            super().__init__()
            self.first = nn.Conv1d(4, 4, 3, padding=1)
            self.second = nn.Conv1d(4, 4, 3, padding=1)
            self.second.weight = self.first.weight

        def forward(self, x):
            return self.second(self.first(x).relu()).mean(dim=2)

    module = Tied()
    clf = MotifCNNClassifier(pretrained=module, freeze=None, **LEAN).fit(X, Y)
    first, second = (clf.weights_[f"0.trunk.{n}.weight"] for n in ("first", "second"))
    assert not np.array_equal(first, module.first.weight.detach().numpy())
    np.testing.assert_array_equal(first, second)


def test_an_only_child_is_opened():
    class Wrapper(nn.Module):
        def __init__(self):
            super().__init__()
            self.inside = nn.ModuleList([nn.Conv1d(4, 4, 3), nn.Conv1d(4, 2, 3)])

        def forward(self, x):
            for layer in self.inside:
                x = layer(x)
            return x

    clf = MotifCNNClassifier(pretrained=Wrapper(), **LEAN).fit(X, Y)
    assert clf.architecture_.blocks == ("inside.0", "inside.1")
    alone = MotifCNNClassifier(pretrained=nn.Conv1d(4, 2, 3), freeze=1, **LEAN)
    assert alone.fit(X, Y).architecture_.blocks == ("",)


def test_save_model_refuses_live_modules(tuned, tmp_path):
    match = r"'architecture_' holds a Trunk.*only code can build .*'timm:FOLDER'"
    with pytest.raises(ValueError, match=match):
        save_model(tuned, tmp_path / "model.safetensors")


class Returns(nn.Module):
    def __init__(self, kind):
        super().__init__()
        self.conv, self.kind = nn.Conv1d(4, 2, 3), kind

    def forward(self, x):
        x = self.conv(x)
        return {"out": x} if self.kind == "dict" else (x, x)


@pytest.mark.parametrize(
    ("module", "match"),
    [
        (nn.Conv1d(5, 2, 3), r"cannot read a batch of shape \(1, 4, 24\)"),
        (nn.Sequential(nn.Flatten(), nn.Linear(90, 2)), r"layer that .* '1', was giv"),
        (nn.Flatten(), "Flatten without parameters, so that nothing in it can be"),
        (Returns("tuple"), r"layer '' returns a tuple; .* name one inside of it"),
        (Returns("dict"), r"layer '' returns a dict; .* name one inside of it"),
        (nn.Conv1d(4, 2, 3, device="meta"), "a network without weights"),
        (nn.LazyConv1d(2, 3), "lazy layers without weights"),
    ],
    ids=["channels", "length", "nothing", "tuple", "dict", "meta", "lazy"],
)
def test_modules_that_do_not_fit(module, match):
    with pytest.raises(ValueError, match=match):
        MotifCNNClassifier(pretrained=module, **LEAN).fit(X, Y)


def test_images_that_do_not_fit():
    clf = ImageCNNClassifier(pretrained=_image_trunk())
    with pytest.raises(ValueError, match="takes images with 3 channels"):
        clf.fit(IMAGES[..., 0], LABELS)


@pytest.mark.parametrize(
    ("pretrained", "error", "match"),
    [
        ("resnet18", FileNotFoundError, "'resnet18' is not the path .* 'hf', 'timm'"),
        ("deepbind:nowhere", FileNotFoundError, "nowhere"),
        (PretrainedFeatureExtractor("jaspar"), TypeError, "of 'jaspar'; .*motif_bank"),
        (
            PretrainedFeatureExtractor(MotifCNNClassifier()),
            TypeError,
            "of a MotifCNNClassifier; .* Pass an estimator of this package itself",
        ),
        (PretrainedFeatureExtractor(_trunk(), layer="third"), ValueError, "'third'"),
        (3, ValueError, "'pretrained' parameter"),
    ],
)
def test_what_holds_no_network(pretrained, error, match):
    with pytest.raises(error, match=match):
        MotifCNNClassifier(pretrained=pretrained, **LEAN).fit(X, Y)


@pytest.mark.parametrize(
    ("settings", "match"),
    [
        ({"n_filters": 8}, "n_filters=8, but the network is what pretrained holds"),
        ({"pooling": "max"}, r"pass PretrainedFeatureExtractor\(\.\.\., pooling="),
        ({"output": "profile"}, "output='profile' needs a network with an output for"),
    ],
)
def test_parameters_that_ask_for_another_network(settings, match):
    clf = MotifCNNClassifier(pretrained=_trunk(), **LEAN | settings)
    y = Y if "output" not in settings else np.zeros((80, 24), int) + (Y[:, None] == 1)
    with pytest.raises(ValueError, match=match):
        clf.fit(X, y)


def test_another_length_needs_a_layer_with_positions():
    module = nn.Sequential(nn.Flatten(), nn.Linear(96, 2))
    clf = MotifCNNClassifier(pretrained=module, **LEAN).fit(X, Y)
    # Inputs are brought to the length of the fit.
    assert clf.predict([X[0][2:-2]]).shape == (1,)
    flat = PretrainedFeatureExtractor(_trunk(), layer="second", pooling="flatten")
    clf = MotifCNNClassifier(pretrained=flat, position=False, **LEAN).fit(X, Y)
    with pytest.raises(ValueError, match=r"gives 80 features .* but gave 120 in fit"):
        clf.predict([X[0][:16]])


@pytest.mark.parametrize("both", [True, False], ids=["both strands", "one strand"])
@pytest.mark.parametrize("sequences", [X[:30], X, RAGGED], ids=["one batch", "", "un"])
def test_features_of_a_frozen_trunk_are_computed_once(both, sequences, monkeypatch):
    clf = MotifCNNClassifier(
        pretrained=_trunk(),
        freeze="trunk",
        reverse_complement=both,
        **LEAN | {"max_epochs": 3},
    )
    calls = []
    run = BorrowedNetwork.features
    monkeypatch.setattr(
        BorrowedNetwork,
        "features",
        lambda self, x: calls.append(len(x)) or run(self, x),
    )
    once = clone(clf).fit(sequences, Y[: len(sequences)])
    assert sum(calls) == len(sequences) * (2 if both else 1)
    calls.clear()
    monkeypatch.setattr(_frozen_features, "_MOST_BYTES", 0)
    anew = clone(clf).fit(sequences, Y[: len(sequences)])
    assert sum(calls) == 3 * len(sequences) * (2 if both and len(calls) == 3 else 1)
    # But for rounding, it makes no difference.
    for name, array in once.weights_.items():
        np.testing.assert_allclose(anew.weights_[name], array, atol=1e-4, err_msg=name)


def test_threads_share_a_model():
    extractor = PretrainedFeatureExtractor(_trunk(), layer="second")
    clf = MotifCNNClassifier(pretrained=extractor, **LEAN).fit(X, Y)
    expected = clf.predict_proba(X)
    with ThreadPoolExecutor(4) as pool:
        for found in pool.map(lambda _: clf.predict_proba(X), range(12)):
            np.testing.assert_array_equal(found, expected)
