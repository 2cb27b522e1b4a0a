"""What is installed is what the guide's page says."""

import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
CORE = {
    "filelock",
    "numpy",
    "pandas",
    "safetensors",
    "scikit-learn",
    "scipy",
    "skorch",
    "torch",
    "tqdm",
}


def _names(requirements: list[str]) -> set[str]:
    return {re.match(r"[\w-]+", requirement)[0] for requirement in requirements}


def test_the_core_installs_nothing_else():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert _names(project["dependencies"]) == CORE


def test_the_page_has_each_package_and_extra():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    page = (ROOT / "docs/user_guide/dependencies.rst").read_text()
    rows = {line.split()[0]: line for line in page.splitlines() if line.strip()}
    for name in CORE:
        assert name in rows
    for extra, requirements in project["optional-dependencies"].items():
        if extra in ("test", "docs"):
            continue
        for name in _names(requirements):
            assert rows[name].endswith(f"``{extra}``")
