"""When a fit holds samples out, stacks, and how many networks it trains."""

import numpy as np

from sklearn_cnn.training._training_set import TrainingSet
from sklearn_cnn.training._weights import n_networks

# From this many samples on, "auto" holds some out for early stopping.
_ENOUGH_TO_HOLD_OUT = 10_000
# Linear models join the networks from this many samples on, ...
_ENOUGH_TO_STACK = 50
# ... for at most this many outputs.
_MAX_STACKED_OUTPUTS = 20
# Each network of a stack leaves one of these folds out.
N_FOLDS = 5
# Networks of a stack where nothing else is held out.
_N_NETWORKS = 3


def holds_out(early_stopping, n_samples: int, validation: tuple) -> bool:
    """Whether there is early stopping; complain of arguments that do not match.

    Parameters
    ----------
    early_stopping : bool or "auto"
        As the estimator was given it.
    n_samples : int
        Samples to train on.
    validation : tuple
        X_val, y_val and sample_weight_val, as `fit` was given them.
    """
    X_val, *others = validation
    if X_val is None and any(value is not None for value in others):
        raise ValueError("y_val and sample_weight_val need X_val, which is None")
    if X_val is not None and not early_stopping:
        raise ValueError(
            "X_val and y_val are for early stopping, but early_stopping=False"
        )
    if early_stopping == "auto":
        return X_val is not None or n_samples >= _ENOUGH_TO_HOLD_OUT
    return bool(early_stopping)


def can_stack(samples: TrainingSet, task) -> bool:
    """Whether linear models can be trained and weighed against the networks."""
    labels = task.strata(samples.targets)
    if labels is not None:
        counts = np.sort(np.unique(labels, return_counts=True)[1])
        if len(counts) < 2 or counts[-2] < N_FOLDS:
            return False
    few_outputs = task.n_outputs <= _MAX_STACKED_OUTPUTS
    return len(samples) >= _ENOUGH_TO_STACK and few_outputs


def draw_seeds(estimator, rng: np.random.RandomState, resume: bool) -> np.ndarray:
    """Seed of each network; a training that goes on goes on with fresh ones."""
    n_members = estimator.n_estimators
    n_members = _N_NETWORKS if n_members == "auto" else n_members
    seeds = rng.randint(np.iinfo(np.int32).max, size=n_members)
    return seeds + estimator.n_iter_ if resume else seeds


def number_of_networks(estimator, *, cross_fits: bool, resume: bool) -> int:
    """How many networks are trained; "auto" is more where each leaves out a fold."""
    if estimator.n_estimators != "auto":
        return estimator.n_estimators
    if resume:
        return n_networks(estimator.weights_)
    return _N_NETWORKS if cross_fits else 1
