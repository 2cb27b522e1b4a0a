"""The pages are doctests, each run in an empty folder."""

import pytest

collect_ignore = ["conf.py"]
collect_ignore_glob = ["_build/*", "auto_examples/*", "generated/*"]


@pytest.fixture(autouse=True)
def _empty_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items):
    """Mark the pages that train many models."""
    for item in items:
        if item.path.name in ("getting_started.rst", "sequences.rst"):
            item.add_marker(pytest.mark.slow)
