"""One model of five transcription factors beside five models of one.

Each factor brings its own positives and negatives; the joint model, with
missing_labels="mask", knows of a sequence only what its own set says. All train and
score within the training parts, without sequences that overlap with those scored. One
JSON file a seed goes to benchmarks/results/joint. See benchmarks/README.md.
"""

import argparse
from functools import partial
from pathlib import Path

import numpy as np
from _common import RESULTS, Results, in_words, machine_in_words, markdown_table
from _data import SHARED, find_sets, read_set, shares_words, subset
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import train_test_split
from tqdm import tqdm

from sklearn_cnn import MotifCNNClassifier

SOURCE = "tf_deepbind_encode"
FACTORS = ("CTCFL_K562", "GABPA_GM12878", "SRF_H1-hESC", "MYC_H1-hESC", "TCF12_H1-hESC")


def main(arguments: list[str] | None = None) -> None:
    """Run what is missing, then print the table."""
    options = _parse(arguments)
    results = Results(options.results, __file__, options.force, "several labels")
    make = partial(evaluate, folder=options.folder)
    rows = []
    for seed in tqdm(options.seeds, desc="Rows"):
        settings = {"factors": list(FACTORS), "seed": seed, "n_train": options.n}
        name = f"five@{options.n}.seed{seed}"
        rows.append(results.read_or_make(name, settings, make))
    print(f"\n{report(rows)}\n\n{machine_in_words()}")


def evaluate(settings: dict, folder: Path) -> dict:
    """AUROC of each factor on its own held-out sequences, both ways."""
    sets, _ = find_sets(folder)
    train, test = {}, {}
    seed, n = settings["seed"], settings["n_train"]
    for factor in settings["factors"]:
        name = f"{SOURCE}/{factor}"
        part = read_set(name, sets[name]).train
        part = subset(part, 2 * n, "classification")
        rows = train_test_split(
            np.arange(len(part)), train_size=n, stratify=part.y, random_state=seed
        )
        train[factor], test[factor] = part[rows[0]], part[rows[1]]
    # Peaks of several factors overlap: what one's test part holds, none trains on.
    held_out = np.concatenate([part.X for part in test.values()])
    single, Xs, ys = {}, [], []
    for task, (factor, part) in enumerate(train.items()):
        part = part[~shares_words(part.X, held_out, SHARED)]
        model = MotifCNNClassifier(random_state=seed).fit(part.X, part.y)
        single[factor] = _auroc(test[factor].y, model.decision_function(test[factor].X))
        y = np.full((len(part), len(train)), np.nan)
        y[:, task] = part.y
        Xs.append(part.X)
        ys.append(y)
    model = MotifCNNClassifier(missing_labels="mask", random_state=seed)
    model.fit(np.concatenate(Xs), np.concatenate(ys))
    joint = {
        factor: _auroc(part.y, model.decision_function(part.X)[:, task])
        for task, (factor, part) in enumerate(test.items())
    }
    return {"single": single, "joint": joint}


def report(rows: list[dict]) -> str:
    """AUROC by factor, and the paired difference."""
    lines = []
    for factor in (*rows[0]["factors"], "mean"):
        single, joint = (_column(rows, way, factor) for way in ("single", "joint"))
        lines.append(
            [
                factor,
                in_words(single),
                in_words(joint),
                in_words(joint - single, sign="+"),
            ]
        )
    return markdown_table(["AUROC", "five models", "one model", "difference"], lines)


def _column(rows: list[dict], way: str, factor: str) -> np.ndarray:
    if factor == "mean":
        return np.array([np.mean(list(row[way].values())) for row in rows])
    return np.array([row[way][factor] for row in rows])


def _auroc(y, scores) -> float:
    return float(roc_auc_score(y, scores))


def _parse(arguments) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    add = parser.add_argument
    add("folder", type=Path, help="folder of gzip TSV files, one folder a source")
    add("--n", type=int, default=2000, help="training sequences a factor (2000)")
    add("--seeds", nargs="+", type=int, default=[0, 1, 2], help="(0 1 2)")
    add("--results", type=Path, default=RESULTS / "joint", help="where rows go")
    add("--force", action="store_true", help="make rows anew that are there")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    main()
