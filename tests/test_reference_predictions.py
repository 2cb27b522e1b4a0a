"""Unintended changes of what the estimators predict."""

import importlib.util
import sys
from pathlib import Path

import numpy as np
import pytest

# Tests are no package, so the neighbouring scripts are loaded by their paths.
_FOLDER = Path(__file__).parent


def _load(name: str):
    spec = importlib.util.spec_from_file_location(name, _FOLDER / f"{name}.py")
    sys.modules[name] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(sys.modules[name])
    return sys.modules[name]


cases = _load("reference_cases")
reference = _load("reference_predictions")


@pytest.mark.parametrize("name", cases.CASES)
@pytest.mark.filterwarnings("ignore:.*are cropped at both ends")
def test_predictions_are_what_they_were(name):
    arrays = reference.committed_part(cases.compute(name))
    different = reference.find_differences(reference.read()[name], arrays)
    first = next(iter(different.items()), None)
    assert first is None, (
        f"{name}: {reference.describe(*first)}. After an intended "
        "change, run `python tests/reference_predictions.py` and say in the changelog "
        "why numbers changed"
    )


def test_all_that_is_committed_is_tested():
    assert reference.read().keys() == cases.CASES.keys()


def test_a_difference_is_measured_in_tolerances():
    # The numbers have a standard deviation of 1, of which 2 % are the tolerance.
    committed = {"a": [1.0, -1.0], "b": [3.0, 3.0], "c": [[1.0]]}
    arrays = {"a": np.array([1.0, -1.1]), "b": np.array([3.0, 3.05]), "c": np.ones(1)}
    different = reference.find_differences(committed, arrays)
    assert different == {"a": pytest.approx(5), "c": np.inf}
    assert reference.find_differences({}, {"a": np.ones(1)}) == {"a": np.inf}
    assert reference.find_differences({"a": [1.0]}, {}) == {"a": np.inf}
    assert reference.find_differences({"a": [1.0]}, {"a": np.array([np.nan])})


@pytest.fixture
def two_cases(tmp_path, monkeypatch):
    """Two configurations, and the file of their numbers."""
    arrays = {"one": {"x": np.array([1.0, -1.0])}, "two": {"y": np.array([5.0, 7.0])}}
    for case in arrays.values():
        case["weights_"] = np.zeros(3)
    monkeypatch.setattr(reference, "PATH", tmp_path / "predictions.json")
    monkeypatch.setattr(reference, "CASES", arrays)
    monkeypatch.setattr(reference, "compute", lambda name: dict(arrays[name]))
    reference.renew()
    return arrays


def test_only_what_left_its_tolerance_is_renewed(two_cases, capsys):
    assert reference.read() == {"one": {"x": [1, -1]}, "two": {"y": [5, 7]}}
    two_cases["one"]["x"] = np.array([1.01, -1.01])
    two_cases["two"]["y"] = np.array([5.0, 7.1])
    capsys.readouterr()
    reference.renew()
    assert capsys.readouterr().out == "two: y is 5 tolerances off\n"
    assert reference.read() == {"one": {"x": [1, -1]}, "two": {"y": [5, 7.1]}}
    reference.renew()
    assert capsys.readouterr().out.startswith("all 2 configurations are within")


def test_what_is_gone_is_dropped(two_cases, capsys):
    del two_cases["one"]
    reference.renew()
    assert "one: is gone" in capsys.readouterr().out
    assert list(reference.read()) == ["two"]


def test_commits_are_compared_array_by_array(two_cases, monkeypatch, capsys):
    found = {name: reference.digests() for name in ("old", None)}
    monkeypatch.setattr(reference, "digests_of", found.get)
    assert reference.compare("old") == 0
    assert "0 of 2 configurations differ" in capsys.readouterr().out
    # One bit of one weight.
    two_cases["one"]["weights_"] = np.array([0.0, 0.0, 5e-324])
    found[None] = reference.digests()
    found["old"]["two"] = {"error": "ImportError: no such module"}
    assert reference.compare("old") == 1
    assert capsys.readouterr().out.splitlines() == [
        "one: differs in weights_",
        "two: fails in old: ImportError: no such module",
        "2 of 2 configurations differ between old and the working tree",
    ]


def test_thresholds_are_lowered_and_restored():
    from sklearn_cnn import _defaults

    real = _defaults.FULL_BATCH
    with cases.lowered_thresholds():
        assert real > _defaults.FULL_BATCH == cases.THRESHOLDS["rows in one batch"][0]
    assert real == _defaults.FULL_BATCH


def test_a_threshold_that_moved_is_named(monkeypatch):
    monkeypatch.setitem(cases.THRESHOLDS, "rows", (1, ("sklearn_cnn.gone._ROWS",)))
    monkeypatch.setitem(cases._REAL, "rows", cases._find(("sklearn_cnn.gone._ROWS",)))
    with pytest.raises(LookupError, match=r"threshold 'rows' is at none of .*_ROWS"):
        cases.compute("thresholds")
    # So that commits can be compared from before there was such a threshold.
    assert cases.compute("features_of_a_module")
