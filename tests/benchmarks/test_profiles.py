import csv

import _common
import numpy as np
import pandas as pd
import profiles
import pytest

from sklearn_cnn.metrics import pearson_per_window


class _Echo:
    """A regressor that predicts the place of each A."""

    n_iter_ = 1

    def __init__(self, **kwargs):
        assert kwargs == {"output": "profile", "random_state": 3}

    def fit(self, X, y):
        self.n_train = len(X)
        return self

    def predict(self, X):
        return np.array([[letter == "A" for letter in x] for x in X], dtype=float)


@pytest.fixture
def folder(tmp_path):
    """Ten windows to train, two to test; training scores are 1 at each A."""
    for part, n in (("train", 10), ("test", 2)):
        table = pd.DataFrame({"sequence": ["ACGA", "CCAG"] * (n // 2)})
        table.to_csv(tmp_path / f"{part}.tsv.gz", sep="\t", index=False)
        scores = _Echo(output="profile", random_state=3).predict(table["sequence"])
        scores[:, 0] += part == "test"
        np.savez(tmp_path / f"scores_{part}.npz", scores=scores.astype(np.float32))
    return tmp_path


def test_valid_is_the_last_fifth_of_the_training_windows(folder, monkeypatch):
    monkeypatch.setattr(profiles, "MotifCNNRegressor", _Echo)
    row = profiles.fit_and_score({"split": "valid", "seed": 3}, folder)
    assert (row["n_train"], row["n_test"]) == (8, 2)
    assert row["scores"] == pytest.approx(dict.fromkeys(profiles.METRICS, 1))


def test_the_test_part_is_counted(folder, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(profiles, "MotifCNNRegressor", _Echo)
    monkeypatch.setattr(_common, "TEST_LOG", tmp_path / "log.csv")
    results = tmp_path / "results"
    arguments = [folder, "--split", "test", "--seeds", 3, "--results", results]
    for _ in range(2):  # The second run finds the row.
        profiles.main(list(map(str, arguments)))
    X, y = profiles.read_part(folder, "test")
    assert y[:, 0].tolist() == [2, 1]
    expected = pearson_per_window(y, _Echo(output="profile", random_state=3).predict(X))
    with (tmp_path / "log.csv").open() as file:
        log = list(csv.DictReader(file))
    assert [row["metric"] for row in log] == ["pearson_per_window", "pearson_global"]
    assert float(log[0]["score"]) == pytest.approx(expected, abs=1e-6)
    assert f"{expected:.4f}" in capsys.readouterr().out


@pytest.mark.parametrize(("score", "verdict"), [(0.99, "reached"), (0.9, "MISSED")])
def test_report_judges_the_mean_over_seeds(score, verdict):
    rows = [
        {
            "set": "tf",
            "split": "test",
            "fit_seconds": 1.0,
            "scores": dict.fromkeys(profiles.BARS, score + 0.001 * seed - 0.0005),
        }
        for seed in (0, 1)
    ]
    report = profiles._report(rows)
    assert f"{score:.4f} ± 0.0005" in report
    assert report.count(verdict) == 2
