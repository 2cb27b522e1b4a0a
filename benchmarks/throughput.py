"""Speed of encoding, training, prediction and import, beside plain PyTorch and skorch.

All candidates of a part run in turn, in one process and on one machine, several times
over; the table gives medians with the range. One JSON file a run goes to
benchmarks/results/throughput. See benchmarks/README.md.
"""

import argparse
import copy
import os
import pickle
import subprocess
import sys
import time
import tracemalloc
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from itertools import pairwise
from pathlib import Path

import numpy as np
import torch
from _common import (
    BENCHMARKS,
    PACKAGE,
    RESULTS,
    TIMES,
    Results,
    machine_in_words,
    markdown_table,
)
from skorch import NeuralNetBinaryClassifier
from skorch.callbacks import LRScheduler
from torch import nn
from torch.utils.data import DataLoader, TensorDataset
from torch.utils.flop_counter import FlopCounterMode

from sklearn_cnn import MotifCNNClassifier
from sklearn_cnn.datasets import make_motif_classification
from sklearn_cnn.preprocessing import SequenceEncoder

LENGTH = 200
BATCH_SIZE = 64
LR, WEIGHT_DECAY, DROPOUT = 3e-3, 1e-2, 0.5
# Linear branches left out, so that all train the same.
ONE_NETWORK = {"n_filters": 64, "n_estimators": 1, "kmers": None, "motif_bank": None}
MAX_ENCODING_SECONDS = 5
MAX_SECONDS_OF_ONE = 0.015
MAX_SECONDS_OF_IMPORT = 0.3
SIZES = [1_000, 2_000, 5_000, 9_000, 9_900, 10_100, 20_000, 50_000]
# In the part "exponents", one at a time.
GROWING = {
    "n": [2_000, 4_000, 8_000, 16_000],
    "length": [100, 200, 400, 800, 1_600],
    "n_filters": [32, 64, 128, 256],
}
# What is trained in the part "step": one network of 128 filters, and what differs.
STEP = {"n_filters": 128, "kernel_size": 19}
CASES = {
    "network alone": {},
    "mixed precision": {"precision": "mixed"},
    "sample weights": {},
    "unequal lengths": {},
    "two layers": {"n_filters": (128, 64), "kernel_size": (19, 5)},
    "local pooling": {"pool_size": 4},
    "two layers, local pooling": {
        "n_filters": (128, 64),
        "kernel_size": (19, 5),
        "pool_size": (4, 1),
    },
}


def main(arguments: list[str] | None = None) -> None:
    """Measure all parts, write one row, print the tables."""
    options = _parse(arguments)
    measure = {
        "encoding": lambda: encoding(options.n_encode, options.repeats),
        "training": lambda: training(
            options.n_train, options.epochs, options.repeats, options.device
        ),
        **{
            case: lambda case=case: training_case(
                *(case, options.n_train, options.epochs, options.repeats),
                options.device,
            )
            for case in CASES
        },
        "prediction": lambda: prediction(
            options.n_predict, options.repeats, options.device
        ),
        "default model": lambda: default_model(
            options.n_fit, options.n_predict, options.repeats, options.earlier
        ),
        "one sequence": lambda: one_sequence(
            options.n_fit, options.repeats, options.earlier
        ),
        "sizes": lambda: sizes(options.sizes),
        "exponents": lambda: exponents(options.repeats, options.device),
        "import": lambda: importing(options.repeats),
    }
    parts = {}
    for name in options.parts:
        print(f"measuring {name} ...", flush=True)
        parts[name] = measure[name]()
    folders = "results", "earlier"
    settings = {key: v for key, v in vars(options).items() if key not in folders}
    name = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
    results = Results(options.results, __file__, task=TIMES)
    row = results.write(name, settings, {"measured": parts})
    for part in row["measured"].values():
        print(f"\n{_table(part)}")
    print(f"\n{machine_in_words()}")


def encoding(n: int, repeats: int) -> dict:
    """Strings to codes of one byte, and the peak of memory on the way."""
    X = _random_sequences(n)
    encoder = SequenceEncoder(encoding="codes", dtype=np.uint8)
    known = SequenceEncoder(alphabet="dna", encoding="codes", dtype=np.uint8)
    known.fit(X[:1])
    candidates = {
        "transform, alphabet known": lambda: known.transform(X),
        "fit_transform, alphabet inferred": lambda: encoder.fit_transform(X),
    }
    part = _measure(f"Encoding {n} strings of {LENGTH} bp", n, candidates, repeats)
    part["peak_megabytes"] = {
        name: _peak_megabytes(run) for name, run in candidates.items()
    }
    notes = [
        f"peak of memory, {k}: {v:.0f} MB" for k, v in part["peak_megabytes"].items()
    ]
    if n == 1_000_000:
        slowest = max(np.median(seconds) for seconds in part["seconds"].values())
        kept = "kept" if slowest < MAX_ENCODING_SECONDS else "MISSED"
        notes.append(f"bar of {MAX_ENCODING_SECONDS} s: {kept}")
    part["note"] = "; ".join(notes)
    return part


def training(n: int, epochs: int, repeats: int, device: str) -> dict:
    """Whole fits of one network: ours from strings, the others from one-hot tensors."""
    X, y = make_motif_classification(n, LENGTH, random_state=0)
    one_strand, both_strands = (
        _one_network(epochs, device, reverse_complement=both) for both in (False, True)
    )
    x, target = _one_hot(X), torch.tensor(y, dtype=torch.float32)
    network, place = _network(X, y, device)
    candidates = {
        "ours, one strand": lambda: one_strand.fit(X, y),
        "ours, both strands": lambda: both_strands.fit(X, y),
        "plain PyTorch loop": lambda: fit_by_hand(network(), x, target, epochs, place),
        "skorch": lambda: fit_by_skorch(network(), x, target, epochs, place),
    }
    what = f"Training on {n} sequences of {LENGTH} bp, {epochs} epochs, {place}"
    part = _measure(what, n * epochs, candidates, repeats)
    part["note"] = (
        "the same network, batch size, optimiser and schedule; ours starts from "
        "strings, the others from one-hot tensors made beforehand"
    )
    return part


def training_case(case: str, n: int, epochs: int, repeats: int, device: str) -> dict:
    """Fits of one case, ours and of the same module by skorch and by hand.

    The module is what `to_module` returns, PyTorch's layers; it looks for padding only
    where there is some, as ours does. The arithmetic limit is the time of a step if all
    its operations, as PyTorch counts them for that module, took as long as in the best
    matrix product of this run.
    """
    rng = np.random.default_rng(0)
    X, y = make_motif_classification(n, LENGTH, random_state=0)
    if case == "unequal lengths":
        lengths = rng.integers(LENGTH // 2, LENGTH + 1, n)
        X = [x[:length] for x, length in zip(X, lengths, strict=True)]
    weight = rng.uniform(0.5, 1.5, n) if case == "sample weights" else None
    settings = STEP | CASES[case] | {"reverse_complement": False}
    estimator = _one_network(epochs, device, **settings)
    x, target = _one_hot(X), torch.tensor(y, dtype=torch.float32)
    network, place = _network(X, y, device, STEP | CASES[case])
    candidates = {
        "ours": lambda: estimator.fit(X, y, sample_weight=weight),
        "plain PyTorch loop": lambda: fit_by_hand(network(), x, target, epochs, place),
        "skorch": lambda: fit_by_skorch(network(), x, target, epochs, place),
    }
    what = f"{case}: {n} sequences of {LENGTH} bp, {epochs} epochs, {place}"
    part = _measure(what, n * epochs, candidates, repeats)
    n_steps = epochs * -(-n // BATCH_SIZE)
    limit = _operations(network(), x[:BATCH_SIZE], place) / _best_product(place)
    part["limit_seconds"] = limit * n_steps
    medians = {name: np.median(seconds) for name, seconds in part["seconds"].items()}
    part["note"] = "; ".join(
        [
            *(
                f"{medians[name] / medians['ours']:.2f} times as fast as {name}"
                for name in list(medians)[1:]
            ),
            "share of the arithmetic limit: "
            + ", ".join(
                f"{name} {part['limit_seconds'] / median:.2f}"
                for name, median in medians.items()
            ),
        ]
    )
    return part


def _operations(network: nn.Module, x: torch.Tensor, device) -> int:
    """Floating-point operations of one step of training, as PyTorch counts them."""
    network.to(device).train()
    with FlopCounterMode(display=False) as counter:
        network(x.to(device)).sum().backward()
    return counter.get_total_flops()


def _best_product(device) -> float:
    """Operations a second in the best of some matrix products."""
    rates = []
    for size in (512, 1024, 2048):
        factor = torch.randn(size, size, device=device)
        for _ in range(10):
            start = time.perf_counter()
            factor @ factor
            _wait_for(device)
            rates.append(2 * size**3 / (time.perf_counter() - start))
    return max(rates)


def prediction(n: int, repeats: int, device: str) -> dict:
    """Probabilities: ours from strings, the others from one-hot tensors."""
    X, y = make_motif_classification(n, LENGTH, random_state=0)
    x, candidates = _one_hot(X), {}
    for strands in ("both", "forward"):
        clf = MotifCNNClassifier(
            **ONE_NETWORK | {"n_filters": 128},
            reverse_complement=strands == "both",
            max_epochs=1,
            device=device,
            random_state=0,
        ).fit(X[:256], y[:256])
        module, place = clf.to_module(), torch.device(clf.device_)
        net = _skorch_net(module, 1, 1, place).initialize()
        loop = partial(predict_by_hand, module, x, place)
        name = {"both": "both strands", "forward": "one strand"}[strands]
        candidates |= {
            f"ours, {name}": partial(clf.predict_proba, X),
            f"plain PyTorch loop, {name}": loop,
            f"skorch, {name}": partial(net.predict_proba, x),
        }
    what = f"Prediction for {n} sequences of {LENGTH} bp, 128 filters, {place}"
    part = _measure(what, n, candidates, repeats)
    part["note"] = (
        f"the same network; ours starts from strings, the others from one-hot tensors "
        f"made beforehand, in batches of {BATCH_SIZE}"
    )
    return part


def default_model(n_fit: int, n: int, repeats: int, earlier: Path | None) -> dict:
    """Probabilities by the default model, and by its networks alone, on the CPU."""
    X, _ = make_motif_classification(n, LENGTH, random_state=1)
    candidates = _default_candidates(n_fit, X, earlier)
    what = f"Prediction for {n} sequences of {LENGTH} bp by the default model, cpu"
    part = _measure(what, n, candidates, repeats)
    part["note"] = f"fitted to {n_fit} sequences"
    return part


def one_sequence(n_fit: int, repeats: int, earlier: Path | None) -> dict:
    """The same for one sequence a call, after a first call."""
    X, _ = make_motif_classification(20, LENGTH, random_state=1)
    candidates = _default_candidates(n_fit, X, earlier, at_a_time=1)
    what = f"Prediction for {len(X)} sequences of {LENGTH} bp, one a call, cpu"
    part = _measure(what, len(X), candidates, repeats)
    per_call = np.median(part["seconds"]["default model"]) / len(X)
    kept = "kept" if per_call < MAX_SECONDS_OF_ONE else "MISSED"
    part["note"] = (
        f"fitted to {n_fit} sequences; {1000 * per_call:.1f} ms a call; bar of "
        f"{1000 * MAX_SECONDS_OF_ONE:.0f} ms: {kept}"
    )
    return part


def sizes(numbers: list[int]) -> dict:
    """Default fits by the number of sequences: once each, they take long."""
    part = {"what": f"Default fits of sequences of {LENGTH} bp, cpu", "n": None}
    part["seconds"], per_sequence = {}, []
    # The first fit of a process also loads what the others find there.
    MotifCNNClassifier(random_state=0, device="cpu", max_epochs=1).fit(
        *make_motif_classification(200, LENGTH, random_state=0)
    )
    for n in numbers:
        X, y = make_motif_classification(n, LENGTH, random_state=0)
        start = time.perf_counter()
        MotifCNNClassifier(random_state=0, device="cpu").fit(X, y)
        seconds = time.perf_counter() - start
        part["seconds"][str(n)] = [seconds]
        print(f"  {n:,} sequences: {seconds:.1f} s", flush=True)
        per_sequence.append(seconds / n)
    apart = [max(a / b, b / a) for a, b in pairwise(per_sequence)]
    part["note"] = (
        "milliseconds a sequence: "
        + ", ".join(f"{1000 * s:.2f}" for s in per_sequence)
        + f"; neighbours at most {max(apart):.2f} times apart"
    )
    return part


def exponents(repeats: int, device: str) -> dict:
    """Training of one network as n, the length and the filters grow, one at a time.

    An exponent is the slope of the logarithm of time over that of what grows: 1 where
    time doubles with it.
    """
    candidates = {}
    for what, values in GROWING.items():
        for value in values:
            size = {"n": 2_000, "length": 200, "n_filters": 128} | {what: value}
            X, y = make_motif_classification(size["n"], size["length"], random_state=0)
            settings = STEP | {"n_filters": size["n_filters"], "position": False}
            estimator = _one_network(1, device, **settings, reverse_complement=False)
            candidates[f"{what} {value}"] = partial(estimator.fit, X, y)
    part = _measure("Training of one network, 1 epoch", None, candidates, repeats)
    part["exponents"] = {
        what: np.polyfit(
            np.log(values),
            np.log([np.median(part["seconds"][f"{what} {v}"]) for v in values]),
            1,
        )[0]
        for what, values in GROWING.items()
    }
    part["note"] = "exponents: " + ", ".join(
        f"{what} {value:.2f}" for what, value in part["exponents"].items()
    )
    return part


def _default_candidates(
    n_fit: int, X, earlier: Path | None, at_a_time: int | None = None
) -> dict[str, Callable]:
    """Predictions for X by the default model, parts of it, and an earlier package."""
    clf = MotifCNNClassifier(device="cpu", random_state=0)
    clf.fit(*make_motif_classification(n_fit, LENGTH, random_state=0))
    # No linear models: those of a copy are left out of the sum.
    networks = copy.deepcopy(clf)
    networks.kmers_ = networks.motif_bank_ = None
    networks.weights_ = {
        name: array
        for name, array in clf.weights_.items()
        if not name.startswith("stack")
    }
    one = copy.deepcopy(networks)
    one.weights_ = {
        name: array
        for name, array in networks.weights_.items()
        if name.startswith("0.")
    }
    models = {"default model": clf, "its networks": networks, "one of them": one}
    step = at_a_time or len(X)
    parts = [X[start : start + step] for start in range(0, len(X), step)]

    def predict(model):
        for part in parts:
            model.predict_proba(part)

    candidates = {name: partial(predict, model) for name, model in models.items()}
    if earlier is not None:
        other = OtherPackage(earlier, clf, parts)
        candidates["default model, earlier package"] = other.predict
    for run in candidates.values():
        run()
    return candidates


class OtherPackage:
    """Another version of the package, in a process of its own, with the same model.

    Parameters
    ----------
    folder : Path
        Holds the other `sklearn_cnn`.
    clf : estimator
        Fitted.
    parts : list
        Predicted one after the other.
    """

    _CODE = """
import pickle, sys
clf, parts = pickle.load(sys.stdin.buffer)
print("ready", flush=True)
for _ in sys.stdin.buffer:
    for part in parts:
        clf.predict_proba(part)
    print("done", flush=True)
"""

    def __init__(self, folder: Path, clf, parts):
        self.process = subprocess.Popen(
            # Safe path: the folder that this script runs in has the new package.
            [sys.executable, "-P", "-c", self._CODE],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": str(folder)},
        )
        self.process.stdin.write(pickle.dumps((clf, parts)))
        self._wait_for_a_line()

    def predict(self) -> None:
        """Predict all parts, and wait for the end."""
        self.process.stdin.write(b"\n")
        self._wait_for_a_line()

    def close(self) -> None:
        """End the process."""
        self.process.communicate()

    def _wait_for_a_line(self) -> None:
        self.process.stdin.flush()
        if not self.process.stdout.readline():
            self.close()
            raise RuntimeError("the earlier package failed")


def importing(repeats: int) -> dict:
    """Import in a fresh process, and what of it is others' packages."""
    others = "torch, sklearn"
    candidates = {
        "import sklearn_cnn": lambda: _import_seconds("sklearn_cnn"),
        f"the same after {others}": lambda: _import_seconds("sklearn_cnn", others),
        f"import {others}": lambda: _import_seconds(others),
        "import torch": lambda: _import_seconds("torch"),
    }
    seconds = {name: [] for name in candidates}
    for _ in range(max(5, repeats)):
        for name, run in candidates.items():
            seconds[name].append(run())
    own = np.median(seconds[f"the same after {others}"])
    kept = "kept" if own < MAX_SECONDS_OF_IMPORT else "MISSED"
    note = f"bar of {MAX_SECONDS_OF_IMPORT} s on top of {others}: {kept}"
    what = "Import in a fresh process"
    return {"what": what, "n": None, "seconds": seconds, "note": note}


def fit_by_hand(network: nn.Module, x, target, epochs: int, device) -> nn.Module:
    """The loop that a user writes: DataLoader over a TensorDataset of one-hot."""
    network.to(device).train()
    loader = DataLoader(TensorDataset(x, target), batch_size=BATCH_SIZE, shuffle=True)
    optimizer = torch.optim.AdamW(
        network.parameters(), lr=LR, weight_decay=WEIGHT_DECAY
    )
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, max_lr=LR, total_steps=epochs * len(loader)
    )
    loss_function = nn.BCEWithLogitsLoss()
    for _ in range(epochs):
        for batch, labels in loader:
            optimizer.zero_grad()
            logits = network(batch.to(device))[:, 0]
            loss_function(logits, labels.to(device)).backward()
            optimizer.step()
            schedule.step()
    _wait_for(device)
    return network


def fit_by_skorch(network: nn.Module, x, target, epochs: int, device):
    """The same with skorch's NeuralNetBinaryClassifier."""
    n_batches = -(-len(x) // BATCH_SIZE)
    net = _skorch_net(network, epochs, n_batches, device).fit(x, target)
    _wait_for(device)
    return net


def predict_by_hand(network: nn.Module, x, device) -> np.ndarray:
    """Probabilities (n,), batch by batch."""
    network.to(device).eval()
    loader = DataLoader(TensorDataset(x), batch_size=BATCH_SIZE)
    with torch.inference_mode():
        parts = [torch.sigmoid(network(batch.to(device))).cpu() for (batch,) in loader]
    return torch.cat(parts).numpy()[:, 0]


def _one_network(epochs: int, device: str, **settings) -> MotifCNNClassifier:
    """Classifier that trains as the other candidates do."""
    return MotifCNNClassifier(
        **ONE_NETWORK | settings,
        max_epochs=epochs,
        batch_size=BATCH_SIZE,
        lr=LR,
        weight_decay=WEIGHT_DECAY,
        dropout=DROPOUT,
        early_stopping=False,
        device=device,
        random_state=0,
    )


def _skorch_net(network, epochs: int, n_batches: int, device):
    schedule = LRScheduler(
        torch.optim.lr_scheduler.OneCycleLR,
        max_lr=LR,
        total_steps=epochs * n_batches,
        step_every="batch",
    )
    return NeuralNetBinaryClassifier(
        network,
        optimizer=torch.optim.AdamW,
        optimizer__weight_decay=WEIGHT_DECAY,
        lr=LR,
        max_epochs=epochs,
        batch_size=BATCH_SIZE,
        iterator_train__shuffle=True,
        callbacks=[schedule],
        train_split=None,
        device=device,
        verbose=0,
    )


def _network(
    X, y, device: str, settings: dict | None = None
) -> tuple[Callable[[], nn.Module], torch.device]:
    """Maker of the network that our classifier builds, and where it was trained.

    The weights are those of a short fit, the same for every copy.
    """
    short = MotifCNNClassifier(
        **ONE_NETWORK | (settings or {}),
        reverse_complement=False,
        max_epochs=1,
        device=device,
        random_state=0,
    ).fit(X[:256], y[:256])
    network = short.to_module("forward").members[0]
    if len({len(x) for x in X}) == 1:
        # As in training: nothing is padded, and all letters are known.
        network.n_symbols, network.n_letters = None, 0
    for module in network.modules():
        if isinstance(module, nn.Dropout):  # to_module() leaves dropout out
            module.p = DROPOUT
    return lambda: copy.deepcopy(network), torch.device(short.device_)


def _one_hot(X) -> torch.Tensor:
    """Float32 (n, 4, length)."""
    encoder = SequenceEncoder(alphabet="dna", length=LENGTH)
    columns = encoder.fit_transform(X).reshape(len(X), LENGTH, 4)
    return torch.tensor(np.ascontiguousarray(columns.transpose(0, 2, 1)))


def _random_sequences(n: int) -> list[str]:
    codes = np.random.default_rng(0).integers(0, 4, n * LENGTH, dtype=np.uint8)
    text = np.frombuffer(b"ACGT", np.uint8)[codes].tobytes().decode()
    return [text[i : i + LENGTH] for i in range(0, len(text), LENGTH)]


def _measure(
    what: str, n: int | None, candidates: dict[str, Callable], repeats: int
) -> dict:
    """Seconds of each candidate, `repeats` times in turn."""
    seconds = {name: [] for name in candidates}
    for _ in range(repeats):
        for name, run in candidates.items():
            start = time.perf_counter()
            run()
            seconds[name].append(time.perf_counter() - start)
    return {"what": what, "n": n, "seconds": seconds}


def _peak_megabytes(run: Callable) -> float:
    """Peak of memory that a call allocates, in a run of its own: tracing costs time."""
    tracemalloc.start()
    try:
        run()
        return tracemalloc.get_traced_memory()[1] / 1e6
    finally:
        tracemalloc.stop()


def _import_seconds(modules: str, before: str = "sys") -> float:
    """Seconds of an import in a fresh process that finds the same package."""
    code = (
        f"import time, {before}; start = time.perf_counter(); import {modules}; "
        "print(time.perf_counter() - start)"
    )
    path = [str(PACKAGE.parent), os.environ.get("PYTHONPATH", "")]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, path))}
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        cwd=BENCHMARKS,
        env=environment,
    )
    return float(done.stdout)


def _wait_for(device: torch.device) -> None:
    if device.type == "cuda":
        torch.cuda.synchronize(device)


def _table(part: dict) -> str:
    """Medians and ranges, and how much faster than the first row."""
    medians = {name: float(np.median(s)) for name, s in part["seconds"].items()}
    first = next(iter(medians.values()))
    rows = []
    for name, seconds in part["seconds"].items():
        median = medians[name]
        row = [name, f"{median:.3f}", f"{min(seconds):.3f} to {max(seconds):.3f}"]
        if part["n"] is not None:
            row.append(f"{part['n'] / median:.0f}")
        rows.append([*row, f"{median / first:.2f}"])
    header = ["", "seconds (median)", "range"]
    header += [] if part["n"] is None else ["samples/s"]
    header.append("time / first row's")
    n = len(next(iter(part["seconds"].values())))
    title = f"## {part['what']}; {n} repeats in turn"
    text = f"{title}\n\n{markdown_table(header, rows)}"
    return f"{text}\n\n{part['note']}" if "note" in part else text


def _parse(arguments) -> argparse.Namespace:
    parts = ["encoding", "training", *CASES, "prediction", "default model"]
    parts += ["one sequence", "sizes", "exponents", "import"]
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    add = parser.add_argument
    add("--parts", nargs="+", choices=parts, default=parts, help="(all)")
    add("--n-encode", type=int, default=1_000_000, help="(1000000)")
    add("--n-train", type=int, default=4000, help="(4000)")
    add("--epochs", type=int, default=4, help="of each fit (4)")
    add("--n-predict", type=int, default=4096, help="(4096)")
    add("--n-fit", type=int, default=2000, help="of the default model (2000)")
    add("--earlier", type=Path, help="folder of an earlier package, to compare with")
    add("--sizes", type=int, nargs="+", default=SIZES, help="sequences of the fits")
    add("--repeats", type=int, default=5, help="(5)")
    add("--device", default="auto", help="for all candidates (auto)")
    add("--results", type=Path, default=RESULTS / "throughput", help="where runs go")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    main()
