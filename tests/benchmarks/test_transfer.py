import numpy as np
import pytest
import transfer
from _data import Part


def test_words_shared_on_either_strand():
    X = ["AACCGGTTAC", "GTAACCGGTT", "TTTTTTTTTT", "AACCGGTTGG"]
    # The second is the reverse complement of the first; the last shares 8 letters.
    shared = transfer.shares_words(X, ["AACCGGTTAC"], 10)
    assert shared.tolist() == [True, True, False, False]
    assert transfer.shares_words(X, ["AACCGGTTAC"], 8).tolist()[3]


def test_gains_are_paired_with_the_better_network():
    scores = {
        ("small", 100): {0: 0.6, 1: 0.7},
        ("large", 100): {0: 0.65, 1: 0.6},
        ("tuned_alone", 100): {0: 0.9, 1: 0.8},
    }
    np.testing.assert_allclose(transfer._gains(scores, 100), [0.25, 0.1])


@pytest.mark.parametrize("way", ["small", "jaspar"])
def test_a_row_and_its_report(way):
    rng = np.random.default_rng(0)
    y = np.arange(200) % 2
    X = np.array(
        [
            "".join(rng.choice(list("ACGT"), 20))
            + ("TGACGTCA" if label else "ACTGACTG")
            for label in y
        ],
        dtype=object,
    )
    data = {
        "source": Part(X[:60], y[:60]),
        "train": Part(X[60:140], y[60:140]),
        "test": Part(X[140:], y[140:]),
        "n_shared": 3,
    }
    settings = {"pair": "CTCF to SRF", "way": way, "n_train": 40, "seed": 0}
    values = transfer.evaluate(settings, data, {})
    assert values["auroc"] > 0.7
    report = transfer.report("CTCF to SRF", [{**settings, **values}])
    assert "unrelated" in report
    assert "60 sequences, 3 left out" in report
