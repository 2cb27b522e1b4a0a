"""Fits and predictions do not depend on what else the process does or has set."""

from contextlib import contextmanager

import numpy as np
import pytest
import torch
from joblib import Parallel, delayed

from sklearn_cnn import ImageCNNClassifier, MotifCNNClassifier, MotifCNNRegressor
from sklearn_cnn.datasets import make_motif_classification
from sklearn_cnn.inspection import attributions

SEQUENCES, Y = make_motif_classification(80, length=30, random_state=0)
RNG = np.random.default_rng(0)
SIGNALS, IMAGES = RNG.normal(size=(40, 20)), RNG.random((40, 8, 8))
QUICK = {"n_filters": 4, "max_epochs": 2, "random_state": 0}
LEAN = QUICK | {"kmers": 2, "motif_bank": None}


def _results() -> list[np.ndarray]:
    """Of a stack in batches, of full batches in double precision, and of images."""
    stack = MotifCNNClassifier(**LEAN, batch_size=32).fit(SEQUENCES, Y)
    signals = MotifCNNRegressor(**QUICK).fit(SIGNALS, SIGNALS[:, 0])
    images = ImageCNNClassifier(**QUICK).fit(IMAGES, np.arange(40) % 2)
    return [
        stack.decision_function(SEQUENCES),
        signals.predict(SIGNALS),
        images.decision_function(IMAGES),
        *stack.weights_.values(),
        attributions(stack, SEQUENCES[:2]),
        attributions(signals, SIGNALS[:2], "integrated_gradients"),
        stack.to_module().state_dict()["networks.members.0.trunk.0.conv.weight"],
    ]


@pytest.fixture(scope="module")
def expected():
    return _results()


@contextmanager
def _default_type():
    torch.set_default_dtype(torch.float64)
    try:
        yield
    finally:
        torch.set_default_dtype(torch.float32)


@contextmanager
def _no_denormals():
    torch.set_flush_denormal(True)
    try:
        yield
    finally:
        torch.set_flush_denormal(False)


@contextmanager
def _deterministic():
    torch.use_deterministic_algorithms(True)
    try:
        yield
    finally:
        torch.use_deterministic_algorithms(False)


SETTINGS = {
    "nothing": lambda: torch.enable_grad(),
    "default type": _default_type,
    "default device": lambda: torch.device("meta"),
    "no gradients": torch.no_grad,
    "inference mode": torch.inference_mode,
    "mixed precision": lambda: torch.autocast("cpu", torch.bfloat16),
    "deterministic": _deterministic,
    "no denormals": _no_denormals,
    "errors of numpy": lambda: np.errstate(all="raise"),
}


@pytest.mark.parametrize("setting", SETTINGS)
def test_what_the_caller_has_set_changes_nothing(expected, setting):
    with SETTINGS[setting]():
        before = _settings()
        results = _results()
        assert _settings() == before
    for result, wanted in zip(results, expected, strict=True):
        np.testing.assert_array_equal(result, wanted)


def _settings() -> tuple:
    return (
        torch.get_default_dtype(),
        torch.get_num_threads(),
        torch.is_grad_enabled(),
        torch.is_inference_mode_enabled(),
        torch.is_autocast_enabled("cpu"),
        torch.are_deterministic_algorithms_enabled(),
        torch.get_rng_state().tolist(),
    )


def test_a_fit_after_a_failed_one(expected):
    with pytest.raises(ValueError, match="inconsistent numbers"):
        MotifCNNClassifier(**QUICK).fit(SEQUENCES, Y[:-1])
    for result, wanted in zip(_results(), expected, strict=True):
        np.testing.assert_array_equal(result, wanted)


def test_fits_in_threads_beside_each_other(expected):
    fits = Parallel(2, backend="threading")(delayed(_results)() for _ in range(2))
    for results in fits:
        for result, wanted in zip(results, expected, strict=True):
            np.testing.assert_array_equal(result, wanted)
