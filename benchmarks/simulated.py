"""The default classifier where the best possible score is known, and on splice sites.

Three parts: motifs planted anywhere (AUROC beside the optimal score's, and what seeing
positions costs), motifs planted in the left half in training (what is lost in the right
half without positions), and the splice-junction set (accuracy beside two linear
models). One JSON file a row goes to benchmarks/results/simulated. See
benchmarks/README.md.
"""

import argparse
import time
from pathlib import Path

import numpy as np
from _common import (
    RESULTS,
    Results,
    in_words,
    machine_in_words,
    markdown_table,
    mean_and_error,
)
from _models import SEEDED, make_model
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import StratifiedKFold, cross_val_score
from tqdm import tqdm

from sklearn_cnn import MotifCNNClassifier
from sklearn_cnn.datasets import load_splice_junctions, make_motif_classification

LENGTH = 200
LEFT, RIGHT = (0, LENGTH // 2), (LENGTH // 2, LENGTH)
MAX_LOSS_OF_AUTO = 0.005
MAX_LOSS_IN_RIGHT_HALF = 0.01


def main(arguments: list[str] | None = None) -> None:
    """Run what is missing, then print a table a part."""
    options = _parse(arguments)
    results = Results(options.results, __file__, options.force, _task)
    jobs = [job for part in options.parts for job in _jobs(part, options)]
    rows = []
    for name, settings, run in tqdm(jobs, desc="Rows"):
        if results.is_done(name, settings):
            rows.append(results.read(name))
            continue
        start = time.perf_counter()
        values = run(settings)
        values["seconds"] = time.perf_counter() - start
        rows.append(results.write(name, settings, values))
    reports = {
        "motifs": _report_motifs,
        "halves": _report_halves,
        "splice": _report_splice,
    }
    for part in options.parts:
        print(f"\n{reports[part]([row for row in rows if row['part'] == part])}")
    print(f"\n{machine_in_words()}")


def motif_anywhere(settings: dict) -> dict:
    """Test AUROC of both settings of `position` and of the optimal score."""
    train, test = (_simulate(settings, part) for part in ("train", "test"))
    return {
        "optimal": float(roc_auc_score(test.target, test.optimal_score)),
        "auto": _auroc(_fit(train, "auto", settings["seed"]), test),
        "false": _auroc(_fit(train, False, settings["seed"]), test),
    }


def motif_in_one_half(settings: dict) -> dict:
    """Test AUROC in either half after training on the left one, without positions.

    The two test sets hold the same sites in the same backgrounds.
    """
    model = _fit(_simulate(settings, "train", LEFT), False, settings["seed"])
    return {
        "left": _auroc(model, _simulate(settings, "test", LEFT)),
        "right": _auroc(model, _simulate(settings, "test", RIGHT)),
    }


def splice(settings: dict) -> dict:
    """Accuracy on each of five folds, the same for all models."""
    X, y = load_splice_junctions(return_X_y=True)
    folds = StratifiedKFold(5, shuffle=True, random_state=0)
    model = make_model(
        settings["model"], "classification", "dna", len(X[0]), settings["seed"]
    )
    accuracy = cross_val_score(model, X, y, cv=folds, scoring="accuracy")
    return {"accuracy": accuracy.tolist()}


def _simulate(settings: dict, part: str, region=None):
    """Training or test set of a seed; the two share no random numbers."""
    return make_motif_classification(
        settings[f"n_{part}"],
        LENGTH,
        settings["motif"],
        region=region,
        return_details=True,
        random_state=2 * settings["seed"] + (part == "test"),
    )


def _fit(train, position, seed: int) -> MotifCNNClassifier:
    model = MotifCNNClassifier(position=position, random_state=seed)
    return model.fit(train.data, train.target)


def _auroc(model: MotifCNNClassifier, test) -> float:
    return float(roc_auc_score(test.target, model.predict_proba(test.data)[:, 1]))


def _jobs(part: str, options) -> list[tuple]:
    """Name, settings and function of each row of a part."""
    if part == "splice":
        jobs = []
        for model in ("ours", "onehot", "kmer"):
            for seed in options.seeds if model in SEEDED else [None]:
                name = f"splice/{model}" + ("" if seed is None else f".seed{seed}")
                jobs.append(
                    (name, {"part": part, "model": model, "seed": seed}, splice)
                )
        return jobs
    run = motif_anywhere if part == "motifs" else motif_in_one_half
    return [
        (
            f"{part}/{motif}@{options.n_train}.seed{seed}",
            {
                "part": part,
                "motif": motif,
                "seed": seed,
                "n_train": options.n_train,
                "n_test": options.n_test,
            },
            run,
        )
        for motif in options.motifs
        for seed in options.seeds
    ]


def _task(settings: dict) -> str:
    ours = settings.get("model", "ours") == "ours"
    return "classification" if ours else "other models"


def _report_motifs(rows: list[dict]) -> str:
    lines = [
        [
            motif,
            *(in_words(_column(of, key)) for key in ("optimal", "auto", "false")),
            in_words(_difference(of, "auto", "optimal"), 4, "+"),
            in_words(_difference(of, "auto", "false"), 4, "+"),
        ]
        for motif, of in _by_motif(rows)
    ]
    header = ["motif", "optimal", "defaults", "position=False"]
    header += ["defaults - optimal", "defaults - False"]
    return "\n\n".join(
        [
            f"## Motifs anywhere in {LENGTH} bp: test AUROC, {_sizes(rows)}",
            markdown_table(header, lines),
            _verdict(
                "position='auto' against position=False",
                _difference(rows, "auto", "false"),
                MAX_LOSS_OF_AUTO,
            ),
        ]
    )


def _report_halves(rows: list[dict]) -> str:
    lines = [
        [
            motif,
            *(in_words(_column(of, key)) for key in ("left", "right")),
            in_words(_difference(of, "right", "left"), 4, "+"),
        ]
        for motif, of in _by_motif(rows)
    ]
    return "\n\n".join(
        [
            "## Trained on motifs in the left half, position=False: test AUROC, "
            + _sizes(rows),
            markdown_table(["motif", "left", "right", "right - left"], lines),
            _verdict(
                "the right half against the left one",
                _difference(rows, "right", "left"),
                MAX_LOSS_IN_RIGHT_HALF,
            ),
        ]
    )


def _report_splice(rows: list[dict]) -> str:
    """Accuracies, and differences of the defaults fold by fold (mean over seeds)."""
    models = dict.fromkeys(row["model"] for row in rows)
    by_fold = {
        model: np.mean([r["accuracy"] for r in rows if r["model"] == model], axis=0)
        for model in models
    }
    lines = [
        [
            model,
            sum(row["model"] == model for row in rows),
            in_words(by_fold[model], 4),
            ""
            if model == "ours"
            else in_words(by_fold["ours"] - by_fold[model], 4, "+"),
        ]
        for model in models
    ]
    return "\n\n".join(
        [
            "## Splice junctions: accuracy, StratifiedKFold(5, shuffle=True, "
            "random_state=0), ± over folds",
            markdown_table(["model", "seeds", "accuracy", "ours - model"], lines),
        ]
    )


def _by_motif(rows: list[dict]) -> list[tuple[str, list[dict]]]:
    motifs = dict.fromkeys(row["motif"] for row in rows)
    return [(motif, [r for r in rows if r["motif"] == motif]) for motif in motifs]


def _column(rows: list[dict], key: str) -> np.ndarray:
    return np.array([row[key] for row in rows])


def _difference(rows: list[dict], key: str, other: str) -> np.ndarray:
    return _column(rows, key) - _column(rows, other)


def _verdict(what: str, differences: np.ndarray, max_loss: float) -> str:
    """The bar, and whether the mean over motifs and seeds keeps it."""
    kept = "kept" if mean_and_error(differences)[0] >= -max_loss else "MISSED"
    return (
        f"{what}: {in_words(differences, 4, '+')} over {len(differences)} pairs; at "
        f"most {max_loss} may be lost: {kept}."
    )


def _sizes(rows: list[dict]) -> str:
    n_seeds = len({row["seed"] for row in rows})
    return f"n_train {rows[0]['n_train']}, n_test {rows[0]['n_test']}, {n_seeds} seeds"


def _parse(arguments) -> argparse.Namespace:
    parts = ["motifs", "halves", "splice"]
    motifs = ["CTCF", "GABPA", "SRF", "TBP", "MAX"]
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    add = parser.add_argument
    add("--parts", nargs="+", choices=parts, default=parts, help="(all)")
    add("--motifs", nargs="+", default=motifs, help=f"({' '.join(motifs)})")
    add("--seeds", nargs="+", type=int, default=[0, 1, 2], help="(0 1 2)")
    add("--n-train", type=int, default=2000, help="(2000)")
    add("--n-test", type=int, default=4000, help="(4000)")
    add("--results", type=Path, default=RESULTS / "simulated", help="where rows go")
    add("--force", action="store_true", help="make rows anew that are there")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    main()
