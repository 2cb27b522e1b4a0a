"""Modules of torchvision, as any module."""

import numpy as np
import pytest
import torch

from sklearn_cnn import PretrainedFeatureExtractor

torchvision = pytest.importorskip("torchvision")


def test_a_layer_of_a_resnet():
    torch.manual_seed(0)
    module = torchvision.models.resnet18(weights=None).eval()
    images = np.random.default_rng(0).normal(size=(2, 32, 32, 3)).astype(np.float32)
    extractor = PretrainedFeatureExtractor(module, layer="avgpool", pooling="mean")
    features = extractor.fit_transform(images)
    module.fc = torch.nn.Identity()
    with torch.no_grad():
        expected = module(torch.tensor(images).permute(0, 3, 1, 2))
    np.testing.assert_allclose(features, expected, atol=1e-5)
