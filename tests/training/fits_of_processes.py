"""Fits that one process and several ones make; see test_accelerate.py.

Started as `fits_of_processes.py FOLDER WHAT`, where WHAT is "all", "other samples", or
"ends", "is interrupted" and the number of the process to which it happens.
"""

import json
import os
import pickle
import signal
import sys
from pathlib import Path

import numpy as np
import torch

from sklearn_cnn import ImageCNNClassifier, MotifCNNClassifier, MotifCNNRegressor
from sklearn_cnn.datasets import make_motif_classification
from sklearn_cnn.storage import _checkpoint

RNG = np.random.default_rng(0)
# An odd number: the processes have unequal parts of the batches.
X, Y = make_motif_classification(101, length=40, random_state=0)
RAGGED = [x[: 20 + i % 21] for i, x in enumerate(X)]
WEIGHTS = RNG.uniform(0.2, 2, len(X))
MANY = np.column_stack([Y, 1 - Y, Y]).astype(float)
MANY[:40, 1] = np.nan
LEAN = {"n_filters": 6, "kernel_size": 7, "max_epochs": 3, "batch_size": 32}
LEAN |= {"precision": "float64", "random_state": 0, "linear_models": None}
ONE = LEAN | {"n_estimators": 1}


def fits() -> dict:
    """Fitted estimators by name."""
    deep = ONE | {"n_filters": (6, 6), "pool_size": 2, "dropout": 0}
    deep = MotifCNNClassifier(**deep).fit(RAGGED, Y, WEIGHTS)
    # 76 x 4 values are no window: the layer is a convolution.
    wide = MotifCNNClassifier(**(ONE | {"kernel_size": 76, "dropout": 0})).fit(X, Y)
    many = MotifCNNClassifier(**ONE, missing_labels="mask", early_stopping=True)
    many.fit(RAGGED, MANY, X_val=RAGGED[:30], y_val=MANY[:30])
    stack = MotifCNNClassifier(**(LEAN | {"linear_models": "auto", "kmers": 2}))
    stack.set_params(motif_bank=None, pooling="flatten").fit(X, Y)
    one_batch = MotifCNNRegressor(**(ONE | {"batch_size": "auto"}))
    one_batch.fit(X[:40], RNG.normal(size=40))
    profiles = MotifCNNRegressor(**ONE, output="profile")
    profiles.fit(RAGGED, np.array([np.ones(len(x)) for x in RAGGED], dtype=object))
    images = ImageCNNClassifier(n_filters=(4, 4), max_epochs=3, batch_size=16)
    images.set_params(augment=("shift", "flip"), precision="float64", random_state=0)
    images.fit(RNG.random((50, 8, 8)), np.arange(50) % 3)
    in_calls = MotifCNNClassifier(**ONE)
    for _ in range(2):
        in_calls.partial_fit(X, Y, classes=[0, 1])
    single = MotifCNNClassifier(**(ONE | {"precision": "float32"})).fit(X, Y)
    return {
        "two layers, weights": deep,
        "wide filters": wide,
        "missing labels, early stopping": many,
        "linear models": stack,
        "one batch": one_batch,
        "profiles": profiles,
        "images": images,
        "partial_fit": in_calls,
        "single precision": single,
    }


def checkpointed(folder) -> MotifCNNClassifier:
    """The fit that is ended."""
    return MotifCNNClassifier(**(LEAN | {"n_estimators": 2}), checkpoint=folder)


def count_steps(last: int | None = None, number: int = signal.SIGKILL) -> list:
    """List that grows with the steps of the optimiser; at one, get a signal."""
    step, done = torch.optim.AdamW.step, []

    def counted(self, *args, **kwargs):
        done.append(1)
        if len(done) == last:
            os.kill(os.getpid(), number)
        return step(self, *args, **kwargs)

    torch.optim.AdamW.step = counted
    return done


def main(folder: str, what: str, unlucky: str = "") -> None:
    """Fit, and write what came out."""
    rank = os.environ["RANK"]
    # A shell that starts processes in the background lets them ignore Ctrl-C.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    if what == "all":
        fitted = {
            name: (estimator.weights_, estimator.history_)
            for name, estimator in fits().items()
        }
        # Each process draws its own seed, of which the first one's holds.
        np.random.seed(int(rank))  # noqa: NPY002
        unseeded = MotifCNNClassifier(**(ONE | {"random_state": None})).fit(X, Y)
        fitted["no seed"] = unseeded.weights_, unseeded.history_
        Path(folder, rank).write_bytes(pickle.dumps(fitted))
        return
    error = None
    _checkpoint._INTERVAL = 0
    if rank == unlucky:
        number = signal.SIGKILL if what == "ends" else signal.SIGINT
        count_steps(11, number)  # In the third epoch of four batches.
    try:
        if what == "other samples":
            MotifCNNClassifier(**ONE).fit(X if rank == "0" else X[::-1], Y)
        else:
            checkpointed(Path(folder, "checkpoints")).fit(X, Y)
    except (Exception, KeyboardInterrupt) as raised:
        error = [type(raised).__name__, str(raised)]
    Path(folder, rank).write_text(json.dumps(error))
    # At Python's end, threads of PyTorch may abort where the other process was killed.
    os._exit(0)


if __name__ == "__main__":
    main(*sys.argv[1:])
