"""The default regressor on profiles: a TF-binding score for every base of a window.

The data are those of the challenge of GENE 46100, whose scores are the predictions of
Homer's motif on hg38; "valid" leaves the test part alone. One JSON file a row goes to
benchmarks/results/profiles. See benchmarks/README.md.
"""

import argparse
import time
from pathlib import Path

import numpy as np
import pandas as pd
from _common import (
    RESULTS,
    Results,
    in_words,
    log_test_scores,
    machine_in_words,
    markdown_table,
    mean_and_error,
)
from tqdm import tqdm

from sklearn_cnn import MotifCNNRegressor
from sklearn_cnn.metrics import pearson_global, pearson_per_window

METRICS = {"pearson_per_window": pearson_per_window, "pearson_global": pearson_global}
BARS = {"pearson_per_window": 0.985, "pearson_global": 0.988}
# Of the training windows, which are in the order of the chromosome.
VALID_SHARE = 0.2


def main(arguments: list[str] | None = None) -> None:
    """Run what is missing, then print a table."""
    options = _parse(arguments)
    results = Results(options.results, __file__, options.force, "profiles")
    rows = []
    for seed in tqdm(options.seeds, desc="Rows"):
        settings = {
            "set": options.folder.resolve().name,
            "split": options.split,
            "model": "ours",
            "seed": seed,
        }
        name = f"{settings['set']}/ours.seed{seed}.{options.split}"
        if not results.is_done(name, settings):
            values = fit_and_score(settings, options.folder)
            results.write(name, settings, values)
            if options.split == "test":
                log_test_scores(settings, values["scores"])
        rows.append(results.read(name))
    print(f"\n{_report(rows)}\n\n{machine_in_words()}")


def fit_and_score(settings: dict, folder: Path) -> dict:
    """Scores and times of one training."""
    X, y = read_part(folder, "train")
    if settings["split"] == "test":
        X_test, y_test = read_part(folder, "test")
    else:
        n_train = round((1 - VALID_SHARE) * len(X))
        X, X_test = X[:n_train], X[n_train:]
        y, y_test = y[:n_train], y[n_train:]
    model = MotifCNNRegressor(output="profile", random_state=settings["seed"])
    start = time.perf_counter()
    model.fit(X, y)
    fitted = time.perf_counter()
    predicted = model.predict(X_test)
    return {
        "scores": {name: metric(y_test, predicted) for name, metric in METRICS.items()},
        "fit_seconds": fitted - start,
        "predict_seconds": time.perf_counter() - fitted,
        "n_train": len(X),
        "n_test": len(X_test),
        "n_epochs": model.n_iter_,
    }


def read_part(folder: Path, part: str) -> tuple[np.ndarray, np.ndarray]:
    """Sequences (n,) and scores (n, length) of a part."""
    table = pd.read_csv(folder / f"{part}.tsv.gz", sep="\t")
    with np.load(folder / f"scores_{part}.npz") as arrays:
        return table["sequence"].to_numpy(), arrays["scores"].astype(float)


def _report(rows: list[dict]) -> str:
    """Mean scores, and whether they reach the bars."""
    lines = []
    for metric, bar in BARS.items():
        scores = [row["scores"][metric] for row in rows]
        verdict = "reached" if mean_and_error(scores)[0] >= bar else "MISSED"
        lines.append([metric, len(rows), in_words(scores, 4), bar, verdict])
    seconds = np.mean([row["fit_seconds"] for row in rows])
    title = f"## {rows[0]['set']}, {rows[0]['split']}: {seconds:.0f} seconds a fit"
    header = ["metric", "seeds", "score, ± over seeds", "bar", "verdict"]
    return f"{title}\n\n{markdown_table(header, lines)}"


def _parse(arguments) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    add = parser.add_argument
    add(
        "folder",
        type=Path,
        help="folder of train.tsv.gz, scores_train.npz, test.tsv.gz, scores_test.npz",
    )
    add(
        "--split",
        choices=["valid", "test"],
        default="valid",
        help="hold out the last fifth of the training windows, to choose by (valid), "
        "or score the test part, which is counted in test_log.csv",
    )
    add("--seeds", nargs="+", type=int, default=[0, 1, 2], help="(0 1 2)")
    add("--results", type=Path, default=RESULTS / "profiles", help="where rows go")
    add("--force", action="store_true", help="make rows anew that are there")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    main()
