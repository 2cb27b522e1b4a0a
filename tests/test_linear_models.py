"""linear_models=None: the network alone, whatever stands beside it by default."""

import json
import pickle

import numpy as np
import pytest
import safetensors
import safetensors.numpy
import torch
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV

from sklearn_cnn import MotifCNNClassifier, MotifCNNRegressor, load_model, save_model
from sklearn_cnn.datasets import make_motif_classification
from sklearn_cnn.preprocessing import reverse_complement
from sklearn_cnn.preprocessing._codes import encode
from sklearn_cnn.preprocessing._onehot import one_hot

SMALL = {"n_filters": 4, "kernel_size": 5, "max_epochs": 1, "random_state": 0}
ALONE = {**SMALL, "linear_models": None}
# So that nothing of 2,633 matrices is to be learned.
STACKED = {**SMALL, "kmers": 2, "motif_bank": None}


@pytest.fixture(scope="module")
def data():
    return make_motif_classification(80, length=20, motif="TGACGTCA", random_state=0)


@pytest.fixture(scope="module")
def alone(data):
    return MotifCNNClassifier(**ALONE).fit(*data)


@pytest.fixture(scope="module")
def stacked(data):
    return MotifCNNClassifier(**STACKED).fit(*data)


def _columns(X):
    codes, _, alphabet = encode(X)
    return torch.tensor(one_hot(codes, alphabet), dtype=torch.float32)


def _assert_alone(estimator):
    assert estimator.kmers_ is None
    assert estimator.motif_bank_ is None
    assert {key.split(".")[0] for key in estimator.weights_} == {"0"}


def _assert_same_weights(estimator, other):
    assert estimator.weights_.keys() == other.weights_.keys()
    for key, array in estimator.weights_.items():
        np.testing.assert_array_equal(other.weights_[key], array, err_msg=key)


@pytest.mark.parametrize("n_estimators", ["auto", 2])
@pytest.mark.parametrize("both_strands", [True, False])
def test_decision_function_is_the_logit_of_the_network(
    data, both_strands, n_estimators
):
    X, y = data
    clf = MotifCNNClassifier(
        **ALONE, reverse_complement=both_strands, n_estimators=n_estimators
    ).fit(X, y)
    networks = clf.to_module(strands="forward").members
    assert len(networks) == (1 if n_estimators == "auto" else 2)
    strands = [X, reverse_complement(X)] if both_strands else [X]
    with torch.inference_mode():
        logits = [net(_columns(x))[:, 0].numpy() for net in networks for x in strands]
    logits = np.mean(logits, axis=0)
    assert np.ptp(logits) > 0.01
    np.testing.assert_allclose(clf.decision_function(X), logits, rtol=1e-4, atol=1e-6)


def test_predictions_of_the_regressor_are_outputs_of_the_network(data):
    X, y = data
    reg = MotifCNNRegressor(**ALONE, reverse_complement=False).fit(X, 5 + 2.0 * y)
    _assert_alone(reg)
    with torch.inference_mode():
        (network,) = reg._model("forward").eval().networks.members
        outputs = network(_columns(X))[:, 0].numpy()
    expected = reg.y_mean_ + reg.y_scale_ * outputs
    np.testing.assert_allclose(reg.predict(X), expected, rtol=1e-5)


def test_auto_is_the_default_and_has_linear_models(stacked):
    assert MotifCNNClassifier().linear_models == "auto"
    assert MotifCNNRegressor().linear_models == "auto"
    assert stacked.kmers_ == 2
    assert stacked.weights_["stack.weight"].shape == (3, 1)


@pytest.mark.parametrize(
    "asked_for",
    [{"kmers": 3}, {"motif_bank": "jaspar"}, {"motif_bank": "no_file"}],
)
def test_it_wins_over_what_linear_models_would_see(data, alone, asked_for):
    clf = MotifCNNClassifier(**ALONE, **asked_for).fit(*data)
    _assert_alone(clf)
    _assert_same_weights(clf, alone)


def test_the_same_as_asking_for_neither_kind(data, alone):
    neither = MotifCNNClassifier(**SMALL, kmers=None, motif_bank=None).fit(*data)
    _assert_same_weights(neither, alone)


@pytest.mark.parametrize("asked_for", [{"kmers": 3}, {"motif_bank": "jaspar"}])
@pytest.mark.parametrize("alphabet", ["protein", "signals"])
def test_it_wins_where_linear_models_would_be_an_error(alphabet, asked_for):
    if alphabet == "protein":
        X = ["MKLW" * 5, "LWMM" * 5] * 30
    else:
        X = np.random.default_rng(0).normal(size=(60, 20))
    clf = MotifCNNClassifier(**ALONE, **asked_for).fit(X, np.arange(60) % 2)
    _assert_alone(clf)


@pytest.mark.parametrize("asked_for", [{}, {"kmers": 3}, {"motif_bank": "jaspar"}])
def test_profiles(asked_for):
    X, y = ["ACGTACGT", "TTACGGTA"] * 4, np.eye(8)
    settings = {**SMALL, "output": "profile"}
    reg = MotifCNNRegressor(**settings, linear_models=None, **asked_for).fit(X, y)
    default = MotifCNNRegressor(**settings).fit(X, y)
    _assert_alone(reg)
    _assert_same_weights(reg, default)


@pytest.mark.parametrize("value", ["none", True, False, ("kmers",)])
def test_other_values(data, value):
    with pytest.raises(ValueError, match=r"'linear_models' parameter .* must be a str"):
        MotifCNNClassifier(linear_models=value).fit(*data)


def test_clone_pickle_and_search(data, alone):
    assert clone(alone).linear_models is None
    assert pickle.loads(pickle.dumps(alone)).linear_models is None
    grid = {"linear_models": ["auto", None]}
    search = GridSearchCV(MotifCNNClassifier(**STACKED), grid, cv=2).fit(*data)
    assert search.best_estimator_.get_params()["linear_models"] in grid["linear_models"]
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()


@pytest.mark.filterwarnings("ignore:.*the sequences in X were in the training set")
class TestTransfer:
    def test_linear_models_of_the_source_are_left(self, data, stacked):
        tuned = MotifCNNClassifier(
            pretrained=stacked, freeze="trunk", max_epochs=1, linear_models=None
        ).fit(*data)
        _assert_alone(tuned)
        name = "0.trunk.0.conv.weight"
        np.testing.assert_array_equal(tuned.weights_[name], stacked.weights_[name])

    def test_a_source_without_them(self, data, alone):
        settings = {"kmers": 2, "motif_bank": None, "freeze": "trunk", "max_epochs": 1}
        tuned = MotifCNNClassifier(pretrained=alone, **settings).fit(*data)
        assert tuned.weights_["stack.weight"].shape == (3, 1)


class TestGoingOn:
    def test_warm_start(self, data):
        clf = MotifCNNClassifier(**ALONE, warm_start=True).fit(*data).fit(*data)
        _assert_alone(clf)
        assert clf.n_iter_ == 2

    def test_decisions_of_the_first_fit_hold(self, data, alone, stacked):
        """As ever with warm_start: what was settled stays, whatever is set since."""
        going_on = pickle.loads(pickle.dumps(stacked))
        going_on.set_params(warm_start=True, linear_models=None).fit(*data)
        assert going_on.kmers_ == 2
        assert going_on.weights_["stack.weight"].shape == (3, 1)
        going_on = pickle.loads(pickle.dumps(alone))
        going_on.set_params(warm_start=True, linear_models="auto").fit(*data)
        _assert_alone(going_on)

    def test_partial_fit(self, data, alone):
        X, y = data
        clf = MotifCNNClassifier(**ALONE, kmers=3).partial_fit(X, y, classes=[0, 1])
        _assert_alone(clf)
        _assert_alone(pickle.loads(pickle.dumps(alone)).partial_fit(X, y))


class TestFiles:
    def test_it_is_kept(self, data, alone, tmp_path):
        save_model(alone, tmp_path / "model.safetensors")
        again = load_model(tmp_path / "model.safetensors")
        assert again.linear_models is None
        _assert_alone(again)
        np.testing.assert_array_equal(
            again.decision_function(data[0]), alone.decision_function(data[0])
        )

    @pytest.mark.parametrize("neither", [True, False])
    def test_files_from_before_it(self, data, stacked, tmp_path, neither):
        """They have what stood beside the network then, and refits have it, too."""
        model = stacked
        if neither:
            model = MotifCNNClassifier(**SMALL, kmers=None, motif_bank=None).fit(*data)
        path = tmp_path / "model.safetensors"
        save_model(model, path)
        with safetensors.safe_open(path, "np") as file:
            record = json.loads(file.metadata()["sklearn_cnn"])
        assert record["parameters"].pop("linear_models") == "auto"
        record["format_version"] = 1
        del record["sha256"]
        safetensors.numpy.save_file(
            safetensors.numpy.load_file(path), path, {"sklearn_cnn": json.dumps(record)}
        )
        again = load_model(path)
        assert again.linear_models == "auto"
        np.testing.assert_array_equal(
            again.decision_function(data[0]), model.decision_function(data[0])
        )
        _assert_same_weights(clone(again).fit(*data), model)
