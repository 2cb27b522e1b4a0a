"""Small data sets that several rooms use."""

import numpy as np
import pytest


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
