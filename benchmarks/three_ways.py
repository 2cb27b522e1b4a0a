"""Three ways of using a CNN, one question: what binds RAD21, from few sequences?

From scratch, fine-tuned from CTCF, and CTCF's features before a logistic regression,
beside k-mers. The data lie in the package; sequences of RAD21 that share 31 letters
with CTCF's training part are left out. Scores are of RAD21's test part (counted in
test_log.csv). One JSON file a way, number of sequences and seed goes to
benchmarks/results/three_ways. See benchmarks/README.md.
"""

import argparse
import csv
import time
from pathlib import Path

from _common import (
    EARLIER,
    RESULTS,
    Results,
    age_in_words,
    in_words,
    is_current,
    log_test_scores,
    machine_in_words,
)
from _models import make_model as make_peer
from page_tables import short
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import train_test_split
from transfer import make_model as make_default

from sklearn_cnn import MotifCNNClassifier
from sklearn_cnn.datasets import load_tf_binding

SIZES = (30, 100, 300, 1000)
ALONE = {"linear_models": None}
WAYS = {
    "source": "CTCF's network, unchanged",
    "scratch_alone": "network from scratch",
    "tuned_alone": "CTCF's network, fine-tuned",
    "features": "CTCF's features, logistic regression",
    "scratch": "default estimator from scratch",
    "tuned": "default estimator, fine-tuned",
    "kmers": "k-mers, logistic regression",
}


def main(arguments: list[str] | None = None) -> None:
    """Run what is missing, print the table, write it where asked to."""
    options = _parse(arguments)
    results = Results(options.results, __file__, options.force, _task)
    sources, rows = {}, []
    for seed in options.seeds:
        for n_train in options.sizes:
            for way in options.ways:
                settings = {"way": way, "n_train": n_train, "seed": seed}
                name = f"{way}.{n_train}.seed{seed}"
                if not results.is_done(name, settings):
                    if seed not in sources:
                        sources = {seed: train_sources(seed)}
                    values = evaluate(settings, sources[seed])
                    of_log = {
                        "set": "CTCF to RAD21",
                        "model": f"{way}@{n_train}",
                        "seed": seed,
                    }
                    log_test_scores(of_log, {"auroc": values["auroc"]})
                    results.write(name, settings, values)
                rows.append(results.read(name))
                print(f"{name}  {rows[-1]['auroc']:.4f}", flush=True)
    header, *lines = table(rows)
    print("\n".join("  ".join(line) for line in [header, *lines]))
    print(f"\n{age_in_words(rows)}\n{machine_in_words()}")
    if options.csv is not None:
        with options.csv.open("w", newline="", encoding="utf-8") as file:
            csv.writer(file, lineterminator="\n").writerows([header, *lines])


def train_sources(seed: int) -> dict[str, MotifCNNClassifier]:
    """The default model of CTCF's training part, and its network alone."""
    X, y = load_tf_binding("CTCF", "train", return_X_y=True)
    return {
        "default": MotifCNNClassifier(random_state=seed).fit(X, y),
        "alone": MotifCNNClassifier(**ALONE, random_state=seed).fit(X, y),
    }


def evaluate(settings: dict, sources: dict) -> dict:
    """Train on a random part of RAD21's training part, score its test part."""
    X, y = load_tf_binding("RAD21", "train", return_X_y=True)
    X_train, _, y_train, _ = train_test_split(
        X,
        y,
        train_size=settings["n_train"],
        stratify=y,
        random_state=settings["seed"],
    )
    X_test, y_test = load_tf_binding("RAD21", "test", return_X_y=True)
    model = make_model(settings["way"], settings["seed"], sources)
    start = time.perf_counter()
    if settings["way"] != "source":
        model.fit(X_train, y_train)
    seconds = time.perf_counter() - start
    return {
        "auroc": float(roc_auc_score(y_test, model.predict_proba(X_test)[:, 1])),
        "fit_seconds": seconds,
        "n_test": len(X_test),
    }


def make_model(way: str, seed: int, sources: dict):
    """Unfitted model of a way; of "source", the fitted source."""
    if way == "source":
        return sources["alone"]
    if way == "scratch_alone":
        return MotifCNNClassifier(**ALONE, random_state=seed)
    if way == "tuned_alone":
        return MotifCNNClassifier(
            **ALONE, pretrained=sources["alone"], random_state=seed
        )
    if way == "kmers":
        return make_peer("kmer", "classification", "dna", 100, None)
    return make_default(way, seed, sources)


def table(rows: list[dict]) -> list[list[str]]:
    """Header, and a line a way: mean and standard error of the AUROC over seeds.

    Cells are short, so that the table fits a phone.
    """
    sizes = sorted({row["n_train"] for row in rows})
    lines = [["way", *(f"{n:,}" for n in sizes)]]
    for way in dict.fromkeys(row["way"] for row in rows):
        of_way = [row for row in rows if row["way"] == way]
        parts = [[row for row in of_way if row["n_train"] == n] for n in sizes]
        lines.append([WAYS[way], *map(_cell, parts)])
    return lines


def _cell(rows: list[dict]) -> str:
    text = in_words([row["auroc"] for row in rows]) if rows else ""
    return short(text if all(map(is_current, rows)) else f"{text} {EARLIER}")


def _task(settings: dict) -> str:
    return "other models" if settings["way"] == "kmers" else "transfer"


def _parse(arguments) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    add = parser.add_argument
    add("--sizes", nargs="+", type=int, default=list(SIZES))
    add("--ways", nargs="+", choices=WAYS, default=list(WAYS), help="(all)")
    add("--seeds", nargs="+", type=int, default=[0, 1, 2], help="(0 to 2)")
    add("--csv", type=Path, help="write the table to this file")
    add("--results", type=Path, default=RESULTS / "three_ways", help="where rows go")
    add("--force", action="store_true", help="make rows anew that are there")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    main()
