"""How fast is in-silico mutagenesis, and do attributions point at binding sites?

The speed is that of this package and of tangermeme's saturation mutagenesis on the
same module, in turn; of networks of several layers, that of predicting each mutant.
Sites are those of the sets of tf_motif_positions, whose windows
have a mask of the annotated site. One JSON file a row goes to
benchmarks/results/attributions. See benchmarks/README.md.
"""

import argparse
import time
from collections import Counter
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from _common import (
    RESULTS,
    TIMES,
    Results,
    in_words,
    machine_in_words,
    markdown_table,
)
from _data import SHARED, shares_words
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import train_test_split

from sklearn_cnn import MotifCNNClassifier, MotifCNNRegressor
from sklearn_cnn._fitted_model import FittedModel
from sklearn_cnn.datasets import make_motif_classification
from sklearn_cnn.inspection import attributions
from sklearn_cnn.inspection.attribution._in_silico_mutagenesis import _by_prediction
from sklearn_cnn.preprocessing import (
    SequenceEncoder,
    dinucleotide_shuffle,
    reverse_complement,
)
from sklearn_cnn.training._progress import Steps

SETS = ("FOSL2", "CDX2", "GATA2")
MIN_AUROC = 0.97
MIN_SPEEDUP = 2
LENGTH = 200
# Parameters of the estimators whose mutagenesis is timed.
TIMED = {"network": {"kmers": None, "motif_bank": None}, "default": {}}
# Parameters of networks of several layers, without linear models.
DEEP_LENGTH = 300
DEEP = {
    "profile, 4 layers": {"output": "profile"},
    "3 layers": {"n_filters": (64, 64, 64), "kernel_size": (19, 7, 7)},
    "3 layers, local pooling": {
        "n_filters": (64, 64, 64),
        "kernel_size": (19, 7, 7),
        "pool_size": (3, 3, 1),
    },
}
MIN_DEEP_SPEEDUP = 5
# What a base is worth, by method: fixed in advance for "ism", the recommended one.
PER_BASE = {
    "ism": lambda effects: np.abs(effects).max(axis=1),
    "gradient_input": lambda effects: np.abs(effects.sum(axis=1)),
    "saliency": lambda effects: effects.max(axis=1),
    "integrated_gradients": lambda effects: np.abs(effects.sum(axis=1)),
    "deeplift": lambda effects: np.abs(effects.sum(axis=1)),
}
# Those that compare with shuffles take longer, and see the first held-out sequences.
SLOW = ("integrated_gradients", "deeplift")


def main(arguments: list[str] | None = None) -> None:
    """Run what is missing, then print the tables."""
    options = _parse(arguments)
    results = Results(options.results, __file__, options.force, _task)
    if "speed" in options.parts:
        rows = [_run_speed(model, options, results) for model in TIMED]
        print(f"\n{_speed_table(rows)}")
    if "deep" in options.parts:
        rows = [_run_deep(model, options, results) for model in DEEP]
        print(f"\n{_deep_table(rows)}")
    if "localisation" in options.parts:
        rows = [
            _run_localisation(name, seed, options, results)
            for seed in options.seeds
            for name in options.sets
        ]
        print(f"\n{_localisation_table(rows)}")
    print(f"\n{machine_in_words()}")


def _task(settings: dict) -> str:
    return "attributions" if settings["part"] == "localisation" else TIMES


def _run_speed(model: str, options, results: Results) -> dict:
    n = options.n if model == "network" else options.n_default
    settings = {"part": "speed", "model": model, "n": n, "repeats": options.repeats}
    name = f"speed/{model}"
    if not results.is_done(name, settings):
        results.write(name, settings, time_mutagenesis(model, n, options.repeats))
    return results.read(name)


def time_mutagenesis(model: str, n: int, repeats: int) -> dict:
    """Seconds of both, in turn for each part of n sequences; how far they differ."""
    from tangermeme.saturation_mutagenesis import saturation_mutagenesis

    X, y = make_motif_classification(1000, length=LENGTH, motif="CTCF", random_state=0)
    clf = MotifCNNClassifier(max_epochs=2, random_state=0, **TIMED[model]).fit(X, y)
    module = clf.to_module()
    seconds = {"ours": [], "tangermeme": []}
    differences, largest = [], []
    for part in np.array_split(X[:n], repeats):
        columns = SequenceEncoder().fit_transform(part).reshape(-1, LENGTH, 4)
        x = torch.tensor(columns.transpose(0, 2, 1), dtype=torch.float32)
        start = time.perf_counter()
        ours = attributions(clf, part)
        middle = time.perf_counter()
        present, mutated = saturation_mutagenesis(
            module, x, raw_outputs=True, device="cpu"
        )
        end = time.perf_counter()
        theirs = (mutated - present[:, None, None])[..., 0].numpy()
        seconds["ours"].append(middle - start)
        seconds["tangermeme"].append(end - middle)
        differences.append(float(np.abs(ours - theirs).max()))
        largest.append(float(np.abs(ours).max()))
    return {
        "seconds": seconds,
        "largest_difference": max(differences),
        "largest_effect": max(largest),
    }


def _run_deep(model: str, options, results: Results) -> dict:
    settings = {"part": "deep", "model": model, "n": options.n_deep}
    name = f"deep/{model.replace(', ', '_').replace(' ', '_')}"
    if not results.is_done(name, settings):
        results.write(name, settings, time_deep_mutagenesis(model, options.n_deep))
    return results.read(name)


def time_deep_mutagenesis(model: str, n: int, length: int = DEEP_LENGTH) -> dict:
    """Seconds of both for n sequences, one at a time, in turn; how far they differ."""
    X, y = make_motif_classification(
        max(200, n), length=length, motif="CTCF", random_state=0
    )
    shared = {"linear_models": None, "n_estimators": 1, "max_epochs": 2}
    settings = {**DEEP[model], **shared, "random_state": 0}
    if "output" in settings:
        profiles = np.repeat(y[:, None], length, axis=1) * np.linspace(0, 1, length)
        estimator, target = MotifCNNRegressor(**settings).fit(X, profiles), None
    else:
        estimator, target = MotifCNNClassifier(**settings).fit(X, y), 0
    seconds = {"receptive fields": [], "each mutant": []}
    differences, largest = [], []
    for x in X[:n]:
        start = time.perf_counter()
        effects = attributions(estimator, [x])
        middle = time.perf_counter()
        inputs = FittedModel(estimator).read([x])
        expected = _by_prediction(estimator, inputs, target, Steps("", "input", 0))
        end = time.perf_counter()
        seconds["receptive fields"].append(middle - start)
        seconds["each mutant"].append(end - middle)
        differences.append(float(np.abs(effects - expected).max()))
        largest.append(float(np.abs(effects).max()))
    return {
        "seconds": seconds,
        "largest_difference": max(differences),
        "largest_effect": max(largest),
    }


def _run_localisation(name: str, seed: int, options, results: Results) -> dict:
    settings = {
        "part": "localisation",
        "set": name,
        "seed": seed,
        "max_train": options.max_train,
        "n_test": options.n_test,
        "n_slow": options.n_slow,
    }
    file = f"localisation/{name}.seed{seed}"
    if not results.is_done(file, settings):
        table = pd.read_csv(options.folder / f"{name}.tsv.gz", sep="\t", dtype=str)
        results.write(file, settings, localise(table, settings))
    row = results.read(file)
    print(file, {k: round(v, 3) for k, v in row["aurocs"].items()}, flush=True)
    return row


def localise(table: pd.DataFrame, settings: dict) -> dict:
    """Train against shuffles, then compare attributions with masks of held-out sites.

    `n_test` sequences with a site are held out, and those which share a word of 31
    letters with one of them, on either strand, are left out; `max_train` others train.
    """
    seed = settings["seed"]
    X = table["sequence"].to_numpy(dtype=object)
    masks = np.array([[letter == "1" for letter in m] for m in table["site_mask"]])
    with_site = np.flatnonzero(masks.any(axis=1))
    _, test = train_test_split(
        with_site, test_size=settings["n_test"], random_state=seed
    )
    train = np.setdiff1d(np.arange(len(X)), test)
    train = train[~shares_words(X[train], X[test], SHARED)]
    n_left_out = len(X) - len(train) - len(test)
    rng = np.random.default_rng(seed)
    train = np.sort(rng.permutation(train)[: settings["max_train"]])
    shuffled = dinucleotide_shuffle(X[train], random_state=seed)
    clf = MotifCNNClassifier(random_state=seed)
    clf.fit(np.concatenate([X[train], shuffled]), np.repeat([1, 0], len(train)))
    scores = {"site words": score_words(X[test], site_words(X[train], masks[train]))}
    seconds = {}
    for method, per_base in PER_BASE.items():
        some = test[: settings["n_slow"]] if method in SLOW else test
        start = time.perf_counter()
        effects = attributions(clf, X[some], method, random_state=seed)
        seconds[method] = (time.perf_counter() - start) / len(some)
        scores[method] = per_base(effects)
    by_sequence = {
        method: float(np.mean(list(map(roc_auc_score, masks[test[: len(v)]], v))))
        for method, v in scores.items()
    }
    return {
        "aurocs": {
            method: float(roc_auc_score(masks[test[: len(v)]].ravel(), v.ravel()))
            for method, v in scores.items()
        },
        "aurocs_by_sequence": by_sequence,
        "seconds_a_sequence": seconds,
        "n_train": len(train),
        "n_left_out": n_left_out,
    }


def site_words(X: np.ndarray, masks: np.ndarray) -> Counter:
    """How often each word of the sites occurs as a site, on either strand."""
    words = Counter()
    for x, mask in zip(X, masks, strict=True):
        edges = np.flatnonzero(np.diff(np.r_[0, mask.astype(int), 0]))
        for start, end in edges.reshape(-1, 2):
            words[x[start:end]] += 1
            words[reverse_complement(x[start:end])] += 1
    return words


def score_words(X: np.ndarray, words: Counter) -> np.ndarray:
    """For each base the count of the most frequent site word over it."""
    scores = np.zeros((len(X), len(X[0])))
    for length in {len(word) for word in words}:
        for x, row in zip(X, scores, strict=True):
            for start in range(len(x) - length + 1):
                places = slice(start, start + length)
                count = words[x[places]]
                row[places] = np.maximum(row[places], count)
    return scores


def _speed_table(rows: list[dict]) -> str:
    lines = []
    for row in rows:
        ours, theirs = (np.array(row["seconds"][k]) for k in ("ours", "tangermeme"))
        ratio = np.median(theirs / ours)
        verdict = "reached" if ratio >= MIN_SPEEDUP else "MISSED"
        lines.append(
            [
                row["model"],
                row["n"],
                *(f"{1000 * s.sum() / row['n']:.0f}" for s in (ours, theirs)),
                f"{ratio:.1f}",
                f"{row['largest_difference']:.1e}",
                f"{verdict} ({MIN_SPEEDUP})",
            ]
        )
    header = [
        "module",
        f"sequences of {LENGTH} bp",
        "ours, ms a sequence",
        "tangermeme, ms a sequence",
        "median ratio",
        "largest difference",
        "bar",
    ]
    return f"## In-silico mutagenesis\n\n{markdown_table(header, lines)}"


def _deep_table(rows: list[dict]) -> str:
    lines = []
    for row in rows:
        ours, theirs = (
            np.array(row["seconds"][k]) for k in ("receptive fields", "each mutant")
        )
        ratio = np.median(theirs / ours)
        verdict = "reached" if ratio >= MIN_DEEP_SPEEDUP else "MISSED"
        lines.append(
            [
                row["model"],
                *(f"{1000 * np.median(s):.0f}" for s in (ours, theirs)),
                f"{ratio:.1f}",
                f"{row['largest_difference']:.1e}",
                f"{row['largest_effect']:.1e}",
                f"{verdict} ({MIN_DEEP_SPEEDUP})" if "profile" in row["model"] else "",
            ]
        )
    header = [
        f"network, {DEEP_LENGTH} bp",
        "receptive fields, ms",
        "each mutant, ms",
        "median ratio",
        "largest difference",
        "largest effect",
        "bar",
    ]
    return f"## Networks of several layers\n\n{markdown_table(header, lines)}"


def _localisation_table(rows: list[dict]) -> str:
    sets = list(dict.fromkeys(row["set"] for row in rows))
    lines = []
    for method in rows[0]["aurocs"]:
        of_set = [
            [row["aurocs"][method] for row in rows if row["set"] == name]
            for name in sets
        ]
        mean = np.mean(of_set)
        by_sequence = np.mean([row["aurocs_by_sequence"][method] for row in rows])
        verdict = ""
        if method == "ism":
            verdict = f"{'reached' if mean >= MIN_AUROC else 'MISSED'} ({MIN_AUROC})"
        cells = [in_words(values) for values in of_set]
        lines.append([method, *cells, f"{mean:.3f}", f"{by_sequence:.3f}", verdict])
    header = ["AUROC", *sets, "mean", "mean within a sequence", "bar"]
    return f"## Sites, ± over seeds\n\n{markdown_table(header, lines)}"


def _parse(arguments) -> argparse.Namespace:
    parts = ["speed", "deep", "localisation"]
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    add = parser.add_argument
    add("folder", type=Path, help="folder of FOSL2.tsv.gz, CDX2.tsv.gz, GATA2.tsv.gz")
    add("--parts", nargs="+", choices=parts, default=parts, help="(all)")
    add("--sets", nargs="+", choices=SETS, default=list(SETS), help="(all)")
    add("--seeds", nargs="+", type=int, default=[0, 1, 2], help="(0 1 2)")
    add("--n", type=int, default=1000, help="sequences for the network alone (1000)")
    add("--n-default", type=int, default=20, help="for the default estimator (20)")
    add("--n-deep", type=int, default=10, help="for several layers (10)")
    add("--repeats", type=int, default=5, help="parts, timed in turn (5)")
    add("--max-train", type=int, default=2000, help="windows a set trains on (2000)")
    add("--n-test", type=int, default=300, help="held-out sequences a set (300)")
    add("--n-slow", type=int, default=30, help="of them, for slow methods (30)")
    add("--results", type=Path, default=RESULTS / "attributions", help="where rows go")
    add("--force", action="store_true", help="make rows anew that are there")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    main()
