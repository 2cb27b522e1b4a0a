"""Which callbacks of skorch go with the training loop, and what replaces the others."""

from skorch.callbacks import (
    BatchScoring,
    Callback,
    EpochScoring,
    EpochTimer,
    InputShapeSetter,
    LoadInitState,
    PassthroughScoring,
    ProgressBar,
    WandbLogger,
)

_SCORE = (
    "the loop has none of skorch's data sets to score. With early_stopping=True, "
    "monitor='accuracy' (or any scorer) scores held-out data after each epoch; "
    "scikit-learn's ScoringMonitor, given to set_callbacks, scores the training data"
)
# Callbacks that cannot work: what the loop lacks, and what to use instead.
_REFUSED = {
    EpochScoring: _SCORE,
    BatchScoring: _SCORE,
    PassthroughScoring: (
        "the loop keeps no record of single batches; history_ has the 'train_loss' of "
        "each epoch"
    ),
    ProgressBar: "the loop does not count batches for it; verbose=1 shows a bar",
    LoadInitState: (
        "a training begins with weights of the estimator's own; warm_start=True goes "
        "on from the previous fit, pretrained=... starts from another model"
    ),
    InputShapeSetter: "the network learns the size of its inputs from X; leave it out",
}
# Settings of callbacks that cannot work, likewise.
_REFUSED_SETTINGS = {
    (WandbLogger, "save_model"): (
        "the loop has no network to pick by 'valid_loss_best'; pass save_model=False, "
        "and store the fitted estimator by sklearn_cnn.save_model"
    ),
    (Callback, "log_on_batch_end"): (
        "the loop keeps no record of single batches; pass log_on_batch_end=False"
    ),
    (Callback, "f_pickle"): (
        "skorch's net is private here; leave f_pickle out, and store the fitted "
        "estimator by sklearn_cnn.save_model"
    ),
}
# Keys that are recorded only where samples are held out.
_OF_HELD_OUT = {"valid_loss", "valid_score", "best"}


def check_callbacks(callbacks: list, recorded: set[str]) -> None:
    """Raise if something is no callback, or a callback that cannot work here.

    Parameters
    ----------
    callbacks : list
        Callbacks, or pairs of a name and one.
    recorded : set of str
        Keys that the loop records of each epoch.

    Raises
    ------
    TypeError
        If there is something else among them.
    ValueError
        If one of them cannot work.
    """
    callbacks = [_without_name(callback) for callback in callbacks]
    for callback in callbacks:
        _check_needs(callback)
    recorded = recorded.union(*map(_recorded_by, callbacks))
    own = any(not type(c).__module__.startswith("skorch.") for c in callbacks)
    for callback in callbacks:
        key = getattr(callback, "monitor", None)
        if not isinstance(key, str) or key in recorded:
            continue
        # A callback of the user's own may record other keys.
        if key in _OF_HELD_OUT or key.endswith("_best") or not own:
            raise ValueError(_words_for_monitor(callback, recorded))


def _without_name(callback) -> Callback:
    named = isinstance(callback, tuple) and len(callback) == 2
    if not isinstance(callback[1] if named else callback, Callback):
        raise TypeError(
            "callbacks must be a list of instances of skorch.callbacks.Callback, or of "
            f"pairs of a name and one; got {callback!r} in it"
        )
    return callback[1] if named else callback


def _check_needs(callback: Callback) -> None:
    name = type(callback).__name__
    for kind, words in _REFUSED.items():
        if isinstance(callback, kind):
            raise ValueError(f"callbacks holds {name}, which cannot work: {words}")
    for (kind, setting), words in _REFUSED_SETTINGS.items():
        if isinstance(callback, kind) and getattr(callback, setting, None):
            value = getattr(callback, setting)
            raise ValueError(
                f"callbacks holds {name} with {setting}={value!r}, which cannot work: "
                f"{words}"
            )


def _recorded_by(callback: Callback) -> set[str]:
    """Keys that one of skorch's callbacks adds to the record of an epoch."""
    if isinstance(callback, EpochTimer):
        return {"dur"}
    name = getattr(callback, "event_name", None)
    return {name} if name else set()


def _words_for_monitor(callback: Callback, recorded: set[str]) -> str:
    name, key = type(callback).__name__, callback.monitor
    words = f"callbacks holds {name}, which monitors {key!r}"
    if key.endswith("_best"):
        return (
            f"{words}; the loop records 'best', with early_stopping=True (which "
            "restores the best weights by itself): pass monitor='best' then, or "
            "monitor=None for each epoch"
        )
    if key == "valid_score" and "valid_loss" in recorded:
        return f"{words}, but monitor='loss'; name a scorer there, or monitor the loss"
    if key in _OF_HELD_OUT:
        return (
            f"{words}, but no data are held out; set early_stopping=True or pass X_val "
            "to fit (early stopping is built in then), or monitor 'train_loss'"
        )
    known = ", ".join(sorted(map(repr, recorded - {"epoch"})))
    return f"{words}, which is not recorded; there are {known}"
