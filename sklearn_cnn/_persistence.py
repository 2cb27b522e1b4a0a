"""Fitted estimators as files: tensors and JSON, nothing executable."""

import io
import os
from typing import BinaryIO

from sklearn.base import BaseEstimator

from sklearn_cnn.storage._estimators import from_record, to_record
from sklearn_cnn.storage._format import pack, unpack
from sklearn_cnn.storage._write import write_into, write_whole


def save_model(estimator: BaseEstimator, file: str | os.PathLike | BinaryIO) -> None:
    """Write a fitted estimator to one file without pickle.

    The file is a safetensors file: weights as plain tensors, all else as JSON in its
    header. Unlike a pickle it holds nothing that could be executed, so that models can
    be taken from others, and any safetensors reader can open it.

    Parameters
    ----------
    estimator : estimator
        A fitted estimator of this package. Pipelines and searches are for joblib or
        skops; or save the estimator inside, such as ``search.best_estimator_``.
    file : str, path-like or binary file
        Where to write; ``.safetensors`` is the usual ending. An existing file is
        replaced at the very end, so that a save which fails, is interrupted or killed
        leaves it whole. An open file, such as ``io.BytesIO``, is written into from its
        position on.

    Raises
    ------
    TypeError
        If `estimator` is not an estimator of this package, or `file` is open as text.
    sklearn.exceptions.NotFittedError
        If it is not fitted.
    ValueError
        If a parameter or a fitted attribute is neither a number, string or None nor a
        tuple, list, dict or array of them; nor, as `monitor`, a scorer that has a name
        in `sklearn_cnn.metrics` or in scikit-learn. If a `PretrainedFeatureExtractor`
        reads a PyTorch module, or an estimator was fine-tuned from one: only code can
        build it.
    FileNotFoundError
        If the folder of `file` is missing.
    OSError
        If the file cannot be written. Windows replaces no file that is open in another
        program; the old file then stays.

    See Also
    --------
    load_model : Read such a file.

    Notes
    -----
    The tensors are those of ``weights_``, under the same names, and after `partial_fit`
    the optimiser's, whose names start with "optimizer.". The header's metadata have one
    entry, "sklearn_cnn", whose text is the JSON of the format's version, a hash, this
    package's version, the name of the class, the constructor's parameters and the other
    fitted attributes. The hash is the SHA-256 of the whole file with zeros in its own
    place: `load_model` finds any changed byte.

    A `PretrainedFeatureExtractor` of an estimator, of a path or of motifs is stored
    with that model. Of a name, such as "hf:ORG/NAME", the file holds the name and a
    fingerprint: `transform` loads the model again, and refuses one that has changed. An
    estimator that was fine-tuned from such a name is stored with its weights and the
    configuration of the network, and needs nothing else but the extra.

    A process that is killed while it writes can leave a file beside `file` whose name
    ends in ".tmp"; it can be deleted.

    Some parameters only matter during a fit, or on one machine, and are stored as None:
    `callbacks`, `checkpoint`, a `random_state` that is a RandomState instance, a
    `pretrained` that is an estimator or a module, and `memory`, since no file may
    choose a folder that is written to. Paths among the parameters are stored as
    strings, NumPy scalars as Python's, scorers by their public names, motifs (of
    `motif_bank`) as ids, names and counts. Not stored is what was set on the instance
    with ``set_output`` or ``set_fit_request``.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from sklearn_cnn import MotifCNNClassifier, load_model, save_model
    >>> X, y = ["TGACGTCATT", "CCATTGGCAA"] * 10, ["bound", "free"] * 10
    >>> clf = MotifCNNClassifier(n_filters=4, random_state=0).fit(X, y)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder) / "model.safetensors"
    ...     save_model(clf, path)
    ...     again = load_model(path)
    >>> again
    MotifCNNClassifier(n_filters=4, random_state=0)
    >>> bool((again.predict_proba(X) == clf.predict_proba(X)).all())
    True
    """
    data = pack(*to_record(estimator))
    if _is_open(file, "write"):
        write_into(file, data)
    else:
        write_whole(os.fsdecode(file), data)


def load_model(file: str | os.PathLike | BinaryIO) -> BaseEstimator:
    """Read a fitted estimator from a file that `save_model` wrote.

    Nothing in the file is executed, and only estimators of this package come out.

    Parameters
    ----------
    file : str, path-like or binary file
        The file; one that is open is read from its position to its end.

    Returns
    -------
    estimator
        Fitted, with the parameters it was saved with; its predictions equal those of
        the saved one bit by bit on the same kind of machine.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    OSError
        If it cannot be read.
    TypeError
        If `file` is open as text.
    ValueError
        If the file is not one of `save_model`, is damaged, or was written by a newer
        version of this package which stores what this one does not know. The message
        says which, and what to do.

    See Also
    --------
    save_model : Write such a file, with an example.

    Notes
    -----
    `device` is as saved. Where that device is missing, choose another before
    predicting: ``load_model(path).set_params(device="cpu")``. Parameters that the class
    did not have when the file was written take their defaults.

    Files of all earlier versions of the format can be read. Version 1, which no release
    had, holds no hash: damage to its weights is not found.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from sklearn_cnn import MotifCNNClassifier, load_model, save_model
    >>> X, y = ["TGACGTCATT", "CCATTGGCAA"] * 10, ["bound", "free"] * 10
    >>> clf = MotifCNNClassifier(n_filters=4, random_state=0).fit(X, y)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder) / "model.safetensors"
    ...     save_model(clf, path)
    ...     again = load_model(path)
    >>> again.predict(["TGACGTCATT"])
    array(['bound'], dtype='<U5')
    """
    if _is_open(file, "read"):
        return _read_model(file, f"the open file {getattr(file, 'name', file)!r}")
    path = os.fsdecode(file)
    with open(path, "rb") as opened:
        return _read_model(opened, repr(path))


def _read_model(file: BinaryIO, name: str) -> BaseEstimator:
    record, tensors = unpack(file, name)
    return from_record(record, tensors, name)


def _is_open(file, method: str) -> bool:
    """Whether it is an open file, and not a path."""
    if isinstance(file, io.TextIOBase):
        raise TypeError(
            "models are bytes, but the file is open as text; open it in binary mode, "
            f"{'rb' if method == 'read' else 'wb'!r}"
        )
    return hasattr(file, method)
