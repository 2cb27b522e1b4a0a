"""Small fitted estimators, each with all that stands beside its network."""

import numpy as np
import pytest

from sklearn_cnn import MotifCNNClassifier, MotifCNNRegressor
from sklearn_cnn.datasets import make_motif_classification

MOTIFS = """MEME version 4

ALPHABET= ACGT

MOTIF M1 CRE
letter-probability matrix: alength= 4 w= 8 nsites= 20
0.02 0.02 0.02 0.94
0.02 0.02 0.94 0.02
0.94 0.02 0.02 0.02
0.02 0.94 0.02 0.02
0.02 0.02 0.94 0.02
0.02 0.02 0.02 0.94
0.02 0.94 0.02 0.02
0.94 0.02 0.02 0.02

MOTIF M2 box
letter-probability matrix: alength= 4 w= 3 nsites= 20
0.1 0.7 0.1 0.1
0.6 0.2 0.1 0.1
0.1 0.1 0.1 0.7
"""
SMALL = {"n_filters": 8, "kernel_size": 9, "max_epochs": 4, "kmers": 4}


@pytest.fixture(scope="session")
def motif_file(tmp_path_factory):
    path = tmp_path_factory.mktemp("motifs") / "motifs.meme"
    path.write_text(MOTIFS, encoding="utf-8")
    return path


@pytest.fixture(scope="session")
def dna():
    return make_motif_classification(120, length=40, motif="TGACGTCA", random_state=0)


@pytest.fixture(scope="session")
def classifier(dna, motif_file):
    """Reads both strands and positions; networks, k-mers, places and motifs."""
    return MotifCNNClassifier(**SMALL, motif_bank=motif_file, random_state=0).fit(*dna)


@pytest.fixture(scope="session")
def ragged(dna, motif_file):
    """Sequences of unequal lengths."""
    X, y = dna
    X = [x[: 40 - i % 9] for i, x in enumerate(X)]
    return MotifCNNClassifier(**SMALL, motif_bank=motif_file, random_state=0).fit(X, y)


@pytest.fixture(scope="session")
def tasks(dna):
    """Regressor of two targets, in large units."""
    X, y = dna
    Y = np.column_stack([y * 1000.0, [x.count("G") for x in X]])
    settings = SMALL | {"kmers": 2}
    return MotifCNNRegressor(**settings, motif_bank=None, random_state=0).fit(X, Y)


@pytest.fixture(scope="session")
def profile(dna):
    """Positive profiles, of which the network gives logarithms."""
    X, _ = dna
    y = np.array([[10.0 * (letter == "G") for letter in x] for x in X])
    return MotifCNNRegressor(
        output="profile", n_filters=4, max_epochs=2, random_state=0
    ).fit(X, y)
