"""Scorers that have a public name, by which a file can hold them."""

from collections.abc import Callable

from sklearn.metrics import get_scorer, get_scorer_names

from sklearn_cnn import metrics


def named_scorers() -> dict[str, Callable]:
    """Scorers of this package and of scikit-learn's."""
    own = {n: getattr(metrics, n) for n in metrics.__all__ if n.endswith("_scorer")}
    return own | {name: get_scorer(name) for name in get_scorer_names()}


def name_of(value) -> str | None:
    """Name of a scorer or of one like it, such as a clone's; None for all else."""
    if not hasattr(value, "_score_func"):
        return None
    for name, scorer in named_scorers().items():
        same_function = scorer._score_func is value._score_func
        if same_function and repr(scorer) == repr(value):
            return name
    return None
