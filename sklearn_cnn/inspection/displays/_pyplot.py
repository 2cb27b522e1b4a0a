"""Matplotlib, where it is installed."""

from types import ModuleType


def import_pyplot() -> ModuleType:
    """``matplotlib.pyplot``.

    Raises
    ------
    ImportError
        If Matplotlib is not installed, with the extra to install.
    """
    try:
        from matplotlib import pyplot
    except ImportError:
        raise ImportError(
            "drawing needs Matplotlib; install it with "
            "`pip install 'sklearn-cnn[plot]'`"
        ) from None
    return pyplot
