import os

import numpy as np
import pytest
import reliability


@pytest.mark.parametrize("damage", reliability.DAMAGES)
def test_damages_differ_from_the_file(damage):
    content = bytes(range(256)) * 4
    rng = np.random.default_rng(0)
    for _ in range(20):
        damaged = reliability.damage_bytes(content, damage, rng)
        assert damaged != content
        n_changed = sum(a != b for a, b in zip(damaged, content, strict=False))
        if damage in ("bit", "byte"):
            assert (len(damaged), n_changed) == (1024, 1)
        elif damage == "cut":
            assert content.startswith(damaged)
        elif damage == "insert":
            assert 1 <= len(damaged) - 1024 < 200
        else:
            assert len(damaged) == 1024
            assert 1 <= n_changed < 200


@pytest.mark.slow
def test_nothing_damaged_is_loaded(tmp_path, capsys):
    options = "--parts", "damage", "--damages", "36", "--results", str(tmp_path)
    reliability.main(options)
    row = reliability.Results(tmp_path, __file__).read("damage")
    assert row["counts"] == {d: {"refused": 6} for d in reliability.DAMAGES}
    assert "| all     | 36 " in capsys.readouterr().out


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_kills():
    row = reliability.count_kills({"n": 3, "seed": 0})
    assert row["whole"] == 3


def test_report():
    counts = {"bit": {"refused": 7, "other": 2}, "cut": {"refused": 8, "crashed": 1}}
    kills = {"n": 9, "whole": 8, "while_writing": 5, "partly_written": 3}
    text = reliability.report(
        {"kills": kills, "damage": {"counts": counts, "n_slow": 0}}
    )
    assert "Of 9 kills while saving, 8 left a whole file; 5 hit a write, 3 of" in text
    assert "| all    | 15      | 0                | 2      | 1" in text
