import motifs as benchmark
import numpy as np
import pytest
from _data import Part

from sklearn_cnn.datasets import make_motif_classification
from sklearn_cnn.datasets._information import information
from sklearn_cnn.datasets._motif_database import load_jaspar


def test_the_planted_matrices_are_as_fixed():
    jaspar = load_jaspar()
    rows = [jaspar.find(motif) for motif in benchmark.PLANTED]
    assert len(set(jaspar.families[rows])) == len(rows) == 40
    assert all(6 <= jaspar.widths[i] <= 20 for i in rows)
    assert min(information(jaspar.frequencies(i)).sum() for i in rows) >= 8


def test_random_matrices_are_as_told():
    settings = {"width": 9, "n_sites": 25, "n_matrices": 4, "seed": 0}
    for sharp, n_sharp in ((None, 3), (0.0, 0), (1.0, 9)):
        matrices = benchmark.random_matrices({**settings, "sharp": sharp})
        assert np.shape(matrices) == (4, 9, 4)
        for counts in matrices:
            assert (counts.sum(axis=1) == 25).all()
            assert (counts.max(axis=1) == 25).sum() == n_sharp


@pytest.mark.slow
def test_row_and_report_of_calibration():
    settings = {"width": 24, "n_sites": 25, "sharp": None, "n_matrices": 3, "seed": 0}
    row = benchmark.calibration(settings)
    assert row["uncorrected_0.01"] == 1
    assert row["below_0.01"] == 0
    report = benchmark.calibration_report([{**settings, **row}])
    assert "| 24 | 25 | 3 | 3 | 0.00 |" in " ".join(report.split())
    assert "by TOMTOM alone 1.00; bar 0.03 of all: reached." in report


@pytest.mark.slow
def test_row_and_report_of_power(monkeypatch):
    monkeypatch.setattr(benchmark, "PLANTED", ("MA0139.2", "MA0030.2"))
    row = benchmark.power({"n_sites": 200, "seed": 0})
    assert (row["below_0.01"], row["same_family"]) == (1, 1)
    report = benchmark.power_report([{"n_sites": 200, **row}])
    assert "| 200 | 1 | 1 |" in " ".join(report.split())


@pytest.mark.slow
def test_rows_of_sets(monkeypatch):
    X, y = make_motif_classification(120, length=40, motif="CTCF", random_state=0)
    part = Part(np.array(X, dtype=object), y)
    monkeypatch.setattr(benchmark, "_training_part", lambda settings, folder: part)
    small = {"n_estimators": 1, "n_filters": 4}
    for name in ("DATA_ALONE", "NETWORKS_ALONE", "UNTRAINED"):
        parameters = getattr(benchmark, name) | small
        monkeypatch.setattr(benchmark, name, parameters)
    settings = {"set": "source/CTCF_x", "seed": 0, "model": "trained"}
    row = benchmark.peaks(settings, None)
    assert row["trained"][0]["found"]
    assert not any(top["found"] for top in row["untrained"])
    row = benchmark.filters(settings, None)
    assert row["n_filters"] == 4
    assert row["known"] <= row["with_motif"] <= 1
    assert row["excess"] == row["known"] - row["by_chance"]


def test_report_of_planted_motifs():
    rows = [
        {"motif": motif, "model": "data", "optimal": 0.9, "auroc": 0.85, "hit": motif,
         "tf": "T", "consensus": "ACGT", "same_matrix": i > 0, "same_family": i > 1,
         "n_train": 20}
        for i, motif in enumerate(benchmark.PLANTED)
    ]  # fmt: skip
    report = benchmark.planted_report(rows)
    assert "its family: 38 of 40; bar 38: reached" in report
    assert "very matrix: 39 of 40; bar 34: reached" in report
    assert "within 0.03 of the optimal AUROC 0 of 40; lost 0.0500" in report
    assert "unfinished" in benchmark.planted_report(rows[:3])


@pytest.mark.parametrize(
    ("found", "untrained", "verdict"),
    [(True, False, "reached"), (False, False, "MISSED"), (True, True, "MISSED")],
)
def test_report_of_peaks(found, untrained, verdict):
    def top(is_found):
        return [{"hit": "T", "q_value": 0.001, "found": is_found}]

    row = {"set": "a", "trained": top(found), "untrained": top(untrained)}
    assert benchmark.peaks_report([row]).endswith(f"{verdict}.")


@pytest.mark.parametrize(
    ("excess", "verdict"), [((0.5, 0.2), "reached"), ((0.5, 0.3), "MISSED")]
)
def test_report_of_filters(excess, verdict):
    rows = [
        {"set": "a", "model": model, "n_filters": 9, "with_motif": 1, "known": 0.6,
         "by_chance": 0.1, "excess": value}
        for model, value in zip(("trained", "untrained"), excess, strict=True)
    ]  # fmt: skip
    assert benchmark.filters_report(rows).endswith(f"{verdict}.")
