"""Ours beside the gapped k-mer SVM, sequence by sequence: which differences are real?

Both were fitted to the same sequences by accuracy.py, whose rows keep the score of each
test sequence. See benchmarks/README.md.
"""

import argparse
import csv
from pathlib import Path

import numpy as np
from _common import EARLIER, RESULTS, is_current, read_rows
from scipy.stats import norm, rankdata
from sklearn.metrics import roc_auc_score

N_RESAMPLES = 2000


def main(arguments: list[str] | None = None) -> None:
    """Print a line a set, and write them where asked."""
    options = _parse(arguments)
    lines = compare(read_rows(options.results))
    for line in lines:
        print(", ".join(map(str, line.values())))
    if options.csv is not None:
        with options.csv.open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, lines[0], lineterminator="\n")
            writer.writeheader()
            writer.writerows(lines)


def compare(rows: list[dict]) -> list[dict]:
    """A line for each set and number of sequences that both models were fitted to.

    The difference is ours, its mean over seeds, less the gkm-SVM's. Its standard error
    is over test sequences, drawn with replacement, the same for both. `p` is that of
    no difference (two-sided, normal), times Holm's factor for all sets.
    """
    rows = [row for row in rows if "by_sequence" in row["folds"][0]]
    lines = []
    for svm in rows:
        name = _name(svm)
        same = ("set", "split", "max_train")
        ours = [
            row
            for row in rows
            if _name(row) == "ours" and all(row[key] == svm[key] for key in same)
        ]
        if name != "gkmsvm" or not ours:
            continue
        error = _bootstrap_error([row["folds"] for row in ours], svm["folds"])
        ours_mean = np.mean([row["scores"]["auroc"] for row in ours])
        difference = ours_mean - svm["scores"]["auroc"]
        lines.append(
            {
                "set": svm["set"],
                "n_train": round(svm["n_train"]),
                "n_seeds": len(ours),
                "ours": f"{ours_mean:.5f}",
                "gkmsvm": f"{svm['scores']['auroc']:.5f}",
                "difference": f"{difference:+.4f}",
                "error": f"{error:.4f}",
                "p": 2 * norm.sf(abs(difference) / error),
                "earlier": "" if all(map(is_current, [svm, *ours])) else EARLIER,
            }
        )
    for line, p in zip(lines, holm([line["p"] for line in lines]), strict=True):
        line["p"] = f"{p:.3f}"
    return lines


def holm(p_values: list[float]) -> np.ndarray:
    """P values after Holm's step-down correction (Holm, 1979)."""
    p_values = np.asarray(p_values, dtype=float)
    order = np.argsort(p_values)
    factors = np.arange(len(p_values), 0, -1)
    adjusted = np.empty_like(p_values)
    adjusted[order] = np.maximum.accumulate(p_values[order] * factors)
    return np.minimum(adjusted, 1)


def _bootstrap_error(ours: list[list[dict]], svm: list[dict]) -> float:
    """Standard error of the difference of AUROC: its folds are resampled one by one."""
    variances = []
    for i, fold in enumerate(svm):
        positive = _positive(fold)
        scores = [_scores(fold), *(_scores(folds[i]) for folds in ours)]
        variances.append(_bootstrap_variance(positive, np.array(scores)))
    return float(np.sqrt(np.sum(variances)) / len(svm))


def _bootstrap_variance(positive: np.ndarray, scores: np.ndarray) -> float:
    """Of the mean AUROC of all rows of `scores` but the first, less the first's."""
    rng = np.random.default_rng(0)
    differences = []
    while len(differences) < N_RESAMPLES:
        drawn = rng.integers(len(positive), size=len(positive))
        n_positive = positive[drawn].sum()
        if 0 < n_positive < len(drawn):
            svm, *ours = _auroc(positive[drawn], scores[:, drawn])
            differences.append(np.mean(ours) - svm)
    return float(np.var(differences))


def _auroc(positive: np.ndarray, scores: np.ndarray) -> np.ndarray:
    """AUROC of each row of scores, from the ranks of the positives."""
    n = positive.sum()
    ranks = rankdata(scores, axis=1)[:, positive].sum(axis=1)
    return (ranks - n * (n + 1) / 2) / (n * (len(positive) - n))


def _name(row: dict) -> str:
    """The model without the number of sequences of a subset."""
    return row["model"].partition("@")[0]


def _positive(fold: dict) -> np.ndarray:
    return np.array(list(fold["by_sequence"]["positive"])) == "1"


def _scores(fold: dict) -> np.ndarray:
    scores = np.array(fold["by_sequence"]["scores"].split(), dtype=float)
    # The row's own score, from what was rounded: that the sequences are in their order.
    if abs(roc_auc_score(_positive(fold), scores) - fold["scores"]["auroc"]) > 1e-4:
        raise ValueError("scores by sequence do not give the AUROC of their row")
    return scores


def _parse(arguments) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    add = parser.add_argument
    add("--results", type=Path, default=RESULTS / "accuracy", help="folder of rows")
    add("--csv", type=Path, help="write the lines there, too")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    main()
