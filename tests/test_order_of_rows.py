"""Neither the order of rows nor the strand a sequence is written on matters."""

import numpy as np
import pytest

from sklearn_cnn import MotifCNNClassifier, _base, _defaults
from sklearn_cnn.inputs._inputs import Inputs
from sklearn_cnn.inputs._training_hashes import hash_inputs
from sklearn_cnn.preprocessing import reverse_complement
from sklearn_cnn.preprocessing._alphabet import DNA, PROTEIN
from sklearn_cnn.preprocessing._codes import encode
from sklearn_cnn.preprocessing._onehot import one_hot

ORDER = [3, 2, 1, 0]
QUICK = {"n_filters": 4, "max_epochs": 1, "n_estimators": 1, "random_state": 0}


def _random(n, length, seed=0):
    letters = np.random.default_rng(seed).choice(list("ACGT"), (n, length))
    return np.array(["".join(row) for row in letters])


@pytest.fixture(scope="module")
def stranded():
    """Alternating labels that the strand alone tells."""
    X, y = _random(600, 30), np.arange(600) % 2
    sites = np.where(y, "GATTACAG", "CTGTAATC")
    return np.array([x[:11] + s + x[19:] for x, s in zip(X, sites, strict=True)]), y


@pytest.mark.parametrize("order", ["alternating", "sorted", "shuffled"])
def test_the_strand_is_seen_in_any_order(stranded, order, monkeypatch):
    monkeypatch.setattr(_defaults, "MAX_TESTED_ROWS", 200)
    X, y = stranded
    if order != "alternating":
        rng = np.random.default_rng(1)
        rows = np.argsort(y) if order == "sorted" else rng.permutation(len(y))
        X, y = X[rows], y[rows]
    clf = MotifCNNClassifier(**QUICK, kmers=None, motif_bank=None).fit(X, y)
    assert clf.reverse_complement_ is False


@pytest.mark.parametrize("order", ["alternating", "sorted", "shuffled"])
def test_linear_models_see_the_classes_in_their_shares(order, monkeypatch):
    """Of 900 rows they see 300; a quarter are of class 1, which is rich in A and T."""
    monkeypatch.setattr(_defaults, "MAX_LINEAR_SAMPLES", 300)
    y = np.tile([1, 0, 0, 0], 225)
    rng = np.random.default_rng(0)
    shares = np.where(y, 0.35, 0.25)[:, None]
    X = np.array(
        [
            "".join(rng.choice(list("ACGT"), 30, p=[s, 0.5 - s, 0.5 - s, s]))
            for (s,) in shares
        ]
    )
    if order != "alternating":
        rows = np.argsort(y) if order == "sorted" else rng.permutation(len(y))
        X, y = X[rows], y[rows]
    settings = {"motif_bank": None, "kmers": 1, "lr": 1e-6, "position": False}
    clf = MotifCNNClassifier(**QUICK | {"n_estimators": 5}, **settings).fit(X, y)
    # The standard error of a share of a quarter among 300 is .025.
    assert clf.predict_proba(X)[:, 1].mean() == pytest.approx(0.25, abs=0.075)


class TestSameSequence:
    def test_on_either_strand(self):
        X = ["ACGTTG", "CAACGT", "ACGTTA", "NACGTR"]
        codes, lengths, _ = encode(X, DNA)
        inputs = Inputs(codes, DNA, lengths)
        hashes = hash_inputs(inputs, ORDER)
        assert hashes[0] == hashes[1]
        assert len(set(hashes)) == 3
        assert len(set(hash_inputs(inputs, None))) == 4
        columns = Inputs(one_hot(codes, DNA))
        of_columns = hash_inputs(columns, ORDER)
        assert of_columns[0] == of_columns[1]
        assert len(set(of_columns)) == 3

    def test_whatever_it_is_padded_to(self):
        short, _, _ = encode(["ACG"], PROTEIN)
        codes, lengths, _ = encode(["ACG", "ACGTTG"], PROTEIN)
        one = hash_inputs(Inputs(short, PROTEIN), None)
        assert one[0] == hash_inputs(Inputs(codes, PROTEIN, lengths), None)[0]

    def test_tracks_go_along_the_strand(self):
        codes, _, _ = encode(["ACGT", "ACGT"], DNA)
        columns = one_hot(codes, DNA)
        track = np.array([[1, 2, 3, 4], [4, 3, 2, 1]], dtype=np.float32)
        values = np.concatenate([columns, track[:, None]], axis=1)
        hashes = hash_inputs(Inputs(values), [*ORDER, 4])
        assert hashes[0] == hashes[1]

    def test_zero_has_no_sign(self):
        values = np.array([[[0.0, 1]], [[-0.0, 1]]])
        hashes = hash_inputs(Inputs(values), None)
        assert hashes[0] == hashes[1]


def _fold_of_each(monkeypatch, X, y):
    seen = {}
    assign_folds = _base.assign_folds

    def watch(groups, *args):
        seen["folds"] = assign_folds(groups, *args)
        return seen["folds"]

    monkeypatch.setattr(_base, "assign_folds", watch)
    MotifCNNClassifier(**QUICK, motif_bank=None, kmers=2).fit(X, y)
    return seen["folds"]


def test_both_strands_of_a_sequence_are_in_one_fold(monkeypatch):
    X, y = _random(60, 30), np.arange(60) % 2
    both = [*X, *reverse_complement(X)]
    folds = _fold_of_each(monkeypatch, both, np.r_[y, y])
    np.testing.assert_array_equal(folds[:60], folds[60:])
    # Neither their order nor the strand that is written down changes the folds.
    rows = np.random.default_rng(0).permutation(60)
    turned = np.array(reverse_complement(X))[rows]
    np.testing.assert_array_equal(
        _fold_of_each(monkeypatch, turned, y[rows]),
        _fold_of_each(monkeypatch, X, y)[rows],
    )


def test_both_strands_are_held_out_together():
    X, y = _random(60, 30), np.arange(60) % 2
    scored = []

    def watch(estimator, X, y):
        scored.append(list(X))
        return 0.0

    clf = MotifCNNClassifier(
        **QUICK, motif_bank=None, kmers=None, early_stopping=True, monitor=watch
    )
    clf.fit([*X, *reverse_complement(X)], np.r_[y, y])
    held_out = set(scored[0])
    assert len(held_out) == 12
    assert set(reverse_complement(list(held_out))) == held_out


def test_random_labels_of_twins_are_not_learned():
    """With both strands of each sequence in the training set, the stack trusts nothing.

    The log loss of other sequences is about ln 2; without care it was more than 2.
    """
    X, y = _random(100, 40), np.random.default_rng(1).integers(0, 2, 100)
    clf = MotifCNNClassifier(
        n_filters=8, max_epochs=10, n_estimators=2, motif_bank=None, random_state=0
    )
    clf.fit([*X, *reverse_complement(X)], np.r_[y, y])
    probabilities = clf.predict_proba(_random(200, 40, seed=2))
    assert np.abs(probabilities - 0.5).mean() < 0.2
