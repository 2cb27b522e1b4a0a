import calibration
import numpy as np
import pandas as pd
import pytest


@pytest.mark.slow
def test_rows_and_report(tmp_path):
    rng = np.random.default_rng(0)
    (tmp_path / "tiny").mkdir()
    y = np.arange(60) % 2
    X = ["".join(rng.choice(list("ACGT"), 12)) + "TGACTCA" * c for c in y]
    table = pd.DataFrame({"sequence": X, "label": y})
    table.to_csv(tmp_path / "tiny" / "train.tsv.gz", sep="\t", index=False)
    settings = {"set": "tiny", "seed": 0, "n": 60}
    values = calibration.evaluate(settings, tmp_path)
    assert (values["n_train"], values["n_test"]) == (45, 15)
    assert 0 < values["log_loss"] < 2
    assert 0 < values["log_loss_platt"] < 2
    rows = [
        {**settings, **values, "log_loss": a, "log_loss_platt": b}
        for a, b in [(0.21, 0.2), (0.2, 0.2)]
    ]
    # The mean of 1.05 and 1.
    assert "1.025 ± 0.025 | MISSED" in calibration.report(rows)
