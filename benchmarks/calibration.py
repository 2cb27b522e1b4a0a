"""Whether the default's probabilities can be taken at their word.

Within each training part, three quarters train and one quarter scores; sequences that
overlap stay on one side. The log loss of
the default's probabilities stands beside that of the same scores after Platt scaling, a
logistic regression on scores of the three quarters that were predicted in 3-fold
cross-validation. No test part is opened. One JSON file a set and seed goes to
benchmarks/results/calibration. See benchmarks/README.md.
"""

import argparse
from functools import partial
from pathlib import Path

import numpy as np
from _common import RESULTS, Results, in_words, machine_in_words, markdown_table
from _data import find_sets, read_set, subset
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss, roc_auc_score
from sklearn.model_selection import StratifiedGroupKFold, cross_val_predict
from tqdm import tqdm

from sklearn_cnn import MotifCNNClassifier
from sklearn_cnn.preprocessing import overlap_groups

SETS = (
    "tf_fastsk/CTCF",
    "tf_fastsk/SIN3A",
    "tf_deepbind_encode/SRF_H1-hESC",
    "tf_deepbind_encode/TBP_H1-hESC",
    "gue/mouse_tf_0",
    "rna_rbp_pysster/nova",
    "peptide_amp_veltri",
)
MAX_RATIO = 1.02


def main(arguments: list[str] | None = None) -> None:
    """Run what is missing, then print the table."""
    options = _parse(arguments)
    results = Results(options.results, __file__, options.force, "classification")
    jobs = [(name, seed) for seed in options.seeds for name in options.sets]
    make = partial(evaluate, folder=options.folder)
    rows = []
    for name, seed in tqdm(jobs, desc="Rows"):
        settings = {"set": name, "seed": seed, "n": options.n}
        row_name = f"{name.replace('/', '.')}/ours@{options.n}.seed{seed}"
        rows.append(results.read_or_make(row_name, settings, make))
    print(f"\n{report(rows)}\n\n{machine_in_words()}")


def evaluate(settings: dict, folder: Path) -> dict:
    """Log losses on a quarter of a training part that nothing was fitted on."""
    sets, _ = find_sets(folder)
    part = read_set(settings["set"], sets[settings["set"]]).train
    part = subset(part, settings["n"], "classification")
    seed = settings["seed"]
    groups = overlap_groups(part.X)
    quarters = StratifiedGroupKFold(4, shuffle=True, random_state=seed)
    rows, held_out = next(quarters.split(part.X, part.y, groups))
    train, test = part[rows], part[held_out]
    model = MotifCNNClassifier(random_state=seed)
    unseen = cross_val_predict(
        model,
        train.X,
        train.y,
        groups=groups[rows],
        cv=StratifiedGroupKFold(3, shuffle=True, random_state=seed),
        method="decision_function",
    )
    platt = LogisticRegression(C=np.inf).fit(unseen[:, None], train.y)
    model.fit(train.X, train.y)
    scores = model.decision_function(test.X)
    return {
        "log_loss": log_loss(test.y, model.predict_proba(test.X)),
        "log_loss_platt": log_loss(test.y, platt.predict_proba(scores[:, None])),
        "auroc": roc_auc_score(test.y, scores),
        "n_train": len(train),
        "n_test": len(test),
    }


def report(rows: list[dict]) -> str:
    """Log losses by set, and their ratio."""
    lines = []
    for name in dict.fromkeys(row["set"] for row in rows):
        chosen = [row for row in rows if row["set"] == name]
        ratios = [row["log_loss"] / row["log_loss_platt"] for row in chosen]
        lines.append(
            [
                name,
                chosen[0]["n_train"],
                *(
                    in_words([row[key] for row in chosen])
                    for key in ("auroc", "log_loss", "log_loss_platt")
                ),
                in_words(ratios),
                "reached" if np.mean(ratios) <= MAX_RATIO else "MISSED",
            ]
        )
    header = ["set", "n", "AUROC", "log loss", "after Platt", "ratio", "<= 1.02"]
    return markdown_table(header, lines)


def _parse(arguments) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    add = parser.add_argument
    add("folder", type=Path, help="folder of gzip TSV files, one folder a source")
    add("--sets", nargs="+", default=list(SETS), metavar="NAME", help="(seven sets)")
    add("--n", type=int, default=2000, help="sequences taken of a set (2000)")
    add("--seeds", nargs="+", type=int, default=[0, 1, 2], help="(0 1 2)")
    add("--results", type=Path, default=RESULTS / "calibration", help="where rows go")
    add("--force", action="store_true", help="make rows anew that are there")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    main()
