"""How fast, and in how much memory, is what does not fit into memory?

The part "out_of_core" trains an epoch of a network alone, and predicts: on a list of
strings, on windows of a genome that stay in its file (`GenomeWindows`) and on codes
that are mapped into memory. The genome is made of random letters. Each row of memory is
a process of its own, which notes the most that it held, all things included; in a row
of speed the three take turns in one process. One JSON file a row goes to
benchmarks/results/scale. See benchmarks/README.md.
"""

import argparse
import json
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Event, Thread

import numpy as np
import pandas as pd
from _common import RESULTS, TIMES, Results, machine_in_words, markdown_table
from skorch.callbacks import Callback

from sklearn_cnn import MotifCNNClassifier
from sklearn_cnn.datasets import GenomeWindows

# Bars: gigabytes of a process that trains on so many windows of 200 bases, and its
# speed as a share of that in memory.
MAX_RESIDENT, MIN_SPEED, BAR_N = 1.0, 0.8, 2_000_000
PARTS = ("out_of_core",)
KINDS = ("strings", "windows", "codes")
IN_WORDS = {"strings": "strings in memory", "windows": "GenomeWindows"}
IN_WORDS["codes"] = "mapped codes"
CHROMOSOMES = {f"chr{i}": 10_000_000 for i in range(1, 6)}
ALONE = {
    "alphabet": "dna",
    "linear_models": None,
    "n_estimators": 1,
    "max_epochs": 1,
    "early_stopping": False,
    "device": "cpu",
    "random_state": 0,
}


def main(arguments: list[str] | None = None) -> None:
    """Run what is missing, then print the tables."""
    options = _parse(arguments)
    if options.child:
        kind, n = options.child, options.n[0]
        print(json.dumps(measure_memory(kind, n, options.length, options.n_filters)))
        return
    results = Results(options.results, __file__, options.force, lambda _: TIMES)
    if "out_of_core" in options.parts:
        memory = [_memory(k, n, options, results) for n in options.n for k in KINDS]
        speed = [_speed(n, options, results) for n in options.n_speed]
        print(f"\n{memory_table(memory)}\n\n{speed_table(speed)}")
    print(f"\n{machine_in_words()}")


def _memory(kind: str, n: int, options, results: Results) -> dict:
    settings = {"step": "memory", "kind": kind, "n": n, "length": options.length}
    settings["n_filters"] = options.n_filters
    name = f"out_of_core.memory.{kind}.{n}"
    if not results.is_done(name, settings):
        command = [sys.executable, __file__, "--child", kind, "--n", str(n)]
        command += ["--length", str(options.length)]
        command += ["--n-filters", str(options.n_filters)]
        printed = subprocess.run(command, check=True, capture_output=True, text=True)
        results.write(name, settings, json.loads(printed.stdout.splitlines()[-1]))
    return results.read(name)


def _speed(n: int, options, results: Results) -> dict:
    settings = {"step": "speed", "n": n, "length": options.length}
    settings |= {"n_filters": options.n_filters, "repeats": options.repeats}
    return results.read_or_make(f"out_of_core.speed.{n}", settings, measure_speed)


def measure_memory(kind: str, n: int, length: int, n_filters: int) -> dict:
    """The most bytes that this process holds in a fit and in a prediction."""
    clf = MotifCNNClassifier(**ALONE, n_filters=n_filters)
    with TemporaryDirectory() as folder:
        X = make_inputs(kind, n, length, Path(folder))
        y = np.random.default_rng(1).integers(2, size=n)
        values = {}
        for step in ("fit", "predict"):
            with Memory() as memory:
                start = time.perf_counter()
                clf.fit(X, y) if step == "fit" else clf.decision_function(X)
                values[f"{step}_seconds"] = time.perf_counter() - start
            values |= {f"{step}_{key}": most for key, most in memory.most.items()}
    return values


def measure_speed(settings: dict) -> dict:
    """Seconds of an epoch, and of the whole fit, of each kind in turn."""
    n, length = settings["n"], settings["length"]
    y = np.random.default_rng(1).integers(2, size=n)
    seconds = {kind: {"epoch": [], "fit": []} for kind in KINDS}
    with TemporaryDirectory() as folder:
        X = {kind: make_inputs(kind, n, length, Path(folder)) for kind in KINDS}
        for repeat in range(settings["repeats"]):
            # Each of them is the first one in turn.
            for kind in np.roll(KINDS, repeat):
                timer = EpochTimer()
                clf = MotifCNNClassifier(
                    **ALONE, n_filters=settings["n_filters"], callbacks=[timer]
                )
                start = time.perf_counter()
                clf.fit(X[kind], y)
                seconds[kind]["fit"].append(time.perf_counter() - start)
                seconds[kind]["epoch"].append(timer.seconds[0])
    return {"seconds": seconds}


def make_inputs(kind: str, n: int, length: int, folder: Path):
    """Windows at random places: as they are, as strings, or as a map of codes."""
    genome = folder / "genome.fa"
    rng = np.random.default_rng(0)
    if not genome.exists():
        _write_genome(genome, np.random.default_rng(2))
    chroms = rng.choice(list(CHROMOSOMES), n)
    starts = rng.integers(0, min(CHROMOSOMES.values()) - length, n)
    peaks = pd.DataFrame({"chrom": chroms, "start": starts, "end": starts + length})
    windows = GenomeWindows(peaks, genome, length=length)
    if kind != "codes":
        return list(windows) if kind == "strings" else windows
    codes = np.lib.format.open_memmap(folder / "codes.npy", "w+", np.uint8, (n, length))
    for rows, part in windows.parts():
        codes[rows] = part.codes()
    codes.flush()
    return np.load(folder / "codes.npy", mmap_mode="r")


def _write_genome(path: Path, rng: np.random.Generator) -> None:
    """Random letters, 100 a line."""
    letters = np.frombuffer(b"ACGT", np.uint8)
    with path.open("wb") as file:
        for chrom, size in CHROMOSOMES.items():
            file.write(f">{chrom}\n".encode())
            lines = letters[rng.integers(4, size=(size // 100, 100), dtype=np.uint8)]
            ends = np.full((len(lines), 1), ord("\n"), np.uint8)
            file.write(np.hstack([lines, ends]).tobytes())


class EpochTimer(Callback):
    """Seconds of each epoch."""

    def __init__(self):
        # A copy of the callback, which a fit makes, fills the same list.
        self.seconds = []

    def on_epoch_begin(self, net, **kwargs):
        """Start the clock."""
        self.start_ = time.perf_counter()

    def on_epoch_end(self, net, **kwargs):
        """Stop the clock."""
        self.seconds.append(time.perf_counter() - self.start_)


class Memory:
    """The most bytes that this process holds while a block runs, looked at often.

    "resident" is all of it; "own" is without pages of files, which the system takes
    back as soon as another process needs memory.
    """

    _NAMES = {"resident": "VmRSS:", "own": "RssAnon:"}

    def __enter__(self) -> "Memory":
        self.most = dict.fromkeys(self._NAMES, 0)
        self._ended = Event()
        self._thread = Thread(target=self._watch)
        self._thread.start()
        return self

    def __exit__(self, *_) -> None:
        self._ended.set()
        self._thread.join()

    def _watch(self) -> None:
        while True:
            lines = Path("/proc/self/status").read_text(encoding="utf-8").splitlines()
            table = {words[0]: words[1] for words in map(str.split, lines) if words[1:]}
            for key, name in self._NAMES.items():
                self.most[key] = max(self.most[key], 1024 * int(table[name]))
            if self._ended.wait(0.05):
                return


def memory_table(rows: list[dict]) -> str:
    """One line a row; the bar is for so many windows as it names."""
    lines = []
    for row in rows:
        verdict = ""
        if (row["n"], row["length"]) == (BAR_N, 200) and row["kind"] != "strings":
            # Pages of a map that the user made are no memory of ours.
            what = "resident" if row["kind"] == "windows" else "own"
            reached = row[f"fit_{what}"] < MAX_RESIDENT * 1e9
            verdict = f"{'reached' if reached else 'MISSED'} ({MAX_RESIDENT} GB {what})"
        held = [
            f"{row[f'{step}_{what}'] / 1e9:.2f}"
            for step in ("fit", "predict")
            for what in ("resident", "own")
        ]
        lines.append([f"{row['n']:,}", IN_WORDS[row["kind"]], *held, verdict])
    header = ["windows", "given as", "fit, GB", "of it its own"]
    header += ["predict, GB", "of it its own", "bar"]
    return f"## Out of core: memory of a process\n\n{markdown_table(header, lines)}"


def speed_table(rows: list[dict]) -> str:
    """One line a number of windows and kind: medians, and the ratio to strings."""
    lines = []
    for row in rows:
        seconds = row["seconds"]
        for kind in KINDS:
            # Of each turn, as the machine's speed changes.
            ratios = np.divide(seconds["strings"]["epoch"], seconds[kind]["epoch"])
            ratio, verdict = float(np.median(ratios)), ""
            if kind != "strings":
                verdict = "reached" if ratio >= MIN_SPEED else "MISSED"
                verdict = f"{verdict} ({MIN_SPEED})"
            lines.append(
                [
                    f"{row['n']:,}",
                    IN_WORDS[kind],
                    f"{row['n'] / np.median(seconds[kind]['epoch']):,.0f}",
                    f"{np.median(seconds[kind]['fit']):.1f}",
                    f"{ratio:.2f} ({ratios.min():.2f} to {ratios.max():.2f})",
                    verdict,
                ]
            )
    header = ["windows", "given as", "windows a second, epoch", "whole fit, s"]
    header += ["speed of the epoch / strings", "bar"]
    return f"## Out of core: speed of an epoch\n\n{markdown_table(header, lines)}"


def _parse(arguments) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    add = parser.add_argument
    add("--parts", nargs="+", choices=PARTS, default=list(PARTS), help="(all)")
    add("--n", nargs="*", type=int, default=[200_000, BAR_N], help="windows, memory")
    add("--n-speed", nargs="*", type=int, default=[200_000], help="windows, speed")
    add("--length", type=int, default=200, help="bases of a window (200)")
    add("--n-filters", type=int, default=16, help="filters of the network (16)")
    add("--repeats", type=int, default=5, help="turns of a row of speed (5)")
    add("--results", type=Path, default=RESULTS / "scale", help="where rows go")
    add("--force", action="store_true", help="make rows anew that are there")
    add("--child", choices=KINDS, help=argparse.SUPPRESS)
    return parser.parse_args(arguments)


if __name__ == "__main__":
    main()
