"""Does a network trained on the sites of some factors help with others?

The network is made as the package's "tf-trunk", but of FastSK's named factors alone
(``make_tf_trunk.py --named-only``). The targets are other factors, of which few
sequences are given: sets of ENCODE in the parts of DeepBind, without sequences that
share 31 letters, on either strand, with what the network was trained on. Scores are of
test parts (counted in test_log.csv). One JSON file a target, way, number of sequences
and seed goes to benchmarks/results/trunk. See benchmarks/README.md.
"""

import argparse
import csv
from pathlib import Path

import numpy as np
from _common import (
    RESULTS,
    Results,
    age_in_words,
    in_words,
    log_test_scores,
    machine_in_words,
    markdown_table,
    read_rows,
)
from _data import SHARED, Part, find_sets, read_set, shares_words, subset
from make_tf_trunk import NAMED, read_training_parts
from page_tables import short
from sklearn.linear_model import LogisticRegressionCV
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sklearn_cnn import MotifCNNClassifier, PretrainedFeatureExtractor

SOURCE = "tf_deepbind_encode"
# All of the source but CTCFL, which binds what CTCF binds.
TARGETS = (
    "ARID3A_HepG2",
    "ARID3A_K562",
    "FOXM1_GM12878",
    "GABPA_GM12878",
    "MYC_H1-hESC",
    "SRF_H1-hESC",
    "TBP_H1-hESC",
    "TCF12_H1-hESC",
    "YY1_H1-hESC",
)
SIZES = (50, 100, 300)
WAYS = {
    "scratch": "default from scratch",
    "tuned": "default, fine-tuned",
    "features": "features, logistic regression",
}
# From so many sequences of a training part the few are drawn.
MAX_TRAIN = 2000


def main(arguments: list[str] | None = None) -> None:
    """Run what is missing, print the tables, write one where asked to."""
    options = _parse(arguments)
    results = Results(options.results, __file__, options.force, _task)
    for target in options.targets:
        jobs = [
            {"target": target, "way": way, "n_train": n, "seed": seed}
            for seed in options.seeds
            for n in options.sizes
            for way in options.ways
        ]
        data = None
        for settings in jobs:
            name = "{target}/{way}.{n_train}.seed{seed}".format_map(settings)
            if not results.is_done(name, settings):
                data = data or read_target(target, options.folder)
                values = evaluate(settings, data, options.trunk)
                of_log = {
                    "set": f"{SOURCE}/{target}",
                    "model": f"tf_trunk {settings['way']}@{settings['n_train']}",
                    "seed": settings["seed"],
                }
                log_test_scores(of_log, {"auroc": values["auroc"]})
                results.write(name, settings, values)
            print(f"{name}  {results.read(name)['auroc']:.4f}", flush=True)
    rows = complete(read_rows(options.results))
    print(f"\n{report(rows)}\n\n{age_in_words(rows)}\n{machine_in_words()}")
    if options.csv is not None:
        with options.csv.open("w", newline="", encoding="utf-8") as file:
            csv.writer(file, lineterminator="\n").writerows(page_table(rows))


def read_target(target: str, folder: Path) -> dict[str, Part]:
    """Training and test part, without what the network was trained on."""
    parts = read_training_parts(folder, NAMED)
    seen = np.concatenate([part.X for part in parts.values()])
    sets, _ = find_sets(folder)
    data = read_set(f"{SOURCE}/{target}", sets[f"{SOURCE}/{target}"])
    train = subset(data.train, MAX_TRAIN, data.task)
    of_target = np.concatenate([train.X, data.test.X])
    # Words of the target, which is smaller, are looked for in the source first.
    seen = seen[shares_words(seen, of_target, SHARED)]
    return {
        name: part[~shares_words(part.X, seen, SHARED)]
        for name, part in {"train": train, "test": data.test}.items()
    }


def evaluate(settings: dict, data: dict[str, Part], trunk: Path) -> dict:
    """Train on a few sequences of the training part, score the test part."""
    train, test = data["train"], data["test"]
    rows, _ = train_test_split(
        np.arange(len(train)),
        train_size=settings["n_train"],
        stratify=train.y,
        random_state=settings["seed"],
    )
    model = make_model(settings["way"], settings["seed"], trunk)
    model.fit(train.X[rows], train.y[rows])
    return {
        "auroc": float(roc_auc_score(test.y, model.decision_function(test.X))),
        "n_test": len(test),
    }


def make_model(way: str, seed: int, trunk: Path):
    """Unfitted model of a way."""
    if way == "scratch":
        return MotifCNNClassifier(random_state=seed)
    if way == "tuned":
        return MotifCNNClassifier(pretrained=trunk, random_state=seed)
    return make_pipeline(
        PretrainedFeatureExtractor(trunk),
        StandardScaler(),
        LogisticRegressionCV(
            Cs=np.logspace(-4, 1, 11),
            l1_ratios=(0.0,),
            scoring="neg_log_loss",
            use_legacy_attributes=False,
            max_iter=2000,
        ),
    )


def complete(rows: list[dict]) -> list[dict]:
    """Rows of the draws (target, number, seed) of which there are all ways."""
    ways = {}
    for row in rows:
        ways.setdefault(_draw(row), set()).add(row["way"])
    return [row for row in rows if ways[_draw(row)] == set(WAYS)]


def _draw(row: dict) -> tuple:
    return row["target"], row["n_train"], row["seed"]


def report(rows: list[dict]) -> str:
    """AUROC by target and number of sequences, and differences from scratch."""
    targets = list(dict.fromkeys(row["target"] for row in rows))
    lines = []
    for n in sorted({row["n_train"] for row in rows}):
        lines += [_line(rows, n, target, [target]) for target in targets]
        lines.append(_line(rows, n, "mean", targets))
    header = ["sequences", "target", WAYS["scratch"]]
    for way in list(WAYS)[1:]:
        header += [WAYS[way], "gain"]
    return markdown_table(header, lines)


def _line(rows: list[dict], n: int, name: str, targets: list[str]) -> list[str]:
    """Cells of some targets; errors are over seeds."""
    cells = [f"{n}", name]
    for way in WAYS:
        cells.append(in_words(_means(rows, n, way, "seed", targets)))
        if way != "scratch":
            cells.append(in_words(_gains(rows, n, way, "seed", targets), sign="+"))
    return cells


def page_table(rows: list[dict]) -> list[list[str]]:
    """One line a way, one column a number of sequences; errors are over targets."""
    sizes = sorted({row["n_train"] for row in rows})
    lines = [["way", *(f"{n:,}" for n in sizes)]]
    for way, name in WAYS.items():
        means = (np.mean(_means(rows, n, way, "target")) for n in sizes)
        lines.append([name, *(f"{mean:.3f}"[1:] for mean in means)])
    for way in list(WAYS)[1:]:
        gains = (in_words(_gains(rows, n, way, "target"), sign="+") for n in sizes)
        lines.append([f"gain: {WAYS[way]}", *map(short, gains)])
    return lines


def _means(rows: list[dict], n: int, way: str, by: str, targets=None) -> list[float]:
    """Mean AUROC of each seed, or of each target."""
    groups = {}
    for row in rows:
        is_asked_for = targets is None or row["target"] in targets
        if (row["n_train"], row["way"]) == (n, way) and is_asked_for:
            groups.setdefault(row[by], []).append(row["auroc"])
    return [float(np.mean(scores)) for _, scores in sorted(groups.items())]


def _gains(rows: list[dict], n: int, way: str, by: str, targets=None) -> np.ndarray:
    """Paired gains over the default from scratch."""
    start, of_way = (_means(rows, n, w, by, targets) for w in ("scratch", way))
    return np.subtract(of_way, start)


def _task(settings: dict) -> str:
    return "classification" if settings["way"] == "scratch" else "transfer"


def _parse(arguments) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    add = parser.add_argument
    add("folder", type=Path, help="folder of gzip TSV files, one folder a source")
    add("trunk", type=Path, help="file of make_tf_trunk.py --named-only")
    add("--targets", nargs="+", choices=TARGETS, default=list(TARGETS))
    add("--sizes", nargs="+", type=int, default=list(SIZES))
    add("--ways", nargs="+", choices=WAYS, default=list(WAYS), help="(all)")
    add("--seeds", nargs="+", type=int, default=[0, 1, 2], help="(0 to 2)")
    add("--csv", type=Path, help="write the page's table to this file")
    add("--results", type=Path, default=RESULTS / "trunk", help="where rows go")
    add("--force", action="store_true", help="make rows anew that are there")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    main()
