import csv

import _common
import accuracy
import numpy as np
import pandas as pd
import pytest
import table
from _common import behaviour, read_rows
from _data import DataSet, Part
from sklearn.metrics import roc_auc_score


@pytest.fixture
def folder(tmp_path):
    """Sequences with TGACGTCA or without: one set with a test part and one without."""
    rng = np.random.default_rng(0)

    def write(name, n):
        X = ["".join(rng.choice(list("ACGT"), 20)) for _ in range(n)]
        y = np.arange(n) % 2
        X = [s[:5] + "TGACGTCA" + s[13:] if j else s for s, j in zip(X, y, strict=True)]
        path = tmp_path / "data" / "tf" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        pd.DataFrame({"sequence": X, "label": y}).to_csv(path, sep="\t", index=False)

    write("A.train.tsv.gz", 60)
    write("A.test.tsv.gz", 30)
    write("all.tsv.gz", 40)
    return tmp_path / "data"


@pytest.fixture
def run(folder, tmp_path, monkeypatch):
    """Run the script; return the rows that are there afterwards, by their models."""
    monkeypatch.setattr(_common, "TEST_LOG", tmp_path / "test_log.csv")

    def run(*options):
        results = tmp_path / "results"
        arguments = [str(folder), "--results", str(results), *options]
        assert accuracy.main(arguments) == 0
        return read_rows(results)

    return run


def _log(tmp_path):
    with (tmp_path / "test_log.csv").open() as file:
        return list(csv.DictReader(file))


def test_cross_validation_touches_no_test_part(run, tmp_path):
    row, of_all = run("--models", "kmer")
    assert (row["set"], row["model"], row["seed"]) == ("tf/A", "kmer", None)
    assert (row["split"], row["n_folds"], len(row["folds"])) == ("cv", 3, 3)
    assert (row["n_train"], row["n_test"]) == (40, 20)
    assert row["scores"]["auroc"] > 0.9
    mean = np.mean([fold["scores"]["auroc"] for fold in row["folds"]])
    assert row["scores"]["auroc"] == pytest.approx(mean)
    # One weight for each distinct 3-, 4- and 5-mer, and an intercept.
    assert 100 < row["n_parameters"] < 4**3 + 4**4 + 4**5
    assert of_all["set"] == "tf/all"
    assert not (tmp_path / "test_log.csv").exists()


def test_every_score_on_a_test_part_is_logged(run, tmp_path):
    row, of_all = run("--models", "onehot", "--split", "test")
    assert (row["split"], row["n_train"], row["n_test"]) == ("test", 60, 30)
    assert of_all["split"] == "cv"  # no test part
    log = _log(tmp_path)
    assert [line["metric"] for line in log] == list(row["scores"])
    assert {line["set"] for line in log} == {"tf/A"}
    assert float(log[0]["score"]) == pytest.approx(row["scores"]["auroc"], abs=1e-6)
    # What is there is neither scored nor logged again, unless forced.
    assert run("--models", "onehot", "--split", "test")[0] == row
    assert len(_log(tmp_path)) == len(log)
    run("--models", "onehot", "--split", "test", "--force")
    assert len(_log(tmp_path)) == 2 * len(log)


def test_subset_is_named_in_the_model(run):
    (row,) = run("--models", "onehot", "--sets", "tf/A", "--max-train", "30")
    assert (row["model"], row["max_train"]) == ("onehot@30", 30)
    assert (row["n_train"], row["n_test"]) == (20, 10)


def test_missing_folder_is_named(tmp_path, capsys):
    with pytest.raises(SystemExit):
        accuracy.main([str(tmp_path / "nowhere")])
    assert "there is no folder" in capsys.readouterr().err


def test_unknown_set_is_named(run):
    with pytest.raises(SystemExit, match="no set 'tf/B'; there are: tf/A, tf/all"):
        run("--sets", "tf/B")


def test_gkm_svm_has_ours_on_the_same_subset(folder):
    n = 6001
    part = Part(np.full(n, "ACGT", dtype=object), np.arange(n) % 2)
    data = DataSet("a", "classification", part, None, "dna", 4, 4)
    options = accuracy._parse([str(folder), "--seeds", "7"])
    assert accuracy._jobs(data, ["ours", "gkmsvm", "kmer"], options) == [
        ("ours", 7, None),
        ("ours", 7, 6000),
        ("gkmsvm", None, 6000),
        ("kmer", None, None),
    ]
    assert accuracy._jobs(data, ["ours"], options) == [("ours", 7, None)]
    options = accuracy._parse([str(folder), "--seeds", "7", "--max-train", "100"])
    assert accuracy._jobs(data, ["ours", "gkmsvm"], options) == [
        ("ours", 7, 100),
        ("gkmsvm", None, 100),
    ]


@pytest.mark.parametrize("task", ["classification", "regression"])
def test_sequences_that_overlap_stay_on_one_side(task):
    rng = np.random.default_rng(0)
    sequences = ["".join(row) for row in rng.choice(list("ACGT"), (30, 40))]
    X = np.array([s[start:] for s in sequences for start in (0, 5)], dtype=object)
    part = Part(X, np.repeat(np.arange(30) % 2, 2).astype(float))
    tested = []
    for train, test in accuracy.cross_validation_splits(part, task, 3):
        assert not {s[-35:] for s in train.X} & {s[-35:] for s in test.X}
        tested += test.X.tolist()
    assert sorted(tested) == sorted(X)


def test_table_gives_mean_and_error_over_seeds_beside_published_scores():
    row = {
        "set": "tf/A",
        "task": "classification",
        "split": "test",
        "n_folds": None,
        "n_train": 60,
        "commit": "abc",
        "machine": {"cpu": "a CPU", "cores": 2, "threads": 2},
        "behaviour": behaviour("classification"),
    }
    rows = [
        {**row, "model": "ours", "seed": seed, "scores": {"auroc": score}}
        for seed, score in enumerate([0.9, 0.8])
    ]
    rows.append({**row, "model": "kmer", "seed": None, "scores": {"auroc": 0.75}})
    rows[-1]["behaviour"] = "classification: of another time"
    # One that today's stand beside does not count.
    rows.append({**rows[-1], "model": "ours", "seed": 2, "scores": {"auroc": 0.1}})
    published = {"set": "tf/A", "metric": "auroc", "value": "0.95", "method": "SVM"}
    text = table.tables(rows, ["auroc"], [{**published, "source": "a paper"}])
    # The standard deviation of 0.9 and 0.8 is 0.0707; divided by sqrt(2), 0.05.
    cells = [line.split("|") for line in text.splitlines() if "tf/A" in line]
    assert [cell.strip() for cell in cells[0][1:-1]] == [
        "tf/A",
        "60",
        "0.850 ± 0.050",
        "0.750 †",
        "SVM 0.950",
    ]
    assert "## auroc, test part" in text
    assert "† 2 of 4 rows are of an earlier behaviour" in text
    assert "- SVM: a paper" in text


def test_csv_has_one_line_a_set_that_two_models_saw(tmp_path):
    row = {"split": "test", "n_folds": None, "seed": None, "n_train": 60}
    row["behaviour"] = behaviour("classification")
    of_tasks = [
        ("tf/A", "classification", "test", "auroc", 0.75),
        ("growth", "regression", "test", "spearman", 0.5),
        ("tf/B", "classification", "cv", "auroc", 0.6),
    ]
    rows = [
        row
        | {"set": name, "task": task, "split": split, "model": model}
        | {"scores": {metric: score}}
        for name, task, split, metric, score in of_tasks
        for model in ("ours", "kmer")
    ]
    alone = {"set": "tf/C", "task": "classification", "model": "ours"}
    rows.append(row | alone | {"scores": {"auroc": 0.9}})
    published = [{"set": "tf/A", "metric": "auroc", "value": "0.95", "method": "SVM"}]
    path = tmp_path / "table.csv"
    table._write_csv(path, rows, ["auroc", "spearman"], published)
    assert path.read_text().splitlines() == [
        "set,metric,n_train,ours,kmer,published",
        "tf/A,auroc,60,0.750,0.750,SVM 0.950",
        "tf/B (cross-validated),auroc,60,0.600,0.600,",
        "growth,spearman,60,0.500,0.500,",
    ]


def test_published_scores_are_numbers_with_a_source():
    published = table.read_published()
    assert len(published) > 20
    for line in published:
        assert 0 < float(line["value"]) <= 1
        assert line["set"]
        assert line["method"]
        assert line["source"]


@pytest.mark.slow
def test_scores_by_sequence_are_kept_for_paired_comparisons(run):
    row, of_all = run("--models", "ours", "--split", "test", "--seeds", "0")
    kept = row["folds"][0]["by_sequence"]
    truth = np.array(list(kept["positive"])) == "1"
    scores = np.array(kept["scores"].split(), dtype=float)
    assert len(scores) == len(truth) == 30
    assert roc_auc_score(truth, scores) == pytest.approx(row["scores"]["auroc"])
    in_folds = [len(fold["by_sequence"]["positive"]) for fold in of_all["folds"]]
    assert in_folds == [14, 13, 13]
