"""The tests that the page of promises names are there."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def test_each_test_named_on_the_page_is_there():
    page = (ROOT / "docs/user_guide/promises.rst").read_text()
    named = re.findall(r"``(tests/[\w/]+\.py)(?:::(\w+))?``", page)
    assert len(named) > 15
    for file, name in named:
        tests = (ROOT / file).read_text()
        assert re.search(rf"^(def|class) {name or '[tT]est'}", tests, re.M), file


def test_each_promise_names_a_test():
    page = (ROOT / "docs/user_guide/promises.rst").read_text()
    promised = page[: page.index("What is not promised")]
    for promise in re.findall(r"^- .*?(?=\n- |\n\n)", promised, re.M | re.S):
        assert "``tests/" in promise, promise
