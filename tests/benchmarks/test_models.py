import numpy as np
import pytest
from _data import DataSet, NotSupportedError, Part
from _models import (
    _nucleotides,
    check_suitable,
    make_model,
    n_parameters,
    words_and_places,
)

from sklearn_cnn import MotifCNNClassifier, MotifCNNRegressor

X = np.array(["ACGTACGTAC", "TTTTTGGGGG"] * 20, dtype=object)
Y = np.array(["a", "b"] * 20)


def _data(**changes):
    values = {
        "name": "a",
        "task": "classification",
        "train": Part(X, Y),
        "test": None,
        "alphabet": "dna",
        "length": 10,
        "max_length": 10,
    }
    return DataSet(**{**values, **changes})


@pytest.mark.parametrize(
    ("task", "kind"),
    [("classification", MotifCNNClassifier), ("regression", MotifCNNRegressor)],
)
def test_ours_is_the_estimator_with_defaults(task, kind):
    model = make_model("ours", task, "dna", 10, 7)
    assert type(model) is kind
    assert model.get_params() == kind(random_state=7).get_params()


@pytest.mark.parametrize("name", ["kmer", "onehot", "linear", "skorch"])
def test_classifiers_tell_two_sequences_apart(name):
    model = make_model(name, "classification", "dna", 10, 0).fit(X, Y)
    proba = model.predict_proba(X)
    np.testing.assert_allclose(proba.sum(axis=1), np.ones(40), rtol=1e-12)
    assert model.classes_[proba.argmax(axis=1)].tolist() == Y.tolist()


@pytest.mark.parametrize("name", ["kmer", "onehot", "linear", "skorch"])
def test_regressors_order_two_sequences(name):
    y = (Y == "b").astype(float)
    predicted = make_model(name, "regression", "dna", 10, 0).fit(X, y).predict(X)
    assert predicted.shape == (40,)
    assert predicted[1] > predicted[0] + 0.5


def test_number_of_parameters():
    model = make_model("onehot", "classification", "dna", 10, None).fit(X, Y)
    assert n_parameters(model) == 10 * 4 + 1
    model = make_model("skorch", "classification", "dna", 10, 0).fit(X, Y)
    # 128 filters of 4 x 19 weights, then one weight a filter and class, and offsets.
    assert n_parameters(model) == 128 * (4 * 19 + 1) + 2 * (128 + 1)


@pytest.mark.parametrize(
    ("name", "changes", "reason"),
    [
        ("onehot", {"length": None}, "one length"),
        ("linear", {"length": None}, "one length"),
        ("gkmsvm", {"length": None}, "one length"),
        ("gkmsvm", {"alphabet": "protein"}, "nucleotides"),
        ("gkmsvm", {"task": "regression"}, "two classes"),
        ("gkmsvm", {"train": Part(X, np.arange(40) % 3)}, "two classes"),
    ],
)
def test_what_a_model_cannot_do_is_said(name, changes, reason):
    with pytest.raises(NotSupportedError, match=reason):
        check_suitable(name, _data(**changes))


def test_gkm_svm_reads_rna_and_ambiguity_letters():
    assert _nucleotides(["acgu", "ANRT"]) == ["ACGT", "AAAT"]


def test_gkm_svm_tells_two_sequences_apart():
    pytest.importorskip("gkmsvm")
    rng = np.random.default_rng(0)
    sequences = ["".join(rng.choice(list("ACGT"), 30)) for _ in range(40)]
    sequences[::2] = [s[:9] + "GATTACAGATT" + s[20:] for s in sequences[::2]]
    model = make_model("gkmsvm", "classification", "dna", 30, None).fit(sequences, Y)
    assert np.all((model.decision_function(sequences) > 0) == (Y == "b"))


def test_linear_baseline_counts_words_and_sees_places():
    words = ["A", "C", "A", "AC", "CA"]
    placed = ["A at 0", "C at 1", "A at 2", "AC at 0", "CA at 1"]
    assert sorted(words_and_places("ACA", longest=2)) == sorted(words + placed)
