import numpy as np
import paired
import pytest
from sklearn.metrics import roc_auc_score


def _row(model, positive, scores, seed=None):
    fold = {
        "by_sequence": {
            "scores": " ".join(map(str, scores)),
            "positive": "".join("01"[int(p)] for p in positive),
        },
        "scores": {"auroc": roc_auc_score(positive, scores)},
    }
    return {
        "set": "a",
        "split": "test",
        "max_train": 2000,
        "model": model,
        "seed": seed,
        "n_train": 2000.0,
        "scores": fold["scores"],
        "folds": [fold],
        "behaviour": None,
    }


@pytest.fixture
def positive():
    return np.arange(400) % 2 == 1


def test_a_difference_is_that_of_the_mean_over_seeds(positive):
    rng = np.random.default_rng(0)
    scores = [rng.normal(positive) for _ in range(3)]
    rows = [
        _row("gkmsvm@2000", positive, scores[0]),
        _row("ours@2000", positive, scores[1], 0),
        _row("ours@2000", positive, scores[2], 1),
        _row("ours", positive, scores[2], 1) | {"max_train": None},
    ]
    (line,) = paired.compare(rows)
    svm, *ours = (roc_auc_score(positive, s) for s in scores)
    assert line["n_seeds"] == 2
    assert float(line["difference"]) == pytest.approx(np.mean(ours) - svm, abs=5e-5)
    # DeLong's variance (1988): of the share of the other class that each one beats.
    wins = [s[positive][:, None] > s[~positive] for s in scores]
    ours_less_svm = (wins[1] * 0.5 + wins[2] * 0.5) - wins[0]
    parts = [ours_less_svm.mean(axis=axis) for axis in (0, 1)]
    error = np.sqrt(sum(part.var() / len(part) for part in parts))
    assert float(line["error"]) == pytest.approx(error, rel=0.05)


def test_what_is_the_same_sequence_by_sequence_differs_little(positive):
    rng = np.random.default_rng(0)
    scores = rng.normal(positive)
    rows = [
        _row("gkmsvm@2000", positive, scores),
        _row("ours@2000", positive, scores + rng.normal(scale=0.1, size=400), 0),
    ]
    (line,) = paired.compare(rows)
    assert float(line["error"]) < 0.005


def test_scores_in_another_order_are_refused(positive):
    row = _row("gkmsvm@2000", positive, np.arange(400.0))
    kept = row["folds"][0]["by_sequence"]
    kept["scores"] = " ".join(reversed(kept["scores"].split()))
    with pytest.raises(ValueError, match="do not give the AUROC"):
        paired.compare([row, _row("ours@2000", positive, np.arange(400.0), 0)])


def test_holm_corrects_step_by_step():
    # .01 x 3; .02 x 2 = .04; .04 x 1, and never below the one before.
    np.testing.assert_allclose(paired.holm([0.04, 0.01, 0.02]), [0.04, 0.03, 0.04])
    np.testing.assert_allclose(paired.holm([0.9, 0.8]), [1, 1])


def test_auroc_from_ranks_is_that_of_scikit_learn(positive):
    scores = np.round(np.random.default_rng(0).normal(size=(3, 400)), 1)  # with ties
    np.testing.assert_allclose(
        paired._auroc(positive, scores), [roc_auc_score(positive, s) for s in scores]
    )
