"""Vision models: tiny ones, made and saved here."""

import pickle

import numpy as np
import pytest
import torch

from sklearn_cnn import (
    ImageCNNClassifier,
    PretrainedFeatureExtractor,
    load_model,
    save_model,
)
from sklearn_cnn.inspection import attributions

transformers = pytest.importorskip("transformers")
pytest.importorskip("PIL")

# As large as the models read, so that nothing is resized.
IMAGES = np.random.default_rng(0).integers(0, 256, (5, 8, 8, 3)).astype(np.uint8)


def _save(module, folder, **settings):
    module.save_pretrained(folder)
    mean, std = [0.5, 0.4, 0.3], [0.2, 0.3, 0.4]
    processor = transformers.ViTImageProcessor(
        size={"height": 8, "width": 8}, image_mean=mean, image_std=std, **settings
    )
    processor.save_pretrained(folder)
    return module


def _vit(folder, **settings):
    torch.manual_seed(0)
    config = transformers.ViTConfig(
        hidden_size=8,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=16,
        image_size=8,
        patch_size=4,
    )
    return _save(transformers.ViTModel(config, **settings).eval(), folder)


def _resnet(folder):
    torch.manual_seed(0)
    config = transformers.ResNetConfig(
        embedding_size=4, hidden_sizes=[4, 6], depths=[1, 1], layer_type="basic"
    )
    return _save(transformers.ResNetModel(config).eval(), folder)


def _pixels(images):
    """What the models read of bytes (n, 8, 8, 3)."""
    x = (images / 255 - [0.5, 0.4, 0.3]) / [0.2, 0.3, 0.4]
    return torch.tensor(x, dtype=torch.float32).permute(0, 3, 1, 2)


def test_mean_over_tokens_of_a_transformer(tmp_path):
    module = _vit(tmp_path)
    extractor = PretrainedFeatureExtractor(f"hf:{tmp_path}", batch_size=2).fit(IMAGES)
    features = extractor.transform(IMAGES)
    with torch.no_grad():
        states = module(_pixels(IMAGES)).last_hidden_state
    np.testing.assert_allclose(features, states.mean(dim=1), atol=1e-5)
    names = [f"f{i}_mean" for i in range(8)]
    assert extractor.get_feature_names_out().tolist() == names
    # A row does not depend on others.
    np.testing.assert_array_equal(extractor.transform(IMAGES[3:4]), features[3:4])


def test_mean_over_places_of_a_convolutional_network(tmp_path):
    module = _resnet(tmp_path)
    features = PretrainedFeatureExtractor(f"hf:{tmp_path}").fit_transform(IMAGES)
    with torch.no_grad():
        output = module(_pixels(IMAGES))
    means = output.last_hidden_state.mean(dim=(2, 3))
    np.testing.assert_allclose(features, means, atol=1e-5)
    highest = PretrainedFeatureExtractor(f"hf:{tmp_path}", pooling="max")
    np.testing.assert_allclose(
        highest.fit_transform(IMAGES),
        output.last_hidden_state.amax(dim=(2, 3)),
        atol=1e-5,
    )


def test_layers(tmp_path):
    module = _vit(tmp_path)
    extractor = PretrainedFeatureExtractor(f"hf:{tmp_path}", layer="pooler")
    with torch.no_grad():
        expected = module(_pixels(IMAGES)).pooler_output
    np.testing.assert_allclose(extractor.fit_transform(IMAGES), expected, atol=1e-5)
    with pytest.raises(ValueError, match=r"'trunk' is not a layer .*'pooler'"):
        extractor.set_params(layer="trunk").fit(IMAGES)


def test_a_model_without_pooler(tmp_path):
    """As those that were trained to classify."""
    module = _vit(tmp_path, add_pooling_layer=False)
    features = PretrainedFeatureExtractor(f"hf:{tmp_path}").fit_transform(IMAGES)
    with torch.no_grad():
        states = module(_pixels(IMAGES)).last_hidden_state
    np.testing.assert_allclose(features, states.mean(dim=1), atol=1e-5)


def test_images_in_other_forms(tmp_path):
    _vit(tmp_path)
    extractor = PretrainedFeatureExtractor(f"hf:{tmp_path}").fit(IMAGES)
    expected = extractor.transform(IMAGES)
    for same in (IMAGES.transpose(0, 3, 1, 2), IMAGES.astype(int), IMAGES / 255):
        np.testing.assert_array_equal(extractor.transform(same), expected)
    grey = IMAGES[..., 0]
    expected = extractor.transform(np.stack([grey] * 3, axis=3))
    for same in (grey, grey[..., None], grey[:, None]):
        np.testing.assert_array_equal(extractor.transform(same), expected)


def test_images_of_another_size_are_resized(tmp_path):
    _vit(tmp_path)
    extractor = PretrainedFeatureExtractor(f"hf:{tmp_path}").fit(IMAGES)
    plain = np.full((2, 20, 12, 3), 100, dtype=np.uint8)
    expected = extractor.transform(plain[:, :8, :8])
    np.testing.assert_allclose(extractor.transform(plain), expected, atol=1e-6)


def test_pickles_hold_arrays(tmp_path):
    _vit(tmp_path)
    extractor = PretrainedFeatureExtractor(f"hf:{tmp_path}").fit(IMAGES)
    expected, data = extractor.transform(IMAGES), pickle.dumps(extractor)
    assert b"torch._utils" not in data
    for path in tmp_path.iterdir():
        path.unlink()
    np.testing.assert_array_equal(pickle.loads(data).transform(IMAGES), expected)


def test_memory_knows_what_happens_to_images(tmp_path):
    settings = {"memory": tmp_path / "memory"}
    folders = [tmp_path / name for name in ("one", "two")]
    features = []
    for folder, scale in zip(folders, (1 / 255, 1 / 510), strict=True):
        module = _vit(folder)
        _save(module, folder, rescale_factor=scale)
        extractor = PretrainedFeatureExtractor(f"hf:{folder}", **settings)
        features.append(extractor.fit_transform(IMAGES))
    assert not np.allclose(*features)


@pytest.mark.parametrize(
    ("images", "message"),
    [
        (IMAGES / 16, r"float64 from 0 to 15.*integers from 0 to 255 or floats"),
        (IMAGES.astype(int) - 300, r"int64 from -300 to -45"),
        (IMAGES[..., :2], r"X has shape \(5, 8, 8, 2\); images are"),
        (IMAGES.reshape(5, -1), r"X has shape \(5, 192\); images are"),
    ],
)
def test_errors(tmp_path, images, message):
    _vit(tmp_path)
    with pytest.raises(ValueError, match=message):
        PretrainedFeatureExtractor(f"hf:{tmp_path}").fit(images)


def test_fine_tuning(tmp_path, trunk_features):
    _vit(tmp_path)
    settings = {"pretrained": f"hf:{tmp_path}", "max_epochs": 1, "random_state": 0}
    frozen = ImageCNNClassifier(freeze="trunk", **settings).fit(IMAGES, [0, 1, 0, 1, 1])
    expected = PretrainedFeatureExtractor(f"hf:{tmp_path}").fit_transform(IMAGES)
    np.testing.assert_allclose(trunk_features(frozen, IMAGES), expected, atol=1e-6)
    tuned = ImageCNNClassifier(**settings).fit(IMAGES, [0, 1, 0, 1, 1])
    outputs = tuned.decision_function(IMAGES)
    # A module takes what the processor gives.
    with torch.no_grad():
        of_module = tuned.to_module()(_pixels(IMAGES))
    np.testing.assert_allclose(of_module[:, 0], outputs, atol=1e-5)
    save_model(tuned, tmp_path / "tuned")
    again = load_model(tmp_path / "tuned")
    np.testing.assert_array_equal(again.decision_function(IMAGES), outputs)
    assert attributions(tuned, IMAGES[:1], "saliency").shape == (1, 3, 8, 8)
