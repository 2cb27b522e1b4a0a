"""Packages that are not installed."""

import sys

import pytest

from sklearn_cnn import PretrainedFeatureExtractor


@pytest.mark.parametrize(
    ("model", "package", "extra"),
    [
        ("hf:folder", "transformers", "huggingface"),
        ("jaspar2024", "pyjaspar", "jaspar"),
        ("enformer", "enformer_pytorch", "enformer"),
        ("borzoi:folder", "borzoi_pytorch", "borzoi"),
    ],
)
def test_errors_name_the_extra(monkeypatch, model, package, extra):
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(ImportError, match=rf"pip install 'sklearn-cnn\[{extra}\]'"):
        PretrainedFeatureExtractor(model).fit(["ACGT"])
