"""Enformer: a small one, made and saved here. Its packages are an extra of its own."""

import pickle

import numpy as np
import pytest
import torch

from sklearn_cnn import (
    MotifCNNClassifier,
    PretrainedFeatureExtractor,
    load_model,
    save_model,
)
from sklearn_cnn.inspection import attributions

enformer_pytorch = pytest.importorskip("enformer_pytorch")

# Bins of 8 letters, of which the model gives the 4 in the centre: letters 16 to 47.
WINDOW, BIN_WIDTH, N_BINS = 64, 8, 4


def _config():
    return enformer_pytorch.EnformerConfig(
        dim=96,
        depth=1,
        heads=4,
        output_heads={"human": 3},
        target_length=N_BINS,
        num_downsamples=3,
        dim_divisible_by=4,
        attn_dim_key=8,
        window=WINDOW,
    )


@pytest.fixture
def module(tmp_path):
    torch.manual_seed(0)
    module = enformer_pytorch.Enformer(_config()).eval()
    # Parts of it share weights, which safetensors files cannot hold.
    module.save_pretrained(tmp_path, safe_serialization=False)
    return module


def _bins(module, sequence):
    """Embeddings (n_bins, n_units) of a window with a sequence in its centre."""
    start = (WINDOW - len(sequence)) // 2
    x = torch.zeros(1, WINDOW, 4)
    for place, letter in enumerate(sequence, start):
        if letter != "N":
            x[0, place, "ACGT".index(letter)] = 1
    with torch.no_grad():
        return module(x, return_only_embeddings=True)[0].numpy()


@pytest.mark.parametrize(
    ("sequence", "bins"),
    [
        ("ACGTNACGTA", slice(1, 3)),  # Letters 27 to 36.
        ("ACGTACGTACGTACGTAC", slice(0, 4)),  # Letters 23 to 40.
        ("ACGTACGTAC" * 6, slice(0, 4)),  # Over both ends of the bins.
        ("A", slice(1, 2)),  # Letter 31.
    ],
)
def test_bins_over_the_sequence(module, tmp_path, sequence, bins):
    extractor = PretrainedFeatureExtractor(f"enformer:{tmp_path}")
    features = extractor.fit_transform([sequence, "CCCC"])
    expected = _bins(module, sequence)[bins]
    np.testing.assert_allclose(features[0], expected.mean(axis=0), atol=1e-5)
    highest = extractor.set_params(pooling="max").fit_transform([sequence])
    np.testing.assert_allclose(highest[0], expected.max(axis=0), atol=1e-5)
    assert extractor.get_feature_names_out()[-1] == "f191_max"


@pytest.mark.parametrize(
    ("bins", "chosen"), [(1, slice(1, 2)), (2, slice(1, 3)), (4, slice(0, 4))]
)
def test_bins_in_the_centre_of_a_whole_window(module, tmp_path, bins, chosen):
    window = "ACGTTGCA" * (WINDOW // 8)
    extractor = PretrainedFeatureExtractor(f"enformer:{tmp_path}", bins=bins)
    features = extractor.fit_transform([window])
    expected = _bins(module, window)[chosen].mean(axis=0)
    np.testing.assert_allclose(features[0], expected, atol=1e-5)


def test_tracks(module, tmp_path):
    window = "ACGTTGCA" * (WINDOW // 8)
    layer = "human:2", "human:0"
    extractor = PretrainedFeatureExtractor(
        f"enformer:{tmp_path}", layer=layer, bins=2, pooling="max"
    )
    features = extractor.fit_transform([window])
    with torch.no_grad():
        x = torch.tensor(["ACGT".index(letter) for letter in window])[None]
        tracks = module(x)["human"][0, 1:3].numpy()
    np.testing.assert_allclose(features[0], tracks.max(axis=0)[[2, 0]], atol=1e-5)
    names = ["human:2_max", "human:0_max"]
    assert extractor.get_feature_names_out().tolist() == names
    again = pickle.loads(pickle.dumps(extractor)).transform([window])
    np.testing.assert_array_equal(again, features)
    save_model(extractor, tmp_path / "extractor.safetensors")
    again = load_model(tmp_path / "extractor.safetensors").transform([window])
    np.testing.assert_array_equal(again, features)


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"bins": 5}, "bins=5, but the model gives 4 bins of a window"),
        ({"layer": "human:3"}, "'human:3' is no track .* 'human:0' to 'human:2';"),
        ({"layer": "mouse:0"}, "'mouse:0' is no track .* 'human:0' to 'human:2';"),
        ({"layer": "stem"}, "'stem' is no track .* leave layer=None"),
        ({"layer": ("human:1", "human:1")}, "one or more different tracks"),
    ],
)
def test_bins_and_tracks_that_are_not_there(module, tmp_path, settings, words):
    extractor = PretrainedFeatureExtractor(f"enformer:{tmp_path}", **settings)
    with pytest.raises(ValueError, match=words):
        extractor.fit(["ACGT"])


def test_fine_tuning_from_bins_in_the_centre(module, tmp_path, trunk_features):
    X = ["ACGTTGCA" * 8, "GGATTACA" * 8, "TTTTCCCC" * 8, "ACACGTGT" * 8]
    extractor = PretrainedFeatureExtractor(f"enformer:{tmp_path}", bins=2)
    settings = {"linear_models": None, "max_epochs": 1, "random_state": 0}
    clf = MotifCNNClassifier(pretrained=extractor, freeze="trunk", **settings)
    clf.fit(X, [0, 1, 0, 1])
    expected = extractor.fit_transform(X)
    np.testing.assert_allclose(trunk_features(clf, X), expected, atol=1e-6)
    save_model(clf, tmp_path / "tuned.safetensors")
    again = load_model(tmp_path / "tuned.safetensors")
    np.testing.assert_array_equal(again.decision_function(X), clf.decision_function(X))


def test_pickles_and_errors(module, tmp_path):
    extractor = PretrainedFeatureExtractor(f"enformer:{tmp_path}").fit(["ACGT"])
    expected, data = extractor.transform(["ACGT"]), pickle.dumps(extractor)
    n_bytes = sum(p.numel() * 4 for p in module.parameters())
    assert len(data) < 1.2 * n_bytes
    np.testing.assert_array_equal(pickle.loads(data).transform(["ACGT"]), expected)
    with pytest.raises(ValueError, match=r"X\[1\] has 65 letters, .* window has 64"):
        extractor.fit(["ACGT", "A" * 65])


@pytest.fixture
def folder(tmp_path):
    """A model as one file of tensors, in which parts of it may share weights."""
    torch.manual_seed(0)
    module = enformer_pytorch.Enformer(_config())
    module.config.save_pretrained(tmp_path)
    torch.save(module.state_dict(), tmp_path / "pytorch_model.bin")
    return tmp_path


def test_fine_tuning(folder, trunk_features):
    sequences, labels = ["ACGTACGTAC", "CCNTTTGA", "GGGACCA", "TTTTAACG"], [0, 1, 0, 1]
    settings = {"linear_models": None, "max_epochs": 1, "random_state": 0}
    settings["pretrained"] = f"enformer:{folder}"
    frozen = MotifCNNClassifier(freeze="trunk", **settings).fit(sequences, labels)
    expected = PretrainedFeatureExtractor(f"enformer:{folder}").fit_transform(sequences)
    np.testing.assert_allclose(trunk_features(frozen, sequences), expected, atol=1e-6)
    tuned = MotifCNNClassifier(freeze=1, **settings).fit(sequences, labels)
    blocks = "stem", "conv_tower", "transformer", "final_pointwise"
    assert tuned.architecture_.blocks == blocks
    changed = {
        key.split(".")[2]
        for key, array in tuned.weights_.items()
        if key.startswith("0.trunk.")
        and not np.array_equal(array, frozen.weights_[key])
    }
    assert changed - {"_trunk"} == set(blocks[1:])
    outputs = tuned.decision_function(sequences)
    x = torch.eye(4)[[0, 1, 2, 3, 0, 1, 2, 3, 0, 1]].T[None]
    with torch.no_grad():
        of_module = tuned.to_module()(x)
    np.testing.assert_allclose(of_module[0], outputs[:1], atol=1e-5)
    assert attributions(tuned, sequences[:1], "saliency").max() > 0
    assert attributions(tuned, sequences[:1]).shape == (1, 4, 10)
    save_model(tuned, folder / "tuned")
    again = load_model(folder / "tuned")
    np.testing.assert_array_equal(again.decision_function(sequences), outputs)
    with pytest.raises(ValueError, match=r"an input has 65 letters, but .* has 64"):
        tuned.predict(["A" * 65])
