"""The pages are doctests, each run in an empty folder."""

import pytest

collect_ignore = ["conf.py"]
collect_ignore_glob = ["_build/*", "auto_examples/*", "generated/*"]

# Pages that train many models.
SLOW_PAGES = (
    "features.rst",
    "files.rst",
    "getting_started.rst",
    "motifs.rst",
    "profiles.rst",
    "regression.rst",
    "scikit_learn.rst",
    "sequences.rst",
    "simulation.rst",
    "storage.rst",
    "training.rst",
    "transfer.rst",
    "variants.rst",
)


@pytest.fixture(autouse=True)
def _empty_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items):
    """Mark the slow pages."""
    for item in items:
        if item.path.name in SLOW_PAGES:
            item.add_marker(pytest.mark.slow)
