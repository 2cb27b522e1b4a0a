"""Windows a second of scans along a genome, beside the same windows one by one.

Both predict windows of one random chromosome by the same model, in turn, several times
over; the scan more of them, since it is faster. A network of one layer and width k
computes s + k - 1 positions for each window in place of L, at a stride of s: L / (s + k
- 1) is the most that sharing can save there. Of several layers that see k letters
together, it computes s + 2(k - 1) positions. One JSON file a run goes to
benchmarks/results/scan. See benchmarks/README.md.
"""

import argparse
import time
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from _common import RESULTS, TIMES, Results, machine_in_words, markdown_table

from sklearn_cnn import MotifCNNClassifier, MotifCNNRegressor
from sklearn_cnn.datasets import make_motif_classification
from sklearn_cnn.scanning import scan_genome

# Bar: share of the most that sharing can save, of the networks alone and the default.
MIN_SHARE = 0.5
WIDTH = 19
MODELS = {
    "networks alone": {"linear_models": None, "n_estimators": 3},
    "default": {},
    "one strand": {"reverse_complement": False},
    "any length": {"position": False},
    "two layers": {
        "linear_models": None,
        "n_filters": (64, 32),
        "kernel_size": (WIDTH, 5),
    },
    "profiles": {"output": "profile"},
}
# Positions at a window's ends, where it shares nothing.
N_AT_ENDS = dict.fromkeys(MODELS, WIDTH - 1)
N_AT_ENDS["two layers"] = 2 * (WIDTH - 1 + 5 - 1)


def main(arguments: list[str] | None = None) -> None:
    """Measure all models and lengths, write one row, print the table."""
    options = _parse(arguments)
    measured = []
    for name in options.models:
        for length in options.lengths:
            print(f"measuring {name}, {length} bp ...", flush=True)
            measured.append(measure(name, length, options))
    settings = {key: v for key, v in vars(options).items() if key != "results"}
    results = Results(options.results, __file__, task=TIMES)
    name = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
    row = results.write(name, settings, {"measured": measured})
    print(f"\n{table(row['measured'], options)}\n\n{machine_in_words()}")


def measure(name: str, length: int, options) -> dict:
    """Seconds of scans and of predictions one by one, and how much they differ."""
    model = _fit(name, length, options.n_fit)
    of_scan, of_windows = options.n_scan, options.n_windows
    profile = name == "profiles"
    stride = length // 2 if profile else options.stride
    sequence = _random_letters((of_scan - 1) * stride + length)
    starts = range(0, of_windows * stride, stride)
    windows = [sequence[start : start + length] for start in starts]
    predict = getattr(model, "decision_function", model.predict)
    seconds = {"scan": [], "windows": []}
    for _ in range(options.repeats):
        start = time.perf_counter()
        track = scan_genome(model, {"chr": sequence}, length=length, stride=stride)
        seconds["scan"].append(time.perf_counter() - start)
        start = time.perf_counter()
        one_by_one = predict(windows)
        seconds["windows"].append(time.perf_counter() - start)
    difference = None
    if not profile:
        scores = track.scores["chr"][:of_windows]
        difference = float(np.abs(scores - one_by_one).max())
    return {
        "model": name,
        "length": length,
        "stride": stride,
        "seconds": seconds,
        "difference": difference,
    }


def _fit(name: str, length: int, n: int):
    """A model of the kind; one epoch, since weights take the same time."""
    X, y = make_motif_classification(n, length=length, motif="CTCF", random_state=0)
    settings = MODELS[name] | {"max_epochs": 1, "random_state": 0}
    if name == "profiles":
        profiles = np.random.default_rng(0).random((n, length))
        return MotifCNNRegressor(**settings).fit(X, profiles)
    return MotifCNNClassifier(**settings, precision="float32").fit(X, y)


def _random_letters(n: int) -> str:
    codes = np.random.default_rng(1).integers(0, 4, n, dtype=np.uint8)
    return np.frombuffer(b"ACGT", np.uint8)[codes].tobytes().decode()


def table(measured: list[dict], options) -> str:
    """Rates by median time, what sharing saves, and the time of a chromosome."""
    rows = []
    for part in measured:
        median = {k: float(np.median(v)) for k, v in part["seconds"].items()}
        one_by_one = options.n_windows / median["windows"]
        scan = options.n_scan / median["scan"]
        stride, length = part["stride"], part["length"]
        most = None
        if part["model"] != "profiles":
            most = length / (stride + N_AT_ENDS[part["model"]])
        minutes = options.megabases * 1e6 / stride / scan / 60
        rows.append(
            [
                *(part["model"], length, stride),
                *(f"{one_by_one:,.0f}", f"{scan:,.0f}"),
                f"{scan / one_by_one:.1f}",
                "" if most is None else f"{most:.1f}",
                "" if most is None else f"{scan / one_by_one / most:.2f}",
                f"{minutes:.1f}",
                "" if part["difference"] is None else f"{part['difference']:.1e}",
            ]
        )
    header = ["model", "L", "stride", "windows/s", "scan/s", "ratio", "most", "share"]
    header += [f"min for {options.megabases:g} Mb", "difference"]
    title = f"## Scans, medians of {options.repeats} in turn; bar: share {MIN_SHARE}"
    title += " for networks alone and default"
    return f"{title}\n\n{markdown_table(header, rows)}"


def _parse(arguments) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    add = parser.add_argument
    add("--models", nargs="+", choices=[*MODELS], default=[*MODELS], help="(all)")
    add("--lengths", type=int, nargs="+", default=[200, 1000], help="(200 1000)")
    add("--stride", type=int, default=10, help="but of profiles (10)")
    add("--n-fit", type=int, default=1000, help="(1000)")
    add("--n-windows", type=int, default=4096, help="one by one (4096)")
    add("--n-scan", type=int, default=65_536, help="windows of a scan (65536)")
    add("--megabases", type=float, default=50, help="to extrapolate to (50)")
    add("--repeats", type=int, default=5, help="(5)")
    add("--results", type=Path, default=RESULTS / "scan", help="where runs go")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    main()
