"""Fine-tuning beside training from scratch and features, by number of sequences.

A source is trained on one experiment; then each way learns from a few sequences of
another one, the target, and is scored on the target's test part (counted in
test_log.csv). Sequences of the source that share a 31-mer with that test part, on
either strand, are left out first. One JSON file a pair, size, way and seed goes to
benchmarks/results/transfer, of which transfer_report.py makes tables and a figure. See
benchmarks/README.md.
"""

import argparse
import time
from pathlib import Path

import numpy as np
from _common import (
    RESULTS,
    Results,
    log_test_scores,
    machine_in_words,
)
from _data import SHARED, Part, find_sets, read_set, shares_words, subset
from sklearn.linear_model import LogisticRegressionCV
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sklearn_cnn import MotifCNNClassifier, PretrainedFeatureExtractor

# Source and target of each pair, and whether they are related.
PAIRS = {
    "CTCF to CTCFL": ("tf_fastsk/CTCF", "tf_deepbind_encode/CTCFL_K562", True),
    "ARID3A HepG2 to K562": (
        "tf_deepbind_encode/ARID3A_HepG2",
        "tf_deepbind_encode/ARID3A_K562",
        True,
    ),
    "ARID3A K562 to HepG2": (
        "tf_deepbind_encode/ARID3A_K562",
        "tf_deepbind_encode/ARID3A_HepG2",
        True,
    ),
    "CTCF to SRF": ("tf_fastsk/CTCF", "tf_deepbind_encode/SRF_H1-hESC", False),
    "JUND to GABPA": ("tf_fastsk/JUND", "tf_deepbind_encode/GABPA_GM12878", False),
}
SIZES = (100, 300, 1000, 3000)
# A network alone, without known motifs and k-mers.
ALONE = {"kmers": None, "motif_bank": None}
WAYS = {
    "source": "the source, unchanged",
    "small": "network of 32 filters from scratch",
    "large": "network of 128 filters from scratch",
    "scratch": "the default from scratch",
    "tuned_alone": "the source's network fine-tuned, alone",
    "tuned": "the source fine-tuned, the default",
    "features": "the source's features, logistic regression",
    "jaspar": "scores of JASPAR's motifs, logistic regression",
}
MAX_SOURCE = 8000


def main(arguments: list[str] | None = None) -> None:
    """Run what is missing."""
    options = _parse(arguments)
    results = Results(options.results, __file__, options.force, "transfer")
    for pair in options.pairs:
        _run_pair(pair, options, results)
    print(f"\n{machine_in_words()}")


def _run_pair(pair: str, options, results: Results) -> None:
    """Rows of a pair; data are read, and the source trained, where one is missing."""
    jobs = [
        {"pair": pair, "way": way, "n_train": n, "seed": seed}
        for seed in options.seeds
        for n in options.sizes
        for way in options.ways
    ]
    data, sources = None, {}
    for settings in jobs:
        name = "{pair}/{way}.{n_train}.seed{seed}".format_map(settings)
        name = name.replace(" ", "_")
        if not results.is_done(name, settings):
            data = data or read_pair(pair, options.folder)
            seed = settings["seed"]
            if seed not in sources:
                sources = {seed: _train_sources(data["source"], seed)}
            values = evaluate(settings, data, sources[seed])
            of_log = {"set": pair, "model": _model(settings), "seed": seed}
            log_test_scores(of_log, {"auroc": values["auroc"]})
            results.write(name, settings, values)
        print(f"{name}  {results.read(name)['auroc']:.4f}", flush=True)


def read_pair(pair: str, folder: Path) -> dict:
    """Source without what it shares with the target's test part, and the target."""
    source_name, target_name, _ = PAIRS[pair]
    sets, _ = find_sets(folder)
    source = read_set(source_name, sets[source_name]).train
    target = read_set(target_name, sets[target_name])
    kept = ~shares_words(source.X, target.test.X, SHARED)
    source = subset(source[kept], MAX_SOURCE, "classification")
    return {
        "source": source,
        "train": target.train,
        "test": target.test,
        "n_shared": int((~kept).sum()),
    }


def _train_sources(source: Part, seed: int) -> dict:
    """The default model of the source, and its network alone."""
    return {
        "default": MotifCNNClassifier(random_state=seed).fit(source.X, source.y),
        "alone": MotifCNNClassifier(**ALONE, random_state=seed).fit(source.X, source.y),
    }


def evaluate(settings: dict, data: dict, sources: dict) -> dict:
    """Train on a random part of the target, score its test part."""
    train, _ = train_test_split(
        np.arange(len(data["train"])),
        train_size=settings["n_train"],
        stratify=data["train"].y,
        random_state=settings["seed"],
    )
    part, test = data["train"][train], data["test"]
    model = make_model(settings["way"], settings["seed"], sources)
    start = time.perf_counter()
    if settings["way"] != "source":
        model.fit(part.X, part.y)
    seconds = time.perf_counter() - start
    return {
        "auroc": float(roc_auc_score(test.y, model.decision_function(test.X))),
        "fit_seconds": seconds,
        "n_source": len(data["source"]),
        "n_shared": data["n_shared"],
    }


def make_model(way: str, seed: int, sources: dict):
    """Unfitted model of a way; of "source", the fitted source."""
    if way == "source":
        return sources["default"]
    if way in ("features", "jaspar"):
        model = sources["alone"] if way == "features" else "jaspar"
        return make_pipeline(
            PretrainedFeatureExtractor(model),
            StandardScaler(),
            LogisticRegressionCV(
                Cs=np.logspace(-3, 0, 7),
                l1_ratios=(0.0, 1.0),
                solver="saga",
                scoring="neg_log_loss",
                use_legacy_attributes=False,
                max_iter=300,
                tol=1e-2,
                random_state=seed,
            ),
        )
    if way == "tuned":
        parameters = {"pretrained": sources["default"]}
    elif way == "tuned_alone":
        parameters = {**ALONE, "pretrained": sources["alone"]}
    elif way == "scratch":
        parameters = {}
    else:
        parameters = {**ALONE, "n_filters": {"small": 32, "large": 128}[way]}
    return MotifCNNClassifier(**parameters, random_state=seed)


def _model(settings: dict) -> str:
    return f"{settings['way']}@{settings['n_train']}"


def _parse(arguments) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    add = parser.add_argument
    add("folder", type=Path, help="folder of gzip TSV files, one folder a source")
    add("--pairs", nargs="+", choices=PAIRS, default=list(PAIRS), metavar="PAIR")
    add("--sizes", nargs="+", type=int, default=list(SIZES))
    add("--ways", nargs="+", choices=WAYS, default=list(WAYS), help="(all)")
    add("--seeds", nargs="+", type=int, default=[0, 1, 2, 3, 4], help="(0 to 4)")
    add("--results", type=Path, default=RESULTS / "transfer", help="where rows go")
    add("--force", action="store_true", help="make rows anew that are there")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    main()
