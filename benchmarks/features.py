"""Features of known motifs: accuracy of a linear model on them, and their speed.

Accuracy: logistic regression on the scores of JASPAR's motifs beside the default
classifier, on sets of a folder, cross-validated within the training part or scored on
the test part (counted in test_log.csv). Throughput: the extractor beside plain PyTorch
loops. One JSON file a row goes to benchmarks/results/features. See
benchmarks/README.md.
"""

import argparse
import time
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from _common import (
    RESULTS,
    TIMES,
    Results,
    in_words,
    log_test_scores,
    machine_in_words,
    markdown_table,
)
from _data import DataSet, find_sets, read_set, subset
from sklearn.linear_model import LogisticRegressionCV
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import StratifiedKFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from torch import nn

from sklearn_cnn import MotifCNNClassifier, PretrainedFeatureExtractor
from sklearn_cnn.datasets._motif_database import load_jaspar

MODELS = ("jaspar", "occupancy", "ours")
SOURCES = ("tf_deepbind_encode", "tf_fastsk")
N_FOLDS = 3
# How many of the largest coefficients are looked at.
N_TOP = 10
# How far below ours the mean of the motifs may be.
BAR = 0.02
# Sequences a second of the vertebrates' motifs, at least; and share of a plain loop.
MIN_SPEED, MIN_SHARE = 2500, 0.95
LENGTH, BATCH_SIZE = 101, 64
NUCLEOTIDES = "ACGT"


def main(arguments: list[str] | None = None) -> None:
    """Run what is missing, then print the tables."""
    options = _parse(arguments)
    results = Results(options.results, __file__, options.force, _task)
    if options.folder is not None:
        rows = [_accuracy_row(job, options, results) for job in _jobs(options)]
        print(f"\n{accuracy_report(rows)}")
    if options.n_throughput:
        settings = {"n": options.n_throughput, "repeats": options.repeats}
        if not results.is_done("throughput", settings):
            seconds = throughput(**settings)
            results.write("throughput", settings, {"seconds": seconds})
        print(f"\n{throughput_report(results.read('throughput'))}")
    print(f"\n{machine_in_words()}")


def _task(settings: dict) -> str:
    if "model" not in settings:
        return TIMES
    return "classification" if settings["model"] == "ours" else "known motifs"


def _jobs(options) -> list[dict]:
    sets, _ = find_sets(options.folder)
    names = [name for name in sets if name.split("/")[0] in SOURCES]
    return [
        {
            "set": name,
            "model": model,
            "split": options.split,
            "max_train": options.max_train,
        }
        for name in options.sets or names
        for model in options.models
    ]


def _accuracy_row(settings: dict, options, results: Results) -> dict:
    name = "accuracy/{set}/{model}.{split}".format_map(settings)
    if settings["max_train"] is not None:
        name += f".{settings['max_train']}"
    if not results.is_done(name, settings):
        sets, _ = find_sets(options.folder)
        values = evaluate(settings, read_set(settings["set"], sets[settings["set"]]))
        if settings["split"] == "test":
            of_log = {**settings, "model": f"features_{settings['model']}", "seed": 0}
            log_test_scores(of_log, {"auroc": values["auroc"]})
        results.write(name, settings, values)
    row = results.read(name)
    print(f"{name}  {row['auroc']:.4f}", flush=True)
    return row


def evaluate(settings: dict, data: DataSet) -> dict:
    """Area under the ROC curve, mean over folds; the largest coefficients of a fit."""
    train = subset(data.train, settings["max_train"], "classification")
    if settings["split"] == "test":
        parts = [(train, data.test)]
    else:
        folds = StratifiedKFold(N_FOLDS, shuffle=True, random_state=0)
        parts = [(train[a], train[b]) for a, b in folds.split(train.X, train.y)]
    scores, seconds = [], []
    for part, held_out in parts:
        model = make_model(settings["model"])
        start = time.perf_counter()
        model.fit(part.X, part.y)
        seconds.append(time.perf_counter() - start)
        proba = model.predict_proba(held_out.X)[:, 1]
        scores.append(float(roc_auc_score(held_out.y, proba)))
    top = [] if settings["model"] == "ours" else largest_coefficients(model)
    return {
        "auroc": float(np.mean(scores)),
        "aurocs": scores,
        "fit_seconds": float(np.mean(seconds)),
        "n_train": len(train),
        "top": top,
        "family_found": family_found(settings["set"], top),
    }


def make_model(name: str):
    if name == "ours":
        return MotifCNNClassifier(random_state=0)
    pooling = "occupancy" if name == "occupancy" else "auto"
    return make_pipeline(
        PretrainedFeatureExtractor("jaspar", pooling=pooling),
        StandardScaler(),
        LogisticRegressionCV(
            Cs=np.logspace(-5, 0, 6),
            l1_ratios=(0.0,),
            cv=3,
            scoring="roc_auc",
            use_legacy_attributes=False,
            max_iter=1000,
        ),
    )


def largest_coefficients(pipeline) -> list[str]:
    """Names of the features that speak most for the second class."""
    names = pipeline[0].get_feature_names_out()
    order = np.argsort(pipeline[-1].coef_.ravel())[::-1]
    return names[order[:N_TOP]].tolist()


def family_found(name: str, top: list[str]) -> bool | None:
    """Whether a motif of the family of a set's TF is among some features.

    None where JASPAR does not know the TF, or there are no features.
    """
    jaspar = load_jaspar()
    tf = jaspar.lookup(name.split("/")[-1].split("_")[0])
    if tf is None or not top:
        return None
    families = {jaspar.label(i): jaspar.families[i] for i in range(len(jaspar))}
    return any(families[feature] == jaspar.families[tf] for feature in top)


def throughput(n: int, repeats: int) -> dict[str, list[float]]:
    """Seconds of each candidate, which run in turn."""
    rng = np.random.default_rng(0)
    letters = rng.choice(list(NUCLEOTIDES), (n, LENGTH))
    X = ["".join(row) for row in letters]
    one_hot = (letters[:, None] == np.array(list(NUCLEOTIDES))[:, None]).astype("f4")
    x = torch.from_numpy(one_hot)
    motifs = PretrainedFeatureExtractor("jaspar:vertebrates").fit(X)
    torch.manual_seed(0)
    network = nn.Sequential(
        nn.Conv1d(4, 128, 19), nn.ReLU(), nn.Conv1d(128, 64, 9), nn.ReLU()
    ).eval()
    layer = PretrainedFeatureExtractor(network, pooling="max").fit(X)
    filters = filters_by_width()
    candidates = {
        "motifs: extractor": lambda: motifs.transform(X),
        "motifs: plain loop": lambda: in_batches(x, lambda b: scan(b, filters)),
        "network: extractor": lambda: layer.transform(X),
        "network: plain loop": lambda: in_batches(x, lambda b: network(b).amax(2)),
    }
    seconds = {name: [] for name in candidates}
    for _ in range(repeats):
        for name, run in candidates.items():
            start = time.perf_counter()
            run()
            seconds[name].append(time.perf_counter() - start)
    return seconds


def filters_by_width() -> dict[int, tuple[list[int], torch.Tensor]]:
    """The vertebrates' motifs on both strands as filters, by their width."""
    log_odds, widths = load_jaspar().of_group("vertebrates").log_odds()
    motifs = np.split(log_odds, widths.cumsum()[:-1])
    filters = {}
    for width in np.unique(widths).tolist():
        members = np.flatnonzero(widths == width).tolist()
        both = [
            *(motifs[i] for i in members),
            *(motifs[i][::-1, ::-1] for i in members),
        ]
        filters[width] = members, torch.tensor(np.stack(both)).transpose(1, 2)
    return filters


def scan(x: torch.Tensor, filters) -> torch.Tensor:
    """Best scores (n, n_motifs) by convolutions of one-hot columns."""
    scores = torch.empty(len(x), sum(len(members) for members, _ in filters.values()))
    for members, weights in filters.values():
        best = F.conv1d(x, weights).amax(dim=2)
        scores[:, members] = best.view(len(x), 2, -1).amax(dim=1)
    return scores


@torch.inference_mode()
def in_batches(x: torch.Tensor, run) -> torch.Tensor:
    """What a run gives of all rows."""
    return torch.cat([run(batch) for batch in x.split(BATCH_SIZE)])


def accuracy_report(rows: list[dict]) -> str:
    """Scores by set and model; whether the motifs keep near to ours."""
    models = list(dict.fromkeys(row["model"] for row in rows))
    scores, lines = {}, []
    for name in dict.fromkeys(row["set"] for row in rows):
        of = {row["model"]: row for row in rows if row["set"] == name}
        for model, row in of.items():
            scores.setdefault(model, []).append(row["auroc"])
        found = {True: "yes", False: "no", None: ""}
        family = next((found[r["family_found"]] for r in of.values() if r["top"]), "")
        top = next((", ".join(r["top"][:3]) for r in of.values() if r["top"]), "")
        lines.append([name, *(f"{of[m]['auroc']:.4f}" for m in models), family, top])
    lines.append(["mean", *(f"{np.mean(scores[m]):.4f}" for m in models), "", ""])
    header = ["set", *models, f"family in top {N_TOP}", "largest coefficients"]
    parts = [f"## AUROC, {rows[0]['split']}", markdown_table(header, lines)]
    if {"jaspar", "ours"} <= set(models):
        gap = np.mean(scores["ours"]) - np.mean(scores["jaspar"])
        verdict = "reached" if gap <= BAR else "MISSED"
        parts.append(f"Bar: {BAR} below ours at most; {gap:+.4f}: {verdict}.")
    return "\n\n".join(parts)


def throughput_report(row: dict) -> str:
    """Sequences a second, and whether the bars are reached."""
    speed = {name: row["n"] / np.array(s) for name, s in row["seconds"].items()}
    lines = [[name, in_words(values, 0)] for name, values in speed.items()]
    median = {name: np.median(values) for name, values in speed.items()}
    share = median["network: extractor"] / median["network: plain loop"]
    motifs = median["motifs: extractor"]
    verdicts = [
        f"Bar of {MIN_SPEED} sequences a second of motifs: {motifs:.0f}, "
        + ("reached" if motifs >= MIN_SPEED else "MISSED"),
        f"bar of {MIN_SHARE} of the plain loop: {share:.2f}, "
        + ("reached" if share >= MIN_SHARE else "MISSED"),
    ]
    title = f"## Throughput, {row['n']} sequences of {LENGTH} bp"
    table = markdown_table(["candidate", "sequences a second"], lines)
    return "\n\n".join([title, table, "; ".join(verdicts) + "."])


def _parse(arguments) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    add = parser.add_argument
    add("folder", nargs="?", type=Path, help="folder of sets; without it, speed only")
    add("--sets", nargs="+", help=f"(all of {' and '.join(SOURCES)})")
    add("--models", nargs="+", choices=MODELS, default=list(MODELS), help="(all)")
    add("--split", choices=("cv", "test"), default="cv", help="(cv)")
    add("--max-train", type=int, help="at most so many training sequences (all)")
    add("--n-throughput", type=int, default=9984, help="sequences; 0: none (9984)")
    add("--repeats", type=int, default=5, help="runs of each candidate (5)")
    add("--results", type=Path, default=RESULTS / "features", help="where rows go")
    add("--force", action="store_true", help="make rows anew that are there")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    main()
