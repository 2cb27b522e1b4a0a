"""What is public says so in pickles, too."""

import sys


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
        if getattr(value, "__module__", "").startswith(f"{package}._"):
            value.__module__ = package
