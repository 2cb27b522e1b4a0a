"""Linear branches beside the network, and the stack of both."""

import copy
import pickle

import numpy as np
import pytest
import torch
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

from sklearn_cnn import (
    MotifCNNClassifier,
    MotifCNNRegressor,
    _defaults,
    load_model,
    save_model,
)
from sklearn_cnn._fit import shared_branches
from sklearn_cnn.datasets import make_motif_classification, make_motif_regression
from sklearn_cnn.preprocessing import reverse_complement
from sklearn_cnn.preprocessing._codes import encode
from sklearn_cnn.preprocessing._onehot import one_hot
from sklearn_cnn.stacking import _fit_stack, _ridge

SMALL = {"n_filters": 8, "kernel_size": 9, "max_epochs": 2, "random_state": 0}


def _columns(X):
    codes, _, alphabet = encode(X)
    return torch.tensor(one_hot(codes, alphabet), dtype=torch.float32)


@pytest.fixture(scope="module")
def bound():
    return make_motif_classification(260, length=60, motif="CTCF", random_state=0)


@pytest.fixture(scope="module")
def fitted(bound):
    X, y = bound
    return MotifCNNClassifier(**SMALL).fit(X[:200], y[:200])


def test_names_of_the_parts(fitted):
    assert fitted.kmers_ == 6
    assert fitted.motif_bank_ == "jaspar"
    branches = {key.split(".")[2] for key in fitted.weights_ if ".branches." in key}
    assert branches == {"kmers", "places", "gapped", "motifs"}
    assert fitted.weights_["stack.weight"].shape == (5, 1)
    assert (fitted.weights_["stack.weight"] >= 0).all()
    # 2,080 pairs of 6-mers and their reverse complements (64 are their own), and so on.
    n_kmers = 2080 + 512 + 136 + 32 + 10 + 2
    assert fitted.weights_["stack.branches.kmers.linear.weight"].shape == (1, n_kmers)
    assert fitted.weights_["stack.branches.motifs.linear.weight"].shape == (1, 2633)
    assert fitted.weights_["stack.branches.places.linear.weight"].shape == (1, 240)
    # Ten masks, of 4^7 words each, two of which are reverse complements.
    assert len(fitted.gapped_masks_) == 10
    assert fitted.weights_["stack.branches.gapped.features.weight"].shape == (81_920, 1)


def test_known_motif_is_found_where_a_network_alone_has_learned_nothing(bound, fitted):
    X, y = bound
    plain = MotifCNNClassifier(**SMALL, kmers=None, motif_bank=None)
    plain.fit(X[:200], y[:200])
    alone = roc_auc_score(y[200:], plain.decision_function(X[200:]))
    stacked = roc_auc_score(y[200:], fitted.decision_function(X[200:]))
    assert stacked > 0.9 > alone


def test_gapped_words_learn_from_more_samples_than_others(bound, monkeypatch):
    """They are weighed on the samples of the others, by the same outputs."""
    X, y = bound
    parts = []

    def fit_stacking_weights(outputs, *args, **options):
        parts.append(outputs[3, :, 0])
        return _ridge.fit_stacking_weights(outputs, *args, **options)

    monkeypatch.setattr(_fit_stack, "fit_stacking_weights", fit_stacking_weights)
    MotifCNNClassifier(**SMALL).fit(X, y)
    monkeypatch.setattr(_defaults, "MAX_LINEAR_SAMPLES", 100)
    MotifCNNClassifier(**SMALL).fit(X, y)
    of_all, of_some = parts
    assert len(of_all) > 1.5 * len(of_some) > 60
    assert set(of_some.tolist()) <= set(of_all.tolist())


def test_nothing_is_drawn_from_pytorchs_generator(bound):
    X, y = bound
    before = torch.get_rng_state()
    clf = MotifCNNClassifier(**SMALL | {"max_epochs": 1}).fit(X[:60], y[:60])
    clf.predict(X[:2])
    clf.to_module()
    assert torch.equal(torch.get_rng_state(), before)


def test_progress_of_the_linear_models(bound, capfd):
    X, y = bound
    MotifCNNClassifier(**SMALL | {"max_epochs": 1}, verbose=1).fit(X[:60], y[:60])
    # The features of three branches, a fit of each, a sparse one of known motifs, and
    # gapped words.
    assert "MotifCNNClassifier, linear models: 100%" in (err := capfd.readouterr().err)
    assert "8/8" in err


def test_three_networks(fitted):
    assert {record["member"] for record in fitted.history_} == {0, 1, 2}


@pytest.mark.parametrize("strands", [True, False])
def test_module_equals_the_estimator(bound, fitted, strands):
    X, y = bound
    clf = fitted
    if not strands:
        clf = MotifCNNClassifier(**SMALL, reverse_complement=False)
        clf.fit(X[:100], y[:100])
    assert clf.reverse_complement_ == strands
    with torch.inference_mode():
        logits = clf.to_module()(_columns(X[100:130]))[:, 0].numpy()
    expected = clf.decision_function(X[100:130])
    np.testing.assert_allclose(
        logits, expected, rtol=0, atol=2e-6 * abs(expected).max()
    )


def test_motifs_without_weight_are_not_scanned_but_kept(bound, fitted):
    """Attributions, modules and fine-tuning have all motifs; predictions do not."""
    X, y = bound
    clf = copy.deepcopy(fitted)
    weight = clf.weights_["stack.branches.motifs.linear.weight"]
    weight[:, np.argsort(abs(weight[0]))[:-5]] *= 1e-12
    model = clf._model_for_prediction("both", torch.device("cpu"))
    assert len(model.branches["motifs"].mean) == 5
    expected = clf.decision_function(X[:40])
    logits = clf.to_module()(_columns(X[:40]))[:, 0].detach()
    np.testing.assert_allclose(expected, logits, rtol=0, atol=1e-5)
    assert clf.to_module().branches["motifs"].linear.in_features == 2633
    # The fine-tuned model starts from all of them.
    tuned = MotifCNNClassifier(pretrained=clf, max_epochs=1, random_state=0)
    tuned.fit(X[200:], y[200:])
    assert tuned.weights_["stack.branches.motifs.linear.weight"].shape == (1, 2633)
    shared = shared_branches(tuned, clf, tuned._features.build({}))
    np.testing.assert_array_equal(shared["motifs"].linear.weight.detach(), weight)


def test_ambiguous_letters_predict_as_their_columns(bound, fitted):
    X = [x[:20] + "NNNNN" + x[25:] for x in bound[0][:5]]
    X += [x[:30] + "RYK" + x[33:] for x in bound[0][:5]]
    with torch.inference_mode():
        logits = fitted.to_module()(_columns(X))[:, 0].numpy()
    expected = fitted.decision_function(X)
    np.testing.assert_allclose(
        logits, expected, rtol=0, atol=2e-6 * abs(expected).max()
    )


def test_strands_and_neighbours_do_not_matter(bound, fitted):
    X, _ = bound
    expected = fitted.decision_function(X[:40])
    opposite = fitted.decision_function(reverse_complement(X[:40]))
    np.testing.assert_allclose(opposite, expected, rtol=1e-4, atol=1e-5)
    one_by_one = [fitted.decision_function([x])[0] for x in X[:3]]
    np.testing.assert_array_equal(one_by_one, expected[:3])


@pytest.fixture(scope="module")
def one_strand():
    """Two neighbours count, and neither of them alone: A or C beside A or C, or none.

    As stored by versions that knew no words: without the branch.
    """
    rng = np.random.default_rng(0)
    letters = rng.choice(list("ACGT"), (400, 20))
    is_ac = np.isin(letters, ["A", "C"])
    X, y = ["".join(row) for row in letters], is_ac[:, 10] == is_ac[:, 11]
    settings = {"motif_bank": None, "kmers": 2, "reverse_complement": False}
    return MotifCNNClassifier(**SMALL | settings).fit(X[:300], y[:300]), X, y


def test_words_at_their_places(one_strand):
    clf, X, y = one_strand
    branches = clf._model("both").branches
    assert list(branches) == ["kmers", "places", "words"]
    # Words of two letters anywhere; at their places, words of three, too.
    n_words = (4 + 16) + (4 * 20 + 16 * 19 + 64 * 18)
    assert branches["words"].linear.weight.shape == (1, n_words)
    scale = clf.weights_["stack.branches.words.scale"]
    assert len(np.unique(scale[np.isfinite(scale)])) == 1
    x = _columns(X[300:])
    with torch.inference_mode():
        scores = {name: roc_auc_score(y[300:], b(x)) for name, b in branches.items()}
    assert scores["words"] > 0.85
    assert max(scores["kmers"], scores["places"]) < 0.65
    assert roc_auc_score(y[300:], clf.decision_function(X[300:])) > 0.85


def test_a_model_that_was_stored_without_words(one_strand, tmp_path):
    clf, X, _ = one_strand
    old = copy.copy(clf)
    old.weights_ = {k: v for k, v in clf.weights_.items() if ".words." not in k}
    old.weights_["stack.weight"] = clf.weights_["stack.weight"][:3]
    save_model(old, tmp_path / "old")
    outputs = load_model(tmp_path / "old").decision_function(X[:20])
    np.testing.assert_array_equal(outputs, old.decision_function(X[:20]))
    with torch.inference_mode():
        words = clf._model("both").branches["words"](_columns(X[:20]))[:, 0]
    difference = clf.decision_function(X[:20]) - outputs
    share = clf.weights_["stack.weight"][3, 0] * words.numpy()
    np.testing.assert_allclose(difference, share, rtol=1e-4, atol=1e-5)


def test_unequal_lengths(bound):
    X, y = bound
    X = [x[: 30 + i % 30] for i, x in enumerate(X)]
    clf = MotifCNNClassifier(**SMALL).fit(X[:100], y[:100])
    assert "stack.branches.places.mean" not in clf.weights_
    expected = clf.decision_function(X[:50])
    one_by_one = [clf.decision_function([x])[0] for x in X[:3]]
    np.testing.assert_array_equal(one_by_one, expected[:3])


def test_survives_pickle_and_file(bound, fitted, tmp_path):
    X, _ = bound
    expected = fitted.decision_function(X[:20])
    save_model(fitted, tmp_path / "model.safetensors")
    for again in (
        pickle.loads(pickle.dumps(fitted)),
        load_model(tmp_path / "model.safetensors"),
    ):
        np.testing.assert_array_equal(again.decision_function(X[:20]), expected)


def test_same_seed_same_model(bound, fitted):
    X, y = bound
    again = MotifCNNClassifier(**SMALL).fit(X[:200], y[:200])
    for key, array in fitted.weights_.items():
        np.testing.assert_array_equal(again.weights_[key], array, err_msg=key)


def test_partial_fit_trains_the_networks_and_leaves_the_branches(bound, fitted):
    X, y = bound
    clf = copy.deepcopy(fitted).partial_fit(X[:64], y[:64])
    name = "0.trunk.0.conv.weight"
    assert not np.array_equal(clf.weights_[name], fitted.weights_[name])
    for key in fitted.weights_:
        if key.startswith("stack."):
            np.testing.assert_array_equal(clf.weights_[key], fitted.weights_[key])


def test_partial_fit_from_the_start_trains_one_network(bound):
    X, y = bound
    clf = MotifCNNClassifier(**SMALL)
    for _ in range(2):
        clf.partial_fit(X[:64], y[:64], classes=[0, 1])
    assert {key.split(".")[0] for key in clf.weights_} == {"0"}


def test_warm_start_goes_on(bound):
    X, y = bound
    clf = MotifCNNClassifier(**SMALL, warm_start=True, motif_bank=None)
    clf.fit(X[:100], y[:100]).fit(X[:100], y[:100])
    assert clf.n_iter_ == 4
    assert clf.weights_["stack.weight"].shape == (4, 1)


def test_what_goes_on_keeps_the_weights_of_the_parts():
    """Networks that go on have seen every sample, so nothing is left to weigh by."""
    rng = np.random.default_rng(0)
    X = ["".join(row) for row in rng.choice(list("ACGT"), (100, 20))]
    y = rng.integers(0, 2, 100)
    clf = MotifCNNClassifier(**SMALL, warm_start=True, motif_bank=None).fit(X, y)
    stack = {key: a for key, a in clf.weights_.items() if key.startswith("stack.")}
    before = clf.weights_["0.trunk.0.conv.weight"]
    clf.fit(X, y)
    assert {key.split(".")[0] for key in clf.weights_} == {"0", "1", "2", "stack"}
    assert not np.array_equal(clf.weights_["0.trunk.0.conv.weight"], before)
    for key, array in stack.items():
        np.testing.assert_array_equal(clf.weights_[key], array)


def test_more_words_than_fit_into_memory():
    X = ["MKVLAWERTY", "GGGMKVLAWE"] * 30
    match = "kmers=4 are 168,420 words of 20 letters; at most 100,000"
    with pytest.raises(ValueError, match=match):
        MotifCNNClassifier(**SMALL, alphabet="protein", kmers=4).fit(X, [0, 1] * 30)


def test_held_out_data_weigh_the_parts(bound):
    """With labels of X_val drawn anew, nothing that was learned helps there."""
    X, y = bound
    rng = np.random.default_rng(0)
    clf = MotifCNNClassifier(**SMALL, motif_bank=None)
    clf.fit(X[:100], y[:100], X_val=X[100:], y_val=rng.permutation(y[100:]))
    assert {record["member"] for record in clf.history_} == {0}
    assert abs(clf.decision_function(X)).max() < 1


@pytest.mark.parametrize(
    ("groups", "bank"), [(None, "jaspar"), (np.arange(100) // 3, None)]
)
def test_three_classes(groups, bank):
    rng = np.random.default_rng(0)
    y = rng.integers(0, 3, 150)
    X = ["".join(rng.choice(list("ACGT"), 40)) for _ in y]
    motifs = ["TATATATA", "GCGCGCGC", "AGAGAGAG"]
    X = [x[:10] + motifs[k] + x[18:] for x, k in zip(X, y, strict=True)]
    clf = MotifCNNClassifier(**SMALL, motif_bank=bank)
    clf.fit(X[:100], y[:100], groups=groups)
    assert clf.weights_["stack.weight"].shape == (6 if bank else 5, 3)
    assert clf.score(X[100:], y[100:]) > 0.9


def test_regression_in_units():
    X, y = make_motif_regression(300, length=60, motif="CTCF", random_state=0)
    reg = MotifCNNRegressor(**SMALL).fit(X[:200], 1000 + 50 * y[:200])
    plain = MotifCNNRegressor(**SMALL, kmers=None, motif_bank=None)
    plain.fit(X[:200], 1000 + 50 * y[:200])
    score = reg.score(X[200:], 1000 + 50 * y[200:])
    assert score > 0.5 > plain.score(X[200:], 1000 + 50 * y[200:])


@pytest.mark.slow
def test_probabilities_are_calibrated():
    """Platt's scaling on fresh data finds a slope of about 1."""
    X, y = make_motif_classification(3000, length=60, motif="GABPA", random_state=1)
    settings = SMALL | {"max_epochs": 5}
    clf = MotifCNNClassifier(**settings).fit(X[:1000], y[:1000])
    logits = clf.decision_function(X[1000:])[:, None]
    platt = LogisticRegression(C=1e6).fit(logits, y[1000:])
    assert 0.75 < platt.coef_[0, 0] < 1.35
    assert abs(platt.intercept_[0]) < 0.3


@pytest.mark.slow
def test_three_positives_in_a_hundred():
    X, y = make_motif_classification(4000, length=60, motif="CTCF", random_state=2)
    rare = np.concatenate([np.flatnonzero(y == 0), np.flatnonzero(y)[:60]])
    train, test = rare[::2], rare[1::2]
    clf = MotifCNNClassifier(**SMALL, class_weight="balanced")
    clf.fit([X[i] for i in train], y[train])
    probability = clf.predict_proba([X[i] for i in test])[:, 1]
    assert y[train].mean() < 0.03
    assert roc_auc_score(y[test], probability) > 0.85
    # Balanced classes: a threshold of 1/2 finds most positives.
    assert (probability[y[test] == 1] > 0.5).mean() > 0.5


class TestFewSamples:
    def test_known_motifs_find_what_the_network_cannot(self, bound):
        X, y = bound
        clf = MotifCNNClassifier(**SMALL).fit(X[:20], y[:20])
        alone = MotifCNNClassifier(**SMALL, linear_models=None).fit(X[:20], y[:20])
        aurocs = [
            roc_auc_score(y[20:], m.decision_function(X[20:])) for m in (clf, alone)
        ]
        assert aurocs[0] > 0.9 > 0.8 > aurocs[1]

    @pytest.mark.parametrize(
        "y",
        [np.arange(10) % 2, np.arange(10) % 3, np.arange(30) < 3],
        ids=["two classes", "three classes", "a rare class"],
    )
    def test_the_fewest_that_are_stacked(self, bound, y):
        X = bound[0][: len(y)]
        clf = MotifCNNClassifier(**SMALL, kmers=3, motif_bank=None).fit(X, y)
        assert "stack.weight" in clf.weights_
        assert np.isfinite(clf.predict_proba(X)).all()

    def test_fewest_numbers(self, bound):
        X = bound[0][:10]
        y = np.array([x.count("G") for x in X])
        reg = MotifCNNRegressor(**SMALL, kmers=3, motif_bank=None).fit(X, y)
        assert "stack.weight" in reg.weights_
        assert np.isfinite(reg.predict(X)).all()


class TestWhereThereIsNothingToStack:
    def test_few_samples(self, bound):
        X, y = bound
        clf = MotifCNNClassifier(**SMALL).fit(X[:9], y[:9])
        assert "stack.weight" not in clf.weights_

    def test_a_rare_class(self, bound):
        X, _ = bound
        y = np.arange(100) < 2
        clf = MotifCNNClassifier(**SMALL).fit(X[:100], y)
        assert "stack.weight" not in clf.weights_

    def test_many_outputs(self, bound):
        X, _ = bound
        y = np.random.default_rng(0).integers(0, 2, (60, 21))
        clf = MotifCNNClassifier(**SMALL).fit(X[:60], y)
        assert "stack.weight" not in clf.weights_

    def test_signals(self):
        X = np.random.default_rng(0).normal(size=(80, 30))
        clf = MotifCNNClassifier(**SMALL).fit(X, X[:, 3] > 0)
        assert clf.kmers_ is None
        assert clf.motif_bank_ is None
        assert "stack.weight" not in clf.weights_


@pytest.mark.parametrize(
    ("X", "parameter", "value", "found"),
    [
        (["MKL" * 10] * 60, "motif_bank", "jaspar", "protein"),
        (np.eye(60), "kmers", 3, "signals"),
        (np.eye(60), "motif_bank", "jaspar", "None"),
        (["ACGT" * 5] * 60, "kmers", 9, "9"),
        (["ACGT" * 5] * 60, "motif_bank", "hocomoco", "hocomoco"),
    ],
)
def test_errors_name_what_was_found(X, parameter, value, found):
    clf = MotifCNNClassifier(**SMALL, **{parameter: value})
    with pytest.raises(ValueError, match=f"{parameter}.*{found}"):
        clf.fit(X, np.arange(60) % 2)
