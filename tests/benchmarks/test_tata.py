import numpy as np
import pandas as pd
import pytest
import tata

from sklearn_cnn.datasets import make_motif_classification


@pytest.fixture
def folder(tmp_path):
    """Promoters with a TATA box far from both ends, others with one anywhere."""
    (tmp_path / "gue").mkdir()
    for seed, (part, n) in enumerate({"train": 600, "dev": 100, "test": 100}.items()):
        sites = [
            make_motif_classification(
                n, 100, tata.TBP, strand="+", region=region, random_state=seed
            )
            for region in ((45, 52), None)
        ]
        X = np.concatenate([X[y == 1] for X, y in sites])
        table = pd.DataFrame({"sequence": X, "label": np.repeat([1, 0], n // 2)})
        path = tmp_path / "gue" / f"prom_core_tata.{part}.tsv.gz"
        table.to_csv(path, sep="\t", index=False)
    return tmp_path


@pytest.mark.slow
def test_places_tell_and_test_scores_are_logged(folder, monkeypatch):
    logged = []
    monkeypatch.setattr(tata, "log_test_scores", lambda *row: logged.append(row))
    auroc = {}
    for model in tata.MODELS:
        settings = {"set": tata.SET, "model": model, "seed": 0}
        values = tata.evaluate(settings, folder)
        assert logged[-1] == (settings, values["scores"])
        assert (values["n_train"], values["n_test"]) == (600, 100)
        auroc[model] = values["scores"]["auroc"]
    assert auroc["network"] > 0.9
    assert auroc["network_without_places"] < 0.7


def test_report():
    tbp = {"consensus": "TATAAA", "e_value": 1e-5}
    rows = [
        {"model": model, "scores": {"auroc": score, "mcc": 0.5}, "tbp": found}
        for model in tata.MODELS
        for score, found in ((0.9, tbp), (0.7, None))
    ]
    # Two values 0.2 apart: their mean, give or take 0.1.
    assert "0.800 ± 0.100 | 0.500 ± 0.000 | TATAAA 1e-05" in tata.report(rows)
