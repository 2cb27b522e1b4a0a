"""Do extracted motifs tell the truth? Planted motifs, real peaks, single filters.

Five parts: random matrices (how often has one a known motif?), sites drawn from 40
matrices of JASPAR (are these their best hits?), the same planted in random sequences
(is each found again?), real peaks (is the factor's motif among the top three, and
absent from an untrained network's?), and the share of first-layer filters that are
known motifs, less that of their own column-shuffled copies. One JSON file a row goes to
benchmarks/results/motifs.
See benchmarks/README.md.
"""

import argparse
import time
import warnings
from itertools import product
from pathlib import Path

import numpy as np
from _common import (
    RESULTS,
    Results,
    age_in_words,
    in_words,
    machine_in_words,
    markdown_table,
    read_rows,
)
from _data import find_sets, read_set, subset
from memelite import tomtom
from sklearn.metrics import roc_auc_score
from tqdm import tqdm

from sklearn_cnn import MotifCNNClassifier
from sklearn_cnn.datasets import make_motif_classification
from sklearn_cnn.datasets._motif_database import load_jaspar
from sklearn_cnn.inspection import Motifs, extract_motifs, match_motifs

# Of JASPAR's matrices of vertebrates with 8 bits or more and a width of 6 to 20, those
# that are the first of their family in a random order (RandomState(0).permutation).
PLANTED = (
    "MA2532.1",
    "MA0030.2",
    "MA1708.2",
    "MA0607.2",
    "MA0682.3",
    "MA1471.2",
    "MA0051.2",
    "MA0769.3",
    "MA1965.2",
    "MA0112.4",
    "MA1112.3",
    "MA2679.1",
    "MA2521.1",
    "MA0676.1",
    "MA1523.2",
    "MA0774.1",
    "MA0790.2",
    "MA0858.1",
    "MA0482.3",
    "MA1540.3",
    "MA1546.2",
    "MA1122.2",
    "MA1955.2",
    "MA0805.1",
    "MA0755.2",
    "MA2541.1",
    "MA0833.3",
    "MA0813.1",
    "MA1648.2",
    "MA1116.2",
    "MA0842.3",
    "MA0661.2",
    "MA0519.2",
    "MA1557.1",
    "MA0837.3",
    "MA2684.1",
    "MA0871.3",
    "MA2328.1",
    "MA1949.2",
    "MA0090.4",
)
PEAKS = (
    "tf_deepbind_encode/CTCFL_K562",
    "tf_deepbind_encode/YY1_H1-hESC",
    "tf_deepbind_encode/GABPA_GM12878",
    "tf_deepbind_encode/SRF_H1-hESC",
    "tf_deepbind_encode/MYC_H1-hESC",
    "tf_deepbind_encode/FOXM1_GM12878",
    "tf_fastsk/CTCF",
    "tf_fastsk/JUND",
    "tf_fastsk/ZBTB33",
)
FILTERS = PEAKS[:4]
# Random matrices: positions, sites that they rest on, and share of sharp positions (of
# one letter); three are sharp where it is None.
WIDTHS, N_SITES, SHARP = (6, 10, 16, 24, 32, 40), (25, 200), (0.0, None, 0.5, 1.0)
LENGTH, N_TOP, N_SHUFFLES = 200, 3, 10
MAX_Q, MAX_E = 0.01, 0.01
# E-values that are looked at, and how many times as often one may be below them.
CALIBRATED, MAX_RATIO = (0.01, 0.05), 3.0
# Bars: what is lost in AUROC, families and matrices of the 40 that are found, excess of
# known filters over shuffled copies, and how many times that of an untrained network.
MAX_LOSS, MIN_FAMILIES, MIN_MATRICES = 0.03, 38, 34
MIN_EXCESS, MIN_RATIO = 0.35, 2.0
# What is learned from data alone: no known motifs; of networks alone: no k-mers either.
DATA_ALONE = {"motif_bank": None}
NETWORKS_ALONE = {"motif_bank": None, "kmers": None}
# Trained so little that the weights are those of the start.
UNTRAINED = {**NETWORKS_ALONE, "lr": 1e-12, "max_epochs": 1}


def main(arguments: list[str] | None = None) -> None:
    """Run what is missing, then print a table a part."""
    options = _parse(arguments)
    results = Results(options.results, __file__, options.force, "motifs")
    rows = []
    for part in options.parts if options.only_report else ():
        rows += read_rows(options.results / part)
    jobs = [] if options.only_report else list(_jobs(options))
    for name, settings, run in tqdm(jobs, desc="Rows"):
        if not results.is_done(name, settings):
            start = time.perf_counter()
            values = run(settings, options.folder)
            values["seconds"] = time.perf_counter() - start
            results.write(name, settings, values)
        rows.append(results.read(name))
    reports = {
        "calibration": calibration_report,
        "power": power_report,
        "planted": planted_report,
        "peaks": peaks_report,
        "filters": filters_report,
    }
    for part in options.parts:
        of_part = [row for row in rows if row["part"] == part]
        if of_part:
            print(f"\n{reports[part](of_part)}\n\n{age_in_words(of_part)}")
    print(f"\n{machine_in_words()}")


def calibration(settings: dict, folder=None) -> dict:
    """Share of random matrices with a known motif, and the same by TOMTOM alone."""
    motifs = Motifs(random_matrices(settings))
    e_values = match_motifs(motifs, n_hits=1)["e_value"].to_numpy()
    jaspar = load_jaspar()
    known = [jaspar.frequencies(i).T.copy() for i in range(len(jaspar))]
    p_values = tomtom([m.T.copy() for m in motifs.frequencies], known, n_jobs=1)[0]
    uncorrected = p_values.min(axis=1) * len(jaspar)
    return {
        f"{name}_{bound}": float((of < bound).mean())
        for bound in CALIBRATED
        for name, of in (("below", e_values), ("uncorrected", uncorrected))
    }


def power(settings: dict, folder=None) -> dict:
    """Share of the 40 matrices that are found again by sites drawn from them."""
    jaspar = load_jaspar()
    rng = np.random.RandomState(settings["seed"])
    rows = [jaspar.find(motif) for motif in PLANTED]
    counts = [
        np.array(
            [rng.multinomial(settings["n_sites"], p) for p in jaspar.frequencies(i)]
        )
        for i in rows
    ]
    hits = match_motifs(Motifs(counts), n_hits=1)
    return {
        f"below_{MAX_E}": float((hits["e_value"] < MAX_E).mean()),
        "largest_e_value": float(hits["e_value"].max()),
        "same_matrix": float((hits["hit"].to_numpy() == jaspar.ids[rows]).mean()),
        "same_family": float(
            (hits["family"].to_numpy() == jaspar.families[rows]).mean()
        ),
    }


def random_matrices(settings: dict) -> list[np.ndarray]:
    """Counts of sites of random letters, some positions of a single one."""
    width, n_sites = settings["width"], settings["n_sites"]
    sharp = settings["sharp"]
    n_sharp = 3 if sharp is None else round(sharp * width)
    rng = np.random.RandomState(settings["seed"])
    matrices = []
    for _ in range(settings["n_matrices"]):
        counts = rng.multinomial(n_sites, np.full(4, 0.25), size=width)
        chosen = rng.permutation(width)[:n_sharp]
        counts[chosen] = n_sites * np.eye(4)[rng.randint(4, size=n_sharp)]
        matrices.append(counts)
    return matrices


def planted(settings: dict, folder=None) -> dict:
    """Test AUROC beside the optimal one, and the best hit of the top motif."""
    train, test = (
        make_motif_classification(
            settings[f"n_{part}"],
            LENGTH,
            settings["motif"],
            return_details=True,
            random_state=2 * settings["seed"] + (part == "test"),
        )
        for part in ("train", "test")
    )
    data_alone = settings["model"] == "data"
    parameters = DATA_ALONE if data_alone else {}
    model = MotifCNNClassifier(random_state=settings["seed"], **parameters)
    model.fit(train.data, train.target)
    values = {
        "optimal": float(roc_auc_score(test.target, test.optimal_score)),
        "auroc": float(roc_auc_score(test.target, model.decision_function(test.data))),
    }
    if not data_alone:
        # The bank holds the very matrix: to find it again would say little.
        return values
    motifs = extract_motifs(model, train.data, train.target)
    hit = match_motifs(motifs[0], n_hits=1).iloc[0]
    family = _family(settings["motif"])
    return values | {
        "n_motifs": len(motifs),
        "consensus": motifs.consensus[0],
        "hit": hit["hit"],
        "tf": hit["tf"],
        "e_value": float(hit["e_value"]),
        "same_matrix": bool(hit["hit"] == settings["motif"]),
        "same_family": bool(hit["family"] == family),
    }


def peaks(settings: dict, folder: Path) -> dict:
    """Best hits of the top motifs, and whether the factor's family is among them.

    Nothing but the training part is read.
    """
    part = _training_part(settings, folder)
    values = {}
    for name, parameters in (("trained", DATA_ALONE), ("untrained", UNTRAINED)):
        model = MotifCNNClassifier(random_state=settings["seed"], **parameters)
        model.fit(part.X, part.y)
        with warnings.catch_warnings():
            # An untrained network may show no motif at all.
            warnings.simplefilter("ignore", UserWarning)
            motifs = extract_motifs(model, part.X, part.y)[:N_TOP]
        hits = match_motifs(motifs, n_hits=1)
        values[name] = [
            {
                "consensus": consensus,
                "hit": hit.tf,
                "q_value": float(hit.q_value),
                "e_value": float(hit.e_value),
                "found": _is_of(settings["set"], hit) and bool(hit.q_value < MAX_Q),
            }
            for consensus, hit in zip(motifs.consensus, hits.itertuples(), strict=True)
        ]
    return values


def filters(settings: dict, folder: Path) -> dict:
    """Share of filters that are known motifs, and that of column-shuffled copies."""
    part = _training_part(settings, folder)
    y = part.y
    if settings["model"] == "shuffled labels":
        y = np.random.RandomState(settings["seed"]).permutation(y)
    parameters = UNTRAINED if settings["model"] == "untrained" else NETWORKS_ALONE
    model = MotifCNNClassifier(random_state=settings["seed"], **parameters)
    model.fit(part.X, y)
    motifs = extract_motifs(
        model, part.X, part.y, method="filters", merge=False, max_samples=50
    )
    n_filters = sum(
        len(weights)
        for name, weights in model.weights_.items()
        if name.endswith("trunk.0.conv.weight")
    )
    rng = np.random.RandomState(settings["seed"])
    copies = [
        Motifs([counts[rng.permutation(len(counts))] for counts in motifs.counts])
        for _ in range(N_SHUFFLES)
    ]
    known, by_chance = (
        [_n_known(of) / n_filters for of in group] for group in ([motifs], copies)
    )
    return {
        "n_filters": n_filters,
        "with_motif": len(motifs) / n_filters,
        "known": known[0],
        "by_chance": float(np.mean(by_chance)),
        "excess": known[0] - float(np.mean(by_chance)),
    }


def _n_known(motifs: Motifs) -> int:
    return int((match_motifs(motifs, n_hits=1)["e_value"] < MAX_E).sum())


def _training_part(settings: dict, folder: Path):
    sets, _ = find_sets(folder)
    data = read_set(settings["set"], sets[settings["set"]])
    return subset(data.train, settings["max_train"], "classification")


def _factor(name: str) -> str:
    return name.split("/")[-1].split("_")[0]


def _family(key: str) -> str:
    jaspar = load_jaspar()
    return str(jaspar.families[jaspar.find(key)])


def _is_of(name: str, hit) -> bool:
    """Whether a hit is the factor of a set or of its family."""
    factor = _factor(name)
    return hit.tf.upper() == factor.upper() or hit.family == _family(factor)


def calibration_report(rows: list[dict]) -> str:
    """A line a kind of random matrices, then the means over all."""
    lines = [
        [
            row["width"],
            row["n_sites"],
            3 if row["sharp"] is None else round(row["sharp"] * row["width"]),
            row["n_matrices"],
            *(f"{row[f'below_{bound}']:.2f}" for bound in CALIBRATED),
            *(f"{row[f'uncorrected_{bound}']:.2f}" for bound in CALIBRATED),
        ]
        for row in sorted(rows, key=lambda row: (row["width"], row["n_sites"]))
    ]
    header = ["width", "sites", "sharp", "matrices"]
    header += [f"E < {bound}" for bound in CALIBRATED]
    header += [f"TOMTOM's < {bound}" for bound in CALIBRATED]
    verdicts = []
    for bound in CALIBRATED:
        shares = [row[f"below_{bound}"] for row in rows]
        uncorrected = np.mean([row[f"uncorrected_{bound}"] for row in rows])
        verdicts.append(
            f"E < {bound}: {np.mean(shares):.3f} of all, at most {max(shares):.2f} of "
            f"one kind; by TOMTOM alone {uncorrected:.2f}; bar {MAX_RATIO * bound:.2f} "
            f"of all: {_reached(np.mean(shares) <= MAX_RATIO * bound)}."
        )
    title = "## Random matrices with a known motif"
    return "\n\n".join([title, markdown_table(header, lines), *verdicts])


def power_report(rows: list[dict]) -> str:
    """A line a number of sites."""
    keys = f"below_{MAX_E}", "same_family", "same_matrix", "largest_e_value"
    lines = [[row["n_sites"], *(f"{row[key]:.2g}" for key in keys)] for row in rows]
    header = ["sites", f"E < {MAX_E}", "its family", "the very matrix", "largest E"]
    title = f"## Best hits of sites drawn from the {len(PLANTED)} matrices"
    return "\n\n".join([title, markdown_table(header, lines)])


def planted_report(rows: list[dict]) -> str:
    """A line a motif, then the verdicts."""
    jaspar = load_jaspar()
    lines = []
    for motif in PLANTED:
        of = {row["model"]: row for row in rows if row["motif"] == motif}
        if not of:
            continue
        i = jaspar.find(motif)
        data, ours = of.get("data", {}), of.get("ours", {})
        lines.append(
            [
                jaspar.label(i),
                int(jaspar.widths[i]),
                f"{next(iter(of.values()))['optimal']:.3f}",
                _number(ours.get("auroc")),
                _number(data.get("auroc")),
                data.get("consensus", ""),
                data.get("tf", ""),
                data.get("hit", ""),
                {True: "matrix", False: "family", None: ""}[data.get("same_matrix")]
                if data.get("same_family", True)
                else "no",
            ]
        )
    header = ["planted", "width", "optimal AUROC", "defaults", "data alone"]
    header += ["top motif", "best hit", "its id", "same"]
    found = [row for row in rows if row["model"] == "data"]
    verdicts = [
        _count("its family", [row["same_family"] for row in found], MIN_FAMILIES),
        _count("the very matrix", [row["same_matrix"] for row in found], MIN_MATRICES),
    ]
    for model, name in (("ours", "defaults"), ("data", "data alone")):
        losses = [r["optimal"] - r["auroc"] for r in rows if r["model"] == model]
        if losses:
            within = sum(loss <= MAX_LOSS for loss in losses)
            verdicts.append(
                f"{name}: within {MAX_LOSS} of the optimal AUROC {within} of "
                f"{len(losses)}; lost {in_words(losses, 4)}, at most {max(losses):.4f}"
            )
    title = f"## Motifs planted in half of {rows[0]['n_train']} x {LENGTH} bp"
    return "\n\n".join([title, markdown_table(header, lines), *verdicts])


def peaks_report(rows: list[dict]) -> str:
    """Best hits of the top motifs of each set."""
    lines = []
    for row in rows:
        lines.append(
            [
                row["set"],
                *(
                    "; ".join(
                        f"{'*' if top['found'] else ''}{top['hit']} "
                        f"(q {top['q_value']:.0e})"
                        for top in row[name]
                    )
                    for name in ("trained", "untrained")
                ),
            ]
        )
    found = sum(any(top["found"] for top in row["trained"]) for row in rows)
    untrained = sum(any(top["found"] for top in row["untrained"]) for row in rows)
    return "\n\n".join(
        [
            f"## Best hits of the top {N_TOP} motifs; * of the factor's family, "
            f"q < {MAX_Q}",
            markdown_table(["set", "trained", "untrained"], lines),
            f"found in {found} of {len(rows)} sets; without training in {untrained}: "
            f"{_reached(found == len(rows) and untrained == 0)}.",
        ]
    )


def filters_report(rows: list[dict]) -> str:
    """Shares of known filters, trained beside untrained and shuffled labels."""
    lines = [
        [
            row["set"],
            row["model"],
            row["n_filters"],
            *(f"{row[k]:.2f}" for k in ("with_motif", "known", "by_chance", "excess")),
        ]
        for row in rows
    ]
    verdicts = []
    for name in dict.fromkeys(row["set"] for row in rows):
        excess = {row["model"]: row["excess"] for row in rows if row["set"] == name}
        if {"trained", "untrained"} <= set(excess):
            enough = excess["trained"] >= max(
                MIN_EXCESS, MIN_RATIO * excess["untrained"]
            )
            verdicts.append(
                f"{name}: excess {excess['trained']:.2f}, untrained "
                f"{excess['untrained']:.2f}: {_reached(enough)}."
            )
    header = ["set", "network", "filters", "with a motif", f"known (E < {MAX_E})"]
    header += ["shuffled columns", "excess"]
    title = "## Share of first-layer filters that are known motifs"
    return "\n\n".join([title, markdown_table(header, lines), *verdicts])


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.3f}"


def _count(what: str, found: list[bool], bar: int) -> str:
    reached = (
        _reached(sum(found) >= bar) if len(found) == len(PLANTED) else "unfinished"
    )
    return f"best hit is {what}: {sum(found)} of {len(found)}; bar {bar}: {reached}"


def _reached(reached: bool) -> str:
    return "reached" if reached else "MISSED"


def _jobs(options):
    """Name, settings and function of each row."""
    for part in options.parts:
        if part == "calibration":
            for width, n_sites, sharp in product(WIDTHS, N_SITES, SHARP):
                if sharp is not None and round(sharp * width) == 3:
                    continue  # As those of which three are sharp.
                settings = {
                    "part": part,
                    "width": width,
                    "n_sites": n_sites,
                    "sharp": sharp,
                    "n_matrices": options.n_matrices,
                    "seed": options.seed,
                }
                kind = "three" if sharp is None else f"{sharp:.0%}".rstrip("%")
                name = f"{part}/width{width}.sites{n_sites}.sharp_{kind}"
                yield name, settings, calibration
        elif part == "power":
            for n_sites in N_SITES:
                settings = {"part": part, "n_sites": n_sites, "seed": options.seed}
                yield f"{part}/sites{n_sites}", settings, power
        elif part == "planted":
            for model in options.models:
                for motif in options.motifs:
                    settings = {
                        "part": part,
                        "motif": motif,
                        "model": model,
                        "seed": options.seed,
                        "n_train": options.n_train,
                        "n_test": options.n_test,
                    }
                    yield f"planted/{motif}.{model}", settings, planted
        elif options.folder is not None:
            networks = ("trained", "untrained", "shuffled labels")
            for name in options.sets or (PEAKS if part == "peaks" else FILTERS):
                for network in networks if part == "filters" else [None]:
                    settings = {
                        "part": part,
                        "set": name,
                        "model": network,
                        "seed": options.seed,
                        "max_train": options.max_train,
                    }
                    row = f"{part}/{name}"
                    row += f".{network.replace(' ', '_')}" if network else ""
                    yield row, settings, peaks if part == "peaks" else filters


def _parse(arguments) -> argparse.Namespace:
    parts = ["calibration", "power", "planted", "peaks", "filters"]
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    add = parser.add_argument
    add(
        "folder",
        nargs="?",
        type=Path,
        help="folder of sets; else the first three parts",
    )
    add("--parts", nargs="+", choices=parts, default=parts, help="(all)")
    add("--motifs", nargs="+", default=list(PLANTED), help="of planted (the 40)")
    add("--models", nargs="+", choices=("data", "ours"), default=["data", "ours"],
        help="of planted: without known motifs, with the defaults (both)")  # fmt: skip
    add("--sets", nargs="+", help="of peaks and filters")
    add("--seed", type=int, default=0, help="(0)")
    add("--n-matrices", type=int, default=100, help="of a row of calibration (100)")
    add("--n-train", type=int, default=2000, help="of planted (2000)")
    add("--n-test", type=int, default=2000, help="of planted (2000)")
    add("--max-train", type=int, default=3000, help="of sets (3000)")
    add("--results", type=Path, default=RESULTS / "motifs", help="where rows go")
    add("--force", action="store_true", help="make rows anew that are there")
    add("--only-report", action="store_true", help="print the rows that are there")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    main()
