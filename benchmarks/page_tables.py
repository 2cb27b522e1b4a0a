"""Narrow tables for the pages, which fit a phone, from the full ones in docs/tables.

The full ones are written by table.py and transfer_report.py. Those of borrowed
networks, speed, versions and reliability come from their raw rows.
"""

import argparse
import csv
import re
from pathlib import Path

import numpy as np
from _common import BENCHMARKS, EARLIER, RESULTS, in_words, is_current, read_rows

TABLES = BENCHMARKS.parent / "docs" / "tables"
# Kinds of sets, and the models in their tables: six columns fit a phone.
KINDS = {
    "tf": ("ours", "kmer", "gkmsvm"),
    "tf_small": ("ours", "kmer", "gkmsvm"),
    "promoters": ("ours", "kmer", "gkmsvm"),
    "rna": ("ours", "kmer"),
    "peptides": ("ours", "kmer", "onehot"),
    "numbers": ("ours", "kmer"),
    "other": ("ours", "linear"),
    "other_numbers": ("ours", "linear"),
}
HEADERS = {
    "ours": "ours",
    "kmer": "k-mers",
    "onehot": "one-hot",
    "linear": "linear",
    "gkmsvm": "gkm-SVM",
    "ours_no_gaps": "no gaps",
    "ours_data": "no motifs",
    "ours_cnn": "CNN alone",
}
# Published fine-tuned models, and their columns.
FINE_TUNED = {
    "DNABERT-2": "DNABERT-2",
    "DNABERT-2 pre-trained on GUE": "with GUE",
    "NT-2500M-multi": "NT",
}
BORROWED = {
    "plain": "letters or pixels",
    "borrowed": "borrowed",
    "both": "both",
    "tuned": "borrowed, fine-tuned",
    "ours": "ours, trained here",
}
# Ways of using a borrowed network that are compared with few samples.
WAYS = {"borrowed": "features", "ours": "from scratch", "tuned": "fine-tuned"}
ENVIRONMENTS = {
    "oldest": "oldest",
    "newest": "newest",
    "debian13": "Debian's PyTorch",
}
PACKAGES = (
    "numpy",
    "scipy",
    "pandas",
    "scikit-learn",
    "torch",
    "skorch",
    "safetensors",
    "tqdm",
)
# Parts of the benchmark of speed, and how their candidates' names end.
TIMED = {
    "training, one layer": ("network alone", ""),
    "with sample weights": ("sample weights", ""),
    "with unequal lengths": ("unequal lengths", ""),
    "two layers": ("two layers", ""),
    "with local pooling": ("local pooling", ""),
    "mixed precision": ("mixed precision", ""),
    "prediction, one strand": ("prediction", ", one strand"),
    "prediction, both strands": ("prediction", ", both strands"),
}
# What grows in the part "exponents".
GROWS = {"n": "sequences", "length": "letters", "n_filters": "filters"}
# Bases of the human genome.
GENOME = 3.1e9
# Ways of using a CNN: steps of costs.py that each takes, and its rows of three_ways.py.
COSTS = {
    "source, once": ("source", None),
    "from scratch": ("scratch", "scratch_alone"),
    "fine-tuned": ("tuned", "tuned_alone"),
    "features: extraction": ("extraction", "features"),
    "features: logistic regression": ("logistic", "features"),
}
# As good as this, a way has what it needs.
ENOUGH_AUROC = 0.98
# Parts of the benchmark of reliability.
TRIED = {
    "kills": "killed while saving: the file is whole",
    "damage": "damaged files: refused",
    "killed_fits": "killed fits, started again: the same weights",
    "load_model": "made-up files of models: loaded or refused",
    "checkpoints": "made-up checkpoints: read or refused",
    "sequences": "FASTA, BED, genomes: read or refused",
    "peaks_variants": "peaks and variants: read or refused",
    "motifs": "motif files: read or refused",
    "encoder": "odd inputs: encoded or refused",
    "fits": "fits on odd data: finite or refused",
}
PARTS = {
    "splice": "splice sites",
    "digits": "digits",
    "fashion": "Fashion-MNIST",
}


def main(arguments: list[str] | None = None) -> None:
    """Write all narrow tables."""
    folder = _parse(arguments).folder
    sets, marks = read_sets(), _read(BENCHMARKS / "published.csv")
    tables = {
        **by_kind(_read(TABLES / "accuracy.csv"), sets),
        "published": published(marks, sets),
        "fine_tuned": fine_tuned(
            _read(TABLES / "accuracy_mcc.csv"),
            _read(BENCHMARKS / "published.csv"),
            sets,
        ),
        "borrowed": borrowed(read_rows(RESULTS / "borrowed")),
        "borrowed_few": borrowed_few(read_rows(RESULTS / "borrowed")),
        "reliability": reliability(read_rows(RESULTS / "reliability")),
        "costs": costs(read_rows(RESULTS / "costs")),
        "speed": speed(read_rows(RESULTS / "throughput")),
        "fit_times": fit_times(read_rows(RESULTS / "throughput")),
        "exponents": exponents(read_rows(RESULTS / "throughput")),
        "scan": scans(read_rows(RESULTS / "scan")),
        "at_scale": at_scale(
            read_rows(RESULTS / "scan"), read_rows(RESULTS / "throughput")
        ),
        "versions": by_environment(read_rows(RESULTS / "versions")),
        **by_pair(_read(TABLES / "transfer.csv")),
    }
    lines = _read(TABLES / "accuracy_parts.csv")
    models = "ours", "ours_no_gaps", "ours_data", "ours_cnn"
    tables["parts"] = side_by_side(lines, models, sets)
    tables["gkmsvm"] = beside_svm(_read(TABLES / "accuracy_gkmsvm.csv"), sets)
    for name in ("subsets", "bank"):
        tables[name] = by_size(_read(TABLES / f"accuracy_{name}.csv"), sets)
    folder.mkdir(parents=True, exist_ok=True)
    for name, lines in tables.items():
        with (folder / f"{name}.csv").open("w", encoding="utf-8", newline="") as file:
            csv.writer(file, lineterminator="\n").writerows(lines)


def read_sets(path: Path = BENCHMARKS / "sets.csv") -> dict[str, dict]:
    """Kind and short name of each set."""
    return {line["set"]: line for line in _read(path)}


def by_kind(lines: list[dict], sets: dict) -> dict[str, list]:
    """One table a kind: number of sequences, scores, and the best published one."""
    tables = {}
    for kind, models in KINDS.items():
        of_kind = [
            line
            | {
                "n": in_thousands(int(line["n_train"])),
                "paper": best_published(line["published"]),
            }
            for line in lines
            if _about(line, sets)["kind"] == kind
        ]
        columns = ["n", *models]
        if any(line["paper"] for line in of_kind):
            columns.append("paper")
        tables[kind] = side_by_side(of_kind, columns, sets)
    return tables


def side_by_side(lines: list[dict], columns, sets: dict) -> list[list[str]]:
    """One line a set."""
    names = (column.partition("@")[0] for column in columns)
    table = [["set", *(HEADERS.get(name, name) for name in names)]]
    for line in _sorted(lines, sets):
        scores = (short(line[column]) for column in columns)
        table.append([_about(line, sets)["name"], *scores])
    return table


def beside_svm(lines: list[dict], sets: dict) -> list[list[str]]:
    """Differences from the gkm-SVM on the same sequences, one line a set and number."""
    table = [["set", "n", "ours", "gkm-SVM", "difference"]]
    for line in _sorted(lines, sets):
        earlier = line["earlier"]
        ours, svm = (short(f"{float(line[key]):.3f}") for key in ("ours", "gkmsvm"))
        difference, error = float(line["difference"]), float(line["error"])
        apart = f"{difference:+.3f} ±{error:.3f}".replace("0.", ".")
        n = in_thousands(int(line["n_train"]))
        table.append([_about(line, sets)["name"], n, ours + earlier, svm, apart])
    return table


def by_size(lines: list[dict], sets: dict) -> list[list[str]]:
    """One line a set and model, one column a number of sequences."""
    columns = [c.split("@") for c in lines[0] if "@" in c]
    models = dict.fromkeys(model for model, _ in columns)
    sizes = dict.fromkeys(size for _, size in columns)
    table = [["set", "model", *(f"{int(size):,}" for size in sizes)]]
    for line in _sorted(lines, sets):
        name = _about(line, sets)["name"]
        for model in models:
            scores = [short(line[f"{model}@{size}"]) for size in sizes]
            table.append([name, HEADERS[model], *scores])
    return table


def by_pair(lines: list[dict]) -> dict[str, list]:
    """One table a pair of experiments of the transfer benchmark."""
    tables = {}
    for pair, way, *scores in map(dict.values, lines):
        name = "transfer_" + pair.lower().replace(" ", "_")
        table = tables.setdefault(name, [list(lines[0])[1:]])
        table.append([way, *map(short, scores)])
    return tables


def published(lines: list[dict], sets: dict) -> list[list[str]]:
    """One line a method and set that was measured here."""
    return [
        ["set", "method", "AUROC"],
        *(
            [sets[p["set"]]["name"], p["method"], f"{float(p['value']):.4f}"[1:]]
            for p in lines
            if p["set"] in sets and p["metric"] == "auroc"
        ),
    ]


def fine_tuned(lines: list[dict], marks: list[dict], sets: dict) -> list[list[str]]:
    """Matthews correlation beside fine-tuned models, one line a set."""
    values = {
        (p["set"], p["method"]): p["value"] for p in marks if p["metric"] == "mcc"
    }
    table = [["set", "n", "ours", *FINE_TUNED.values()]]
    for line in _sorted(lines, sets):
        found = [values.get((line["set"], method)) for method in FINE_TUNED]
        if any(found):
            n = in_thousands(int(line["n_train"]))
            found = [f"{float(value):.3f}"[1:] if value else "" for value in found]
            name = _about(line, sets)["name"]
            table.append([name, n, short(line["ours"]), *found])
    return table


def borrowed(rows: list[dict]) -> list[list[str]]:
    """One line a way, one column a set; errors are over folds."""
    by_key = {(row["model"], row["part"]): row for row in rows if "n" not in row}
    table = [["features", *PARTS.values()]]
    for model, name in BORROWED.items():
        line = [name]
        for part in PARTS:
            row = by_key.get((model, part))
            score = "" if row is None else in_words(row["accuracy"])
            mark = "" if row is None or is_current(row) else f" {EARLIER}"
            line.append(short(score + mark))
        table.append(line)
    return table


def reliability(rows: list[dict]) -> list[list[str]]:
    """What was tried at random, how often, and how often it went as it should."""
    by_part = {row["part"]: row for row in rows}
    lines = []
    for part, name in TRIED.items():
        if (row := by_part.get(part)) is None:
            continue
        if part == "kills":
            went_well = row["whole"]
        elif part == "damage":
            went_well = sum(c.get("refused", 0) for c in row["counts"].values())
        elif part == "killed_fits":
            went_well = sum(c["same weights"] for c in row["counts"].values())
        else:
            went_well = row["n"] - row["n_faults"]
        lines.append([name, f"{row['n']:,}", f"{went_well:,}"])
    return [["what", "cases", "as promised"], *lines]


def borrowed_few(rows: list[dict]) -> list[list[str]]:
    """Three ways to use a borrowed network, by the number of samples."""
    scores, earlier = {}, set()
    for row in rows:
        if "n" in row:
            key = row["part"], row["n"], row["model"]
            scores.setdefault(key, []).append(row["accuracy"][0])
            if not is_current(row):
                earlier.add(key)
    table = [["set", "samples", *WAYS.values()]]
    for part, n in sorted({key[:2] for key in scores}):
        keys = [(part, n, model) for model in WAYS]
        words = [
            in_words(scores[key]) + (f" {EARLIER}" if key in earlier else "")
            for key in keys
        ]
        table.append([PARTS[part], f"{n:,}", *map(short, words)])
    return table


def costs(rows: list[dict]) -> list[list[str]]:
    """Sequences, seconds and memory of each way.

    Of the source, all is of its own sequences. Seconds are medians, memory is what the
    largest fit added.
    """
    sizes = sorted({row["n"] for row in rows if row["step"] != "source"})
    by_key = {(row["step"], row["n"]): row for row in rows}
    (n_source,) = (row["n"] for row in rows if row["step"] == "source")
    lines = [["way", "needs", *(f"s, {n:,}" for n in sizes), "MB"]]
    for name, (step, way) in COSTS.items():
        needed = n_source if way is None else n_needed(way)
        measured = [by_key[step, n_source if way is None else n] for n in sizes]
        seconds = [f"{np.median(row['seconds']):.2g}" for row in measured]
        if way is None:
            seconds[1:] = [""] * len(seconds[1:])
        added = max(row["most"] - row["before"] for row in measured)
        lines.append([name, f"{needed:,}", *seconds, f"{added / 1e6:.0f}"])
    return lines


def n_needed(way: str) -> int:
    """Fewest sequences that are enough for a way, by the rows of three_ways.py."""
    scores = {}
    for row in read_rows(RESULTS / "three_ways"):
        if row["way"] == way:
            scores.setdefault(row["n_train"], []).append(row["auroc"])
    return min(n for n, of in scores.items() if np.mean(of) >= ENOUGH_AUROC)


def speed(rows: list[dict]) -> list[list[str]]:
    """Ours beside the same module by skorch and by hand, from the newest measurement.

    Times are medians; a ratio of 2 is twice as fast.
    """
    measured = {}
    for row in sorted(rows, key=lambda row: row["time"]):
        measured |= row["measured"]
    lines = [["what", "a second", "skorch", "by hand"]]
    for name, (part, suffix) in TIMED.items():
        seconds = measured[part]["seconds"]
        median = {key: float(np.median(values)) for key, values in seconds.items()}
        ours = median[f"ours{suffix}"]
        ratios = (
            f"{median[f'{other}{suffix}'] / ours:.1f} x"
            for other in ("skorch", "plain PyTorch loop")
        )
        lines.append([name, f"{measured[part]['n'] / ours:,.0f}", *ratios])
    return lines


def fit_times(rows: list[dict]) -> list[list[str]]:
    """Seconds of default fits by the number of sequences."""
    row = _newest(rows, "sizes")
    lines = [["sequences", "seconds", "ms a sequence"]]
    for n, (seconds,) in row["measured"]["sizes"]["seconds"].items():
        n = int(n)
        lines.append([f"{n:,}", f"{seconds:.0f}", f"{1000 * seconds / n:.1f}"])
    return lines


def exponents(rows: list[dict]) -> list[list[str]]:
    """How the time of a training grows, one thing at a time."""
    part = _newest(rows, "exponents")["measured"]["exponents"]
    lines = [["what grows", "from", "to", "exponent"]]
    for name, exponent in part["exponents"].items():
        of_name = (key.split() for key in part["seconds"])
        values = [int(value) for key, value in of_name if key == name]
        what = GROWS[name]
        lines.append([what, f"{min(values):,}", f"{max(values):,}", f"{exponent:.2f}"])
    return lines


def scans(rows: list[dict]) -> list[list[str]]:
    """Windows a second one by one and in a scan, and the time of a chromosome."""
    row = max(rows, key=lambda row: row["time"])
    lines = [["model", "bases", "by one", "scan", "50 Mb"]]
    for part in row["measured"]:
        by_one = row["n_windows"] / np.median(part["seconds"]["windows"])
        a_second = row["n_scan"] / np.median(part["seconds"]["scan"])
        minutes = 50e6 / part["stride"] / a_second / 60
        name = part["model"].replace("networks alone", "networks")
        numbers = f"{part['length']:,}", f"{by_one:,.0f}", f"{a_second:,.0f}"
        lines.append([name, *numbers, f"{minutes:.1f} min"])
    return lines


def at_scale(scan_rows: list[dict], fit_rows: list[dict]) -> list[list[str]]:
    """Hours of one factor and of a thousand: arithmetic, from what was measured."""
    row = max(scan_rows, key=lambda row: row["time"])
    hours = {}
    for part in row["measured"]:
        if part["model"] == "default":
            a_second = row["n_scan"] / np.median(part["seconds"]["scan"])
            name = f"a genome, windows of {part['length']:,}"
            hours[name] = GENOME / part["stride"] / a_second / 3600
    for n, (seconds,) in _newest(fit_rows, "sizes")["measured"]["sizes"][
        "seconds"
    ].items():
        if int(n) in (2_000, 20_000):
            hours[f"a fit of {int(n):,}"] = seconds / 3600
    lines = [["what", "one factor", "a thousand"]]
    for name, value in hours.items():
        lines.append([name, _duration(value), _duration(1000 * value)])
    return lines


def _duration(hours: float) -> str:
    """In the largest unit that leaves more than one of them."""
    for unit, name in ((24, "days"), (1, "h"), (1 / 60, "min")):
        if hours > 1.5 * unit:
            amount = hours / unit
            return f"{amount:.0f} {name}" if amount >= 10 else f"{amount:.1f} {name}"
    return f"{hours * 3600:.0f} s"


def _newest(rows: list[dict], part: str) -> dict:
    """The newest row that has a part."""
    return max((r for r in rows if part in r["measured"]), key=lambda r: r["time"])


def by_environment(rows: list[dict]) -> list[list[str]]:
    """One column an environment in which the tests were run."""
    by_name = {row["name"]: row for row in rows}
    columns = [by_name[name] for name in ENVIRONMENTS]
    return [
        ["", *ENVIRONMENTS.values()],
        ["system", *(row["system"].replace(" GNU/Linux", "") for row in columns)],
        ["Python", *(row["python"] for row in columns)],
        *(
            [name, *(row["packages"][name].partition("+")[0] for row in columns)]
            for name in PACKAGES
        ),
        *(
            [outcome, *(f"{row['counts'][outcome]:,}" for row in columns)]
            for outcome in ("passed", "failed", "skipped")
        ),
        ["commit", *(row["commit"][:7] for row in columns)],
        ["day", *(row["time"].partition("T")[0] for row in columns)],
    ]


def short(score: str) -> str:
    """A score that breaks into two short lines: "0.915 ± 0.001 †" as ".915† ±.001"."""
    text = re.sub(r"\b0\.", ".", score.replace("± ", "±"))
    mean, *rest = text.split() or [""]
    error = (word for word in rest if word != EARLIER)
    return " ".join([mean + EARLIER * (EARLIER in rest), *error])


def best_published(scores: str) -> str:
    """The best of "gkm-SVM 0.971, FastSK 0.970", without its method."""
    values = (score.split()[-1] for score in scores.split(", ") if score)
    return max(values, default="").removeprefix("0")


def in_thousands(n: int) -> str:
    """A number in at most five characters: 2000 as "2.0k"."""
    return str(n) if n < 1000 else f"{n / 1000:.1f}k"


def _about(line: dict, sets: dict) -> dict:
    name = line["set"].removesuffix(" (cross-validated)")
    if name not in sets:
        raise SystemExit(f"sets.csv has no line for {name}: add its kind and name")
    return sets[name]


def _sorted(lines: list[dict], sets: dict) -> list[dict]:
    """In the order of `sets`, which puts sets of one source together."""
    order = list(sets)
    return sorted(lines, key=lambda line: order.index(_about(line, sets)["set"]))


def _read(path: Path) -> list[dict]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _parse(arguments) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    add = parser.add_argument
    add("--folder", type=Path, default=TABLES / "narrow", help="where they go")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    main()
