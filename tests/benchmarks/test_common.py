import _common
import pytest
from _common import Results, in_words, markdown_table, read_rows

SETTINGS = {"set": "a/b", "seed": 0}


@pytest.fixture
def results(tmp_path):
    return Results(tmp_path, __file__)


def test_a_row_is_read_back_with_where_it_comes_from(results, tmp_path):
    results.write("a.b/ours", SETTINGS, {"score": 0.5})
    (row,) = read_rows(tmp_path)
    assert row == results.read("a.b/ours")
    assert (row["set"], row["score"]) == ("a/b", 0.5)
    assert {"time", "commit", "source", "versions", "machine"} <= set(row)
    assert row["machine"]["threads"] >= 1
    assert row["versions"]["torch"]


def test_a_rerun_skips_rows_of_the_same_code_and_settings(
    results, tmp_path, monkeypatch
):
    assert not results.is_done("row", SETTINGS)
    results.write("row", SETTINGS, {"score": 0.5})
    assert results.is_done("row", SETTINGS)
    assert not results.is_done("row", {**SETTINGS, "max_train": 9})
    assert not results.is_done("row", {**SETTINGS, "seed": 1})
    assert not Results(tmp_path, __file__, force=True).is_done("row", SETTINGS)
    monkeypatch.setattr(_common, "source_hash", lambda script: "other code")
    assert not results.is_done("row", SETTINGS)


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
