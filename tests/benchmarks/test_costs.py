import costs
import page_tables
import pytest

from sklearn_cnn import MotifCNNClassifier, save_model


@pytest.fixture(scope="module")
def source(tmp_path_factory):
    path = tmp_path_factory.mktemp("source") / "source.safetensors"
    clf = MotifCNNClassifier(n_filters=4, max_epochs=1, linear_models=None)
    save_model(clf.fit(*costs._read("CTCF", 40)), path)
    return path


@pytest.mark.parametrize("step", ["scratch", "tuned", "extraction", "logistic"])
def test_each_step_is_measured(step, source, monkeypatch):
    monkeypatch.setattr(costs, "ALONE", {**costs.ALONE, "max_epochs": 1})
    values = costs.measure(step, 60, source)
    assert len(values["seconds"]) == costs.N_REPEATS
    assert min(values["seconds"]) > 0
    assert values["most"] > 0


def test_table(monkeypatch):
    monkeypatch.setattr(page_tables, "n_needed", {"scratch_alone": 1000}.get)
    monkeypatch.setattr(
        page_tables,
        "COSTS",
        {"source": ("source", None), "from scratch": ("scratch", "scratch_alone")},
    )
    rows = [
        {"step": step, "n": n, "seconds": s, "before": 1e8, "most": most}
        for step, n, s, most in (
            ("source", 2000, [9, 8, 30], 3e8),
            ("scratch", 100, [1, 2, 3], 1.5e8),
            ("scratch", 1000, [5, 4, 6], 2e8),
        )
    ]
    assert page_tables.costs(rows) == [
        ["way", "needs", "s, 100", "s, 1,000", "MB"],
        ["source", "2,000", "9", "", "200"],
        ["from scratch", "1,000", "2", "5", "100"],
    ]


def test_needed_sequences_are_the_fewest_that_are_good_enough(monkeypatch):
    rows = [
        {"way": "w", "n_train": n, "auroc": score}
        for n, of in ((30, (0.97, 0.98)), (300, (0.99, 0.98)), (1000, (1.0, 1.0)))
        for score in of
    ]
    monkeypatch.setattr(page_tables, "read_rows", lambda folder: rows)
    assert page_tables.n_needed("w") == 300
