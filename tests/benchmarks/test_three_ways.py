import numpy as np
import three_ways
from _common import behaviour
from sklearn.metrics import roc_auc_score

from sklearn_cnn.datasets import load_tf_binding


def _row(way, n_train, seed, auroc, of="transfer"):
    row = {"way": way, "n_train": n_train, "seed": seed, "auroc": auroc}
    return row | {"behaviour": behaviour(of)}


def test_table_of_means_and_errors():
    rows = [
        _row("tuned_alone", 30, 0, 0.98),
        _row("tuned_alone", 30, 1, 0.99),
        _row("tuned_alone", 1000, 0, 0.99),
        _row("kmers", 30, 0, 0.75, "other models"),
    ]
    assert three_ways.table(rows) == [
        ["way", "30", "1,000"],
        ["CTCF's network, fine-tuned", ".985 ±.005", ".990"],
        ["k-mers, logistic regression", ".750", ""],
    ]
    rows[0]["behaviour"] = "transfer: 0"
    assert three_ways.table(rows)[1][1] == ".985† ±.005"


def test_a_row_of_kmers():
    settings = {"way": "kmers", "n_train": 100, "seed": 0}
    values = three_ways.evaluate(settings, {})
    assert 0.7 < values["auroc"] < 0.9
    assert values["n_test"] == 1860


class _CountsLetters:
    """Stands for a source: says "bound" by the share of G and C."""

    def fit(self, X, y):
        raise AssertionError("the source is not trained again")

    def predict_proba(self, X):
        gc = np.array([x.count("G") + x.count("C") for x in X]) / 100
        return np.column_stack([1 - gc, gc])


def test_the_unchanged_source_is_scored_as_it_is():
    settings = {"way": "source", "n_train": 30, "seed": 0}
    source = _CountsLetters()
    values = three_ways.evaluate(settings, {"alone": source})
    X, y = load_tf_binding("RAD21", "test", return_X_y=True)
    assert values["auroc"] == roc_auc_score(y, source.predict_proba(X)[:, 1])


def test_networks_stand_alone_or_beside_linear_models():
    sources = {"default": "of all", "alone": "of the network"}
    models = {way: three_ways.make_model(way, 3, sources) for way in three_ways.WAYS}
    assert models["source"] == "of the network"
    settings = {
        way: (models[way].linear_models, models[way].pretrained)
        for way in ("scratch_alone", "tuned_alone", "scratch", "tuned")
    }
    assert settings == {
        "scratch_alone": (None, None),
        "tuned_alone": (None, "of the network"),
        "scratch": ("auto", None),
        "tuned": ("auto", "of all"),
    }
    assert models["features"][0].model == "of the network"
