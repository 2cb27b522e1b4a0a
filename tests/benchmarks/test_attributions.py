import attributions
import numpy as np
import pandas as pd
import pytest

from sklearn_cnn.datasets import make_motif_classification


def test_words_of_sites_by_hand():
    X = np.array(["AACGTT", "CCACGA"], dtype=object)
    masks = np.array([[0, 1, 1, 1, 0, 0], [0, 0, 1, 1, 1, 0]], dtype=bool)
    words = attributions.site_words(X, masks)
    assert words == {"ACG": 2, "CGT": 2}
    scores = attributions.score_words(np.array(["TACGTA", "TTTTTT"], object), words)
    assert scores.tolist() == [[0, 2, 2, 2, 2, 0], [0] * 6]


@pytest.mark.slow
def test_a_row_finds_planted_sites():
    pytest.importorskip("tangermeme")
    X, y = make_motif_classification(240, length=30, motif="TGACGTCA", random_state=0)
    X = X[y == 1]
    starts = [max(x.find("TGACG"), x.find("CGTCA") - 3) for x in X]
    table = pd.DataFrame(
        {
            "sequence": X,
            "site_mask": ["0" * s + "1" * 8 + "0" * (22 - s) for s in starts],
        }
    )[np.array(starts) >= 0]
    settings = {"seed": 0, "n_test": 12, "n_slow": 2, "max_train": 60}
    row = attributions.localise(table, settings)
    assert row["n_train"] == 60
    assert row["n_left_out"] == 0
    assert row["aurocs"]["ism"] > 0.9
    assert row["aurocs"].keys() == {"site words", *attributions.PER_BASE}


@pytest.mark.parametrize(("auroc", "verdict"), [(0.98, "reached"), (0.96, "MISSED")])
def test_table_of_sites(auroc, verdict):
    rows = [
        {"set": name, "seed": seed, "aurocs": {"site words": 0.9, "ism": auroc},
         "aurocs_by_sequence": {"site words": 0.9, "ism": 0.91}}
        for name in attributions.SETS
        for seed in (0, 1)
    ]  # fmt: skip
    (line,) = (
        line
        for line in attributions._localisation_table(rows).splitlines()
        if line.startswith("| ism")
    )
    assert f"{auroc:.3f} " in line
    assert line.rstrip(" |").endswith(f"{verdict} (0.97)")


def test_both_programs_give_the_same_numbers():
    pytest.importorskip("tangermeme")
    row = attributions.time_mutagenesis("network", 2, repeats=2)
    assert row["largest_difference"] < 1e-5 < row["largest_effect"]
    assert [len(values) for values in row["seconds"].values()] == [2, 2]
    row |= {"model": "network", "n": 2}
    assert "| network | 2 " in attributions._speed_table([row])


@pytest.mark.parametrize("model", attributions.DEEP)
def test_both_ways_give_the_same_numbers(monkeypatch, model):
    small = {"n_filters": 4, "kernel_size": (3, 3)}
    settings = {**attributions.DEEP[model], **small}
    if "pool_size" in settings:
        settings["pool_size"] = 3
    monkeypatch.setitem(attributions.DEEP, model, settings)
    row = attributions.time_deep_mutagenesis(model, 2, length=30)
    assert row["largest_difference"] < 1e-5 < row["largest_effect"]
    assert [len(values) for values in row["seconds"].values()] == [2, 2]
    assert f"| {model} " in attributions._deep_table([row | {"model": model}])
