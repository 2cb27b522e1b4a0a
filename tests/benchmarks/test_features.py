import features
import numpy as np
import pytest
import torch
from _data import DataSet, Part

from sklearn_cnn import PretrainedFeatureExtractor
from sklearn_cnn.datasets import make_motif_classification


def test_the_plain_loop_gives_the_extractor_s_scores():
    X, _ = make_motif_classification(10, length=40, random_state=0)
    one_hot = [[[letter == base for letter in x] for base in "ACGT"] for x in X]
    x, filters = torch.tensor(one_hot).float(), features.filters_by_width()
    plain = features.in_batches(x, lambda batch: features.scan(batch, filters))
    ours = PretrainedFeatureExtractor("jaspar:vertebrates").fit_transform(X)
    np.testing.assert_allclose(plain, ours, atol=1e-4)


def test_a_row_finds_the_family():
    X, y = make_motif_classification(120, length=40, motif="CTCF", random_state=0)
    part = Part(np.array(X, dtype=object), y)
    data = DataSet("source/CTCF_x", "classification", part, part, "dna", 40, 40)
    settings = {"set": data.name, "model": "jaspar", "split": "cv", "max_train": None}
    row = features.evaluate(settings, data)
    assert row["auroc"] == np.mean(row["aurocs"]) > 0.9
    assert len(row["aurocs"]) == features.N_FOLDS
    assert row["family_found"] is True
    assert len(row["top"]) == features.N_TOP
    assert features.family_found(data.name, ["GATA1_MA0035.5"]) is False
    assert features.family_found("source/none_x", row["top"]) is None
    assert features.family_found(data.name, []) is None


@pytest.mark.parametrize(("gap", "verdict"), [(0.01, "reached"), (0.03, "MISSED")])
def test_report_of_accuracy(gap, verdict):
    rows = [
        {"set": name, "model": model, "split": "cv", "auroc": auroc, "top": top,
         "family_found": True if top else None}
        for name in ("a", "b")
        for model, auroc, top in [("jaspar", 0.9 - gap, ["T1"]), ("ours", 0.9, [])]
    ]  # fmt: skip
    report = features.accuracy_report(rows)
    assert f"{0.9 - gap:.4f}" in report
    assert report.endswith(f"{gap:+.4f}: {verdict}.")


def test_report_of_throughput():
    seconds = features.throughput(n=20, repeats=1)
    assert all(len(values) == 1 for values in seconds.values())
    row = {"n": 20, "seconds": {name: [0.01] * 2 for name in seconds}}
    report = features.throughput_report(row)
    assert (
        "motifs: 2000, MISSED; bar of 0.95 of the plain loop: 1.00, reached" in report
    )
