"""Small data sets that several rooms use."""

import os

import hypothesis
import numpy as np
import pytest
import torch

from sklearn_cnn.inputs._device_inputs import DeviceInputs

# Workers of pytest-xdist share the cores.
if "PYTEST_XDIST_WORKER" in os.environ:
    torch.set_num_threads(1)

# The same cases in each run; the benchmark of reliability looks for others.
hypothesis.settings.register_profile(
    "fixed", derandomize=True, database=None, deadline=None, max_examples=100
)
hypothesis.settings.load_profile("fixed")

# Scripts that the tests of the same names load.
collect_ignore = ["reference_cases.py", "reference_predictions.py"]

# Docstrings whose examples train default models, or compile memelite's functions.
SLOW_DOCSTRINGS = (
    "sklearn_cnn.MotifCNNClassifier",
    "sklearn_cnn.MotifCNNRegressor",
    "sklearn_cnn.inspection.match_motifs",
)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items):
    """Mark the slow docstrings."""
    for item in items:
        if item.name in SLOW_DOCSTRINGS:
            item.add_marker(pytest.mark.slow)


def pytest_make_parametrize_id(val):
    """Of compressed bytes, which hold the time, no more than what they are."""
    return "gzip" if isinstance(val, bytes) and val.startswith(b"\x1f\x8b") else None


@pytest.fixture
def one_thread():
    """PyTorch with one thread, so that parts of a fit come one after the other."""
    n_threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(n_threads)


@pytest.fixture(scope="session")
def planted():
    """DNA of 40 bp: "bound" holds TGACGTAA, "open" CCAATGGC, on either strand."""
    rng = np.random.default_rng(0)
    X = ["".join(rng.choice(list("ACGT"), 40)) for _ in range(300)]
    y = np.array(["bound", "none", "open"] * 100)
    sites = {
        "bound": ["TGACGTAA", "TTACGTCA"],
        "open": ["CCAATGGC", "GCCATTGG"],
        "none": [""],
    }
    for i, label in enumerate(y):
        start, site = rng.integers(0, 32), rng.choice(sites[label])
        X[i] = X[i][:start] + site + X[i][start + len(site) :]
    return X, y


@pytest.fixture(scope="session")
def trunk_features():
    """What a trunk that others trained gives to its head, of one strand."""

    def features(estimator, X):
        network = estimator._model("forward").networks.members[0].eval()
        inputs = estimator._input.read(X)
        dtype = next(network.parameters()).dtype
        with torch.no_grad():
            x = DeviceInputs(inputs, torch.device("cpu"), dtype).batch(slice(None))
            return network.features(x).numpy()

    return features
