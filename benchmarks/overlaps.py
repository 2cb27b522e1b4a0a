"""What overlapping sequences do to a score, and to a model.

Sets of peaks whose windows overlap. Within each training part, three quarters train and
one quarter scores: by a random split, and without an overlap between the two, where the
default also stands beside the same with `groups`, which keeps overlaps together in what
`fit` holds out. No test part is opened. One JSON file a set and seed goes to
benchmarks/results/overlaps. See benchmarks/README.md.
"""

import argparse
from functools import partial
from pathlib import Path

import numpy as np
from _common import RESULTS, Results, in_words, machine_in_words, markdown_table
from _data import Part, find_sets, read_set
from sklearn.metrics import log_loss, roc_auc_score
from sklearn.model_selection import StratifiedGroupKFold, train_test_split
from tqdm import tqdm

from sklearn_cnn import MotifCNNClassifier
from sklearn_cnn.preprocessing import overlap_groups

SETS = ("tf_fastsk/KAT2B", "tf_fastsk/EP300_47848")
SCORES = {"auroc": "AUROC", "log_loss": "log loss"}


def main(arguments: list[str] | None = None) -> None:
    """Run what is missing, then print the table."""
    options = _parse(arguments)
    results = Results(options.results, __file__, options.force, "classification")
    jobs = [(name, seed) for seed in options.seeds for name in options.sets]
    make = partial(evaluate, folder=options.folder)
    rows = []
    for name, seed in tqdm(jobs, desc="Rows"):
        settings = {"set": name, "seed": seed}
        row_name = f"{name.replace('/', '.')}.seed{seed}"
        rows.append(results.read_or_make(row_name, settings, make))
    print(f"\n{report(rows)}\n\n{machine_in_words()}")


def evaluate(settings: dict, folder: Path) -> dict:
    """Scores on a quarter of a training part."""
    sets, _ = find_sets(folder)
    part = read_set(settings["set"], sets[settings["set"]]).train
    groups = overlap_groups(part.X)
    sizes = np.bincount(groups)[groups]
    seed = settings["seed"]
    values = {
        "n": len(part),
        "share_of_positives": float((sizes[part.y == part.y.max()] > 1).mean()),
    }
    rows, held_out = train_test_split(
        np.arange(len(part)), test_size=0.25, stratify=part.y, random_state=seed
    )
    values |= _scores("random", part[rows], part[held_out], None, seed)
    quarters = StratifiedGroupKFold(4, shuffle=True, random_state=seed)
    rows, held_out = next(quarters.split(part.X, part.y, groups))
    train, test = part[rows], part[held_out]
    values |= _scores("apart", train, test, None, seed)
    values |= _scores("groups", train, test, groups[rows], seed)
    return values


def _scores(way: str, train: Part, test: Part, groups, seed: int) -> dict:
    """AUROC and log loss of the default."""
    model = MotifCNNClassifier(random_state=seed)
    proba = model.fit(train.X, train.y, groups=groups).predict_proba(test.X)
    return {
        f"auroc_{way}": float(roc_auc_score(test.y, proba[:, 1])),
        f"log_loss_{way}": float(log_loss(test.y, proba)),
    }


def report(rows: list[dict]) -> str:
    """Scores by set, and the paired differences."""
    lines = []
    for name in dict.fromkeys(row["set"] for row in rows):
        chosen = [row for row in rows if row["set"] == name]
        line = [name, f"{chosen[0]['share_of_positives']:.0%}"]
        for score in SCORES:
            random, apart, groups = (
                np.array([row[f"{score}_{way}"] for row in chosen])
                for way in ("random", "apart", "groups")
            )
            line += [in_words(random), in_words(apart)]
            line.append(in_words(groups - apart, sign="+"))
        lines.append(line)
    header = ["set", "positives that overlap"]
    for score in SCORES.values():
        header += [f"{score}, random split", "no overlap", "then, by groups in fit"]
    return markdown_table(header, lines)


def _parse(arguments) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    add = parser.add_argument
    add("folder", type=Path, help="folder of gzip TSV files, one folder a source")
    add("--sets", nargs="+", default=list(SETS), metavar="NAME", help="(both)")
    add("--seeds", nargs="+", type=int, default=[0, 1, 2], help="(0 1 2)")
    add("--results", type=Path, default=RESULTS / "overlaps", help="where rows go")
    add("--force", action="store_true", help="make rows anew that are there")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    main()
