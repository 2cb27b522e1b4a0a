"""What does a peak cost as features of Enformer or Borzoi: seconds, memory, bytes?

Networks of the published sizes with random weights, so that nothing is downloaded: what
a window costs does not depend on the numbers in them. Windows of the full width, the
bins in the centre, kept in a `memory=` folder. One JSON file a model goes to
benchmarks/results/wide_windows. Each model needs the environment of its extra, and a
machine that does nothing else. See benchmarks/README.md.
"""

import argparse
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import torch
from _common import RESULTS, TIMES, Results, machine_in_words
from memory import held

from sklearn_cnn import PretrainedFeatureExtractor

WIDTHS = {"enformer": 196_608, "borzoi": 524_288}
BINS = 4


def main(arguments: list[str] | None = None) -> None:
    """Measure one model, write its row, print it."""
    options = _parse(arguments)
    if options.make:
        _save(options.model, options.make)
        return
    settings = {"model": options.model, "n": options.n, "device": options.device}
    results = Results(options.results, __file__, options.force, TIMES)
    name = f"{options.model}.{options.device}"
    if not results.is_done(name, settings):
        results.write(name, settings, measure(**settings))
    row = results.read(name)
    print(f"{np.median(row['seconds']):.1f} s a window")
    print(f"{row['again']:.1f} s for all, when they are stored")
    print(f"{(row['most'] - row['before']) / 1e9:.2f} GB added at most")
    print(f"{row['bytes_a_window']:,.0f} bytes stored of a window")
    print(machine_in_words())


def measure(model: str, n: int, device: str) -> dict:
    """Seconds of each of n windows, and of all when stored; memory; bytes stored."""
    rng = np.random.default_rng(0)
    windows = ["".join(rng.choice(list("ACGT"), WIDTHS[model])) for _ in range(n + 1)]
    with tempfile.TemporaryDirectory() as folder:
        weights, memory = Path(folder) / "weights", Path(folder) / "memory"
        # In a process of its own, whose memory does not count here.
        command = [sys.executable, __file__, model, "--make", str(weights)]
        subprocess.run(command, check=True)
        before = held()
        extractor = PretrainedFeatureExtractor(
            f"{model}:{weights}", bins=BINS, memory=memory, device=device
        ).fit(windows[n:])
        stored = _n_bytes(memory)
        seconds = []
        for window in windows[:n]:
            start = time.perf_counter()
            extractor.transform([window])
            seconds.append(time.perf_counter() - start)
        most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
        start = time.perf_counter()
        extractor.transform(windows[:n])
        again = time.perf_counter() - start
        stored = _n_bytes(memory) - stored
    return {
        "seconds": seconds,
        "again": again,
        "before": before,
        "most": most,
        "bytes_a_window": stored / n,
    }


def _n_bytes(folder: Path) -> int:
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())


def _save(model: str, folder: Path) -> None:
    """Store a network of the published size with random weights."""
    torch.manual_seed(0)
    if model == "enformer":
        from enformer_pytorch import Enformer, EnformerConfig

        network = Enformer(EnformerConfig())
    else:
        from borzoi_pytorch import Borzoi
        from borzoi_pytorch.config_borzoi import BorzoiConfig

        network = Borzoi(BorzoiConfig(bins_to_return=6144))
    network.config.save_pretrained(folder)
    torch.save(network.state_dict(), folder / "pytorch_model.bin")


def _parse(arguments) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    add = parser.add_argument
    add("model", choices=WIDTHS)
    add("--n", type=int, default=3, help="windows after a first one (3)")
    add("--device", default="cpu", help="(cpu)")
    add("--results", type=Path, default=RESULTS / "wide_windows", help="where rows go")
    add("--force", action="store_true", help="make a row anew that is there")
    add("--make", type=Path, help=argparse.SUPPRESS)
    return parser.parse_args(arguments)


if __name__ == "__main__":
    main()
