"""Fits that are killed (SIGKILL) at random moments, and started again."""

import hashlib
import mmap
import os
import signal
import tempfile
import time
from collections import Counter
from pathlib import Path

import numpy as np
import torch
from tqdm import tqdm

from sklearn_cnn import (
    ImageCNNClassifier,
    MotifCNNClassifier,
    MotifCNNRegressor,
    save_model,
)
from sklearn_cnn.datasets import make_motif_classification
from sklearn_cnn.storage import _checkpoint

N_SAMPLES, LENGTH, BATCH_SIZE = 400, 60, 32


def count_killed_fits(settings: dict) -> dict:
    """What comes of fits that were killed once, by the kind of fit.

    Checkpoints are written as often as there is something to write. Each fit runs in a
    process of its own; this one runs none, so that it can fork.
    """
    with tempfile.TemporaryDirectory() as folder:
        return _count(settings, _fits(Path(folder)))


def _count(settings: dict, fits: dict) -> dict:
    rng = np.random.default_rng(settings["seed"])
    whole = {}
    for kind, fit in fits.items():
        with tempfile.TemporaryDirectory() as folder:
            start = time.perf_counter()
            run = _Run(fit, None, Path(folder))
            run.wait()
            whole[kind] = run.steps, run.digest, time.perf_counter() - start
    counts = {kind: Counter() for kind in fits}
    most_repeated = 0
    for i in tqdm(range(settings["n"]), desc="Killed fits"):
        kind = list(fits)[i % len(fits)]
        n_steps, digest, seconds = whole[kind]
        with tempfile.TemporaryDirectory() as folder:
            folder = Path(folder)
            checkpoints = folder / "checkpoints"
            first = _Run(fits[kind], checkpoints, folder)
            # By steps, not by seconds: other work makes a machine slower. Linear models
            # come after the last step.
            first.wait_for_step(min(n_steps, int(rng.integers(1.3 * n_steps))))
            time.sleep(rng.uniform(0, seconds / 5))
            first.kill()
            counts[kind]["too late"] += first.digest is not None
            counts[kind]["had a state"] += any(checkpoints.glob("*/*.safetensors"))
            second = _Run(fits[kind], checkpoints, folder)
            second.wait()
            counts[kind]["same weights"] += second.digest == digest
            counts[kind]["entries left"] += len(list(checkpoints.glob("*/")))
            if first.digest is None:
                repeated = first.steps + second.steps - n_steps
                most_repeated = max(most_repeated, repeated)
    return {
        "counts": {kind: dict(count) for kind, count in counts.items()},
        "kills": {kind: settings["n"] // len(fits) for kind in fits},
        "most_repeated_steps": most_repeated,
        "steps_of_an_epoch": -(-N_SAMPLES // BATCH_SIZE),
    }


class _Run:
    """A fit in a process of its own, which counts the steps of the optimiser.

    Parameters
    ----------
    fit : callable
        Takes a folder of checkpoints or None; returns a fitted estimator.
    checkpoints : Path or None
    folder : Path
        Where the process leaves a hash of the weights.
    """

    def __init__(self, fit, checkpoints: Path | None, folder: Path):
        self._steps = mmap.mmap(-1, 8)
        self._digest = folder / f"digest{time.monotonic_ns()}"
        self._process = os.fork()
        if not self._process:
            self._work(fit, checkpoints)

    def _work(self, fit, checkpoints) -> None:
        try:
            torch.set_num_threads(1)
            _checkpoint._INTERVAL = 0
            step = torch.optim.AdamW.step

            def counted(optimizer, *args, **kwargs):
                self._steps[:] = (self.steps + 1).to_bytes(8, "little")
                return step(optimizer, *args, **kwargs)

            torch.optim.AdamW.step = counted
            digest = hashlib.sha256()
            for name, array in sorted(fit(checkpoints).weights_.items()):
                digest.update(name.encode() + array.tobytes())
            self._digest.write_text(digest.hexdigest())
        finally:
            os._exit(0)

    def wait(self) -> None:
        """Wait for its end."""
        os.waitpid(self._process, 0)

    def wait_for_step(self, step: int) -> None:
        """Wait until it has done so many steps, or has ended."""
        while self.steps < step and self.digest is None:
            time.sleep(0.001)

    def kill(self) -> None:
        """Kill it, and wait for its end."""
        os.kill(self._process, signal.SIGKILL)
        self.wait()

    @property
    def steps(self) -> int:
        """Steps of the optimiser so far."""
        return int.from_bytes(self._steps[:], "little")

    @property
    def digest(self) -> str | None:
        """Hash of the weights, or None of a fit that did not end."""
        return self._digest.read_text() if self._digest.exists() else None


def _fits(folder: Path) -> dict:
    """Kinds of fits, by name; the folder takes a model to fine-tune."""
    X, y = make_motif_classification(N_SAMPLES, length=LENGTH, random_state=0)
    related, related_y = make_motif_classification(100, length=LENGTH, random_state=1)
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (N_SAMPLES, 12, 12))
    counts = rng.poisson(2, (N_SAMPLES, LENGTH))
    lean = {"n_filters": 16, "batch_size": BATCH_SIZE, "max_epochs": 6}
    lean |= {"random_state": 0}

    source = folder / "source.safetensors"

    def make_source(checkpoint):
        clf = MotifCNNClassifier(**lean, linear_models=None, n_estimators=1)
        save_model(clf.fit(related, related_y), source)
        return clf

    _Run(make_source, None, folder).wait()
    return {
        "with linear models": lambda checkpoint: MotifCNNClassifier(
            **lean, checkpoint=checkpoint
        ).fit(X, y),
        "early stopping": lambda checkpoint: MotifCNNClassifier(
            **lean,
            linear_models=None,
            n_estimators=2,
            early_stopping=True,
            checkpoint=checkpoint,
        ).fit(X, y),
        "fine-tuning": lambda checkpoint: MotifCNNClassifier(
            **lean, pretrained=source, linear_models=None, checkpoint=checkpoint
        ).fit(X, y),
        "profiles": lambda checkpoint: MotifCNNRegressor(
            **lean, output="profile", checkpoint=checkpoint
        ).fit(X, counts),
        "images": lambda checkpoint: ImageCNNClassifier(
            **(lean | {"n_filters": (8, 8)}),
            augment=("shift",),
            n_estimators=2,
            checkpoint=checkpoint,
        ).fit(images, np.arange(N_SAMPLES) % 3),
    }
