"""What the package says of itself: names in pickles, and where its warnings point."""

import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

# Calls pass through these on their way from the caller's line into this package.
_PASSED_THROUGH = {"contextlib", "joblib", "sklearn", "sklearn_cnn", "skorch", "torch"}

# Warnings of a thread that the caller's line did not lead to.
_KEPT: ContextVar[list | None] = ContextVar("_KEPT", default=None)


def publish(package: str, *stored) -> None:
    """Give what a package exports the package as its module, not a private file.

    Pickles and skops' files then name ``sklearn_cnn.MotifCNNClassifier``, and can be
    read after the file that it is written in has moved.

    Parameters
    ----------
    package : str
        Name of the package; what its `__all__` lists is exported.
    *stored : type
        Further classes in its namespace, whose instances fitted models hold.
    """
    module = sys.modules[package]
    exported = (getattr(module, name) for name in getattr(module, "__all__", ()))
    for value in (*exported, *stored):
        inside = getattr(value, "__module__", "")
        if inside.startswith(f"{package}.") and "._" in inside:
            value.__module__ = package


def warn(message: str, category: type[Warning] = UserWarning) -> None:
    """Warn, at the line outside of this package which led here.

    Frames of the libraries that call this package (a pipeline's, a search's) are
    passed over, too.
    """
    if (kept := _KEPT.get()) is not None:
        kept.append((message, category))
        return
    frame, stacklevel = sys._getframe(1), 2
    while frame is not None and _is_passed_through(frame):
        frame, stacklevel = frame.f_back, stacklevel + 1
    warnings.warn(message, category, stacklevel=stacklevel)


@contextmanager
def warnings_kept(kept: list[tuple[str, type[Warning]]]) -> Iterator[None]:
    """Context in which `warn` keeps messages and categories in a list instead."""
    token = _KEPT.set(kept)
    try:
        yield
    finally:
        _KEPT.reset(token)


def _is_passed_through(frame) -> bool:
    # Doctests have the name of the module that they are in.
    package = frame.f_globals.get("__name__", "").partition(".")[0]
    return package in _PASSED_THROUGH and "<doctest" not in frame.f_code.co_filename
