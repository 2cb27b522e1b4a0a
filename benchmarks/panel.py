"""Twelve sets that say in an hour whether the defaults became better or worse.

`panel.py DATA_FOLDER` trains the defaults of the present commit with three seeds on
each set and files a row under the commit; `panel.py --compare OLD NEW` compares two
commits. See benchmarks/README.md.
"""

import argparse
import sys
import time
from pathlib import Path

import numpy as np
import torch
from _common import RESULTS, Results, commit, markdown_table, read_rows
from _metrics import classification_scores, regression_scores
from _panel_sets import PANEL, PanelSet

from sklearn_cnn.metrics import pearson_per_window

# A set fails where it loses more than this and than so many standard errors.
LARGEST_LOSS = 0.005
N_ERRORS = 3


def main(arguments: list[str] | None = None) -> int:
    """Make rows, or compare those of two commits; 1 where the new one is worse."""
    options = _parse(arguments)
    if options.compare:
        seeds = options.seeds, options.new_seeds
        old, new = (
            _rows_of(options.results, name, some)
            for name, some in zip(options.compare, seeds, strict=True)
        )
        text, passes = compare(old, new)
        print(text)
        return 0 if passes else 1
    # One thread: the same numbers on any number of cores, and room for other work.
    torch.set_num_threads(1)
    results = Results(options.results, __file__, options.force)
    for name in options.sets:
        for seed in options.seeds:
            settings = {"set": name, "seed": seed}
            row = f"{commit()}/{name}.seed{seed}"
            if not results.is_done(row, settings):
                values = fit_and_score(PANEL[name], seed, options.folder)
                _print_row(results.write(row, settings, values))
    return 0


def fit_and_score(panel_set: PanelSet, seed: int, folder: Path) -> dict:
    """Score on the held-out part, seconds, sizes."""
    train, held_out = panel_set.read(folder)
    model = panel_set.estimator(random_state=seed, **dict(panel_set.parameters))
    start = time.perf_counter()
    model.fit(train.X, train.y)
    fitted = time.perf_counter()
    score = _SCORES[panel_set.score](model, held_out)
    return {
        "kind_of_score": panel_set.score,
        "score": float(score),
        "fit_seconds": fitted - start,
        "predict_seconds": time.perf_counter() - fitted,
        "n_train": len(train),
        "n_held_out": len(held_out),
    }


def compare(old: list[dict], new: list[dict]) -> tuple[str, bool]:
    """Table of differences with a verdict, and whether the new rows pass.

    The standard error of a set's difference is pooled over the sets whose scores are of
    one kind: seeds differ too few times to tell it set by set.
    """
    old, new = _scores_by_set(old), _scores_by_set(new)
    names = [name for name in PANEL if name in old and name in new]
    errors = _pooled_errors(old, new, names)
    differences = np.array([np.mean(new[n]) - np.mean(old[n]) for n in names])
    relative = differences / np.array([errors[name] for name in names])
    mean = relative.mean()
    error = relative.std(ddof=1) / np.sqrt(len(relative))
    lost = [
        name
        for name, difference, r in zip(names, differences, relative, strict=True)
        if -difference > LARGEST_LOSS and -r > N_ERRORS
    ]
    lines = [
        [
            name,
            PANEL[name].score,
            f"{np.mean(old[name]):.4f}",
            f"{np.mean(new[name]):.4f}",
            f"{difference:+.4f}",
            f"{errors[name]:.4f}",
            f"{r:+.2f}",
        ]
        for name, difference, r in zip(names, differences, relative, strict=True)
    ]
    header = ["set", "score", "old", "new", "new - old", "error", "relative"]
    passes = bool(mean >= -2 * error) and not lost and len(names) == len(PANEL)
    missing = [name for name in PANEL if name not in names]
    verdict = [
        f"mean of the relative differences {mean:+.2f} ± {error:.2f} (at least "
        f"{-2 * error:+.2f} passes)",
        f"sets that lost too much: {', '.join(lost) or 'none'}",
        *([f"sets without rows: {', '.join(missing)}"] if missing else []),
        "passes" if passes else "DOES NOT PASS",
    ]
    return "\n".join([markdown_table(header, lines), "", *verdict]), passes


def _pooled_errors(old: dict, new: dict, names: list[str]) -> dict[str, float]:
    """Standard error of each set's difference of means."""
    errors = {}
    for kind in {PANEL[name].score for name in names}:
        of_kind = [name for name in names if PANEL[name].score == kind]
        parts = [scores[name] for name in of_kind for scores in (old, new)]
        n_free = sum(len(part) - 1 for part in parts)
        variance = sum(np.sum((part - np.mean(part)) ** 2) for part in parts) / n_free
        for name in of_kind:
            shares = 1 / len(old[name]) + 1 / len(new[name])
            errors[name] = float(np.sqrt(variance * shares))
    return errors


def _rows_of(results: Path, name: str, seeds: list[int]) -> list[dict]:
    """Rows of a commit, given by the first letters of its name."""
    folders = [path for path in results.glob(f"{name}*") if path.is_dir()]
    if len(folders) != 1:
        there = ", ".join(sorted(path.name for path in results.iterdir()))
        raise SystemExit(f"{name!r} is not one of the commits with rows: {there}")
    return [row for row in read_rows(folders[0]) if row["seed"] in seeds]


def _scores_by_set(rows: list[dict]) -> dict[str, np.ndarray]:
    names = dict.fromkeys(row["set"] for row in rows)
    return {
        name: np.array([row["score"] for row in rows if row["set"] == name])
        for name in names
    }


def _auroc(model, part) -> float:
    proba = model.predict_proba(part.X)
    scores = proba[:, 1] if proba.shape[1] == 2 else proba
    return classification_scores(part.y, model.classes_, scores=scores, proba=proba)[
        "auroc"
    ]


_SCORES = {
    "auroc": _auroc,
    "accuracy": lambda model, part: model.score(part.X, part.y),
    "spearman": lambda model, part: regression_scores(part.y, model.predict(part.X))[
        "spearman"
    ],
    "pearson": lambda model, part: pearson_per_window(part.y, model.predict(part.X)),
}


def _print_row(row: dict) -> None:
    print(
        f"{row['set']:12} seed {row['seed']}  {row['kind_of_score']} "
        f"{row['score']:.4f}  fit {row['fit_seconds']:.0f} s",
        flush=True,
    )


def _parse(arguments) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    add = parser.add_argument
    add("folder", nargs="?", type=Path, help="folder of gzip TSV files")
    add("--compare", nargs=2, metavar=("OLD", "NEW"), help="commits of rows to compare")
    add("--sets", nargs="+", choices=PANEL, default=list(PANEL), help="(all)")
    add("--seeds", nargs="+", type=int, default=[0, 1, 2], help="(0 1 2)")
    add("--new-seeds", nargs="+", type=int, help="of NEW in --compare (as --seeds)")
    add("--results", type=Path, default=RESULTS / "panel", help="where rows go")
    add("--force", action="store_true", help="make rows anew that are there")
    options = parser.parse_args(arguments)
    options.new_seeds = options.new_seeds or options.seeds
    if options.compare is None and (
        options.folder is None or not options.folder.is_dir()
    ):
        parser.error(f"there is no folder {options.folder}")
    return options


if __name__ == "__main__":
    sys.exit(main())
