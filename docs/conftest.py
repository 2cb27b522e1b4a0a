"""The pages are doctests, each run in an empty folder."""

from importlib.util import find_spec

import pytest

collect_ignore = ["conf.py", "screenshots.py"]
collect_ignore_glob = ["_build/*", "auto_examples/*", "figures/*", "generated/*"]

# Pages that train many models.
SLOW_PAGES = (
    "attributions.rst",
    "encoding.rst",
    "features.rst",
    "files.rst",
    "getting_started.rst",
    "images.rst",
    "index.rst",
    "interop.rst",
    "lecture.rst",
    "many_tasks.rst",
    "motifs.rst",
    "network.rst",
    "out_of_core.rst",
    "profiles.rst",
    "regression.rst",
    "scale.rst",
    "scikit_learn.rst",
    "sequences.rst",
    "signals.rst",
    "simulation.rst",
    "storage.rst",
    "training.rst",
    "transfer.rst",
    "variants.rst",
)
# Packages without which a page is skipped.
NEEDED = {
    "interop.rst": ("captum", "onnxruntime", "onnxscript", "tangermeme"),
    "scale.rst": ("dask", "distributed"),
}


@pytest.fixture(autouse=True)
def _empty_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items):
    """Mark the slow pages, and those that need other packages."""
    for item in items:
        if item.path.name in SLOW_PAGES:
            item.add_marker(pytest.mark.slow)
        missing = [n for n in NEEDED.get(item.path.name, ()) if not find_spec(n)]
        if missing:
            item.add_marker(pytest.mark.skip(reason=f"needs {', '.join(missing)}"))
        if item.path.name in NEEDED:
            # Other packages' warnings.
            item.add_marker(pytest.mark.filterwarnings("ignore"))
