"""Accuracy of the default estimators beside what a user would otherwise reach for.

One JSON file a set, model and seed goes to benchmarks/results/accuracy; what is there
from the same code and settings is not made again. See benchmarks/README.md.
"""

import argparse
import sys
import time
import traceback
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from _common import RESULTS, Results, log_test_scores
from _data import DataSet, NotSupportedError, Part, find_sets, read_set, subset
from _metrics import classification_scores, regression_scores
from _models import (
    GKMSVM_MAX_TRAIN,
    MODELS,
    SEEDED,
    check_suitable,
    make_model,
    n_parameters,
)
from sklearn.model_selection import GroupKFold, StratifiedGroupKFold

from sklearn_cnn.preprocessing import overlap_groups

# Models that paired.py compares sequence by sequence.
PAIRED = ("ours", "gkmsvm")
MAIN_METRIC = {"classification": "auroc", "regression": "spearman"}


def main(arguments: list[str] | None = None) -> int:
    """Run what is missing; exit status 1 where a model failed."""
    options = _parse(arguments)
    results = Results(options.results, __file__, options.force, _task)
    sets, skipped = find_sets(options.folder)
    if options.sets:
        sets, skipped = _select(sets, skipped, options.sets)
    failed = []
    for i, (name, files) in enumerate(sets.items(), start=1):
        print(f"[{i}/{len(sets)}] {name}", flush=True)
        try:
            data = read_set(name, files)
        except NotSupportedError as reason:
            skipped[name] = str(reason)
            continue
        models = []
        for model in options.models:
            try:
                check_suitable(model, data)
                models.append(model)
            except NotSupportedError as reason:
                skipped[f"{model} on {name}"] = str(reason)
        for model, seed, n_max in _jobs(data, models, options):
            settings = _settings(data, model, seed, n_max, options)
            row_name = _row_name(settings)
            if results.is_done(row_name, settings):
                continue
            try:
                values = evaluate(data, model, settings)
            except Exception:
                failed.append(row_name)
                traceback.print_exc()
                continue
            if settings["split"] == "test":
                log_test_scores(settings, values["scores"])
            _print_row(results.write(row_name, settings, values))
    for name, reason in skipped.items():
        print(f"left out: {name}: {reason}")
    for name in failed:
        print(f"failed: {name}")
    return 1 if failed else 0


def evaluate(data: DataSet, model: str, settings: dict) -> dict:
    """Fit and score a model on each split; scores and times are means over splits."""
    part = subset(data.train, settings["max_train"], data.task)
    if settings["split"] == "test":
        splits = [(part, data.test)]
    else:
        splits = cross_validation_splits(part, data.task, settings["n_folds"])
    folds = [
        _fit_and_score(data, model, settings["seed"], train, test)
        for train, test in splits
    ]
    return {**_mean_of_folds(folds), "folds": folds}


def cross_validation_splits(
    part: Part, task: str, n_folds: int
) -> Iterator[tuple[Part, Part]]:
    """Training and validation parts, the same for every model and seed.

    Sequences that overlap stay on one side (where not all are variants of one), and
    copies always; classes keep their proportions.
    """
    kind = StratifiedGroupKFold if task == "classification" else GroupKFold
    folds = kind(n_folds, shuffle=True, random_state=0)
    groups = overlap_groups(part.X)
    if np.bincount(groups).max() > len(part) / n_folds:
        _, groups = np.unique(part.X.astype(str), return_inverse=True)
    for train, test in folds.split(part.X, part.y, groups):
        yield part[train], part[test]


def _fit_and_score(data: DataSet, name: str, seed, train: Part, test: Part) -> dict:
    model = make_model(name, data.task, data.alphabet, data.max_length, seed)
    start = time.perf_counter()
    model.fit(train.X, train.y)
    fitted = time.perf_counter()
    if data.task == "regression":
        predictions = {"predicted": model.predict(test.X)}
    elif hasattr(model, "predict_proba"):
        proba = model.predict_proba(test.X)
        scores = proba[:, 1] if proba.shape[1] == 2 else proba
        predictions = {"scores": scores, "proba": proba}
    else:
        predictions = {"scores": model.decision_function(test.X)}
    predicted = time.perf_counter()
    values = {}
    if data.task == "regression":
        scores = regression_scores(test.y, **predictions)
    else:
        scores = classification_scores(test.y, model.classes_, **predictions)
        is_small = len(train) <= GKMSVM_MAX_TRAIN
        if name in PAIRED and len(model.classes_) == 2 and is_small:
            values["by_sequence"] = {
                "scores": " ".join(f"{score:.6g}" for score in predictions["scores"]),
                "positive": "".join(
                    "1" if y == model.classes_[1] else "0" for y in test.y
                ),
            }
    return values | {
        "scores": scores,
        "fit_seconds": fitted - start,
        "predict_seconds": predicted - fitted,
        "n_train": len(train),
        "n_test": len(test),
        "n_parameters": n_parameters(model),
    }


def _mean_of_folds(folds: list[dict]) -> dict:
    """Mean of each value over folds, None where one is missing."""

    def mean(values):
        return None if None in values else float(np.mean(values))

    means = {
        key: mean([fold[key] for fold in folds])
        for key in folds[0]
        if key not in ("scores", "by_sequence")
    }
    scores = {
        metric: mean([fold["scores"][metric] for fold in folds])
        for metric in folds[0]["scores"]
    }
    return {"scores": scores, **means}


def _jobs(
    data: DataSet, models: list[str], options
) -> list[tuple[str, int | None, int | None]]:
    """Model, seed and largest training set (None for all) of each row of a set.

    Where the gkm-SVM needs a subset, ours runs on the same one too.
    """
    of_svm = min(options.max_train or GKMSVM_MAX_TRAIN, GKMSVM_MAX_TRAIN)
    jobs = []
    for model in models:
        limits = [of_svm if model == "gkmsvm" else options.max_train]
        if model == "ours" and "gkmsvm" in models:
            limits.append(of_svm)
        for limit in limits:
            n_max = None if limit is None or limit >= len(data.train) else limit
            seeds = options.seeds if model in SEEDED else [None]
            jobs += [(model, seed, n_max) for seed in seeds]
    return list(dict.fromkeys(jobs))


def _settings(data: DataSet, model: str, seed, n_max, options) -> dict:
    """What identifies a row; "model@n" is a model on a subset of n.

    A set without a test part is cross-validated.
    """
    split = options.split if data.test is not None else "cv"
    return {
        "set": data.name,
        "task": data.task,
        "model": model if n_max is None else f"{model}@{n_max}",
        "seed": seed,
        "split": split,
        "n_folds": options.folds if split == "cv" else None,
        "max_train": n_max,
    }


def _task(settings: dict) -> str:
    ours = settings["model"].startswith("ours")
    return settings["task"] if ours else "other models"


def _row_name(settings: dict) -> str:
    seed = "" if settings["seed"] is None else f".seed{settings['seed']}"
    split = f"{settings['split']}{settings['n_folds'] or ''}"
    folder = settings["set"].replace("/", ".")
    return f"{folder}/{settings['model']}{seed}.{split}"


def _select(sets: dict, skipped: dict, wanted: list[str]) -> tuple[dict, dict]:
    """Sets and reasons of the names asked for; a folder stands for all its sets."""
    known = [*sets, *skipped]
    for name in wanted:
        if not any(name in (k, k.partition("/")[0]) for k in known):
            raise SystemExit(f"no set {name!r}; there are: {', '.join(known)}")

    def chosen(name: str) -> bool:
        return name in wanted or name.partition("/")[0] in wanted

    return (
        {name: files for name, files in sets.items() if chosen(name)},
        {name: reason for name, reason in skipped.items() if chosen(name)},
    )


def _print_row(row: dict) -> None:
    metric = MAIN_METRIC[row["task"]]
    score = row["scores"][metric]
    seed = "" if row["seed"] is None else f"seed {row['seed']}"
    print(
        f"  {row['model']:12} {seed:7} {row['split']:4} {metric} "
        + ("undefined" if score is None else f"{score:.4f}")
        + f"  fit {row['fit_seconds']:.1f} s  n_train {row['n_train']:.0f}",
        flush=True,
    )


def _parse(arguments) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    add = parser.add_argument
    add("folder", type=Path, help="folder of gzip TSV files, one folder a source")
    add("--sets", nargs="+", metavar="NAME", help="sets or their folders (all)")
    add("--models", nargs="+", choices=MODELS, default=list(MODELS), help="(all)")
    add("--seeds", nargs="+", type=int, default=[0, 1, 2], help="(0 1 2)")
    add("--max-train", type=int, help="use at most so many training sequences (all)")
    add(
        "--split",
        choices=["cv", "test"],
        default="cv",
        help="cross-validate the training part, to choose by (cv), or score the test "
        "part, which is counted in test_log.csv",
    )
    add("--folds", type=int, default=3, help="of the cross-validation (3)")
    add("--results", type=Path, default=RESULTS / "accuracy", help="where rows go")
    add("--force", action="store_true", help="make rows anew that are there")
    options = parser.parse_args(arguments)
    if not options.folder.is_dir():
        parser.error(f"there is no folder {options.folder}")
    return options


if __name__ == "__main__":
    sys.exit(main())
