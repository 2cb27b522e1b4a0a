"""N and padding tell nothing, whatever stands beside the network."""

import numpy as np
import pytest
import torch

from sklearn_cnn import MotifCNNClassifier, MotifCNNRegressor
from sklearn_cnn.datasets import make_motif_classification
from sklearn_cnn.inspection import attributions
from sklearn_cnn.preprocessing import SequenceEncoder

PARTS = {
    "network": {"kmers": None, "motif_bank": None},
    "kmers": {"motif_bank": None},
    "motifs": {"kmers": None},
    "all": {},
}


@pytest.fixture(scope="module")
def bound():
    return make_motif_classification(300, length=60, motif="CTCF", random_state=0)


@pytest.fixture(scope="module", params=[*PARTS, "unequal lengths"])
def fitted(bound, request):
    X, y = bound
    if request.param == "unequal lengths":
        X = [x[i % 10 :] for i, x in enumerate(X)]
    settings = {"n_filters": 16, "max_epochs": 10, "n_estimators": 1}
    clf = MotifCNNClassifier(**settings, **PARTS.get(request.param, {}), random_state=0)
    return clf.fit(X, y)


def test_n_scores_as_sequences_do_on_average(bound, fitted):
    low, high = np.quantile(fitted.decision_function(bound[0]), [0.02, 0.98])
    scores = fitted.decision_function(["N" * 60, "N" * 59 + "A", "N"])
    assert (low <= scores).all()
    assert (scores <= high).all()


def test_flanks_of_n_stay_in_the_range_of_sequences(bound, fitted):
    scores = fitted.decision_function(bound[0])
    for n in (10, 20, 29):
        flanked = [n * "N" + x[n:-n] + n * "N" for x in bound[0][:100]]
        scores_of_flanked = fitted.decision_function(flanked)
        assert scores.min() <= scores_of_flanked.min()
        assert scores_of_flanked.max() <= scores.max()


def test_columns_of_zeros_score_as_sequences_do_on_average():
    """Where lengths may differ, they are no sequence at all."""
    X, y = make_motif_classification(60, length=30, motif="TGACGTCA", random_state=0)
    settings = {"n_filters": 4, "max_epochs": 2, "motif_bank": None, "random_state": 0}
    clf = MotifCNNClassifier(**settings, position=False).fit(X, y)
    scores = clf.decision_function(X)
    of_zeros = clf.decision_function(np.zeros((1, 4, 30)))
    assert scores.min() <= of_zeros[0] <= scores.max()


def test_columns_of_zeros_and_padding_tell_nothing(bound, fitted):
    """Zeros are how many a program writes N; a model of one length pads what is short.

    Where lengths differ, they are the end of a sequence, whose length may matter.
    """
    scores = fitted.decision_function(bound[0])
    others = [fitted.decision_function(np.zeros((1, 4, 60)))]
    if fitted.position_:
        X = bound[0][:100]
        columns = SequenceEncoder(length=60).fit_transform(X).reshape(-1, 60, 4)
        columns = np.array(columns.transpose(0, 2, 1), dtype=float)
        columns[..., :20] = columns[..., 40:] = 0
        others += [
            fitted.decision_function(columns),
            fitted.decision_function([x[20:40] for x in X]),
        ]
        np.testing.assert_allclose(others[1], others[2], atol=1e-3)
    others = np.concatenate(others)
    assert scores.min() <= others.min()
    assert others.max() <= scores.max()


def test_one_unknown_letter_changes_little(bound, fitted):
    X = bound[0][:50]
    change = fitted.decision_function(["N" + x[1:] for x in X])
    change -= fitted.decision_function(X)
    assert np.abs(change).mean() < 0.1 * np.std(fitted.decision_function(bound[0]))


def test_module_and_mutants_agree(bound, fitted):
    X = [bound[0][0][:20] + "NNNN" + bound[0][0][24:], "N" * 60]
    x = SequenceEncoder(length=60).fit_transform(X).reshape(2, 60, 4)
    x = torch.tensor(x.transpose(0, 2, 1))
    with torch.inference_mode():
        logits = fitted.to_module()(x)[:, 0].numpy()
    scores = fitted.decision_function(X)
    np.testing.assert_allclose(logits, scores, rtol=0, atol=1e-5)
    effects = attributions(fitted, X[:1], method="ism")[0]
    mutants = [X[0][:21] + letter + X[0][22:] for letter in "ACGT"]
    expected = fitted.decision_function(mutants) - scores[0]
    np.testing.assert_allclose(effects[:, 21], expected, rtol=0, atol=1e-4)


def test_regression(bound):
    X, y = bound
    reg = MotifCNNRegressor(n_filters=8, max_epochs=5, n_estimators=1, random_state=0)
    predicted = reg.fit(X, y + 10.0).predict(X)
    low, high = np.quantile(predicted, [0.02, 0.98])
    assert low <= reg.predict(["N" * 60])[0] <= high


def test_unknown_letters_in_training_do_not_count(bound):
    """Among positives that are N alone for half of them, N is no sign of either."""
    X, y = bound
    X = [x if i % 4 else "N" * 60 for i, x in enumerate(X)]
    settings = {"n_filters": 8, "max_epochs": 5, "n_estimators": 1, "random_state": 0}
    clf = MotifCNNClassifier(**settings).fit(X, y)
    scores = clf.decision_function(X[1:40:4])
    assert scores.min() < clf.decision_function(["N" * 60])[0] < scores.max()
