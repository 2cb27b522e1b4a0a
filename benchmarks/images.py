"""The default image classifier beside an SVM and a random forest.

Two parts: scikit-learn's 8 x 8 digits (accuracy on each of five folds) and, where its
folder is given, a subset of Fashion-MNIST (6,000 images to train, 2,000 to test). One
JSON file a row goes to benchmarks/results/images. See benchmarks/README.md.
"""

import argparse
import gzip
import time
from pathlib import Path

import numpy as np
from _common import (
    RESULTS,
    Results,
    in_words,
    machine_in_words,
    markdown_table,
    mean_and_error,
)
from sklearn.datasets import load_digits
from sklearn.ensemble import RandomForestClassifier
from sklearn.model_selection import StratifiedKFold
from sklearn.svm import SVC
from tqdm import tqdm

from sklearn_cnn import ImageCNNClassifier

MODELS = ("ours", "svm", "forest")
# The SVM is free of chance.
SEEDED = ("ours", "forest")
BARS = {"digits": 0.992, "fashion": 0.88}
N_TRAIN, N_TEST = 6000, 2000
# Ends of the names of Fashion-MNIST's files.
KINDS = ("images-idx3-ubyte", "labels-idx1-ubyte")


def main(arguments: list[str] | None = None) -> None:
    """Run what is missing, then print a table a part."""
    options = _parse(arguments)
    results = Results(options.results, __file__, options.force, _task)
    rows = []
    for name, settings in tqdm(_jobs(options), desc="Rows"):
        if results.is_done(name, settings):
            rows.append(results.read(name))
            continue
        if settings["part"] == "digits":
            values = digits(settings)
        else:
            values = fashion(settings, options.fashion_folder)
        rows.append(results.write(name, settings, values))
    for part in dict.fromkeys(row["part"] for row in rows):
        print(f"\n{_report(part, [row for row in rows if row['part'] == part])}")
    print(f"\n{machine_in_words()}")


def digits(settings: dict) -> dict:
    """Accuracy on each of five folds, the same for all models and seeds."""
    X, y = load_digits().images, load_digits().target
    folds = StratifiedKFold(5, shuffle=True, random_state=0)
    scores = [
        _score(settings, X[train], y[train], X[test], y[test])
        for train, test in folds.split(X, y)
    ]
    return {key: [score[key] for score in scores] for key in scores[0]}


def fashion(settings: dict, folder: Path) -> dict:
    """Accuracy on the first test images after training on the first training images."""
    X, y = (read_idx(folder, f"train-{kind}")[:N_TRAIN] for kind in KINDS)
    X_test, y_test = (read_idx(folder, f"t10k-{kind}")[:N_TEST] for kind in KINDS)
    score = _score(settings, X, y, X_test, y_test)
    return {key: [value] for key, value in score.items()}


def read_idx(folder: Path, name: str) -> np.ndarray:
    """Bytes of a gzipped file in the IDX format, in their shape."""
    with gzip.open(folder / f"{name}.gz") as file:
        data = file.read()
    n_axes = data[3]
    shape = np.frombuffer(data, ">u4", count=n_axes, offset=4)
    return np.frombuffer(data, np.uint8, offset=4 + 4 * n_axes).reshape(shape)


def _score(settings: dict, X, y, X_test, y_test) -> dict:
    model = _make_model(settings)
    if settings["model"] != "ours":
        X, X_test = (images.reshape(len(images), -1) for images in (X, X_test))
        # The SVM's parameters are those for digits, whose pixels go from 0 to 16.
        scale = 16 / 255 if X.dtype == np.uint8 else 1
        X, X_test = X * scale, X_test * scale
    start = time.perf_counter()
    model.fit(X, y)
    fitted = time.perf_counter()
    accuracy = float(model.score(X_test, y_test))
    return {
        "accuracy": accuracy,
        "fit_seconds": fitted - start,
        "predict_seconds": time.perf_counter() - fitted,
    }


def _make_model(settings: dict):
    if settings["model"] == "ours":
        return ImageCNNClassifier(random_state=settings["seed"])
    if settings["model"] == "forest":
        return RandomForestClassifier(500, random_state=settings["seed"])
    return SVC(gamma=0.001, C=10)


def _jobs(options) -> list[tuple[str, dict]]:
    """Name and settings of each row."""
    jobs = []
    for part in ["digits"] if options.fashion_folder is None else list(BARS):
        for model in options.models:
            for seed in options.seeds if model in SEEDED else [None]:
                name = f"{part}/{model}" + ("" if seed is None else f".seed{seed}")
                jobs.append((name, {"part": part, "model": model, "seed": seed}))
    return jobs


def _task(settings: dict) -> str:
    return "images" if settings["model"] == "ours" else "other models"


def _report(part: str, rows: list[dict]) -> str:
    """Accuracies, and whether ours reaches the bar in the mean over seeds."""
    title = {
        "digits": "Digits: accuracy, StratifiedKFold(5, shuffle=True, random_state=0)",
        "fashion": f"Fashion-MNIST, {N_TRAIN} to train, {N_TEST} to test: accuracy",
    }[part]
    lines, verdict = [], ""
    for model in dict.fromkeys(row["model"] for row in rows):
        of = [row for row in rows if row["model"] == model]
        accuracy = [np.mean(row["accuracy"]) for row in of]
        seconds = np.mean([np.mean(row["fit_seconds"]) for row in of])
        lines.append([model, len(of), in_words(accuracy, 4), f"{seconds:.1f}"])
        if model == "ours":
            reached = mean_and_error(accuracy)[0] >= BARS[part]
            verdict = f"Bar {BARS[part]}: {'reached' if reached else 'MISSED'}."
    header = ["model", "seeds", "accuracy, ± over seeds", "seconds a fit"]
    return "\n\n".join([f"## {title}", markdown_table(header, lines), verdict])


def _parse(arguments) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    add = parser.add_argument
    add(
        "fashion_folder",
        nargs="?",
        type=Path,
        help="folder of Fashion-MNIST's four gzipped files; without it, digits only",
    )
    add("--models", nargs="+", choices=MODELS, default=list(MODELS), help="(all)")
    add("--seeds", nargs="+", type=int, default=[0, 1, 2], help="(0 1 2)")
    add("--results", type=Path, default=RESULTS / "images", help="where rows go")
    add("--force", action="store_true", help="make rows anew that are there")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    main()
