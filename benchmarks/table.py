"""Tables of the accuracy benchmark's raw results, in Markdown or as CSV."""

import argparse
import csv
from pathlib import Path

from _common import (
    BENCHMARKS,
    EARLIER,
    RESULTS,
    age_in_words,
    in_words,
    is_current,
    markdown_table,
    read_rows,
)
from _models import MODELS

_METRICS = {
    "classification": [
        "auroc",
        "average_precision",
        "mcc",
        "accuracy",
        "log_loss",
        "ece",
    ],
    "regression": ["spearman", "pearson", "r2"],
}


def main(arguments: list[str] | None = None) -> None:
    """Print the tables, or write them to a file."""
    options = _parse(arguments)
    rows = read_rows(options.results)
    if not rows:
        raise SystemExit(f"there are no results in {options.results}")
    if options.csv is not None:
        wanted = [
            row
            for row in rows
            if row["model"].partition("@")[0] in options.models
            and row["max_train"] in (options.subsets or [None])
        ]
        _write_csv(options.csv, wanted, options.metrics, read_published())
        print(age_in_words(wanted))
        return
    text = tables(rows, options.metrics, read_published())
    if options.output is None:
        print(text)
    else:
        options.output.write_text(text + "\n", encoding="utf-8")


def read_published(path: Path = BENCHMARKS / "published.csv") -> list[dict]:
    """Published scores on test parts: set, metric, value, method, source."""
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def tables(rows: list[dict], metrics: list[str], published: list[dict]) -> str:
    """One table a task, kind of split and metric; then where the rows come from."""
    parts = []
    for split, title in _splits(rows):
        for task, known in _METRICS.items():
            chosen = [r for r in rows if r["task"] == task and _split(r) == split]
            for metric in (m for m in metrics if chosen and m in known):
                parts += [f"## {metric}, {title}", _table(chosen, metric, published)]
    parts.append(_origin(rows))
    used = [p for p in published if p["set"] in {row["set"] for row in rows}]
    sources = sorted({f"{p['method']}: {p['source']}" for p in used})
    if sources:
        parts.append("Published:\n" + "\n".join(f"- {source}" for source in sources))
    return "\n\n".join(parts)


def _write_csv(path: Path, rows, metrics: list[str], published: list[dict]) -> None:
    """Scores of the first metric that a task has, one line a set.

    They are of test parts, and of cross-validation where a set has none. A set that one
    model alone has seen is left out.
    """
    tested = {row["set"] for row in rows if row["split"] == "test"}
    chosen = [r for r in rows if r["split"] == "test" or r["set"] not in tested]
    lines = []
    for task, known in _METRICS.items():
        of_task = [row for row in chosen if row["task"] == task]
        metric = next((metric for metric in metrics if metric in known), None)
        if of_task and metric is not None:
            lines.append((metric, *_cells(of_task, metric, published)))
    models = sorted({m for _, header, _ in lines for m in header[2:-1]}, key=_rank)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["set", "metric", "n_train", *models, "published"])
        for metric, header, cells in lines:
            for line in cells:
                scores = dict(zip(header, line, strict=True))
                there = [model for model in models if scores.get(model)]
                if len({model.partition("@")[0] for model in there}) < 2:
                    continue
                cv = "" if scores["set"] in tested else " (cross-validated)"
                writer.writerow(
                    [
                        scores["set"] + cv,
                        metric,
                        scores["n_train"],
                        *(scores.get(model, "") for model in models),
                        scores[header[-1]],
                    ]
                )


def _table(rows: list[dict], metric: str, published: list[dict]) -> str:
    return markdown_table(*_cells(rows, metric, published))


def _cells(
    rows: list[dict], metric: str, published: list[dict]
) -> tuple[list[str], list[list[str]]]:
    """Header, and one line a set."""
    models = sorted({row["model"] for row in rows}, key=_rank)
    lines = []
    for name in sorted({row["set"] for row in rows}):
        of_set = [row for row in rows if row["set"] == name]
        line = [name, f"{max(row['n_train'] for row in of_set):.0f}"]
        for model in models:
            of_model = [
                row
                for row in of_set
                if row["model"] == model and row["scores"][metric] is not None
            ]
            # Rows of an earlier behaviour count only where there are no others.
            current = list(filter(is_current, of_model))
            scores = [row["scores"][metric] for row in current or of_model]
            mark = "" if current else f" {EARLIER}"
            line.append(in_words(scores) + mark if scores else "")
        line.append(_published_words(published, name, metric))
        lines.append(line)
    return ["set", "n_train", *models, "published (test)"], lines


def _published_words(published: list[dict], name: str, metric: str) -> str:
    return ", ".join(
        f"{p['method']} {float(p['value']):.3f}"
        for p in published
        if (p["set"], p["metric"]) == (name, metric)
    )


def _splits(rows: list[dict]) -> list[tuple[tuple, str]]:
    """Kinds of split among the rows, each with a title."""
    titles = {}
    for row in rows:
        folds = row["n_folds"]
        titles[_split(row)] = (
            "test part"
            if row["split"] == "test"
            else f"{folds}-fold cross-validation within the training part"
        )
    return sorted(titles.items(), key=lambda item: str(item[0]))


def _split(row: dict) -> tuple:
    return row["split"], row["n_folds"]


def _rank(model: str) -> tuple:
    name, _, n_max = model.partition("@")
    return MODELS.index(name), int(n_max or 0)


def _origin(rows: list[dict]) -> str:
    commits = sorted({row["commit"] for row in rows})
    machines = sorted(
        {
            "{cpu}, {cores} cores, {threads} threads".format(**row["machine"])
            for row in rows
        }
    )
    return (
        "Mean ± standard error over seeds; no ± where the model is free of chance or "
        f"ran with one seed. {len(rows)} rows; commits: {', '.join(commits)}; "
        f"machines: {'; '.join(machines)}. {age_in_words(rows)}"
    )


def _parse(arguments) -> argparse.Namespace:
    metrics = [metric for known in _METRICS.values() for metric in known]
    parser = argparse.ArgumentParser(description=__doc__)
    add = parser.add_argument
    add("--results", type=Path, default=RESULTS / "accuracy", help="folder of rows")
    add(
        "--metrics",
        nargs="+",
        choices=metrics,
        default=["auroc", "spearman"],
        help="one table each (auroc spearman)",
    )
    add("--output", type=Path, help="file to write; printed otherwise")
    add("--csv", type=Path, help="write the scores there, and no more")
    add("--models", nargs="+", choices=MODELS, default=list(MODELS), help="in the CSV")
    add(
        "--subsets",
        nargs="+",
        type=int,
        metavar="N",
        help="of models given so many sequences, in the CSV (all sequences)",
    )
    return parser.parse_args(arguments)


if __name__ == "__main__":
    main()
