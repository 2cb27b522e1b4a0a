"""Speed of training and prediction on a GPU, beside skorch on the same one.

Both start from codes of letters in the memory of the processor, and take the batch size
that suits them best. The same network is trained as in `throughput.py`. One JSON file a
run goes to benchmarks/results/gpu. On an H200 it is to take less than eight minutes;
with `--device cpu` and few sequences it can be tried anywhere. See
benchmarks/README.md.
"""

import argparse
import copy
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import throughput
import torch
from _common import RESULTS, TIMES, Results, machine_in_words
from torch import nn

from sklearn_cnn.datasets import make_motif_classification
from sklearn_cnn.preprocessing import SequenceEncoder

BATCH_SIZES = [64, 256, 1024, 4096]


class FromCodes(nn.Module):
    """A network of one-hot columns that takes codes, one byte a letter."""

    def __init__(self, network: nn.Module):
        super().__init__()
        self.network = network
        self.register_buffer("columns", torch.eye(4))

    def forward(self, codes: torch.Tensor) -> torch.Tensor:
        """Map codes (n, length) to logits (n, 1)."""
        return self.network(self.columns[codes.int()].transpose(1, 2))


def main(arguments: list[str] | None = None) -> None:
    """Measure, write one row, print the tables."""
    options = _parse(arguments)
    X, y = make_motif_classification(options.n, throughput.LENGTH, random_state=0)
    codes = SequenceEncoder(alphabet="dna", encoding="codes", dtype=np.uint8)
    codes = codes.fit_transform(X)
    network, place = throughput._network(X, y, options.device, throughput.STEP)
    parts = {
        "training": training(network, codes, y, place, options),
        "prediction": prediction(network, codes, y, place, options),
    }
    name = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
    settings = {key: v for key, v in vars(options).items() if key != "results"}
    results = Results(options.results, __file__, task=TIMES)
    row = results.write(name, settings, {"measured": parts})
    for part in row["measured"].values():
        print(f"\n{throughput._table(part)}")
    print(f"\n{machine_in_words()}")


def training(network, codes, y, place, options) -> dict:
    """Fits by each batch size, ours and skorch's."""
    candidates = {}
    for size in options.batch_sizes:
        ours = _ours(options, size)
        candidates[f"ours, batches of {size}"] = lambda ours=ours: ours.fit(codes, y)
        candidates[f"skorch, batches of {size}"] = lambda size=size: _fit_skorch(
            network(), codes, y, place, options.epochs, size
        )
    n = len(y) * options.epochs
    what = f"Training on {len(y)} sequences, {options.epochs} epochs, {place}"
    part = throughput._measure(what, n, candidates, options.repeats)
    return part | {"note": _ratio(part)}


def prediction(network, codes, y, place, options) -> dict:
    """Probabilities by one network, and how far the two are apart."""
    clf = _ours(options, 256).set_params(max_epochs=1).fit(codes[:1000], y[:1000])
    module = copy.deepcopy(clf.to_module("forward").members[0])
    nets = {
        size: throughput._skorch_net(FromCodes(module), 1, 1, place)
        .set_params(batch_size=size)
        .initialize()
        for size in options.batch_sizes
    }
    candidates = {"ours": lambda: clf.predict_proba(codes)} | {
        f"skorch, batches of {size}": lambda net=net: net.predict_proba(codes)
        for size, net in nets.items()
    }
    what = f"Probabilities of {len(y)} sequences, {place}"
    part = throughput._measure(what, len(y), candidates, options.repeats)
    on_device = clf.decision_function(codes[:2000])
    on_cpu = clf.set_params(device="cpu").decision_function(codes[:2000])
    part["from_cpu"] = float(np.abs(on_device - on_cpu).max())
    note = f"logits are at most {part['from_cpu']:.1e} from those of the CPU"
    return part | {"note": f"{_ratio(part)}; {note}"}


def _ours(options, batch_size: int):
    settings = throughput.STEP | {"reverse_complement": False}
    settings |= {"precision": options.precision, "alphabet": "dna"}
    estimator = throughput._one_network(options.epochs, options.device, **settings)
    return estimator.set_params(batch_size=batch_size)


def _fit_skorch(network, codes, y, place, epochs: int, batch_size: int) -> None:
    n_batches = -(-len(y) // batch_size)
    net = throughput._skorch_net(FromCodes(network), epochs, n_batches, place)
    net.set_params(batch_size=batch_size).fit(codes, y.astype(np.float32))
    throughput._wait_for(place)


def _ratio(part: dict) -> str:
    """How much faster ours is, each with what suits it best."""
    best = {
        name: min(
            np.median(seconds)
            for key, seconds in part["seconds"].items()
            if key.startswith(name)
        )
        for name in ("ours", "skorch")
    }
    ratio = best["skorch"] / best["ours"]
    return f"ours is {ratio:.1f} times as fast, each with its best batch size"


def _parse(arguments) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    add = parser.add_argument
    add("--n", type=int, default=200_000, help="sequences (200000)")
    add("--epochs", type=int, default=2, help="of each fit (2)")
    add("--batch-sizes", type=int, nargs="+", default=BATCH_SIZES)
    add("--repeats", type=int, default=3, help="(3)")
    add("--precision", default="auto", help="of ours: auto or mixed (auto)")
    add("--device", default="cuda", help="(cuda)")
    add("--results", type=Path, default=RESULTS / "gpu", help="where runs go")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    main()
