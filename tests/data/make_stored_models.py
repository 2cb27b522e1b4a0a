"""Write the files of models that later versions must read, and what they predict.

    python tests/data/make_stored_models.py FORMAT

Run once for each version of the file format, with the package that writes it.
"""

import json
import sys
from pathlib import Path

import numpy as np

from sklearn_cnn import ImageCNNClassifier, MotifCNNClassifier, save_model
from sklearn_cnn.datasets import make_motif_classification

FOLDER = Path(__file__).parent
SMALL = {"max_epochs": 2, "dense_units": 2, "random_state": 0}


def motif():
    """A network beside a linear model of k-mers, with labels that are strings."""
    X, y = make_motif_classification(60, length=20, motif="TGACGTCA", random_state=0)
    labels = np.where(y == 1, "bound", "free")
    clf = MotifCNNClassifier(
        n_filters=2, kernel_size=4, kmers=2, motif_bank=None, position=False, **SMALL
    )
    return clf.fit(X, labels), list(X[:4])


def image():
    """Images of 8 x 8 pixels, with labels that are integers."""
    rng = np.random.default_rng(0)
    X = rng.integers(0, 17, (30, 8, 8)).astype(float)
    clf = ImageCNNClassifier(n_filters=2, kernel_size=3, **SMALL)
    return clf.fit(X, np.arange(30) % 3), X[:4].tolist()


if __name__ == "__main__":
    version = sys.argv[1]
    expected = {}
    for make in (motif, image):
        model, X = make()
        name = f"format{version}_{make.__name__}.safetensors"
        save_model(model, FOLDER / name)
        X_read = X if make is motif else np.array(X)
        proba = model.predict_proba(X_read)
        expected[name] = {
            "class": type(model).__name__,
            "X": X,
            "classes": model.classes_.tolist(),
            "predict_proba": proba.tolist(),
        }
    text = json.dumps(expected) + "\n"
    (FOLDER / f"format{version}.json").write_text(text, encoding="utf-8")
