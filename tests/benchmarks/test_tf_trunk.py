import make_tf_trunk
import numpy as np
import pandas as pd
import pytest
import tf_trunk
from _data import Part


def _write(folder, name, X, y):
    path = folder / f"{name}.tsv.gz"
    path.parent.mkdir(exist_ok=True)
    pd.DataFrame({"sequence": X, "label": y}).to_csv(path, sep="\t", index=False)


def _random(rng, n, length=60):
    return ["".join(rng.choice(list("ACGT"), length)) for _ in range(n)]


def test_a_label_a_set_and_shuffled_positives_as_negatives(monkeypatch):
    parts = [
        Part(np.array(["ACGTACGGTC", "TTGACCAGTA"], dtype=object), np.array([1, 0])),
        Part(np.array(["CCATGACGAT"] * 3, dtype=object), np.array([1, 0, 1])),
    ]
    seen = {}

    class Records:
        def __init__(self, **parameters):
            pass

        def fit(self, X, y):
            seen.update(X=X, y=y)
            return self

        def set_params(self, **parameters):
            return self

    monkeypatch.setattr(make_tf_trunk, "MotifCNNClassifier", Records)
    make_tf_trunk.train(parts)
    nan = np.nan
    expected = [[1, nan], [0, nan], [0, nan], *([nan, y] for y in (1, 0, 1, 0, 0))]
    np.testing.assert_array_equal(seen["y"], expected)
    assert sorted(seen["X"][2]) == sorted("ACGTACGGTC")
    assert seen["X"][2] != "ACGTACGGTC"


def test_targets_hold_nothing_of_the_training_sequences(tmp_path, monkeypatch):
    rng = np.random.default_rng(0)
    source, target = _random(rng, 4), _random(rng, 6)
    # 31 letters, on the other strand.
    turned = source[1][5:36][::-1].translate(str.maketrans("ACGT", "TGCA"))
    target[2] = "A" * 10 + turned
    monkeypatch.setattr(tf_trunk, "NAMED", ("source/S",))
    _write(tmp_path, "source/S.train", source, [0, 1, 0, 1])
    name = f"{tf_trunk.SOURCE}/T"
    _write(tmp_path, f"{name}.train", target, [0, 1] * 3)
    _write(tmp_path, f"{name}.test", [*target[:2], source[3]], [0, 1, 1])
    data = tf_trunk.read_target("T", tmp_path)
    assert data["train"].X.tolist() == target[:2] + target[3:]
    assert data["test"].X.tolist() == target[:2]


def test_targets_are_other_factors():
    named = {name.partition("/")[2].partition("_")[0] for name in make_tf_trunk.NAMED}
    targets = {target.partition("_")[0] for target in tf_trunk.TARGETS}
    assert not targets & {*named, "CTCFL"}


@pytest.fixture
def rows():
    """Two targets and two seeds; fine-tuning gains .02 on each, on average."""
    scores = {"scratch": (0.7, 0.8), "tuned": (0.73, 0.81), "features": (0.6, 0.6)}
    return [
        {"target": t, "way": way, "n_train": 50, "seed": seed, "auroc": a + seed / 10}
        for way, of_way in scores.items()
        for t, a in zip("AB", of_way, strict=True)
        for seed in (0, 1)
    ]


def test_gains_are_paired_by_seed(rows):
    lines = tf_trunk.report(rows).splitlines()
    cells = [cell.strip() for cell in lines[-1].strip("|").split("|")]
    assert cells[:3] == ["50", "mean", "0.800 ± 0.050"]
    assert cells[4] == "+0.020 ± 0.000"


def test_the_table_of_the_page_has_errors_over_targets(rows):
    assert tf_trunk.page_table(rows) == [
        ["way", "50"],
        ["default from scratch", ".800"],
        ["default, fine-tuned", ".820"],
        ["features, logistic regression", ".650"],
        ["gain: default, fine-tuned", "+.020 ±.010"],
        ["gain: features, logistic regression", "-.150 ±.050"],
    ]


def test_draws_without_all_ways_are_left_out(rows):
    missing = {"target": "A", "way": "tuned", "n_train": 50, "seed": 1}
    rows = [row for row in rows if not missing.items() <= row.items()]
    kept = tf_trunk.complete(rows)
    assert len(kept) == len(rows) - 2
    assert {(row["target"], row["seed"]) for row in kept} == {
        *(("A", 0), ("B", 0), ("B", 1)),
    }
