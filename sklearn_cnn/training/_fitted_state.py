"""The fitted attributes of an estimator, whose names end in an underscore."""


def fitted_state(estimator) -> dict:
    """Fitted attributes by name."""
    return {
        name: value
        for name, value in vars(estimator).items()
        if name.endswith("_") and not name.startswith("_")
    }


def remove_fitted_state(estimator) -> None:
    """Delete all fitted attributes."""
    for name in fitted_state(estimator):
        delattr(estimator, name)


def replace_fitted_state(estimator, work) -> None:
    """Give an estimator the fitted attributes of its working copy, all at once."""
    state = fitted_state(work)
    remove_fitted_state(estimator)
    vars(estimator).update(state)
