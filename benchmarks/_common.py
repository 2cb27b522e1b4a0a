"""What all benchmarks share: where results come from, raw JSON rows, small tables."""

import csv
import importlib.metadata
import json
import os
import platform
import subprocess
from collections.abc import Callable
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import numpy as np
import torch
from _behaviour import CONFIGURATIONS, predictions_hash

import sklearn_cnn

BENCHMARKS = Path(__file__).resolve().parent
RESULTS = BENCHMARKS / "results"
TEST_LOG = BENCHMARKS / "test_log.csv"
PACKAGE = Path(sklearn_cnn.__file__).resolve().parent
# The task of rows that are times: these belong to a commit.
TIMES = "times"
# Stands beside what comes from rows of an earlier behaviour.
EARLIER = "†"
_VERSIONS = ("torch", "scikit-learn", "skorch", "numpy", "gkmsvm-lite")


class Results:
    """Raw results, one JSON file a row, which a rerun skips while they are up to date.

    Parameters
    ----------
    folder : Path
        Where the rows lie.
    script : str
        The script that makes them, whose name a row remembers.
    force : bool
        Whether to make all rows anew.
    task : str, callable or None
        Which of the package's predictions a row rests on: a key of `CONFIGURATIONS`,
        or `TIMES`; or what gives it for the settings of a row. None is all of them.

    Raises
    ------
    RuntimeError
        If the package imported is not that of the clone the benchmarks lie in: its
        commit would not say what was measured.
    """

    def __init__(
        self,
        folder: Path,
        script: str,
        force: bool = False,
        task: str | Callable[[dict], str] | None = None,
    ):
        if BENCHMARKS.parent / "sklearn_cnn" != PACKAGE:
            raise RuntimeError(
                f"sklearn_cnn is imported from {PACKAGE}, not from the clone of these "
                "benchmarks; install the clone with `pip install -e .`"
            )
        self.folder = Path(folder)
        self.script = Path(script)
        self.force = force
        self.task = task

    def is_done(self, name: str, settings: dict) -> bool:
        """Whether the row is there, of today's behaviour and these settings."""
        if self.force or not self._path(name).exists():
            return False
        row = self.read(name)
        wanted = {**settings, "behaviour": self._behaviour(settings)}
        return all(key in row and row[key] == wanted[key] for key in wanted)

    def write(self, name: str, settings: dict, values: dict) -> dict:
        """Add where the row comes from, write all of it or nothing, return it."""
        row = {
            **settings,
            **values,
            "behaviour": self._behaviour(settings),
            **provenance(self.script),
        }
        path = self._path(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = path.with_suffix(".tmp")
        text = json.dumps(row, indent=1, allow_nan=False) + "\n"
        temporary.write_text(text, encoding="utf-8")
        os.replace(temporary, path)
        return row

    def read(self, name: str) -> dict:
        """A row that is there."""
        return json.loads(self._path(name).read_text(encoding="utf-8"))

    def read_or_make(self, name: str, settings: dict, make) -> dict:
        """A row that is there, or else what `make` gives for the settings."""
        if not self.is_done(name, settings):
            self.write(name, settings, make(settings))
        return self.read(name)

    def _path(self, name: str) -> Path:
        return self.folder / f"{name}.json"

    def _behaviour(self, settings: dict) -> str:
        return behaviour(self.task(settings) if callable(self.task) else self.task)


def behaviour(task: str | None) -> str:
    """What the package does today on a task, in a word that rows remember.

    It is a hash of what the package predicts there, or of times the commit.
    """
    today = commit() if task == TIMES else predictions_hash(task)
    return f"{task or 'all tasks'}: {today}"


def is_current(row: dict) -> bool:
    """Whether a row was made by a package that behaved as today's does."""
    tasks = [*CONFIGURATIONS, TIMES, None]
    return row.get("behaviour") in map(behaviour, tasks)


def age_in_words(rows: list[dict]) -> str:
    """How many rows are of an earlier behaviour."""
    n_earlier = sum(not is_current(row) for row in rows)
    if not n_earlier:
        return f"All {len(rows)} rows are of today's behaviour."
    return (
        f"{EARLIER} {n_earlier} of {len(rows)} rows are of an earlier behaviour: what "
        "the package predicts on their task has changed since, or is not known."
    )


def log_test_scores(settings: dict, scores: dict) -> None:
    """Append each score on a test part to a file that counts them."""
    new = not TEST_LOG.exists()
    with TEST_LOG.open("a", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        if new:
            writer.writerow(
                ["time", "commit", "set", "model", "seed", "metric", "score"]
            )
        start = utc_now(), commit(), *(settings[k] for k in ("set", "model", "seed"))
        for metric, score in scores.items():
            if score is not None:
                writer.writerow([*start, metric, f"{score:.6f}"])


def read_rows(folder: Path) -> list[dict]:
    """All rows under a folder, in the order of their paths."""
    paths = sorted(Path(folder).rglob("*.json"))
    return [json.loads(path.read_text(encoding="utf-8")) for path in paths]


def provenance(script: Path) -> dict:
    """When, by which code and on which machine a result was made."""
    return {
        "time": utc_now(),
        "script": Path(script).name,
        "commit": commit(),
        "versions": _versions(),
        "machine": machine(),
    }


def utc_now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


@cache
def commit() -> str:
    """Commit of the package, with "-dirty" where code differs from it."""
    try:
        head = _git("rev-parse", "--short=12", "HEAD")
        changes = _git(
            "status",
            "--porcelain",
            "--",
            ":/sklearn_cnn",
            ":/benchmarks",
            ":(top,exclude)benchmarks/results",
            ":(top,exclude)benchmarks/test_log.csv",
        )
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
    return f"{head}-dirty" if changes else head


def machine() -> dict:
    """Processor, cores, threads that PyTorch uses, and accelerator, if any."""
    cuda = torch.cuda.is_available()
    return {
        "cpu": _cpu_model(),
        "cores": os.cpu_count(),
        "threads": torch.get_num_threads(),
        "gpu": torch.cuda.get_device_name(0) if cuda else None,
    }


def machine_in_words() -> str:
    """One line to stand with every table of times."""
    m = machine()
    gpu = f", {m['gpu']}" if m["gpu"] else ""
    versions = ", ".join(f"{k} {v}" for k, v in _versions().items())
    return (
        f"{m['cpu']}, {m['cores']} cores, {m['threads']} threads in PyTorch{gpu}; "
        f"{versions}; commit {commit()}"
    )


def mean_and_error(values) -> tuple[float, float | None]:
    """Mean and its standard error; None for one value."""
    values = np.asarray(values, dtype=float)
    if len(values) < 2:
        return float(values.mean()), None
    return float(values.mean()), float(values.std(ddof=1) / np.sqrt(len(values)))


def in_words(values, digits: int = 3, sign: str = "") -> str:
    """Mean ± standard error, with as many decimals; `sign` "+" for differences."""
    mean, error = mean_and_error(values)
    text = f"{mean:{sign}.{digits}f}"
    return text if error is None else f"{text} ± {error:.{digits}f}"


def markdown_table(header: list[str], rows: list[list]) -> str:
    """Markdown table, columns aligned to be read as plain text too."""
    cells = [list(map(str, row)) for row in [header, *rows]]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    cells.insert(1, ["-" * width for width in widths])
    lines = (
        " | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        for row in cells
    )
    return "\n".join(f"| {line} |" for line in lines)


def _git(*arguments: str) -> str:
    command = ["git", "-C", str(PACKAGE), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return done.stdout.strip()


def _versions() -> dict[str, str]:
    versions = {"python": platform.python_version()}
    for name in _VERSIONS:
        try:
            versions[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    versions["sklearn_cnn"] = sklearn_cnn.__version__
    return versions


def _cpu_model() -> str:
    info = Path("/proc/cpuinfo")
    if info.exists():
        for line in info.read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()
