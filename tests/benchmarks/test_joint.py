import joint
import numpy as np
import pandas as pd
import pytest


@pytest.fixture
def folder(tmp_path):
    rng = np.random.default_rng(0)
    (tmp_path / joint.SOURCE).mkdir()
    for factor, motif in (("A", "TGACTCA"), ("B", "CACGTG")):
        y = np.arange(80) % 2
        X = ["".join(rng.choice(list("ACGT"), 12)) + motif * c for c in y]
        table = pd.DataFrame({"sequence": X, "label": y})
        path = tmp_path / joint.SOURCE / f"{factor}.train.tsv.gz"
        table.to_csv(path, sep="\t", index=False)
    return tmp_path


@pytest.mark.slow
def test_joint_and_single_models_are_scored_on_the_same_sequences(folder):
    settings = {"factors": ["A", "B"], "seed": 0, "n_train": 40}
    values = joint.evaluate(settings, folder)
    for way in ("single", "joint"):
        assert list(values[way]) == ["A", "B"]
        assert min(values[way].values()) > 0.8


def test_report_pairs_by_seed():
    rows = [
        {"factors": ["A"], "single": {"A": 0.8}, "joint": {"A": 0.9}},
        {"factors": ["A"], "single": {"A": 0.6}, "joint": {"A": 0.7}},
    ]
    # Scores differ by seed, their difference does not.
    assert "+0.100 ± 0.000" in joint.report(rows)
