import json
import re
import tomllib

from page_tables import by_environment
from versions import RESULTS, ROOT, count

NAME = re.compile(r"([\w-]+)==([\d.]+)")
FLOOR = re.compile(r"([\w-]+)>=([\d.]+)")


def _row(name: str) -> dict:
    return json.loads((RESULTS / f"{name}.json").read_text(encoding="utf-8"))


def _is(version: str, floor: str) -> bool:
    """Whether a version is the first of a floor: 1.26.0 of 1.26."""
    return re.fullmatch(rf"{re.escape(floor)}(\.0)*", version) is not None


def test_tests_are_counted():
    report = """<testsuites><testsuite>
        <testcase name="a"/>
        <testcase name="b"><skipped message="needs fork"/></testcase>
        <testcase name="c"><failure message="assert 1 == 2"/></testcase>
        <testcase name="d"><error message="no fixture"/></testcase>
        <testcase name="e"><system-out>words</system-out></testcase>
    </testsuite></testsuites>"""
    assert count(report) == {"passed": 2, "failed": 2, "skipped": 1}


def test_the_oldest_versions_are_those_declared():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    extras = project["optional-dependencies"]
    floors = dict(
        FLOOR.fullmatch(requirement).groups()
        for requirement in [*project["dependencies"], *extras["test"]]
    )
    text = (ROOT / "constraints-oldest.txt").read_text("utf-8")
    pins = dict(NAME.fullmatch(x).groups() for x in text.splitlines() if "==" in x)
    # Of scipy 1.11, the first on PyPI is 1.11.1. The oldest PyTorch that was run is
    # Debian's.
    assert {
        name: pins[name] for name in floors if not _is(pins[name], floors[name])
    } == {
        "scipy": "1.11.1",
        "torch": "2.13.0",
    }
    assert _is(_row("debian13")["packages"]["torch"].partition("+")[0], floors["torch"])


def test_the_oldest_versions_were_run():
    row = _row("oldest")
    text = (ROOT / "constraints-oldest.txt").read_text("utf-8")
    pins = dict(NAME.fullmatch(x).groups() for x in text.splitlines() if "==" in x)
    assert pins == {name: row["packages"][name].partition("+")[0] for name in pins}


def test_environments_are_columns():
    table = by_environment([_row(name) for name in ("debian13", "newest", "oldest")])
    assert table[0] == ["", "oldest", "newest", "Debian's PyTorch"]
    assert table[6][:2] == ["scikit-learn", "1.6.0"]
    last = [line[0] for line in table[-5:]]
    assert last == ["passed", "failed", "skipped", "commit", "day"]
