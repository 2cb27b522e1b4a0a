"""Files of PretrainedFeatureExtractor: of a name the name, otherwise the model."""

import io
import json
import pickle

import numpy as np
import pandas as pd
import pytest
import skops.io
from sklearn.base import clone
from sklearn.frozen import FrozenEstimator
from torch import nn

from sklearn_cnn import (
    ImageCNNClassifier,
    MotifCNNClassifier,
    PretrainedFeatureExtractor,
    load_model,
    save_model,
)
from sklearn_cnn.backbones._deepbind import DeepBindModels
from sklearn_cnn.backbones._families import LOADERS
from sklearn_cnn.datasets import make_motif_classification, read_motifs
from sklearn_cnn.storage._format import pack, unpack

SMALL = {"n_filters": 4, "kernel_size": 5, "dense_units": 6, "max_epochs": 1}
MEME = """MEME version 4

ALPHABET= ACGT

MOTIF one
letter-probability matrix: alength= 4 w= 3 nsites= 7
 0.700000 0.100000 0.100000 0.100000
 0.000000 1.000000 0.000000 0.000000
 0.300000 0.300000 0.200000 0.200000

"""


@pytest.fixture(scope="module")
def data():
    return make_motif_classification(60, length=30, motif="TGACGTCA", random_state=0)


@pytest.fixture(scope="module")
def cnn(data):
    X, y = data
    settings = {**SMALL, "kmers": 1, "motif_bank": None, "random_state": 0}
    frame = pd.DataFrame({"sequence": X})
    return MotifCNNClassifier(n_estimators=2, **settings).fit(frame, y)


def test_no_file_chooses_a_folder(data, cnn, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    extractor = PretrainedFeatureExtractor(cnn, memory="here").fit(data[0])
    file = io.BytesIO()
    save_model(extractor, file)
    record, tensors = unpack(io.BytesIO(file.getvalue()), "x")
    assert record["parameters"]["memory"] is None
    del record["format_version"], record["sha256"]
    record["parameters"]["memory"] = "there"
    model = load_model(io.BytesIO(pack(record, tensors)))
    assert model.memory is None
    model.transform(data[0][:3])
    assert not (tmp_path / "there").exists()


@pytest.fixture
def paths(cnn, tmp_path):
    """Where a model and a motif lie."""
    save_model(cnn, tmp_path / "cnn.safetensors")
    (tmp_path / "motifs.meme").write_text(MEME)
    return {"model": tmp_path / "cnn.safetensors", "meme": tmp_path / "motifs.meme"}


def _deepbind(scale):
    """One of DeepBind's networks: four filters of width 3, no hidden layer."""
    rng = np.random.default_rng(0)
    shapes = {"conv_w": (4, 4, 3), "conv_b": (4,), "w1": (1, 4), "b1": (1,)}
    weights = {k: scale * rng.normal(size=size) for k, size in shapes.items()}
    weights = {k: array.astype(np.float32) for k, array in weights.items()}
    return DeepBindModels(["CTCF_D1"], np.array([[1, 0, 0]]), [weights])


def _saved(extractor):
    file = io.BytesIO()
    save_model(extractor, file)
    return file.getvalue()


def _assert_same(extractor, again, X):
    np.testing.assert_array_equal(again.transform(X), extractor.transform(X))
    names = extractor.get_feature_names_out().tolist()
    assert again.get_feature_names_out().tolist() == names
    assert again.layers_ == extractor.layers_


@pytest.mark.parametrize("kind", ["estimator", "frozen", "path", "motif file", "read"])
def test_the_model_is_in_the_file(kind, data, cnn, paths):
    X, _ = data
    model = {
        "estimator": lambda: cnn,
        "frozen": lambda: FrozenEstimator(cnn),
        "path": lambda: paths["model"],
        "motif file": lambda: str(paths["meme"]),
        "read": lambda: read_motifs(paths["meme"]),
    }[kind]()
    extractor = PretrainedFeatureExtractor(model, pooling="max").fit(X)
    content = _saved(extractor)
    for path in paths.values():
        path.unlink()
    again = load_model(io.BytesIO(content))
    _assert_same(extractor, again, X)
    assert again.pooling == "max"
    if "path" in kind or "file" in kind:
        assert again.model == str(model)
    else:
        # It can be fitted anew.
        _assert_same(extractor, clone(again).fit(X), X)
        assert again.model is not again.source_
    _assert_same(extractor, pickle.loads(pickle.dumps(again)), X)
    assert _saved(again) == content


def test_layers_and_columns(data, cnn):
    frame = pd.DataFrame({"sequence": data[0]})
    names = [name for name, _ in cnn.to_module().named_modules()]
    layers = tuple(name for name in names if name.endswith(".trunk.0"))
    assert len(layers) == 2
    extractor = PretrainedFeatureExtractor(cnn, layer=layers).fit(frame)
    again = load_model(io.BytesIO(_saved(extractor)))
    assert again.layer == layers
    assert again.feature_names_in_.tolist() == ["sequence"]
    _assert_same(extractor, again, frame)


def test_tensors_of_both_are_told_apart(data, cnn):
    content = _saved(PretrainedFeatureExtractor(cnn).fit(data[0]))
    length = int.from_bytes(content[:8], "little")
    header = json.loads(content[8 : 8 + length])
    record = json.loads(header.pop("__metadata__")["sklearn_cnn"])
    assert set(header) == {f"source_.{name}" for name in cnn.weights_}
    assert record["class"] == "PretrainedFeatureExtractor"
    assert record["nested"]["source_"]["class"] == "MotifCNNClassifier"


def test_of_images():
    X = np.random.default_rng(0).integers(0, 256, (20, 6, 6))
    clf = ImageCNNClassifier(n_filters=2, max_epochs=1, random_state=0)
    extractor = PretrainedFeatureExtractor(clf.fit(X, np.arange(20) % 2)).fit(X)
    _assert_same(extractor, load_model(io.BytesIO(_saved(extractor))), X)


class TestNames:
    def test_of_jaspar(self, data):
        X, _ = data
        extractor = PretrainedFeatureExtractor("jaspar:diatoms").fit(X)
        content = _saved(extractor)
        assert len(content) < 4000
        again = load_model(io.BytesIO(content))
        assert not hasattr(again, "source_")
        assert again.fingerprint_ == extractor.fingerprint_
        _assert_same(extractor, again, X)

    @pytest.fixture
    def weights(self, monkeypatch):
        """What the name "deepbind:..." loads; a list, to be changed."""
        models = [_deepbind(1.0)]
        monkeypatch.setitem(LOADERS, "deepbind", lambda name: models[0])
        return models

    def test_are_loaded_again(self, data, weights):
        X, _ = data
        extractor = PretrainedFeatureExtractor("deepbind:some").fit(X)
        assert not hasattr(extractor, "fingerprint_")
        content = _saved(extractor)
        again = load_model(io.BytesIO(content))
        assert not hasattr(again, "source_")
        _assert_same(extractor, again, X)
        assert _saved(again) == content

    def test_refuse_what_has_changed(self, data, weights):
        content = _saved(PretrainedFeatureExtractor("deepbind:some").fit(data[0]))
        weights[0] = _deepbind(1.5)
        again = load_model(io.BytesIO(content))
        match = r"stored without weights, and model='deepbind:some' is not what it was"
        with pytest.raises(ValueError, match=match):
            again.transform(data[0])


class TestRefused:
    def test_a_module(self):
        extractor = PretrainedFeatureExtractor(nn.Linear(2, 2)).fit(np.eye(2))
        match = r"an extractor of a PyTorch module.*module.state_dict\(\).*joblib"
        with pytest.raises(ValueError, match=match):
            save_model(extractor, io.BytesIO())

    def test_not_fitted(self):
        with pytest.raises(ValueError, match="not fitted"):
            save_model(PretrainedFeatureExtractor("jaspar"), io.BytesIO())

    def test_files_that_lack_the_model(self, data, cnn, paths):
        """Not even the path is opened: the file may come from others."""
        content = _saved(PretrainedFeatureExtractor(paths["model"]).fit(data[0]))
        record, tensors = unpack(io.BytesIO(content), "x")
        for name in ("format_version", "sha256", "nested"):
            del record[name]
        for kept in ({}, tensors):
            with pytest.raises(ValueError, match="is damaged"):
                load_model(io.BytesIO(pack(record, kept)))

    def test_extractors_are_no_sources(self, data, paths, tmp_path):
        extractor = PretrainedFeatureExtractor("jaspar:diatoms").fit(data[0])
        save_model(extractor, tmp_path / "extractor")
        with pytest.raises(TypeError, match="pretrained must be a fitted MotifCNN"):
            MotifCNNClassifier(pretrained=tmp_path / "extractor").fit(*data)


def test_skops_trusts_our_types_only(data, cnn, tmp_path):
    X, _ = data
    for model in (cnn, "jaspar:diatoms"):
        extractor = PretrainedFeatureExtractor(model).fit(X)
        skops.io.dump(extractor, tmp_path / "extractor.skops")
        types = skops.io.get_untrusted_types(file=tmp_path / "extractor.skops")
        assert all(name.startswith("sklearn_cnn.") for name in types)
        assert not any("._" in name for name in types)
        again = skops.io.load(tmp_path / "extractor.skops", trusted=types)
        _assert_same(extractor, again, X)
