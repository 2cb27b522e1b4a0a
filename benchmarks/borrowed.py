"""Networks that others trained: features before a logistic regression, and fine-tuned.

Splice sites: the package's splice junctions, read by OpenSpliceAI's network with a
context of 80 nucleotides. Images: digits and, where its folder is given, 6,000 + 2,000
images of Fashion-MNIST, read by a ResNet-20 that learned CIFAR-10. Beside the whole
sets, three ways are compared with few samples. One JSON file a row
goes to benchmarks/results/borrowed. See benchmarks/README.md.
"""

import argparse
from functools import partial
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from _borrowed_networks import load_resnet, load_splice_network
from _common import RESULTS, Results, machine_in_words, markdown_table
from images import KINDS, N_TEST, N_TRAIN, read_idx
from sklearn.base import clone
from sklearn.datasets import load_digits
from sklearn.linear_model import LogisticRegressionCV
from sklearn.metrics import accuracy_score
from sklearn.model_selection import (
    StratifiedGroupKFold,
    StratifiedKFold,
    train_test_split,
)
from sklearn.pipeline import make_pipeline, make_union
from sklearn.preprocessing import FunctionTransformer, StandardScaler
from tqdm import tqdm

from sklearn_cnn import (
    ImageCNNClassifier,
    MotifCNNClassifier,
    PretrainedFeatureExtractor,
)
from sklearn_cnn.datasets import load_splice_junctions
from sklearn_cnn.preprocessing import SequenceEncoder

PARTS = ("splice", "digits", "fashion")
MODELS = {
    "plain": "one-hot letters or pixels, logistic regression",
    "borrowed": "the borrowed network's features, logistic regression",
    "both": "both side by side, logistic regression",
    "ours": "the default, trained from scratch",
    "tuned": "the borrowed network, fine-tuned under a new head",
}
# With few samples: how many, drawn how often, and which models.
SIZES, N_DRAWS, WAYS = (100, 300, 1000), 3, ("borrowed", "ours", "tuned")
SPLICE_FILE = "openspliceai_mane/model_80nt_rs10.pt"
RESNET_FILE = "resnet_cifar10/resnet20-12fca82f.th"
# Nucleotides that the splice network reads around those of which it says something.
CONTEXT = 40


def main(arguments: list[str] | None = None) -> None:
    """Run what is missing, then print the table."""
    options = _parse(arguments)
    results = Results(options.results, __file__, options.force, _task)
    parts = PARTS if options.fashion is not None else PARTS[:2]
    jobs = [
        {"part": part, "model": model, "seed": _seed(model)}
        for part in parts
        for model in MODELS
    ]
    few = [
        {"part": part, "model": model, "n": n, "seed": seed}
        for part in parts
        for n in SIZES
        for model in WAYS
        for seed in range(N_DRAWS)
    ]
    make = partial(evaluate, options=options)
    rows = []
    for settings in tqdm(jobs, desc="Rows"):
        name = "{part}/{model}".format_map(settings)
        rows.append(results.read_or_make(name, settings, make))
    rows_of_few = []
    for settings in tqdm(few, desc="Rows of few samples"):
        name = "{part}/{model}@{n}.seed{seed}".format_map(settings)
        rows_of_few.append(results.read_or_make(name, settings, make))
    print(f"\n{report(rows)}\n\n{report_few(rows_of_few)}\n\n{machine_in_words()}")


def _seed(model: str) -> int | None:
    return 0 if model in ("ours", "tuned") else None


def _task(settings: dict) -> str:
    if settings["model"] in ("ours", "tuned"):
        return "classification" if settings["part"] == "splice" else "images"
    return "other models" if settings["model"] == "plain" else "modules"


def evaluate(settings: dict, options) -> dict:
    """Accuracy on each of five folds, or on the test images.

    With "n", of so many samples of the training part of the first split.
    """
    part = settings["part"]
    if part == "fashion":
        X, X_test = (
            read_idx(options.fashion, f"{name}-{KINDS[0]}")
            for name in ("train", "t10k")
        )
        y, y_test = (
            read_idx(options.fashion, f"{name}-{KINDS[1]}")
            for name in ("train", "t10k")
        )
        X, y = X[:N_TRAIN] / 255, y[:N_TRAIN]
        splits = [(X, y, X_test[:N_TEST] / 255, y_test[:N_TEST])]
    else:
        if part == "splice":
            data = load_splice_junctions()
            X, y, groups = np.array(data.data, dtype=object), data.target, data.groups
            folds = StratifiedGroupKFold(5, shuffle=True, random_state=0)
        else:
            X, y, groups = load_digits().images / 16, load_digits().target, None
            folds = StratifiedKFold(5, shuffle=True, random_state=0)
        y = np.asarray(y)
        splits = [
            (X[train], y[train], X[test], y[test])
            for train, test in folds.split(X, y, groups)
        ]
    if "n" in settings:
        X, y, X_test, y_test = splits[0]
        draw = {"train_size": settings["n"], "random_state": settings["seed"]}
        rows, _ = train_test_split(np.arange(len(y)), stratify=y, **draw)
        splits = [(X[rows], y[rows], X_test, y_test)]
    model = make_model(settings, options.models_folder)
    scores = [
        float(accuracy_score(y_test, clone(model).fit(X, y).predict(X_test)))
        for X, y, X_test, y_test in splits
    ]
    return {"accuracy": scores}


def make_model(settings: dict, folder: Path):
    """Unfitted model of a part."""
    part, name = settings["part"], settings["model"]
    if name == "ours":
        kind = MotifCNNClassifier if part == "splice" else ImageCNNClassifier
        return kind(random_state=settings["seed"])
    if part == "splice":
        plain, prepare = SequenceEncoder(), FunctionTransformer(_with_context)
        extractor = PretrainedFeatureExtractor(
            load_splice_network(folder / SPLICE_FILE),
            layer=("residual_units.3", "final_conv"),
            pooling="flatten",
        )
        tuned = MotifCNNClassifier(pretrained=extractor)
    else:
        plain, prepare = FunctionTransformer(_as_rows), FunctionTransformer(_in_colour)
        extractor = PretrainedFeatureExtractor(
            load_resnet(folder / RESNET_FILE), layer=("layer2", "layer3")
        )
        tuned = ImageCNNClassifier(pretrained=extractor, channels="first")
    if name == "tuned":
        tuned = tuned.set_params(random_state=settings["seed"])
        return make_pipeline(prepare, tuned)
    borrowed = make_pipeline(prepare, extractor)
    features = {"plain": plain, "borrowed": borrowed}
    if name == "both":
        features = {name: make_union(plain, borrowed)}
    return make_pipeline(features[name], StandardScaler(), _linear_model())


def _linear_model() -> LogisticRegressionCV:
    return LogisticRegressionCV(
        Cs=np.logspace(-5, 0, 6),
        l1_ratios=(0.0,),
        cv=3,
        scoring="neg_log_loss",
        use_legacy_attributes=False,
        max_iter=500,
    )


def _with_context(X) -> list[str]:
    """Junctions with unknown nucleotides around them."""
    return ["N" * CONTEXT + x + "N" * CONTEXT for x in X]


def _as_rows(images: np.ndarray) -> np.ndarray:
    return images.reshape(len(images), -1)


def _in_colour(images: np.ndarray, size: int = 32) -> np.ndarray:
    """Grey images as (n, 3, size, size)."""
    x = torch.from_numpy(images[:, None].astype(np.float32))
    resized = F.interpolate(x, (size, size), mode="bilinear", align_corners=False)
    return resized.expand(-1, 3, -1, -1).numpy()


def report(rows: list[dict]) -> str:
    """Mean accuracy, and its difference from the plain features by fold."""
    by_key = {(row["part"], row["model"]): np.array(row["accuracy"]) for row in rows}
    lines = []
    for (part, model), scores in by_key.items():
        gain = scores - by_key[part, "plain"]
        lines.append(
            [part, MODELS[model], f"{scores.mean():.4f}", f"{gain.mean():+.4f}"]
        )
    header = ["part", "model", "accuracy", "gain over plain"]
    return markdown_table(header, lines)


def report_few(rows: list[dict]) -> str:
    """Mean accuracy by number of samples, and its standard error over draws."""
    by_key = {}
    for row in rows:
        key = row["part"], row["n"], row["model"]
        by_key.setdefault(key, []).append(row["accuracy"][0])
    lines = []
    for part, n in dict.fromkeys((part, n) for part, n, _ in by_key):
        scores = [np.array(by_key[part, n, model]) for model in WAYS]
        errors = [s.std(ddof=1) / np.sqrt(len(s)) for s in scores]
        words = [
            f"{s.mean():.3f} ± {e:.3f}" for s, e in zip(scores, errors, strict=True)
        ]
        lines.append([part, str(n), *words])
    return markdown_table(["part", "samples", *WAYS], lines)


def _parse(arguments) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    add = parser.add_argument
    add("models_folder", type=Path, help=f"folder with {SPLICE_FILE} and {RESNET_FILE}")
    add("--fashion", type=Path, help="folder of Fashion-MNIST's four .gz files")
    add("--results", type=Path, default=RESULTS / "borrowed", help="where rows go")
    add("--force", action="store_true", help="make rows anew that are there")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    main()
