"""What it gives to tell `fit` which sequences overlap.

Three sets of peaks that overlap a lot. Within each training part, three quarters train
and one quarter scores, without an overlap between them. The default, which splits at
random what it holds out, stands beside the same with `groups`. No test part is opened.
One JSON file a set and seed goes to benchmarks/results/overlaps. See
benchmarks/README.md.
"""

import argparse
from pathlib import Path

import numpy as np
from _common import RESULTS, Results, in_words, machine_in_words, markdown_table
from _data import find_sets, read_set
from sklearn.metrics import log_loss, roc_auc_score
from sklearn.model_selection import StratifiedGroupKFold
from tqdm import tqdm

from sklearn_cnn import MotifCNNClassifier
from sklearn_cnn.preprocessing import overlap_groups

SETS = ("tf_fastsk/KAT2B", "tf_fastsk/EP300_47848", "tf_fastsk/ZBTB33")
SCORES = {"auroc": "AUROC", "log_loss": "log loss"}
FITS = ("default", "groups")


def main(arguments: list[str] | None = None) -> None:
    """Run what is missing, then print the table."""
    options = _parse(arguments)
    results = Results(options.results, __file__, options.force)
    jobs = [(name, seed) for seed in options.seeds for name in options.sets]
    rows = []
    for name, seed in tqdm(jobs, desc="Rows"):
        settings = {"set": name, "seed": seed}
        row_name = f"{name.replace('/', '.')}.seed{seed}"
        if not results.is_done(row_name, settings):
            results.write(row_name, settings, evaluate(settings, options.folder))
        rows.append(results.read(row_name))
    print(f"\n{report(rows)}\n\n{machine_in_words()}")


def evaluate(settings: dict, folder: Path) -> dict:
    """Scores of both on a quarter of a training part."""
    sets, _ = find_sets(folder)
    part = read_set(settings["set"], sets[settings["set"]]).train
    groups = overlap_groups(part.X)
    sizes = np.bincount(groups)[groups]
    quarters = StratifiedGroupKFold(4, shuffle=True, random_state=settings["seed"])
    rows, held_out = next(quarters.split(part.X, part.y, groups))
    train, test = part[rows], part[held_out]
    values = {
        "n_train": len(train),
        "n_test": len(test),
        "share_of_positives": float((sizes[part.y == part.y.max()] > 1).mean()),
    }
    for fit in FITS:
        model = MotifCNNClassifier(random_state=settings["seed"])
        given = groups[rows] if fit == "groups" else None
        proba = model.fit(train.X, train.y, groups=given).predict_proba(test.X)
        values[f"auroc_{fit}"] = float(roc_auc_score(test.y, proba[:, 1]))
        values[f"log_loss_{fit}"] = float(log_loss(test.y, proba))
    return values


def report(rows: list[dict]) -> str:
    """Scores by set, and the paired differences."""
    lines = []
    for name in dict.fromkeys(row["set"] for row in rows):
        chosen = [row for row in rows if row["set"] == name]
        line = [name, f"{chosen[0]['share_of_positives']:.0%}"]
        for score in SCORES:
            default, groups = (
                np.array([row[f"{score}_{fit}"] for row in chosen]) for fit in FITS
            )
            line += [in_words(default), in_words(groups)]
            line.append(in_words(groups - default, sign="+"))
        lines.append(line)
    header = ["set", "positives that overlap"]
    for score in SCORES.values():
        header += [f"{score}, default", "with groups", "difference"]
    return markdown_table(header, lines)


def _parse(arguments) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    add = parser.add_argument
    add("folder", type=Path, help="folder of gzip TSV files, one folder a source")
    add("--sets", nargs="+", default=list(SETS), metavar="NAME", help="(three sets)")
    add("--seeds", nargs="+", type=int, default=[0, 1, 2], help="(0 1 2)")
    add("--results", type=Path, default=RESULTS / "overlaps", help="where rows go")
    add("--force", action="store_true", help="make rows anew that are there")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    main()
