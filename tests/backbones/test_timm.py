"""Models of timm: tiny ones, made and saved here."""

import json
import pickle
from dataclasses import replace

import numpy as np
import pytest
import torch

from sklearn_cnn import (
    ImageCNNClassifier,
    MotifCNNClassifier,
    PretrainedFeatureExtractor,
    load_model,
    save_model,
)
from sklearn_cnn.inspection import attributions

timm = pytest.importorskip("timm")

RNG = np.random.default_rng(0)
IMAGES = RNG.integers(0, 256, (3, 64, 64, 3)).astype(np.uint8)
MEAN, STD = (0.5, 0.4, 0.3), (0.2, 0.3, 0.4)


def _save(name, folder, **settings):
    """A model with random weights for images of 64 x 64, as timm saves it."""
    torch.manual_seed(0)
    module = timm.create_model(name, num_classes=5, **settings).eval()
    timm.models.save_for_hf(
        module, folder, model_args=settings, safe_serialization=True
    )
    path = folder / "config.json"
    config = json.loads(path.read_text())
    config["pretrained_cfg"] |= {"input_size": (3, 64, 64), "mean": MEAN, "std": STD}
    path.write_text(json.dumps(config))
    return module


def _pixels(images):
    x = torch.tensor((images / 255 - MEAN) / STD, dtype=torch.float32)
    return x.permute(0, 3, 1, 2)


def test_what_the_classifier_reads(tmp_path):
    module = _save("test_resnet", tmp_path)
    extractor = PretrainedFeatureExtractor(f"timm:{tmp_path}").fit(IMAGES)
    features = extractor.transform(IMAGES)
    with torch.no_grad():
        x = module.forward_features(_pixels(IMAGES))
        expected = module.forward_head(x, pre_logits=True)
    np.testing.assert_allclose(features, expected, atol=1e-5)
    assert features.std(axis=0).max() > 1e-3
    assert extractor.get_feature_names_out()[0] == "f0"
    np.testing.assert_array_equal(extractor.transform(IMAGES[1:2]), features[1:2])
    data = pickle.dumps(extractor)
    assert b"torch._utils" not in data
    for path in tmp_path.iterdir():
        path.unlink()
    np.testing.assert_array_equal(pickle.loads(data).transform(IMAGES), features)


def test_layers_of_a_transformer(tmp_path):
    module = _save("test_vit", tmp_path, img_size=64)
    extractor = PretrainedFeatureExtractor(f"timm:{tmp_path}", layer="blocks.1")
    with torch.no_grad():
        states = module.forward_intermediates(
            _pixels(IMAGES),
            indices=[1],
            output_fmt="NLC",
            intermediates_only=True,
            return_prefix_tokens=True,
        )[0]
    tokens = torch.cat([states[1], states[0]], dim=1)
    expected = torch.cat([tokens.amax(dim=1), tokens.mean(dim=1)], dim=1)
    np.testing.assert_allclose(extractor.fit_transform(IMAGES), expected, atol=1e-5)
    with pytest.raises(ValueError, match=r"'trunk' is not a layer .*'blocks.1'"):
        extractor.set_params(layer="trunk").fit(IMAGES)


def test_images_of_another_size_are_resized(tmp_path):
    _save("test_resnet", tmp_path)
    extractor = PretrainedFeatureExtractor(f"timm:{tmp_path}").fit(IMAGES)
    plain = np.full((1, 90, 40, 3), 100, dtype=np.uint8)
    expected = extractor.transform(plain[:, :64].repeat(2, axis=2)[:, :, :64])
    np.testing.assert_allclose(extractor.transform(plain), expected, atol=1e-5)


def test_no_such_model():
    match = r"'timm:resnet1000' is neither the name of a model of timm"
    with pytest.raises(ValueError, match=match):
        PretrainedFeatureExtractor("timm:resnet1000").fit(IMAGES)


def test_fine_tuning(tmp_path, trunk_features):
    _save("test_resnet", tmp_path)
    labels, name = [0, 1, 1], f"timm:{tmp_path}"
    settings = {"pretrained": name, "max_epochs": 1, "random_state": 0}
    frozen = ImageCNNClassifier(freeze="trunk", **settings).fit(IMAGES, labels)
    expected = PretrainedFeatureExtractor(name).fit_transform(IMAGES)
    np.testing.assert_allclose(trunk_features(frozen, IMAGES), expected, atol=1e-6)
    tuned = ImageCNNClassifier(freeze=None, **settings).fit(IMAGES, labels)
    changed = {
        key.split(".")[2]
        for key, array in tuned.weights_.items()
        if key.startswith("0.trunk.")
        and not np.array_equal(array, frozen.weights_[key])
    }
    assert changed == set(tuned.architecture_.blocks)
    outputs = tuned.decision_function(IMAGES)
    module = tuned.to_module()
    with torch.no_grad():
        of_module = module(torch.tensor(IMAGES).permute(0, 3, 1, 2).float())
    np.testing.assert_allclose(of_module[:, 0], outputs, atol=1e-5)
    assert attributions(tuned, IMAGES[:1], "grad_cam").shape == (1, 64, 64)
    assert attributions(tuned, IMAGES[:1], "saliency").max() > 0
    save_model(tuned, tmp_path / "tuned.safetensors")
    data = pickle.dumps(tuned)
    for file in ("config.json", "model.safetensors"):
        (tmp_path / file).unlink()
    for again in (load_model(tmp_path / "tuned.safetensors"), pickle.loads(data)):
        np.testing.assert_array_equal(again.decision_function(IMAGES), outputs)
    assert b"torch._utils" not in data
    assert tuned.n_channels_ == 3


@pytest.mark.parametrize(
    "change",
    [
        {"architecture": "hf-hub:someone/model"},
        {"architecture": "local-dir:folder"},
        {"settings": {"num_classes": 0, "checkpoint_path": "weights.pth"}},
        {"settings": {"num_classes": 0, "pretrained": True}},
    ],
)
def test_no_file_makes_timm_load_another(tmp_path, change):
    _save("test_resnet", tmp_path)
    settings = {"pretrained": f"timm:{tmp_path}", "max_epochs": 1, "random_state": 0}
    clf = ImageCNNClassifier(freeze="trunk", **settings).fit(IMAGES, [0, 1, 1])
    source = replace(clf.architecture_.source, **change)
    clf.architecture_ = replace(clf.architecture_, source=source)
    save_model(clf, tmp_path / "hostile.safetensors")
    with pytest.raises(ValueError, match=r"hostile\.safetensors"):
        load_model(tmp_path / "hostile.safetensors")


def test_sequences_need_a_model_of_sequences(tmp_path):
    _save("test_resnet", tmp_path)
    clf = MotifCNNClassifier(pretrained=f"timm:{tmp_path}")
    match = "a model that reads images, but this estimator is for sequences"
    with pytest.raises(ValueError, match=match):
        clf.fit(["ACGT"] * 4, [0, 1] * 2)
