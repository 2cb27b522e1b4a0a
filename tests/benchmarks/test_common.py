import json

import _behaviour
import _common
import pytest
from _behaviour import CONFIGURATIONS, predictions_hash
from _common import (
    TIMES,
    Results,
    age_in_words,
    behaviour,
    in_words,
    is_current,
    markdown_table,
    read_rows,
)

SETTINGS = {"set": "a/b", "seed": 0}


@pytest.fixture
def results(tmp_path):
    return Results(tmp_path, __file__)


def test_a_row_is_read_back_with_where_it_comes_from(results, tmp_path):
    results.write("a.b/ours", SETTINGS, {"score": 0.5})
    (row,) = read_rows(tmp_path)
    assert row == results.read("a.b/ours")
    assert (row["set"], row["score"]) == ("a/b", 0.5)
    known = {"time", "script", "commit", "behaviour", "versions", "machine"}
    assert known <= set(row)
    assert row["script"] == "test_common.py"
    assert row["machine"]["threads"] >= 1
    assert row["versions"]["torch"]


@pytest.fixture
def predictions(tmp_path, monkeypatch):
    """What sets committed numbers, in place of those of the package."""
    path = tmp_path / "predictions" / "reference_predictions.json"
    path.parent.mkdir()
    monkeypatch.setattr(_behaviour, "PREDICTIONS", path)
    names = {name for names in CONFIGURATIONS.values() for name in names}

    def commit(**changed):
        committed = {name: {"decision": [0.5]} for name in [*names, "one_more"]}
        path.write_text(json.dumps(committed | changed))
        predictions_hash.cache_clear()

    commit()
    yield commit
    predictions_hash.cache_clear()


def test_a_rerun_skips_rows_of_the_same_settings(results, tmp_path):
    assert not results.is_done("row", SETTINGS)
    results.write("row", SETTINGS, {"score": 0.5})
    assert results.is_done("row", SETTINGS)
    assert not results.is_done("row", {**SETTINGS, "max_train": 9})
    assert not results.is_done("row", {**SETTINGS, "seed": 1})
    assert not Results(tmp_path, __file__, force=True).is_done("row", SETTINGS)


def test_a_rerun_replaces_rows_of_an_earlier_behaviour(tmp_path, predictions):
    tasks = {"images": "images", "all": None, "kmer": "other models"}
    results = Results(tmp_path / "rows", __file__, task=lambda row: tasks[row["set"]])
    for name in tasks:
        results.write(name, {"set": name}, {"score": 0.5})

    def done():
        return [name for name in tasks if results.is_done(name, {"set": name})]

    assert done() == ["images", "all", "kmer"]
    # Of another task; of none; of the images' own.
    predictions(few={"decision": [0.7]})
    assert done() == ["images", "kmer"]
    predictions(one_more={"decision": [0.7]})
    assert done() == ["images", "kmer"]
    predictions(images={"decision": [0.7]})
    assert done() == ["kmer"]
    rows = read_rows(tmp_path / "rows")
    assert [row["set"] for row in rows if is_current(row)] == ["kmer"]
    assert age_in_words(rows).startswith("† 2 of 3 rows are of an earlier behaviour")
    assert age_in_words(rows[-1:]) == "All 1 rows are of today's behaviour."


def test_rows_that_do_not_know_their_behaviour_are_earlier(results, tmp_path):
    (tmp_path / "row.json").write_text(json.dumps({**SETTINGS, "source": "abc"}))
    assert not results.is_done("row", SETTINGS)
    assert not is_current(results.read("row"))


def test_times_belong_to_a_commit(tmp_path, monkeypatch):
    results = Results(tmp_path, __file__, task=TIMES)
    row = results.write("row", SETTINGS, {"seconds": 0.5})
    assert row["behaviour"] == f"times: {_common.commit()}"
    assert results.is_done("row", SETTINGS)
    monkeypatch.setattr(_common, "commit", lambda: "another")
    assert not results.is_done("row", SETTINGS)
    assert not is_current(row)


def test_the_configurations_of_all_tasks_are_committed():
    for task in [*CONFIGURATIONS, None]:
        assert behaviour(task) == f"{task or 'all tasks'}: {predictions_hash(task)}"
    committed = json.loads(_behaviour.PREDICTIONS.read_text())
    named = {name for names in CONFIGURATIONS.values() for name in names}
    assert named <= committed.keys()
    assert len({behaviour(task) for task in CONFIGURATIONS}) == len(CONFIGURATIONS)


def test_a_row_that_cannot_be_written_leaves_the_old_one(results, tmp_path):
    results.write("row", SETTINGS, {"score": 0.5})
    with pytest.raises(ValueError, match="not JSON compliant"):
        results.write("row", SETTINGS, {"score": float("nan")})
    assert results.read("row")["score"] == 0.5
    assert [path.name for path in tmp_path.iterdir()] == ["row.json"]


def test_the_package_of_another_place_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(_common, "PACKAGE", tmp_path)
    with pytest.raises(RuntimeError, match="not from the clone"):
        Results(tmp_path, __file__)


def test_mean_and_standard_error_in_words():
    # Standard deviation 1, three values: 1 / sqrt(3).
    assert in_words([1, 2, 3]) == "2.000 ± 0.577"
    assert in_words([0.25], digits=2) == "0.25"
    assert in_words([0.5], digits=1, sign="+") == "+0.5"


def test_markdown_table():
    assert markdown_table(["a", "b"], [["xyz", 1]]).splitlines() == [
        "| a   | b |",
        "| --- | - |",
        "| xyz | 1 |",
    ]


def test_a_row_is_made_once(results):
    made = []

    def make(settings):
        made.append(settings)
        return {"score": 0.5}

    rows = [results.read_or_make("row", SETTINGS, make) for _ in range(2)]
    assert rows[0] == rows[1]
    assert rows[0]["score"] == 0.5
    assert made == [SETTINGS]
