"""What does each way of using a CNN cost: sequences, seconds and memory?

The ways are those of three_ways.py, networks alone: what binds RAD21, from scratch,
fine-tuned from CTCF, and CTCF's features before a logistic regression. Training of the
source and extraction of features count apart. How many sequences a way needs follows
from the rows of three_ways.py. Each row is a process of its own; one JSON file a step
and number of sequences goes to benchmarks/results/costs. Times mean something only on a
machine that does nothing else. See benchmarks/README.md.
"""

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from _common import RESULTS, TIMES, Results, machine_in_words, markdown_table
from memory import held
from page_tables import costs
from sklearn.model_selection import train_test_split
from three_ways import ALONE
from transfer import make_model

from sklearn_cnn import MotifCNNClassifier, PretrainedFeatureExtractor, save_model
from sklearn_cnn.datasets import load_tf_binding

SIZES = (100, 1000)
# Steps, and whether they start from the source.
STEPS = {
    "source": False,
    "scratch": False,
    "tuned": True,
    "extraction": True,
    "logistic": True,
}
N_REPEATS = 3


def main(arguments: list[str] | None = None) -> None:
    """Run what is missing, then print the table."""
    options = _parse(arguments)
    if options.child:
        print(json.dumps(measure(options.child, options.sizes[0], options.source)))
        return
    results = Results(options.results, __file__, options.force, lambda _: TIMES)
    jobs = [("source", 2000)]
    jobs += [(step, n) for n in options.sizes for step in list(STEPS)[1:]]
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "source.safetensors"
        for step, n in jobs:
            settings = {"step": step, "n": n}
            name = f"{step}.{n}"
            if not results.is_done(name, settings):
                if STEPS[step] and not source.exists():
                    save_model(make_source().fit(*_read("CTCF", 2000)), source)
                results.write(name, settings, _in_a_process(step, n, source))
            rows.append(results.read(name))
            print(f"{name}  {min(rows[-1]['seconds']):.2f} s", flush=True)
    header, *lines = costs(rows)
    print(f"\n{markdown_table(header, lines)}\n\n{machine_in_words()}")


def _in_a_process(step: str, n: int, source: Path) -> dict:
    command = [sys.executable, __file__, "--child", step, "--sizes", str(n)]
    command += ["--source", str(source)]
    printed = subprocess.run(command, check=True, capture_output=True, text=True)
    return json.loads(printed.stdout.splitlines()[-1])


def measure(step: str, n: int, source: Path) -> dict:
    """Seconds of each repeat of a step; bytes that the process held before and most."""
    X, y = _read("CTCF" if step == "source" else "RAD21", n)
    model = _model(step, source)
    if step == "logistic":
        features = PretrainedFeatureExtractor(source).fit_transform(X)
        model, X = make_model("features", 0, {"alone": source})[1:], features
    run = model.fit_transform if step == "extraction" else model.fit
    # What a first run imports and keeps is not counted.
    few = slice(None, None, len(X) // 50)
    run(X[few], y[few])
    before = held()
    seconds = []
    for _ in range(N_REPEATS):
        start = time.perf_counter()
        run(X, y)
        seconds.append(time.perf_counter() - start)
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    return {"seconds": seconds, "before": before, "most": most}


def make_source() -> MotifCNNClassifier:
    """Network of the default, unfitted."""
    return MotifCNNClassifier(**ALONE, random_state=0)


def _model(step: str, source: Path):
    """Unfitted model of a step; "logistic" has none before there are features."""
    if step in ("source", "scratch"):
        return make_source()
    if step == "tuned":
        return make_source().set_params(pretrained=source)
    return PretrainedFeatureExtractor(source)


def _read(factor: str, n: int) -> tuple[list[str], list]:
    """`n` sequences of a training part, classes in their proportions."""
    X, y = load_tf_binding(factor, "train", return_X_y=True)
    if n < len(X):
        X, _, y, _ = train_test_split(X, y, train_size=n, stratify=y, random_state=0)
    return X, y


def _parse(arguments) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    add = parser.add_argument
    add("--sizes", nargs="+", type=int, default=list(SIZES), help="sequences of RAD21")
    add("--results", type=Path, default=RESULTS / "costs", help="where rows go")
    add("--force", action="store_true", help="make rows anew that are there")
    add("--child", choices=STEPS, help=argparse.SUPPRESS)
    add("--source", type=Path, help=argparse.SUPPRESS)
    return parser.parse_args(arguments)


if __name__ == "__main__":
    main()
