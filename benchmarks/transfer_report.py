"""Table and learning curves of the transfer benchmark's raw results."""

import argparse
import csv
from pathlib import Path

import numpy as np
from _common import (
    EARLIER,
    RESULTS,
    age_in_words,
    in_words,
    is_current,
    markdown_table,
    mean_and_error,
    read_rows,
)
from matplotlib.figure import Figure
from transfer import PAIRS, WAYS

# Colours that colour-blind readers tell apart, line and marker.
STYLES = {
    "source": ("0.5", ":", ""),
    "large": ("#D55E00", "--", "s"),
    "scratch": ("#D55E00", "-", "o"),
    "tuned_alone": ("#0072B2", "--", "s"),
    "tuned": ("#0072B2", "-", "o"),
    "features": ("#009E73", "--", "s"),
    "jaspar": ("#CC79A7", "-", "^"),
}
_N_COLUMNS = 3
# Verdicts are about so few sequences.
FEW = 100, 300


def main(arguments: list[str] | None = None) -> None:
    """Print the verdicts, write what is asked for."""
    options = _parse(arguments)
    rows = read_rows(options.results)
    if not rows:
        raise SystemExit(f"there are no results in {options.results}")
    scores = scores_by_pair(rows)
    print(verdicts(scores))
    print(f"\n{sources(rows)}")
    print("\nCommits:", ", ".join(sorted({row["commit"] for row in rows})))
    print(f"\n{age_in_words(rows)}")
    if options.csv is not None:
        write_csv(options.csv, scores, rows)
    if options.figure is not None:
        plot(scores).savefig(options.figure, dpi=150)


def scores_by_pair(rows: list[dict]) -> dict[str, dict]:
    """For each pair, by way and number of sequences, the score of each seed."""
    scores = {pair: {} for pair in PAIRS if any(row["pair"] == pair for row in rows)}
    for row in rows:
        by_key = scores[row["pair"]]
        by_key.setdefault((row["way"], row["n_train"]), {})[row["seed"]] = row["auroc"]
    return scores


def sources(rows: list[dict]) -> str:
    """How many sequences the source of each pair has, and how many were left out."""
    kept = {row["pair"]: (row["n_source"], row["n_shared"]) for row in rows}
    lines = [[pair, *kept[pair]] for pair in PAIRS if pair in kept]
    header = ["from and to", "source sequences", "left out: share a 31-mer"]
    return markdown_table(header, lines)


def verdicts(scores: dict[str, dict]) -> str:
    """Fine-tuning against networks from scratch, the source, and the default."""
    lines = []
    for pair, of in scores.items():
        for n in FEW:
            cells = [
                _difference(of, "tuned_alone", ("small", "large"), n),
                _difference(of, "tuned_alone", ("source",), n),
                _difference(of, "tuned", ("source",), n),
                _difference(of, "tuned", ("scratch",), n),
            ]
            related = "related" if PAIRS[pair][2] else "unrelated"
            lines.append([pair, related, n, *(in_words(c, sign="+") for c in cells)])
    header = [
        "from and to",
        "",
        "n",
        "network: tuned - better from scratch",
        "network: tuned - source",
        "default: tuned - source",
        "default: tuned - scratch",
    ]
    return markdown_table(header, lines)


def _difference(scores: dict, way: str, others: tuple, n: int) -> np.ndarray:
    """Paired by seed, against the best of the others."""
    ours = scores.get((way, n), {})
    theirs = [scores.get((other, n), {}) for other in others]
    seeds = sorted(set(ours).intersection(*theirs))
    return np.array([ours[s] - max(other[s] for other in theirs) for s in seeds])


def write_csv(path: Path, scores: dict[str, dict], rows: list[dict]) -> None:
    """One line a pair and way, one column a number of sequences."""
    keys = "pair", "way", "n_train"
    earlier = {tuple(row[k] for k in keys) for row in rows if not is_current(row)}
    sizes = sorted({n for of in scores.values() for _, n in of})
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["from and to", "way", *(f"{n:,}" for n in sizes)])
        for pair, of in scores.items():
            for way in WAYS:
                cells = [_in_words(of.get((way, n), {})) for n in sizes]
                cells = [
                    f"{cell} {EARLIER}" if (pair, way, n) in earlier else cell
                    for cell, n in zip(cells, sizes, strict=True)
                ]
                if any(cells):
                    writer.writerow([pair, WAYS[way], *cells])


def _in_words(by_seed: dict[int, float]) -> str:
    return in_words(list(by_seed.values())) if by_seed else ""


def plot(scores: dict[str, dict]) -> Figure:
    """Learning curves, a panel a pair."""
    n_rows = -(-len(scores) // _N_COLUMNS)
    size = 3.4 * _N_COLUMNS, 3.2 * n_rows + 1.2
    figure = Figure(figsize=size, layout="constrained")
    axes = figure.subplots(n_rows, _N_COLUMNS, squeeze=False)
    for ax in axes.flat[len(scores) :]:
        ax.set_visible(False)
    for ax, (pair, of) in zip(axes.flat, scores.items(), strict=False):
        sizes = sorted({n for _, n in of})
        for way, (color, line, marker) in STYLES.items():
            known = [n for n in sizes if (way, n) in of]
            parts = [mean_and_error(list(of[way, n].values())) for n in known]
            ax.errorbar(
                known,
                [mean for mean, _ in parts],
                [error or 0 for _, error in parts],
                color=color,
                linestyle=line,
                marker=marker,
                markersize=5,
                label=WAYS[way],
            )
        ax.set_xscale("log")
        ax.set_xticks(sizes, [f"{n:,}" for n in sizes])
        ax.minorticks_off()
        ax.set_xlabel("target sequences")
        related = "related" if PAIRS[pair][2] else "unrelated"
        ax.set_title(f"{pair}\n({related})", fontsize="medium")
        ax.spines[["top", "right"]].set_visible(False)
    for ax in axes[:, 0]:
        ax.set_ylabel("AUROC on the test part")
    handles, labels = axes[0, 0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=2, frameon=False)
    return figure


def _parse(arguments) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    add = parser.add_argument
    add("--results", type=Path, default=RESULTS / "transfer", help="where rows are")
    add("--csv", type=Path, help="write the scores as a table to this file")
    add("--figure", type=Path, help="draw learning curves into this file")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    main()
