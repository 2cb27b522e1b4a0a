"""The TATA box in real promoters: does seeing places help, and is TBP found?

Networks alone on human promoters with a TATA box, and on other sequences (GUE's
prom_core_tata), with and without a view of places. GUE's validation part stops the
training; the test part is scored, and counts in test_log.csv. One JSON file a model and
seed goes to benchmarks/results/tata. See benchmarks/README.md.
"""

import argparse
from functools import partial
from pathlib import Path

from _common import (
    RESULTS,
    Results,
    in_words,
    log_test_scores,
    machine_in_words,
    markdown_table,
)
from _data import Part, find_sets, read_set
from _metrics import classification_scores
from tqdm import tqdm

from sklearn_cnn import MotifCNNClassifier
from sklearn_cnn.inspection import extract_motifs, match_motifs

SET = "gue/prom_core_tata"
TBP = "MA0108.3"
# Every hit in JASPAR: TBP's is among them.
_ALL = 10_000
MODELS = {"network": "auto", "network_without_places": False}


def main(arguments: list[str] | None = None) -> None:
    """Run what is missing, then print the table."""
    options = _parse(arguments)
    results = Results(options.results, __file__, options.force, "motifs")
    make = partial(evaluate, folder=options.folder)
    jobs = [(model, seed) for seed in options.seeds for model in MODELS]
    rows = []
    for model, seed in tqdm(jobs, desc="Rows"):
        settings = {"set": SET, "model": model, "seed": seed}
        rows.append(results.read_or_make(f"{model}.seed{seed}", settings, make))
    print(f"\n{report(rows)}\n\n{machine_in_words()}")


def evaluate(settings: dict, folder: Path) -> dict:
    """Scores on the test part, and the motif that is most like TBP's."""
    sets, _ = find_sets(folder)
    files = sets[SET]
    parts = read_set(SET, files)
    dev = read_set(SET, {"train": files["dev"]}).train
    model = MotifCNNClassifier(
        position=MODELS[settings["model"]],
        linear_models=None,
        random_state=settings["seed"],
    )
    model.fit(parts.train.X, parts.train.y, X_val=dev.X, y_val=dev.y)
    scores = classification_scores(
        parts.test.y,
        model.classes_,
        scores=model.decision_function(parts.test.X),
        proba=model.predict_proba(parts.test.X),
    )
    log_test_scores(settings, scores)
    return {
        "scores": scores,
        "both_strands": bool(model.reverse_complement_),
        "n_train": len(parts.train),
        "n_test": len(parts.test),
        **most_like_tbp(model, parts.train),
    }


def most_like_tbp(model: MotifCNNClassifier, part: Part) -> dict:
    """Number of motifs extracted, and that among them which is most like TBP's."""
    motifs = extract_motifs(model, part.X, part.y)
    if not len(motifs):
        return {"n_motifs": 0, "tbp": None}
    hits = match_motifs(motifs, "jaspar:vertebrates", n_hits=_ALL)
    hit = hits[hits["hit"] == TBP].nsmallest(1, "e_value").iloc[0]
    found = motifs.to_frame().set_index("name").loc[hit["motif"]]
    return {
        "n_motifs": len(motifs),
        "tbp": {
            "motif": hit["motif"],
            "consensus": found["consensus"],
            "e_value": float(hit["e_value"]),
            "importance": float(found["importance"]),
            "effect": float(found["effect"]),
        },
    }


def report(rows: list[dict]) -> str:
    """Scores by model, and how like TBP's the best motif of each seed is."""
    lines = []
    for model in MODELS:
        chosen = [row for row in rows if row["model"] == model]
        found = [row["tbp"] for row in chosen if row["tbp"]]
        lines.append(
            [
                model,
                *(
                    in_words([row["scores"][score] for row in chosen])
                    for score in ("auroc", "mcc")
                ),
                ", ".join(f"{tbp['consensus']} {tbp['e_value']:.0e}" for tbp in found),
            ]
        )
    return markdown_table(["", "AUROC", "MCC", "motif most like TBP's, E"], lines)


def _parse(arguments) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    add = parser.add_argument
    add("folder", type=Path, help="folder of gzip TSV files, one folder a source")
    add("--seeds", nargs="+", type=int, default=[0, 1, 2], help="(0 1 2)")
    add("--results", type=Path, default=RESULTS / "tata", help="where rows go")
    add("--force", action="store_true", help="make rows anew that are there")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    main()
