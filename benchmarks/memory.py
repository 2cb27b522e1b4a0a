"""How much memory do fit and predict need beside the sequences themselves?

Each row is a process of its own: it makes a list of random strings, notes what it
holds, fits or predicts, and notes the most that it held. One network of few filters and
one epoch: memory follows the sequences, not the training. Linear models are there as by
default. One JSON file a row goes to benchmarks/results/memory. See
benchmarks/README.md.
"""

import argparse
import json
import resource
import subprocess
import sys
from pathlib import Path

import numpy as np
from _common import RESULTS, TIMES, Results, machine_in_words, markdown_table

# Bar: gigabytes added, of so many sequences of 200 letters.
MAX_ADDED, BAR_N = 1.5, 1_000_000
STEPS = ("fit", "predict")
SMALL = {"n_filters": 4, "n_estimators": 1, "max_epochs": 1, "random_state": 0}


def main(arguments: list[str] | None = None) -> None:
    """Run what is missing, then print the table."""
    options = _parse(arguments)
    if options.child:
        print(json.dumps(measure(options.child, options.n[0], options.length)))
        return
    results = Results(options.results, __file__, options.force, lambda _: TIMES)
    rows = [
        _run(step, n, options, results) for step in options.steps for n in options.n
    ]
    print(f"\n{table(rows)}\n\n{machine_in_words()}")


def _run(step: str, n: int, options, results: Results) -> dict:
    settings = {"step": step, "n": n, "length": options.length}
    name = f"{step}.{n}"
    if not results.is_done(name, settings):
        command = [sys.executable, __file__, "--child", step, "--n", str(n)]
        command += ["--length", str(options.length)]
        printed = subprocess.run(command, check=True, capture_output=True, text=True)
        results.write(name, settings, json.loads(printed.stdout.splitlines()[-1]))
    return results.read(name)


def measure(step: str, n: int, length: int) -> dict:
    """Bytes that this process holds before a step, and most of all in it."""
    from sklearn_cnn import MotifCNNClassifier

    rng = np.random.default_rng(0)
    letters = np.frombuffer(b"ACGT", np.uint8)
    X = [letters[rng.integers(4, size=length)].tobytes().decode() for _ in range(n)]
    y = np.arange(n) % 2
    clf = MotifCNNClassifier(**SMALL)
    # What a first fit imports and keeps is not counted.
    clf.fit(X[:1000], y[:1000])
    clf.predict(X[:1000])
    before = held()
    if step == "fit":
        clf.fit(X, y)
    else:
        clf.predict(X)
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    return {"before": before, "most": most, "list": _of_list(X)}


def _of_list(X: list[str]) -> int:
    """Bytes of a list of strings of one length."""
    return sys.getsizeof(X) + len(X) * sys.getsizeof(X[0])


def held() -> int:
    """Bytes that this process holds in memory now."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize()


def table(rows: list[dict]) -> str:
    """One line a row; the bar is for so many sequences as it names."""
    lines = []
    for row in rows:
        added = row["most"] - row["before"]
        verdict = ""
        if (row["n"], row["length"]) == (BAR_N, 200):
            reached = "reached" if added <= MAX_ADDED * 1e9 else "MISSED"
            verdict = f"{reached} ({MAX_ADDED} GB)"
        lines.append(
            [
                row["step"],
                f"{row['n']:,}",
                f"{row['list'] / 1e9:.2f}",
                f"{added / 1e9:.2f}",
                f"{added / row['n'] / row['length']:.1f}",
                verdict,
            ]
        )
    header = ["step", "sequences", "list, GB", "added, GB", "added, bytes a letter"]
    return f"## Memory\n\n{markdown_table([*header, 'bar'], lines)}"


def _parse(arguments) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    add = parser.add_argument
    add("--steps", nargs="+", choices=STEPS, default=list(STEPS), help="(both)")
    add("--n", nargs="+", type=int, default=[200_000, BAR_N], help="sequences")
    add("--length", type=int, default=200, help="letters of a sequence (200)")
    add("--results", type=Path, default=RESULTS / "memory", help="where rows go")
    add("--force", action="store_true", help="make rows anew that are there")
    add("--child", choices=STEPS, help=argparse.SUPPRESS)
    return parser.parse_args(arguments)


if __name__ == "__main__":
    main()
