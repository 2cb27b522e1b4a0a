"""The default classifier on numeric signals, beside logistic regression and MiniRocket.

Spikes are simulated: 2,000 signals of 100 samples, noise of standard deviation 0.1, and
in half of them a spike of five samples at a random place; 1,500 to train, 500 to test.
Where a folder is given, the sets in it (`*.npz` with X_train, y_train, X_test, y_test)
follow, with their own test parts, whose scores are counted in test_log.csv. One JSON
file a row goes to benchmarks/results/signals. See benchmarks/README.md.
"""

import argparse
import time
from pathlib import Path

import numpy as np
from _common import (
    RESULTS,
    Results,
    in_words,
    log_test_scores,
    machine_in_words,
    markdown_table,
)
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

from sklearn_cnn import MotifCNNClassifier

MODELS = ("ours", "logistic", "minirocket")
# Logistic regression is free of chance.
SEEDED = ("ours", "minirocket")
SPIKES = "spikes"
SPIKE = 0.5 * np.array([0.2, 0.7, 1.0, 0.7, 0.2])


def main(arguments: list[str] | None = None) -> None:
    """Run what is missing, then print a table."""
    options = _parse(arguments)
    results = Results(options.results, __file__, options.force, _task)
    rows = []
    for name, settings in _jobs(options):
        if not results.is_done(name, settings):
            values = evaluate(settings, options.folder)
            if settings["set"] != SPIKES:
                log_test_scores(settings, {"accuracy": values["accuracy"]})
            results.write(name, settings, values)
        rows.append(results.read(name))
        print(f"{name}  {rows[-1]['accuracy']:.4f}", flush=True)
    print(f"\n{report(rows)}\n\n{machine_in_words()}")


def evaluate(settings: dict, folder: Path | None) -> dict:
    """Accuracy on the test part."""
    X, y, X_test, y_test = read_set(settings["set"], folder)
    model = make_model(settings["model"], settings["seed"])
    start = time.perf_counter()
    model.fit(X, y)
    seconds = time.perf_counter() - start
    return {
        "accuracy": float(model.score(X_test, y_test)),
        "fit_seconds": seconds,
        "n_train": len(X),
        "n_test": len(X_test),
    }


def read_set(name: str, folder: Path | None) -> tuple[np.ndarray, ...]:
    """Training and test part: signals (n, channels, length) and labels."""
    if name == SPIKES:
        X, y = make_spikes()
        return X[:1500], y[:1500], X[1500:], y[1500:]
    with np.load(folder / f"{name}.npz", allow_pickle=False) as file:
        return tuple(file[key] for key in ("X_train", "y_train", "X_test", "y_test"))


def make_spikes(n: int = 2000, length: int = 100, random_state: int = 0):
    """Signals (n, 1, length) of noise, and whether there is a spike."""
    rng = np.random.default_rng(random_state)
    X, y = rng.normal(scale=0.1, size=(n, 1, length)), rng.integers(0, 2, n)
    for i in np.flatnonzero(y):
        start = rng.integers(length - len(SPIKE) + 1)
        X[i, 0, start : start + len(SPIKE)] += SPIKE
    return X, y


def make_model(name: str, seed: int | None):
    """Unfitted model."""
    if name == "ours":
        return MotifCNNClassifier(random_state=seed)
    if name == "logistic":
        flat = FunctionTransformer(lambda X: X.reshape(len(X), -1))
        return make_pipeline(flat, StandardScaler(), LogisticRegression(max_iter=1000))
    from aeon.classification.convolution_based import MiniRocketClassifier

    return MiniRocketClassifier(random_state=seed)


def report(rows: list[dict]) -> str:
    """Accuracies by set and model, means over seeds."""
    scores = {}
    for row in rows:
        key = row["set"], row["model"]
        scores.setdefault(key, []).append(row["accuracy"])
    models = [m for m in MODELS if any(key[1] == m for key in scores)]
    lines = [
        [
            name,
            *(in_words(scores[name, m]) if (name, m) in scores else "" for m in models),
        ]
        for name in dict.fromkeys(row["set"] for row in rows)
    ]
    return markdown_table(["accuracy", *models], lines)


def _jobs(options) -> list[tuple[str, dict]]:
    """Name and settings of each row."""
    sets = [SPIKES]
    if options.folder is not None:
        sets += sorted(path.stem for path in options.folder.glob("*.npz"))
    jobs = []
    for name in sets:
        for model in options.models:
            for seed in options.seeds if model in SEEDED else [None]:
                row = f"{name}/{model}" + ("" if seed is None else f".seed{seed}")
                jobs.append((row, {"set": name, "model": model, "seed": seed}))
    return jobs


def _task(settings: dict) -> str:
    return "signals" if settings["model"] == "ours" else "other models"


def _parse(arguments) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    add = parser.add_argument
    add(
        "folder", nargs="?", type=Path, help="folder of *.npz files; without it, spikes"
    )
    add(
        "--models",
        nargs="+",
        choices=MODELS,
        default=["ours", "logistic"],
        help="(ours logistic); minirocket needs `pip install aeon`",
    )
    add("--seeds", nargs="+", type=int, default=[0, 1, 2], help="(0 1 2)")
    add("--results", type=Path, default=RESULTS / "signals", help="where rows go")
    add("--force", action="store_true", help="make rows anew that are there")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    main()
