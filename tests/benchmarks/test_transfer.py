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


@pytest.mark.parametrize("way", ["small", "jaspar"])
def test_a_row(way):
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
    assert (values["n_source"], values["n_shared"]) == (60, 3)
