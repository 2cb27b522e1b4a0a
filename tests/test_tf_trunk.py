"""The network in the package, "tf-trunk", for both ways of using it."""

import pickle
import warnings

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV

from sklearn_cnn import (
    ImageCNNClassifier,
    MotifCNNClassifier,
    MotifCNNRegressor,
    PretrainedFeatureExtractor,
    load_model,
    save_model,
)
from sklearn_cnn.backbones._in_package import IN_PACKAGE
from sklearn_cnn.datasets import load_tf_binding, make_motif_classification
from sklearn_cnn.inspection import attributions
from sklearn_cnn.preprocessing import reverse_complement

NAME = "tf-trunk"
# One of its training sequences, of FastSK's JUND.train.fasta (Apache-2.0).
OF_JUND = (
    "GGGGCGTGGCCAGGTCCCGTTGGGCGGGTCATGGGCGTGGCCAGGAATGC"
    "CTGGGTGGAGGAGTGGTCAGGGCTGGCCGGGTCGGGGGTGTGGCCGCGGC"
)
SMALL = {"linear_models": None, "max_epochs": 2, "random_state": 0}


@pytest.fixture(scope="module")
def data():
    return make_motif_classification(60, length=50, motif="GABPA", random_state=0)


@pytest.fixture(scope="module")
def trunk():
    return load_model(IN_PACKAGE[NAME])


@pytest.fixture(scope="module")
def tuned(data):
    return MotifCNNClassifier(pretrained=NAME, **SMALL).fit(*data)


def _changed(estimator, trunk):
    return {
        name
        for name, array in trunk.weights_.items()
        if name.startswith("0.trunk.")
        and not np.array_equal(array, estimator.weights_[name])
    }


def test_the_file_is_small_and_a_saved_estimator(trunk):
    assert IN_PACKAGE[NAME].stat().st_size < 1_500_000
    assert isinstance(trunk, MotifCNNClassifier)
    # Sequences of any length, read on both strands.
    assert (trunk.position_, trunk.reverse_complement_) == (False, True)


def test_features_are_those_of_the_loaded_network(data, trunk):
    X, _ = data
    features = PretrainedFeatureExtractor(NAME).fit_transform(X)
    expected = PretrainedFeatureExtractor(trunk).fit_transform(X)
    np.testing.assert_array_equal(features, expected)
    assert features.shape == (60, trunk.dense_units)
    turned = PretrainedFeatureExtractor(NAME).fit_transform(reverse_complement(X))
    np.testing.assert_allclose(turned, features, atol=1e-5 * np.abs(features).max())


def test_features_by_hand(data, trunk):
    """What the last linear layer reads, mean over both strands."""
    X, _ = data
    weight = trunk.weights_["0.global_head.dense.4.weight"]
    bias = trunk.weights_["0.global_head.dense.4.bias"]
    features = PretrainedFeatureExtractor(NAME).fit_transform(X)
    logits = features @ weight.T + bias
    assert np.allclose(logits, trunk.decision_function(X), atol=1e-4)


def test_layers_by_name(data, trunk):
    X, _ = data
    n_first, n_second = trunk.n_filters_
    assert len(trunk.training_hashes_) == 10_000
    both = PretrainedFeatureExtractor(NAME, layer=("trunk.0", "trunk.1"))
    assert both.fit_transform(X[:3]).shape == (3, 2 * (n_first + n_second))


def test_its_architecture_is_taken(tuned, trunk):
    assert tuned.n_filters_ == trunk.n_filters_
    assert tuned.kernel_size_ == trunk.kernel_size_
    # Of one length, the target's own head reads places.
    assert tuned.position_
    assert _changed(tuned, trunk)


@pytest.mark.parametrize(("freeze", "n_layers"), [("trunk", 2), (1, 1), (None, 0)])
def test_only_what_is_not_frozen_changes(data, trunk, freeze, n_layers):
    clf = MotifCNNClassifier(pretrained=NAME, freeze=freeze, **SMALL).fit(*data)
    changed = _changed(clf, trunk)
    layers = {int(name.split(".")[2]) for name in changed}
    assert layers == set(range(n_layers, 2))


def test_a_regressor_takes_it_too(data, trunk):
    X, y = data
    reg = MotifCNNRegressor(pretrained=NAME, **SMALL).fit(X, y + 0.5)
    assert reg.n_filters_ == trunk.n_filters_


def test_a_sequence_that_it_was_trained_on_is_noticed(data):
    X, y = data
    clf = MotifCNNClassifier(pretrained=NAME, **SMALL)
    with pytest.warns(UserWarning, match="were in the training set of the model"):
        clf.fit([*X, OF_JUND], [*y, 1])


def test_the_data_of_the_package_are_new_to_it(data):
    """Among all hashes that it keeps there is none of theirs."""
    clf = MotifCNNClassifier(pretrained=NAME, freeze="trunk", **SMALL)
    for factor in ("CTCF", "RAD21"):
        X, y = load_tf_binding(factor, "train", return_X_y=True)
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            clf.fit(X[::4], y[::4])


def test_clones_grids_and_pickles(data, tuned):
    X, y = data
    assert clone(tuned).pretrained == NAME
    grid = {"pretrained": [None, NAME], "max_epochs": [1]}
    search = GridSearchCV(MotifCNNClassifier(**SMALL), grid, cv=2).fit(X, y)
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()
    again = pickle.loads(pickle.dumps(tuned))
    np.testing.assert_array_equal(again.predict_proba(X), tuned.predict_proba(X))


def test_saved_and_loaded(data, tuned, tmp_path):
    X, _ = data
    save_model(tuned, tmp_path / "tuned.safetensors")
    again = load_model(tmp_path / "tuned.safetensors")
    assert again.pretrained == NAME
    np.testing.assert_array_equal(again.predict_proba(X), tuned.predict_proba(X))
    extractor = PretrainedFeatureExtractor(NAME).fit(X)
    save_model(extractor, tmp_path / "extractor.safetensors")
    read = load_model(tmp_path / "extractor.safetensors")
    np.testing.assert_array_equal(read.transform(X), extractor.transform(X))


@pytest.mark.parametrize("in_pickle", [True, False])
def test_pickles_of_the_extractor(data, in_pickle):
    X, _ = data
    extractor = PretrainedFeatureExtractor(NAME, store_weights_in_pickle=in_pickle)
    extractor.fit(X)
    again = pickle.loads(pickle.dumps(extractor))
    assert hasattr(again, "source_") == in_pickle
    np.testing.assert_array_equal(again.transform(X), extractor.transform(X))


def test_attributions_of_a_tuned_network(data, tuned):
    X, _ = data
    assert attributions(tuned, X[:2]).shape == (2, 4, 50)


def test_what_it_is_not_for(data):
    _, y = data
    with pytest.raises(TypeError, match="ImageCNNClassifier"):
        ImageCNNClassifier(pretrained=NAME).fit(np.zeros((60, 8, 8)), y)
    with pytest.raises(ValueError, match="alphabet"):
        MotifCNNClassifier(pretrained=NAME, **SMALL).fit(["ACGU" * 10] * 60, y)
    with pytest.raises(FileNotFoundError, match="'tf-trunk'"):
        MotifCNNClassifier(pretrained="tf_trunk").fit(*data)
    with pytest.raises(FileNotFoundError, match="'tf-trunk'"):
        PretrainedFeatureExtractor("tf_trunk").fit(["ACGT"])
