"""Cases for all estimators: fits on a few odd inputs, with random parameters."""

import io

import numpy as np
import pandas as pd
from _fuzz import check
from _fuzz_bytes import choose

from sklearn_cnn import (
    ImageCNNClassifier,
    ImageCNNRegressor,
    MotifCNNClassifier,
    MotifCNNRegressor,
    PretrainedFeatureExtractor,
    load_model,
    save_model,
)

# Parameters of small networks, each with some that are odd or refused.
_SHARED = {
    "n_filters": [2, (2, 3), 1, "auto", (), 0],
    "kernel_size": [3, 1, 5, 30, (3, 2), "auto", 2],
    "pool_size": ["auto", 1, 2, 50, None, (1, 2)],
    "pooling": ["max_mean", "max", "mean", "flatten", "x"],
    "activation": ["auto", "relu", "exponential", "gelu", "silu", "tanh"],
    "dense_units": [2, None, 1, 0],
    "dropout": [0.5, 0.0, 0.99, 1.0],
    "batch_size": ["auto", 1, 2, 1000, 0],
    "lr": [1e-3, 1e-9, 10.0, 1e3],
    "weight_decay": [1e-2, 0.0, 1e3],
    "max_epochs": [1, 2, 3],
    "early_stopping": ["auto", True, False],
    "validation_fraction": [0.1, 0.5, 0.9],
    "n_iter_no_change": [1, 10],
    "monitor": ["loss", "accuracy", "r2", "roc_auc", "neg_log_loss", "x"],
    "n_estimators": [1, 2, "auto"],
    "precision": ["auto", "float64", "float32"],
    "random_state": [0, 7],
    "missing_labels": ["raise", "mask"],
    "verbose": [0],
}
_OF_SEQUENCES = {
    "alphabet": ["auto", "auto", "dna", "rna", "protein", "AC"],
    "position": ["auto", True, False],
    "reverse_complement": ["auto", True, False],
    "linear_models": ["auto", None],
    "kmers": [2, 1, None, "auto", 9],
    "motif_bank": [None],
    "output": ["auto", "auto", "auto", "profile"],
}
_OF_IMAGES = {
    "channels": ["last", "first"],
    "augment": [None, ("shift",), ("flip",), ("x",)],
    "image_shape": [None, (2, 2)],
}
_OF_CLASSIFIERS = {
    "label_smoothing": [0.05, 0.0, 0.9],
    "class_weight": [None, "balanced", {0: 1.0, 1: 1e6}],
}
_OF_REGRESSORS = {
    "loss": ["auto", "squared_error", "absolute_error", "huber", "poisson"]
}


def fits(rng: np.random.Generator) -> None:
    """A fit, again with the same seed, row by row, and after saving and loading."""
    cls = choose(
        rng,
        [MotifCNNClassifier, MotifCNNRegressor] * 2
        + [ImageCNNClassifier, ImageCNNRegressor],
    )
    is_classifier = cls in (MotifCNNClassifier, ImageCNNClassifier)
    of_images = cls in (ImageCNNClassifier, ImageCNNRegressor)
    X = _images(rng) if of_images else _inputs(rng)
    n = len(X)
    params = _parameters(rng, of_images, is_classifier)
    profile = params.get("output") == "profile"
    y = _profiles(rng, X) if profile else _targets(rng, n, is_classifier)
    weights = choose(
        rng, [None, None, rng.random(n), np.eye(n)[0] + 0.0, rng.integers(0, 2, n)]
    )
    model = cls(**params).fit(X, y, sample_weight=weights)
    expected = _outputs(model, X)
    check(_are_finite(expected), "predictions are not finite")
    again = cls(**params).fit(X, y, sample_weight=weights)
    check(_are_same(_outputs(again, X), expected), "another result with the same seed")
    row = int(rng.integers(n))
    single = X.iloc[[row]] if hasattr(X, "iloc") else X[row : row + 1]
    alone = _outputs(model, single)[0]
    # Sums are made in another order in a batch of another size.
    close = np.allclose(alone, expected[row], rtol=1e-4, atol=1e-4 * _largest(expected))
    check(close, "a prediction depends on other rows")
    file = io.BytesIO()
    save_model(model, file)
    file.seek(0)
    check(_are_same(_outputs(load_model(file), X), expected), "changed by saving")
    if rng.random() < 0.2:
        features = PretrainedFeatureExtractor(model).fit_transform(X)
        check(len(features) == n, "another number of rows of features")
        check(np.isfinite(features).all(), "features are not finite")


def _parameters(rng: np.random.Generator, of_images: bool, is_classifier: bool) -> dict:
    """Small and quick parameters, and a few others at random."""
    options = _SHARED | (_OF_IMAGES if of_images else _OF_SEQUENCES)
    options |= _OF_CLASSIFIERS if is_classifier else _OF_REGRESSORS
    params = {
        "n_filters": 2,
        "kernel_size": 3,
        "dense_units": 2,
        "max_epochs": 2,
        "random_state": 0,
    }
    if not of_images:
        params |= {"kmers": 2, "motif_bank": None}
    for _ in range(int(rng.integers(6))):
        name = choose(rng, list(options))
        params[name] = choose(rng, options[name])
    return params


def _inputs(rng: np.random.Generator):
    """Some sequences or signals, of one length or several, in a random container."""
    n = choose(rng, [1, 2, 3, 5, 8, 12, 20])
    if rng.random() < 0.3:
        return _signals(rng, n)
    letters = choose(
        rng, ["ACGT", "ACGT", "ACGU", "acgtN", "ACDEFGHIKLMNPQRSTVWY", "A", "AC"]
    )
    length = choose(rng, [None, 1, 2, 7, 15])
    X = [
        "".join(choose(rng, letters) for _ in range(length or int(rng.integers(1, 16))))
        for _ in range(n)
    ]
    if rng.random() < 0.15:
        X = [X[0]] * n
    return choose(
        rng, [list, tuple, np.array, pd.Series, lambda X: pd.DataFrame({"s": X})]
    )(X)


def _signals(rng: np.random.Generator, n: int):
    shape = choose(rng, [(n, 7), (n, 1), (n, 3, 7), (n, 4, 5), (n, 1, 1)])
    scale = choose(rng, [1.0, 1e-30, 1e30, 0.0, 1e-3])
    X = scale * rng.normal(size=shape) + choose(rng, [0.0, 0.0, 1e6])
    with np.errstate(all="ignore"):
        return choose(rng, [X, X, X.astype(np.float32), X.tolist(), X.astype(int)])


def _images(rng: np.random.Generator) -> np.ndarray:
    n = choose(rng, [1, 2, 3, 5, 8, 20])
    shape = choose(
        rng, [(n, 4, 4), (n, 1, 1), (n, 5, 3, 1), (n, 3, 4, 4), (n, 4), (n, 2, 9)]
    )
    X = rng.integers(0, 256, shape)
    return choose(
        rng, [X, X.astype(np.uint8), X / 255, X * 1e30, X * 0.0, X.astype(bool)]
    )


def _targets(rng: np.random.Generator, n: int, is_classifier: bool):
    if is_classifier:
        k = choose(rng, [1, 2, 2, 3, n])
        y = np.arange(n) % k
        y = choose(
            rng, [y, rng.permutation(y), y.astype(str), y == 0, y - 5.0, y.tolist()]
        )
        return choose(rng, [y] * 5 + [rng.integers(0, 2, (n, 3)), pd.Series(y)])
    y = rng.normal(size=choose(rng, [(n,), (n,), (n, 2), (n, 1)]))
    y = y * choose(rng, [1.0, 1e-30, 1e30, 0.0, 1e150]) + choose(rng, [0.0, 0.0, 1e8])
    if rng.random() < 0.1:
        y = np.abs(np.round(y))
    return y


def _profiles(rng: np.random.Generator, X):
    """A number for each position of each input, or a few too many."""
    rows = X.iloc[:, 0] if hasattr(X, "columns") else X
    lengths = [np.shape(row)[-1] if np.ndim(row) else len(row) for row in rows]
    if rng.random() < 0.1:
        lengths[0] += 1
    y = [
        rng.integers(0, 2, length) * choose(rng, [1.0, 1.0, 1e10]) for length in lengths
    ]
    return y if len(set(lengths)) > 1 else np.array(y)


def _outputs(model, X) -> np.ndarray:
    """Probabilities or predictions; ragged profiles are an object array."""
    return getattr(model, "predict_proba", model.predict)(X)


def _flat(outputs: np.ndarray) -> np.ndarray:
    ragged = outputs.dtype == object
    return np.concatenate([np.ravel(x) for x in outputs]) if ragged else outputs.ravel()


def _are_finite(outputs: np.ndarray) -> bool:
    return bool(np.isfinite(_flat(outputs).astype(float)).all())


def _are_same(outputs: np.ndarray, others: np.ndarray) -> bool:
    return np.array_equal(_flat(outputs), _flat(others))


def _largest(outputs: np.ndarray) -> float:
    return float(np.abs(_flat(outputs)).max())
