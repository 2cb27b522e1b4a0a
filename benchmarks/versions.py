"""Do the tests pass with these versions of Python and of the packages?

The Python that runs this script is the one that is tested; it needs nothing installed.
It makes an environment with the versions of a file of constraints, runs the tests there
and writes what was installed and how many tests passed to results/versions/NAME.json.
See benchmarks/README.md.
"""

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ET
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
RESULTS = ROOT / "benchmarks" / "results" / "versions"
# The benchmarks are run with the versions of constraints.txt only.
QUICK = ["-m", "not slow", "--ignore=tests/benchmarks"]


def main(arguments: list[str] | None = None) -> None:
    """Install, test, write the row."""
    options = _parse(arguments)
    with tempfile.TemporaryDirectory() as folder:
        home = options.environment or Path(folder) / "environment"
        python = make_environment(home, options.constraints, options.system_torch)
        packages = installed(python)
        report = Path(folder) / "report.xml"
        command = [python, "-m", "pytest", "-q", "-p", "no:cacheprovider"]
        command += ["-n", str(options.processes), f"--junitxml={report}"]
        done = subprocess.run([*command, *options.tests], cwd=ROOT)
        if done.returncode not in (0, 1):
            sys.exit(f"the tests ended early: pytest's exit code is {done.returncode}")
        row = {
            "name": options.name,
            "tests": options.tests,
            "counts": count(report.read_text(encoding="utf-8")),
            "system": system(),
            "python": platform.python_version(),
            "packages": packages,
            "commit": commit(),
            "time": datetime.now(UTC).isoformat(timespec="seconds"),
        }
    text = json.dumps(row, indent=1) + "\n"
    options.results.mkdir(parents=True, exist_ok=True)
    path = options.results / f"{options.name}.json"
    path.write_text(text, encoding="utf-8", newline="\n")
    print(f"{path}: {row['counts']}")
    sys.exit(done.returncode)


def make_environment(home: Path, constraints: Path, system_torch: bool) -> Path:
    """Python of an environment with the package, editable, and what its tests need.

    The system's PyTorch, where it is wanted, is taken as it is: pins of it and of
    SymPy, of which each PyTorch needs another one, are left out.
    """
    options = ["--system-site-packages"] if system_torch else []
    subprocess.run([sys.executable, "-m", "venv", *options, home], check=True)
    python = home / ("Scripts" if os.name == "nt" else "bin") / "python"
    pins = constraints.read_text(encoding="utf-8").splitlines()
    if system_torch:
        pins = [pin for pin in pins if not pin.startswith(("torch==", "sympy=="))]
        pins.append(f"torch=={installed(python)['torch'].partition('+')[0]}")
    pinned = home / "constraints.txt"
    pinned.write_text("\n".join(pins), encoding="utf-8")
    command = [python, "-m", "pip", "install", "-q", "-c", pinned, "-e", ".[test]"]
    subprocess.run(command, cwd=ROOT, check=True)
    return python


def installed(python: Path) -> dict[str, str]:
    """Versions of all packages of an environment."""
    command = [python, "-m", "pip", "list", "--format", "json"]
    done = subprocess.run(command, capture_output=True, check=True, text=True)
    packages = json.loads(done.stdout)
    return {package["name"].lower(): package["version"] for package in packages}


def count(report: str) -> dict[str, int]:
    """Tests that passed, failed and were skipped, of a report in JUnit's XML."""
    counts = Counter(passed=0, failed=0, skipped=0)
    for test in ET.fromstring(report).iter("testcase"):
        outcomes = {child.tag for child in test}
        if outcomes & {"failure", "error"}:
            counts["failed"] += 1
        elif "skipped" in outcomes:
            counts["skipped"] += 1
        else:
            counts["passed"] += 1
    return dict(counts)


def system() -> str:
    """Name of the operating system."""
    try:
        release = platform.freedesktop_os_release()
        return f"{release['NAME']} {release.get('VERSION_ID', '')}".strip()
    except OSError:
        return f"{platform.system()} {platform.release()}"


def commit() -> str:
    """Commit that was tested, with "-dirty" where code differs from it."""
    head = _git("rev-parse", "--short=12", "HEAD").strip()
    changes = _git("status", "--porcelain", "--", "sklearn_cnn", "tests", "docs")
    return f"{head}-dirty" if changes else head


def _git(*arguments: str) -> str:
    command = ["git", "-C", ROOT, *arguments]
    return subprocess.run(command, capture_output=True, check=True, text=True).stdout


def _parse(arguments) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    add = parser.add_argument
    add("name", help="of the row, such as oldest")
    add("--constraints", type=Path, default=ROOT / "constraints.txt")
    add("--system-torch", action="store_true", help="use the PyTorch of this Python")
    add("--environment", type=Path, help="make it there, or go on with it; it stays")
    add("--processes", type=int, default=1, help="that run tests")
    add("--results", type=Path, default=RESULTS, help="where the row goes")
    add(
        "--tests",
        nargs=argparse.REMAINDER,
        default=QUICK,
        help="all that follows goes to pytest; by default the quick tests are run",
    )
    return parser.parse_args(arguments)


if __name__ == "__main__":
    main()
